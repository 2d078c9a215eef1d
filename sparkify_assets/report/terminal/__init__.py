"""What the commands print: progress, tables and lists. The figures are computed elsewhere."""
