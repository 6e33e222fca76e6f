"""The records as tables, both ways: a workbook of all that is known, and a table of members that comes in."""
