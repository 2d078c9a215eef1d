"""Everything that imports Dagster: assets, checks, jobs, schedules, sensors, resources, and the instance they run on.

These modules are thin. What they run is in `load/`, `insights/`, `acceptance/`, `report/` and `infrastructure/`.
"""
