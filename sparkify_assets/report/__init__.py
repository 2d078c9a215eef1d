"""What people read: answers to questions, charts, pages, and the tables of a terminal.

Nothing here changes data. Figures come from the insights and the star. Column descriptions come from the contract.
"""
