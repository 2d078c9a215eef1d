"""`docs/questions.md` is right: on both engines every query in it gives the figure that plain Python computes."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlglot import exp

from sparkify_assets.load.loading import load_days
from sparkify_assets.report.answers import ask
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets.warehouse.dialect import parse
from sparkify_assets.warehouse.translations import tables_read
from sparkify_assets_tests import question_figures
from sparkify_assets_tests.event_oracle import Play
from sparkify_assets_tests.lakes import at, event, song, write_day, write_song
from sparkify_assets_tests.oracle import Row, Rows, least
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.question_figures import counted, plays_of

DOCUMENT = Path(__file__).parent.parent / "docs/questions.md"
# With a weekend, and a week that begins in one year and ends in the next.
FIRST = date(2018, 12, 28)
DAYS = [FIRST + timedelta(days=n) for n in range(6)]


@dataclass(frozen=True)
class Question:
    """A section of the document: its heading, its text, its query."""

    heading: str
    words: str
    sql: str


def questions() -> list[Question]:
    """The sections of the document, each of which must have exactly one query."""
    found = []
    for section in re.split(r"^### ", DOCUMENT.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        section = re.split(r"^## ", section, flags=re.MULTILINE)[0]
        heading, _, rest = section.partition("\n")
        queries = re.findall(r"```sql\n(.*?)```", rest, re.DOTALL)
        assert len(queries) == 1, f"{heading}: {len(queries)} queries, expected one"
        found.append(Question(heading, rest.partition("```")[0], queries[0]))
    return found


def top(keys: Iterable[Row]) -> list[Row]:
    """The ten most frequent keys; the least first where they are equally frequent."""
    ordered = sorted(Counter(keys).items(), key=lambda item: (-item[1], least(item[0])))
    return [(*key, count) for key, count in ordered[:10]]


def different(keys: Iterable[Row]) -> list[Row]:
    return [(len(set(keys)),)]


def of_plays(figure: Callable[[Iterable[Row]], list[Row]], *names: str) -> Callable[[Rows], list[Row]]:
    """A figure computed from these columns of the plays."""
    return lambda star: figure(tuple(play[name] for name in names) for play in plays_of(star))


def of_starts(part: Callable[[Play], object]) -> Callable[[Rows], list[Row]]:
    """How many plays began at each part of time."""
    return lambda star: counted((part(play),) for play in plays_of(star))


def table_sizes(star: Rows) -> list[Row]:
    return sorted((name.partition(".")[2], len(rows)) for name, rows in star.items() if name.startswith("sparkify."))


def data_status(star: Rows) -> list[Row]:
    """The plays of the log days: one who plays at midnight may be on another."""
    rejected = [row[0] for row in star["staging.rejected_records"] if row[0]]
    days = {*rejected, *(row[0] for row in star["staging.staging_events"])}
    loaded = len(star["staging.staging_events"])
    plays = sum(play["start_time"].date() in days for play in plays_of(star))
    return [(min(days), max(days), loaded + len(rejected), len(rejected), plays)]  # type: ignore[type-var]


def matches(star: Rows) -> list[Row]:
    return [(sum(play["song_id"] is not None for play in plays_of(star)),)]


def plays_per_week(star: Rows) -> list[Row]:
    weeks = Counter(play["start_time"].isocalendar()[:2] for play in plays_of(star))
    return [(week, count) for (_, week), count in sorted(weeks.items())]


def plays_by_gender(star: Rows) -> list[Row]:
    gender = {user: gender for user, _, _, gender, *_ in star["sparkify.users"]}
    return counted((gender[play["user_id"]],) for play in plays_of(star))


def seconds(star: Rows) -> list[Row]:
    lengths = (Decimal(str(play["length"])) for play in plays_of(star) if play["length"] is not None)
    return [(float(sum(length for length in lengths if 0 <= length <= 86_400)),)]


FIGURES: dict[str, Callable[[Rows], list[Row]]] = {
    **question_figures.FIGURES,
    "Rows of every table": table_sizes,
    "How fresh and how complete the data is": data_status,
    "Plays that match a song of the song catalog": matches,
    "Users by gender": lambda star: counted((user[3],) for user in star["sparkify.users"]),
    "Users by level": lambda star: counted((user[4],) for user in star["sparkify.users"]),
    "Users with a play": of_plays(different, "user_id"),
    "Sessions with a play": of_plays(different, "session_id"),
    "Plays per day": of_starts(lambda play: play["start_time"].date()),
    "Plays per ISO week": plays_per_week,
    "Plays per ISO weekday": of_starts(lambda play: play["start_time"].isoweekday()),
    "Plays per hour": of_starts(lambda play: play["start_time"].hour),
    "Seconds listened": seconds,
    "Plays by level": of_plays(counted, "level"),
    "Plays by gender": plays_by_gender,
    "The ten users with the most plays": of_plays(top, "user_id"),
    "The ten places with the most plays": of_plays(top, "location"),
    "The ten songs with the most plays": of_plays(top, "song_title_clean", "artist_name_clean"),
    "The ten artists with the most plays": of_plays(top, "artist_name_clean"),
}
QUESTIONS = questions()


def test_every_question_has_a_figure_to_compare_with() -> None:
    assert [question.heading for question in QUESTIONS] == list(dict.fromkeys(q.heading for q in QUESTIONS))
    assert {question.heading for question in QUESTIONS} == set(FIGURES)


def test_the_text_names_the_tables_that_the_query_reads() -> None:
    offenders = [
        f"{question.heading}: {named}, expected {read}"
        for question in QUESTIONS
        for named in [set(re.findall(r"`((?:staging|sparkify|insights)\.\w+)`", question.words))]
        for read in [set(tables_read(question.sql))]
        if named != read
    ]
    assert not offenders, "\n".join(offenders)


def test_an_answer_of_several_rows_is_ordered_and_says_where_nulls_go() -> None:
    offenders = [question.heading for question in QUESTIONS if not is_ordered(question.sql)]
    assert not offenders, "\n".join(offenders)


def is_ordered(sql: str) -> bool:
    """Whether an answer is one row, or every order in the query says where nulls go."""
    statement = parse(sql)
    orders = list(statement.find_all(exp.Ordered))
    is_one_row = statement.find(exp.AggFunc) is not None and not statement.find(exp.Group)
    return (bool(orders) or is_one_row) and sql.count("NULLS LAST") == len(orders)


@pytest.fixture
def varied(platform: Platform) -> Platform:
    """A sample of some days, plus what it lacks: matches, duplicate plays, nulls, odd lengths, users without a play."""
    generate(platform.lake, SampleOptions(start=FIRST, days=len(DAYS), events=900, songs=30))
    write_song(platform.lake, song())
    noon = at(FIRST)
    own = {"ts": noon, "sessionId": 990001, "userId": "990001"}
    extra = [
        event(**own),
        event(**own),
        event(**own, itemInSession=1, song=None, artist=None, length=None, location=None),
        event(**own, itemInSession=2, length=90_000, level="paid"),
        event(**own, itemInSession=3, artist="Étoile", song="étude", gender=None),
        event(ts=noon + 1, sessionId=990002, userId="990002", page="Home", song=None, artist=None, length=None),
        event(ts=noon + 2, sessionId=990003, userId="990003", gender=None, level="trial", registration=noon),
        event(ts=at(DAYS[4]), sessionId=990003, userId="990003", gender=None, level="trial", registration=noon),
        event(ts=noon + 3, sessionId=990003, userId="", page="NextSong"),
        event(ts=noon + 4, sessionId=990004, userId="990004", page="Help", status=404, registration=None),
        event(ts=noon + 43_200_000, sessionId=990004, userId="990004", page="Downgrade", registration=None),
    ]
    write_day(platform.lake, FIRST, extra, "extra")
    platform.load_songs()
    load_days(platform.warehouse, platform.open_lake(), DAYS, bytes_together=platform.settings.bytes_together)
    platform.make_insights()
    return platform


def test_every_question_is_answered_with_the_figure_that_plain_python_computes(varied: Platform) -> None:
    star = varied.expected(DAYS)
    expected = {heading: figure(star) for heading, figure in FIGURES.items()}
    answers = {question.heading: ask(varied.warehouse, question.sql).rows for question in QUESTIONS}
    assert answers == expected
    # The data holds the cases that a query could get wrong.
    assert expected["Plays that match a song of the song catalog"] >= [(1,)]
    assert [week for week, _ in expected["Plays per ISO week"]] == [52, 1]
    assert expected["Who comes back in the week after the registration"] == [(1, 1)]
    assert all(len(rows) == 10 for heading, rows in expected.items() if heading.startswith("The ten "))


def test_the_questions_are_answered_on_an_empty_warehouse_too(platform: Platform) -> None:
    with platform.warehouse.session():
        platform.warehouse.publish()
    for question in QUESTIONS:
        rows = ask(platform.warehouse, question.sql).rows
        assert all(value == 0 for row in rows for value in row if value and not isinstance(value, str)), (
            question.heading
        )
