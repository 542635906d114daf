"""Pages that this study adds to its site."""
