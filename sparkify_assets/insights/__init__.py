"""The insights: tables built from the star, and rebuilt when it changes.

Only this package changes tables of the schema `insights`. Their statements are in `queries/insights/`, their charts in
`report/charts/`.
"""
