"""Everything the notebooks call: figures in, estimates and pages out."""

__version__ = "0.1.0"
