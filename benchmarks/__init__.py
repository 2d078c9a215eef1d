"""What the platform costs, beside what the engine underneath costs: `make bench`. No part of the tests.

`cases.py` says what is measured and what is to be reached, `measure.py` how; `floor.py` is the bare script for the same
rows, `empty.py` the same Dagster run with nothing to do.
"""
