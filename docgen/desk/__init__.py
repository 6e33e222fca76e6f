"""The desk: the clerk and the lawyer at work in a browser. It decides nothing: it calls what the commands call."""
