"""A filled Word document -> a finished PDF: converted, tagged, given its fields, bound."""
