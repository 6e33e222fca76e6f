"""Word templates: opened, read, filled, compared."""
