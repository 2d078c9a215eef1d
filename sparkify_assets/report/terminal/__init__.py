"""What the commands print: progress, tables and lists. What these show is computed elsewhere."""
