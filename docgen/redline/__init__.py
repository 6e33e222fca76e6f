"""Two Word documents -> one that shows what changed, as tracked changes."""
