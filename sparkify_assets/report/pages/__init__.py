"""The HTML and Markdown pages: the dashboard and the data dictionary. A page is one file that loads nothing else.
Their markup is in `templates/`."""
