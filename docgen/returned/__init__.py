"""A PDF that comes back: what it is, what was filled in, signed, changed."""
