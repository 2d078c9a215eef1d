"""The warehouse: where tables live and statements run, on either engine.

`session.py` defines the interface, `duckdb/` and `redshift/` implement it, `dialect.py` translates the SQL. Which
statements run, and when, belongs in `load/` and `insights/`.
"""
