"""The country panel: which places, which comparisons, which checks."""
