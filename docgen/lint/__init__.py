"""What is wrong with a Word template, said with its place and its mend, or written in its margin."""
