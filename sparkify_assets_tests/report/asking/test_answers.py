"""What the dashboard answers is true: on both engines, for any filter, it is what plain Python counts."""

import random
from datetime import timedelta

from sparkify_assets.load.loading import load_days
from sparkify_assets.queries import names
from sparkify_assets.report.answers import ask
from sparkify_assets.report.asking.asker import Asked, Asker
from sparkify_assets.report.asking.composing import is_answerable
from sparkify_assets.report.asking.filters import BROWSERS, LEVELS, SEGMENTS, Filter
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.asking_oracle import Heard
from sparkify_assets_tests.copies import copies_of
from sparkify_assets_tests.effort import number_of_examples
from sparkify_assets_tests.lakes import DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.oracle import Row
from sparkify_assets_tests.platforms import Platform

DAYS = [DAY + timedelta(days=n) for n in range(12)]
ORDERS = ("plays", "before", "rise", "fall", "stopped", "new", "change")
# What is asked of no filter: what there is to choose from.
OF_ALL = {"covered", "places"}


def load_sample(platform: Platform) -> None:
    """A sample, plus what it lacks: matches, nulls, odd lengths and levels, texts that differ only in blanks, names
    with quotes, errors, plays at the ends of a day and of nobody."""
    generate(platform.lake, SampleOptions(start=DAY, days=len(DAYS), events=700, songs=20))
    write_song(platform.lake, song())
    own = {"userId": "990001", "sessionId": 990001}
    other = {"userId": "990002", "sessionId": 990002, "level": "paid"}
    extra = [
        event(**own),
        event(**own, itemInSession=1, song=None, artist=None, length=None, location=None),
        event(**own, itemInSession=2, length=90_000, level="trial"),
        event(**own, itemInSession=3, location="Fargo, ND-MN "),
        event(**own, itemInSession=4, artist=None, userAgent=None),
        event(**own, itemInSession=5, song='It\'s \\ "a" 100% _ :level', artist="O'Hara; --"),
        event(**own, itemInSession=6, page="Help", status=404, song=None, artist=None, length=None),
        event(**own, itemInSession=7, page="Submit Upgrade ", song=None, artist=None, length=None),
        event(**other, ts=at(DAY, 0)),
        event(**other, itemInSession=1, ts=at(DAY, 24) - 1),
        event(**other, itemInSession=2, ts=at(DAY, 7 * 24 + 3), page="Submit Downgrade", song=None, artist=None),
        event(**other, itemInSession=3, ts=at(DAY, 7 * 24 + 3)),
        event(sessionId=990003, userId="", page="Help", status=500, level="paid"),
        event(sessionId=990003, userId="", itemInSession=1),
    ]
    write_day(platform.lake, DAY, extra, "extra")
    platform.load_songs()
    load_days(platform.warehouse, platform.open_lake(), DAYS, bytes_together=platform.settings.bytes_together)
    platform.make_insights()


sampled = copies_of(load_sample)


def random_filter(chance: random.Random, heard: Heard) -> Filter:
    """A filter that some play may pass: a value of each kind is one that plays have, as often as not none."""
    play = chance.choice(heard.plays)
    first = chance.choice(DAYS) - timedelta(days=chance.choice((0, 0, 1, 3)))

    def perhaps(value: object) -> object:
        return value if chance.random() < 0.25 else None

    return Filter(
        first,
        first + timedelta(days=chance.choice((0, 1, 2, 6, 11))),
        level=str(perhaps(chance.choice(LEVELS)) or ""),
        place=str(perhaps(play["location"]) or ""),
        browser=str(perhaps(play["browser"] or chance.choice(BROWSERS)) or ""),
        listeners=str(perhaps(chance.choice(SEGMENTS)) or ""),
        song=str(perhaps(perhaps(play["song"])) or ""),
        artist=str(perhaps(perhaps(play["artist"])) or ""),
        weekday=perhaps(perhaps(play["start_time"].isoweekday())),  # type: ignore[arg-type]
        hour=perhaps(perhaps(play["start_time"].hour)),  # type: ignore[arg-type]
    )


def test_any_filter_has_the_answers_that_plain_python_counts(sampled: Platform, chance: random.Random) -> None:
    heard = Heard(sampled.expected(DAYS))
    answers = heard.answers()
    assert {*answers} | OF_ALL == {name.rpartition("/")[2] for name in names("dashboard")}
    with Asker(sampled.warehouse) as asker:
        for _ in range(number_of_examples(8, thorough=200)):
            filter_ = random_filter(chance, heard)
            asked = [name for name in answers if is_answerable(name, filter_)]
            for name in chance.sample(asked, number_of_examples(5, thorough=len(asked))):
                sort = chance.choice(ORDERS)
                found = asker.ask(Asked(name, filter_, options=(("sort", sort),)))
                assert as_tuples(found.rows) == answers[name](filter_, sort), (name, sort, filter_)
        # Each question once without a condition, where most rows are.
        for name, answer in answers.items():
            everything = Filter(DAYS[0], DAYS[-1])
            assert as_tuples(asker.ask(Asked(name, everything)).rows) == answer(everything, "plays"), name


def as_tuples(rows: list[dict[str, object]]) -> list[Row]:
    # What its checks found is the load's, which the oracle does not know.
    return [tuple(value for name, value in row.items() if name != "failed_checks") for row in rows]


def test_the_statement_that_is_shown_gives_the_same_rows_to_whoever_copies_it(
    sampled: Platform, chance: random.Random
) -> None:
    heard = Heard(sampled.expected(DAYS))
    quoted = Filter(DAY, DAYS[-1], song='It\'s \\ "a" 100% _ :level', artist="O'Hara; --", level="free")
    with Asker(sampled.warehouse) as asker:
        asked = [Asked("songs", quoted), Asked("summary", quoted), Asked("plays", quoted)]
        filters = [random_filter(chance, heard) for _ in range(number_of_examples(1, thorough=30))]
        asked += [Asked(name, each) for each in filters for name in ("where", "funnel") if is_answerable(name, each)]
        for each in asked:
            found = asker.ask(each)
            assert ask(sampled.warehouse, found.sql).rows == as_tuples(found.rows), found.sql
        assert [row["plays"] for row in asker.ask(asked[0]).rows] == [1]
