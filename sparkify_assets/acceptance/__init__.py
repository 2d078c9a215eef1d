"""Acceptance queries: a folder of questions and the rows that analysts and the platform have agreed on.

Finding the pairs, asking the questions and comparing rows belong here. The checks that show the outcome are in
`orchestration/`.
"""
