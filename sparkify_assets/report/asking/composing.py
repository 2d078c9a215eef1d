"""From a question and a filter to the statement that is sent: the rows that the filter lets through come first, as
`played`, `viewed` and, for the days before, `played_before` and `viewed_before`.

Only conditions that are set are in the statement, so that people can read it. Values are bound. How many rows are asked
for is written, since Redshift documents LIMIT with a number alone: it is never a text from outside.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sparkify_assets import model
from sparkify_assets.errors import FilterError
from sparkify_assets.queries import Query, names, query
from sparkify_assets.report.asking.filters import Filter
from sparkify_assets.warehouse.session import Value

FOLDER = "dashboard"
_BEFORE = "_before"


@dataclass(frozen=True)
class _Events:
    """A table of events, the columns of it that questions may use, and the filters that it cannot answer to, with the
    reason."""

    table: str
    columns: tuple[str, ...]
    conditions: Mapping[str, str]
    lacks: Mapping[str, str]


# LEN: Redshift ignores blanks at the end of a text when it compares texts; here they count.
_OF_ALL = {
    "level": "level = :level AND LEN(level) = :level_length",
    "place": "location = :place AND LEN(location) = :place_length",
    "browser": "browser = :browser AND LEN(browser) = :browser_length",
    "weekday": "EXTRACT(dow FROM start_date) = :weekday",
    "hour": "EXTRACT(hour FROM start_time) = :hour",
}
_PLAYS = _Events(
    "sparkify.songplays",
    (
        *("songplay_id", "start_date", "start_time", "user_id", "session_id", "level", "location", "browser", "os"),
        *("song_id", "song_title_clean AS song_title", "artist_name_clean AS artist_name", "length"),
    ),
    {
        **_OF_ALL,
        "song": "song_title_clean = :song AND LEN(song_title_clean) = :song_length",
        "artist": "artist_name_clean = :artist AND LEN(artist_name_clean) = :artist_length",
    },
    {},
)
_NOT_OF_A_SONG = "page views are of no song and no artist: remove song and artist to ask for them"
_VIEWS = _Events(
    "sparkify.page_views",
    ("start_date", "start_time", "user_id", "session_id", "page", "status", "level", "location", "browser"),
    _OF_ALL,
    {"song": _NOT_OF_A_SONG, "artist": _NOT_OF_A_SONG},
)
_SOURCES = {"played": _PLAYS, "viewed": _VIEWS}
_SEGMENTS = {
    "new": "CAST(first_played AS DATE) BETWEEN :first_day{} AND :last_day{}",
    "returning": "CAST(first_played AS DATE) < :first_day{}",
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


def compose(name: str, filter_: Filter, most: int, skipped: int = 0, **options: Value) -> Composed:
    """Return the statement that asks the question `name` of what the filter lets through, for so many rows."""
    question = _question(name)
    sources = question.sources
    if refusals := [reason for source in sources for reason in _refusals(source, filter_)]:
        raise FilterError(refusals[0])
    body = _NUMBER.sub(lambda found: str({"most": most, "skipped": skipped}[found[1]]), question.sql)
    sql = _with(body, [_relation(source, filter_) for source in sources])
    known = {**_values(filter_), **options}
    used = {found: known[found] for found in dict.fromkeys(_PARAMETER.findall(sql))}
    return Composed(Query(f"{FOLDER}/{name}", sql), used, question.meaning, question.columns)


def is_answerable(name: str, filter_: Filter) -> bool:
    """Return whether a question can be asked with this filter: page views are of no song."""
    return not any(True for source in _question(name).sources for _ in _refusals(source, filter_))


@dataclass(frozen=True)
class _Question:
    """A file of `queries/dashboard/`: its statement, the relations that it reads, and the meanings in its comments."""

    sql: str
    sources: tuple[str, ...]
    meaning: str
    columns: Mapping[str, str]


@cache
def _question(name: str) -> _Question:
    if f"{FOLDER}/{name}" not in names(FOLDER):
        raise KeyError(f"there is no question {name}")
    text = query(f"{FOLDER}/{name}").sql
    header, sql = _HEADER.match(text), _HEADER.sub("", text, count=1)
    assert header, name
    sources = [f"{source}{when}" for source in _SOURCES for when in ("", _BEFORE)]
    read = tuple(source for source in sources if re.search(rf"\b{source}\b", _COMMENT.sub("", sql)))
    meaning = " ".join(line.removeprefix("--").strip() for line in header[0].splitlines())
    columns = {found["name"]: _meaning(found["meaning"]) for found in _COLUMN.finditer(sql)}
    # The comments on columns are shown beside the answer, not in the statement.
    return _Question(_COLUMN.sub(lambda found: found["code"].rstrip(), sql), read, meaning, columns)


_HEADER = re.compile(r"(?:--[^\n]*\n)+")
_COLUMN = re.compile(r"^(?P<code>.*?(?P<name>\w+),?)  -- (?P<meaning>.+)$", re.MULTILINE)
_COMMENT = re.compile(r"--[^\n]*")
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")
_NUMBER = re.compile(r"(?<![:\w]):(most|skipped)\b")


def _meaning(comment: str) -> str:
    """Return what a column means: a comment `= insights.sessions.plays` refers to the data dictionary."""
    if not comment.startswith("= "):
        return comment
    table, _, column = comment.removeprefix("= ").rpartition(".")
    return model.table(table).column(column).meaning


def _source(relation: str) -> _Events:
    return _SOURCES[relation.removesuffix(_BEFORE)]


def _refusals(relation: str, filter_: Filter) -> list[str]:
    return [reason for name, reason in _source(relation).lacks.items() if getattr(filter_, name)]


def _relation(relation: str, filter_: Filter) -> str:
    source, when = _source(relation), _BEFORE if relation.endswith(_BEFORE) else ""
    conditions = [f"start_date BETWEEN :first_day{when} AND :last_day{when}"]
    conditions += [text for name, text in source.conditions.items() if getattr(filter_, name) not in ("", None)]
    if filter_.listeners:
        who = _SEGMENTS[filter_.listeners].format(when, when)
        conditions.append(f"user_id IN (SELECT user_id FROM insights.user_summary WHERE {who})")
    condition = "\n        AND ".join(conditions)
    return f"{relation} AS (\n    SELECT {', '.join(source.columns)}\n    FROM {source.table}\n    WHERE {condition}\n)"


def _with(sql: str, relations: list[str]) -> str:
    if not relations:
        return sql
    first = ",\n".join(relations)
    return f"WITH {first},\n{sql.removeprefix('WITH ')}" if sql.startswith("WITH ") else f"WITH {first}\n{sql}"


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
