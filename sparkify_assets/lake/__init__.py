"""The lake: where its files are, how they are listed, opened and read, and which of their records are good.

Callers need not know whether the lake is a folder or a bucket in S3. What happens to the records belongs in `load/` and
`warehouse/`.
"""
