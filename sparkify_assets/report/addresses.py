"""Where the webserver serves our own pages: paths, so that a link works at whatever host and port it runs under."""

from datetime import date

PAGES = "/sparkify"
DASHBOARD, DICTIONARY = f"{PAGES}/dashboard", f"{PAGES}/dictionary"


def in_dictionary(full_name: str) -> str:
    """Return the address of a table in the dictionary."""
    return f"{DICTIONARY}#{full_name}"


def days_of(table: str, last: date | None = None) -> str:
    """Return the address of a daily table's days: of the latest ones, or of those until `last`."""
    return f"{PAGES}/days/{table}{f'/{last}' if last else ''}"
