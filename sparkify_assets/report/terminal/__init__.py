"""What the commands print: progress, tables and lists. What they print about is worked out elsewhere."""
