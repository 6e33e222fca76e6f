"""The things that docgen speaks of, frozen and typed, and what their values may be."""
