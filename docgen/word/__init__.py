"""Word templates: opened, checked, filled, compared."""
