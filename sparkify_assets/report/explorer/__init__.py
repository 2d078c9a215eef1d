"""The dashboard that is served: pages to ask with filters, from a figure down to the plays behind it.

`explorer_app.py` answers requests, `sections.py` lists the pages and what stands on each, `drawings.py` places marks.
The questions themselves are in `report/asking/`, words and markup in `templates/`.
"""
