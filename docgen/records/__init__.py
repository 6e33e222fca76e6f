"""YAML as the clerk wrote it -> the model, with every problem at once; and back, without touching the layout."""
