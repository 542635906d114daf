"""What the notebooks of this study call."""
