"""What the platform costs, compared with what the engine below it costs and with what others would load the lake with:
`make bench`. Tests do not belong here.

`cases.py` defines what is measured and the reaches, `sides.py` what is compared, `measure.py` how it is measured, and
`table.py` how it is shown. `floor.py` is a bare DuckDB script that makes the same rows; `empty.py` is the same Dagster
run with nothing to do; `peers/` has the others.
"""
