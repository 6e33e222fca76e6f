"""What the lawyer asks of a Word file: what is wrong with it and where, what an edition changes, a field renamed."""
