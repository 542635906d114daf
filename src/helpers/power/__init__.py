"""What this study's series could have shown."""
