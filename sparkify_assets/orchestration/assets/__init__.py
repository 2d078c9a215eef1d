"""The assets: the lake's files, the tables that loads fill, the insights and the dashboard.

They are thin: `load/`, `insights/` and `report/` do the work, and `metadata.py` decides what the UI shows of it.
"""
