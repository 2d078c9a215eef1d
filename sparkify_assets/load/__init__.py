"""Loading: which log days and songs are out of date, and how they get into the warehouse.

This is the only place that changes data. `state.py` decides what is stale, `land.py` reads files in private,
`publish.py` replaces partitions in one transaction, `audits.py` says what has to be true of them. Who starts a load,
and who is notified, is not known here.
"""
