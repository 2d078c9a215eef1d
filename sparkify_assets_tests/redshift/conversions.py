"""How COPY converts a value of a record to the type of its column, or why it cannot."""

import json
import math
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sparkify_assets_tests.redshift.copy_statements import LoadError
from sparkify_assets_tests.redshift.postgres import Column

# Codes of Redshift's load error reference.
TOO_LONG, BAD_DATE, BAD_TIMESTAMP, BAD_INTEGER, BAD_FLOAT = 1204, 1205, 1206, 1207, 1208
BAD_BOOLEAN, MISSING, INVALID_INPUT, BAD_UTF8, INTEGER_OVERFLOW = 1210, 1213, 1216, 1220, 1222

Converter = Callable[[Any], str | None]


def _text_converter(column: Column) -> Converter:
    size, surely_fits = column.size, column.size // 4

    def convert(value: Any) -> str:
        text = value if type(value) is str else as_text(value)
        # assumes: copy_refuses_text_over_its_bytes
        if len(text) > surely_fits and len(text.encode()) > size:
            raise LoadError(TOO_LONG, "String length exceeds DDL length")
        return text

    return convert


def as_text(value: Any) -> str:
    # assumes: copy_loads_scalars_as_text, copy_loads_nested_values_as_json
    if isinstance(value, float):
        if math.isinf(value):
            raise LoadError(INVALID_INPUT, "Invalid JSON: the number is out of range")
        return repr(value)
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _integer_converter(bits: int) -> Callable[[Column], Converter]:
    def convert(value: Any) -> str | None:
        if value == "":
            # assumes: copy_reads_empty_as_null_but_in_text
            return None
        # assumes: copy_refuses_what_is_no_integer
        if type(value) is not int:
            if type(value) is not str or not re.fullmatch(r"[+-]?[0-9]+", value):
                raise LoadError(BAD_INTEGER, f"Invalid digit, Value '{str(value)[:20]}', Pos 0, Type: Integer")
            value = int(value) if len(value) < 1000 else 1 << 64
        # assumes: copy_refuses_integers_out_of_range
        if not -(1 << bits) <= value < 1 << bits:
            raise LoadError(INTEGER_OVERFLOW, "Integer value overflow")
        return str(value)

    return lambda column: convert


def _double(value: Any) -> str | None:
    if value == "":
        return None
    if type(value) is str:
        # assumes: copy_takes_nan_and_infinity_in_text
        if re.fullmatch(r"[+-]?(?:inf|infinity)|nan", value, re.IGNORECASE):
            return value
        if not re.fullmatch(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", value):
            raise LoadError(BAD_FLOAT, f"Invalid digit, Value '{value[:20]}', Pos 0, Type: Double")
    elif type(value) not in (int, float):
        # assumes: copy_refuses_what_is_no_double
        raise LoadError(BAD_FLOAT, f"Invalid digit, Value '{str(value)[:20]}', Pos 0, Type: Double")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    # assumes: copy_refuses_doubles_out_of_range
    if math.isinf(number):
        raise LoadError(BAD_FLOAT, "Overflow, Type: Double")
    return repr(number)


def _converter_of(pattern: str, code: int, parse: Callable[[str], object]) -> Callable[[Column], Converter]:
    """Accept texts that match the pattern and can be parsed: PostgreSQL reads them in the same way."""

    def convert(value: Any) -> str | None:
        if value == "":
            return None
        text = as_text(value)
        # assumes: copy_refuses_unreadable_times_and_booleans
        try:
            if not re.fullmatch(pattern, text, re.IGNORECASE):
                raise ValueError(f"{text[:20]} is not what is expected")
            parse(text)
        except ValueError as error:
            raise LoadError(code, f"Invalid value, Value '{text[:20]}'") from error
        return text

    return lambda column: convert


_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MOMENT = rf"{_DAY}[ T][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]{{1,6}})?"
CONVERTERS: dict[str, Callable[[Column], Converter]] = {
    "varchar": _text_converter,
    "bpchar": _text_converter,
    "int4": _integer_converter(31),
    "int8": _integer_converter(63),
    "float8": lambda column: _double,
    "bool": _converter_of("1|t|true|y|yes|0|f|false|n|no", BAD_BOOLEAN, str),
    "date": _converter_of(_DAY, BAD_DATE, date.fromisoformat),
    "timestamp": _converter_of(_MOMENT, BAD_TIMESTAMP, datetime.fromisoformat),
}
