"""What the dashboard asks: the filter that a page has in its address, the questions, and how they are asked.

A question is a statement of `queries/dashboard/`. It reads `played` and `viewed`, the plays and page views that the
filter lets through, which `composing.py` puts before it. How an answer is shown belongs to the pages. Nothing here
knows of a webserver.
"""
