"""Reading a table of numbers from text: what it is made of, and its columns as points."""
