"""The assets: the lake's files, the tables that loads fill, what the UI says of them. Thin: `load.py` does the work."""
