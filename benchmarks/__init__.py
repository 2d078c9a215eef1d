"""What the platform costs, compared with what the engine below it costs: `make bench`. Tests do not belong here.

`cases.py` defines what is measured and the goals, `measure.py` how it is measured. `floor.py` is a bare DuckDB script
that makes the same rows; `empty.py` is the same Dagster run with nothing to do.
"""
