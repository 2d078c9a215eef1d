"""From a question and a filter to the statement that is sent.

A question reads `played` and `viewed`, the plays and page views that the filter lets through, and `compared`, the plays
of the period and of the one before, where `is_before` is 1 and not null. Here these rows are written into it. Only
conditions that are set are in the statement, so that people can read it. Values are bound. How many rows are asked for
is written, since Redshift documents LIMIT with a number alone: it is never a text from outside.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sparkify_assets import model
from sparkify_assets.errors import FilterError
from sparkify_assets.queries import Query, names, query
from sparkify_assets.report.asking.filters import Filter
from sparkify_assets.warehouse.session import Value

FOLDER = "dashboard"
# What every ranking has beside the orders that its statement names.
CHANGE = "change"
# The most played first; and the first page of plays, which begins before no play.
_OPTIONS: dict[str, Value] = {"sort": "plays", "before": datetime(9999, 12, 31), "after_id": ""}


@dataclass(frozen=True)
class _Events:
    """Rows that questions may read: their table, columns and days, and the condition of each filter. Those that have
    none are refused."""

    table: str
    columns: tuple[str, ...]
    days: str
    conditions: Mapping[str, str]


# LEN: Redshift ignores blanks at the end of a text when it compares texts; here they count.
_OF_ALL = {
    "level": "level = :level AND LEN(level) = :level_length",
    "place": "location = :place AND LEN(location) = :place_length",
    "browser": "browser = :browser",
    "weekday": "EXTRACT(dow FROM start_date) = :weekday",
    "hour": "EXTRACT(hour FROM start_time) = :hour",
}
_OF_PLAYS = {
    **_OF_ALL,
    "song": "song_title_clean = :song AND LEN(song_title_clean) = :song_length",
    "artist": "artist_name_clean = :artist AND LEN(artist_name_clean) = :artist_length",
}
_PLAYS = (
    *("songplay_id", "start_date", "start_time", "user_id", "session_id", "level", "location", "browser", "os"),
    *("song_id", "song_title_clean AS song_title", "artist_name_clean AS artist_name", "length"),
)
_VIEWS = ("start_date", "start_time", "user_id", "session_id", "page", "status", "level", "location", "browser")
_IS_BEFORE = "CASE WHEN start_date < :first_day THEN 1 END AS is_before"
_PERIOD, _BOTH_PERIODS = ":first_day AND :last_day", ":first_day_before AND :last_day"
_RELATIONS = {
    "played": _Events("sparkify.songplays", _PLAYS, _PERIOD, _OF_PLAYS),
    "compared": _Events("sparkify.songplays", (*_PLAYS, _IS_BEFORE), _BOTH_PERIODS, _OF_PLAYS),
    "viewed": _Events("sparkify.page_views", _VIEWS, _PERIOD, _OF_ALL),
}
# Whom a play is by, seen from the period in which it lies.
_SEGMENTS = {
    "new": "CAST(first_played AS DATE) BETWEEN :first_day{0} AND :last_day{0}",
    "returning": "CAST(first_played AS DATE) < :first_day{0}",
}


@dataclass(frozen=True)
class Composed:
    """A statement with the values that it is sent with, and what its columns mean."""

    query: Query
    values: Mapping[str, Value]
    meaning: str
    columns: Mapping[str, str]

    @property
    def shown(self) -> str:
        """The statement with its values written in: `sparkify query` gives the same rows for it."""
        return _PARAMETER.sub(lambda found: _literal(self.values[found[1]]), self.query.sql)


def compose(
    name: str, filter_: Filter, most: int, skipped: int = 0, options: Mapping[str, Value] | None = None
) -> Composed:
    """Return the statement that asks the question `name` of what the filter lets through, for so many rows."""
    options = _OPTIONS | dict(options or {})
    question = _question(name)
    if not is_answerable(name, filter_):
        raise FilterError("page views are of no song and no artist: remove song and artist to ask for them")
    if question.orders and options["sort"] not in question.orders:
        raise FilterError(f"sort is {str(options['sort'])[:40]!r}: expected one of {', '.join(question.orders)}")
    sql = _NUMBER.sub(lambda found: str({"most": most, "skipped": skipped}[found[1]]), question.sql)
    for relation in question.relations:
        sql = _with_rows(sql, relation, filter_)
    known = {**_values(filter_), **options}
    used = {found: known[found] for found in dict.fromkeys(_PARAMETER.findall(sql))}
    return Composed(Query(f"{FOLDER}/{name}", sql), used, question.meaning, question.columns)


def is_answerable(name: str, filter_: Filter) -> bool:
    """Return whether a question can be asked with this filter: page views are of no song."""
    return not (filter_.song or filter_.artist) or "viewed" not in _question(name).relations


@dataclass(frozen=True)
class _Question:
    """A file of `queries/dashboard/`: its statement, the relations that it reads, the orders that it knows, and the
    meanings in its comments."""

    sql: str
    relations: tuple[str, ...]
    orders: tuple[str, ...]
    meaning: str
    columns: Mapping[str, str]


@cache
def _question(name: str) -> _Question:
    if f"{FOLDER}/{name}" not in names(FOLDER):
        raise KeyError(f"there is no question {name}")
    text = query(f"{FOLDER}/{name}").sql
    header, sql = _HEADER.match(text), _HEADER.sub("", text, count=1)
    assert header, name
    orders = [order for line in sql.splitlines() if ":sort" in line for order in re.findall(r"'(\w+)'", line)]
    return _Question(
        # The comments on columns are shown beside the answer, not in the statement.
        _COLUMN.sub(lambda found: found["code"], sql),
        tuple(relation for relation in _RELATIONS if _uses(sql, relation)),
        tuple(dict.fromkeys([*orders, CHANGE])) if orders else (),
        " ".join(line.removeprefix("--").strip() for line in header[0].splitlines()),
        {found["name"]: _meaning(found["meaning"]) for found in _COLUMN.finditer(sql)},
    )


_HEADER = re.compile(r"(?:--[^\n]*\n)+")
_COLUMN = re.compile(r"^(?P<code>.*?(?P<name>\w+),?)  -- (?P<meaning>.+)$", re.MULTILINE)
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")
_NUMBER = re.compile(r"(?<![:\w]):(most|skipped)\b")


def _meaning(comment: str) -> str:
    """Return what a column means: a comment `= insights.sessions.plays` refers to the data dictionary."""
    if not comment.startswith("= "):
        return comment
    table, _, column = comment.removeprefix("= ").rpartition(".")
    return model.table(table).column(column).meaning


def _uses(sql: str, relation: str) -> Sequence[re.Match[str]]:
    """Return where a statement reads a relation."""
    return list(re.finditer(rf"^(?P<indent> *)(?P<start>.*?\bFROM ){relation}(?: AS (?P<alias>\w+))?$", sql, re.M))


def _with_rows(sql: str, relation: str, filter_: Filter) -> str:
    """Write the rows of a relation into a statement: before it, or where they are read if that is more than once, as
    DuckDB would otherwise keep all of them between the two."""
    rows = _rows(sql, relation, filter_)
    uses = _uses(sql, relation)
    if len(uses) == 1:
        first = f"{relation} AS (\n    {rows.replace(chr(10), chr(10) + '    ')}\n)"
        return f"WITH {first},\n{sql.removeprefix('WITH ')}" if sql.startswith("WITH ") else f"WITH {first}\n{sql}"
    for use in reversed(uses):
        end = f"\n{use['indent']}"
        inner = rows.replace("\n", f"{end}    ")
        instead = f"{use['indent']}{use['start']}({end}    {inner}{end}) AS {use['alias'] or relation}"
        sql = sql[: use.start()] + instead + sql[use.end() :]
    return sql


def _rows(sql: str, relation: str, filter_: Filter) -> str:
    events = _RELATIONS[relation]
    # Only the columns that the question names.
    columns = [column for column in events.columns if re.search(rf"\b{column.rpartition(' ')[2]}\b", sql)]
    conditions = [f"start_date BETWEEN {events.days}"]
    conditions += [text for name, text in events.conditions.items() if getattr(filter_, name) not in ("", None)]
    if filter_.listeners:
        conditions.append(_segment(filter_.listeners, events.days == _BOTH_PERIODS))
    condition = "\n    AND ".join(conditions)
    return f"SELECT {', '.join(columns)}\nFROM {events.table}\nWHERE {condition}"


def _segment(segment: str, of_both: bool) -> str:
    def in_period(when: str) -> str:
        return f"user_id IN (SELECT user_id FROM insights.user_summary WHERE {_SEGMENTS[segment].format(when)})"

    if not of_both:
        return in_period("")
    return (
        f"((start_date >= :first_day AND {in_period('')})\n"
        f"        OR (start_date < :first_day AND {in_period('_before')}))"
    )


def _values(filter_: Filter) -> dict[str, Value]:
    before = filter_.before()
    texts = {name: getattr(filter_, name) for name in ("level", "place", "browser", "song", "artist")}
    return {
        "first_day": filter_.first,
        "last_day": filter_.last,
        "first_day_before": before.first,
        "last_day_before": before.last,
        **texts,
        **{f"{name}_length": len(text) for name, text in texts.items()},
        # EXTRACT(dow …) counts Sunday as 0.
        "weekday": None if filter_.weekday is None else filter_.weekday % 7,
        "hour": filter_.hour,
    }


def _literal(value: Value) -> str:
    """Write a value for people to copy."""
    if isinstance(value, datetime):
        return f"CAST('{value.isoformat(' ')}' AS TIMESTAMP)"
    if isinstance(value, date):
        return f"CAST('{value}' AS DATE)"
    if isinstance(value, int):
        return str(value)
    # A backslash escapes what follows it in a text of Redshift's.
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"
