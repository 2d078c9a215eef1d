"""The lake: where its files are, how they are listed, opened and read, and which of their records are good.

A folder and a bucket of S3 look the same from outside. What happens to the records belongs in `load/` and `warehouse/`.
"""
