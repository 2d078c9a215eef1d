"""The one place where text becomes something to look at: on a page, in a picture, on a terminal, in the UI, in alerts.

A control character can end the renderer of the charts, which writes XML, or steer a terminal, or reverse what is read.
Each becomes U+FFFD: it says that something stood there, and the text keeps its length. What is data stays as it is: the
warehouse, and rows in files and pipes.
"""

import re
from typing import TypeVar

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# What XML 1.0 or a terminal does not take: C0 but for tab and line ends, DEL, C1, halves of surrogate pairs, U+FFFE and
# U+FFFF; and what reorders text: the overrides and isolates of the bidirectional algorithm.
_UNFIT = re.compile(
    r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

# The folders of an absolute path, of which only the last name is left.
_FOLDERS = re.compile(r"(?<![\w/.])/(?:[\w.@+ -]+/)+(?=[\w.@+-])")

_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]<>|#])")

T = TypeVar("T")


def visible(text: str) -> str:
    """Return a text without characters that steer what shows it. Tabs and line ends stay."""
    return _UNFIT.sub(REPLACEMENT, text)


def on_one_line(text: str) -> str:
    """Return a text on one line, for errors and progress."""
    return " ".join(visible(text).split())


def without_folders(text: str) -> str:
    """Return a text for readers elsewhere: of this machine's paths it has the last names alone."""
    return _FOLDERS.sub("", text)


def markdown(text: str) -> str:
    """Return a text for Markdown to show as it is, on one line: no character of it is markup."""
    return _MARKDOWN_SIGNS.sub(r"\\\1", on_one_line(text))


def no_markdown(text: str) -> str:
    """Return what `markdown` was given, on one line."""
    return on_one_line(re.sub(r"\\(.)", r"\1", text))


def all_visible(value: T) -> T:
    """Return a value with every text in it made visible, whether it is a text, a list or a mapping."""
    shown: object = value
    if isinstance(value, str):
        shown = visible(value)
    elif isinstance(value, dict):
        shown = {all_visible(name): all_visible(each) for name, each in value.items()}
    elif isinstance(value, list):
        shown = [all_visible(each) for each in value]
    return shown  # type: ignore[return-value] # the same type, rebuilt
