"""The lake: where its files lie, how they are listed, opened and read, and which of their records are good.

Folders and S3 look the same from outside. What becomes of the records belongs in `load/` and `warehouse/`.
"""
