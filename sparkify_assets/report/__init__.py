"""What people read: answers to questions, charts, pages, and the tables of a terminal.

Nothing here changes data. The figures come from `insights/` and the star; the texts of a table from its contract.
"""
