"""The insights: tables made from the star, rebuilt when it changes.

Only this package changes tables of the schema `insights`. Their statements are in `queries/insights/`, their charts in
`report/charts/`.
"""
