"""The warehouse: where tables live and statements run, on either engine.

`session.py` says what an engine promises, `duckdb/` and `redshift/` keep it, `dialect.py` translates between them.
Which statements run, and when, belongs in `load/` and `insights/`.
"""
