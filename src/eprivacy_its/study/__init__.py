"""What commands do with a whole study."""
