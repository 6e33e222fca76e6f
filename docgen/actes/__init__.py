"""The acts of the assembly and the yearly statements."""
