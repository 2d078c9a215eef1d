"""Loading: which log days and songs are stale, and how they get into the warehouse.

This is the only place that changes staging, the star and the ledger. `state.py` decides what is stale, `land.py` reads
files into temporary tables, `publish.py` replaces partitions in one transaction, `audits.py` says what has to be true
of them. Starting loads and notifying people belong elsewhere.
"""
