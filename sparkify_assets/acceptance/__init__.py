"""Acceptance queries: a folder of queries, each with the rows that analysts expect from it.

Finding the pairs, running the queries and comparing rows belong here. The checks that show the outcome are in
`orchestration/acceptance_checks.py`.
"""
