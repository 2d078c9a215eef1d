"""Parsing a record: the one place where JSON from outside becomes values, so that no text costs more than itself.

Python's parser alone ends with a RecursionError where values are nested deeply. What a good record is belongs in
`validator.py`.
"""

import json
import re
from typing import NoReturn

# Far more than a record needs, and less than any parser supports.
MAX_DEPTH = 500
_STRING_OR_BRACKETS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]+|[\]}]+', re.DOTALL)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class NotParsed(ValueError):
    """A text that is no JSON in UTF-8, or nested too deeply; the message says which."""


class Pairs(list[tuple[str, object]]):
    """The pairs of a JSON object, so that a key that occurs twice can be found."""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# Numbers stay as they are written: Python converts no integer of over 4,300 digits, and no engine keeps 1.50.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)
_PAIRS_DECODER = json.JSONDecoder(
    object_pairs_hook=Pairs, parse_int=str, parse_float=str, parse_constant=_refuse_constant
)


def parse(data: bytes) -> object:
    """Return the value that a JSON text stands for, with numbers as they are written."""
    return _parse(data, _DECODER)


def parse_pairs(data: bytes) -> object:
    """Return the same with objects as pairs, which takes a fourth longer."""
    return _parse(data, _PAIRS_DECODER)


def _parse(data: bytes, decoder: json.JSONDecoder) -> object:
    if _is_too_deep(data):
        raise NotParsed("nested too deeply")
    try:
        value: object = decoder.decode(data.decode("utf-8"))
        if _SURROGATE.search(data):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise NotParsed("not UTF-8") from error
    except ValueError as error:
        raise NotParsed("not JSON") from error
    return value


def _is_too_deep(data: bytes) -> bool:
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for found in _STRING_OR_BRACKETS.finditer(data):
        if found[0][:1] in b"[{":
            depth += len(found[0])
            if depth > MAX_DEPTH:
                return True
        elif found[0][:1] != b'"':
            depth -= len(found[0])
    return False
