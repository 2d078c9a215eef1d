"""The figures of a period: the headline with its changes, what moved most, and the days."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import sqrt
from typing import NamedTuple

from sparkify_assets.report.asking.asker import Answered
from sparkify_assets.report.asking.composing import is_answerable
from sparkify_assets.report.charts.timeline import day_of
from sparkify_assets.report.explorer.drawings import day_chart, days_between, spark
from sparkify_assets.report.explorer.explorer_view import View
from sparkify_assets.report.explorer.page_questions import PageQuestions
from sparkify_assets.report.explorer.parts import Tile, change, percent
from sparkify_assets.report.pages.templates import render
from sparkify_assets.report.phrases import counted, day_with_weekday, fraction, in_words, number, readable, thousands
from sparkify_assets.warehouse.session import Row

Days = Sequence[tuple[date, Row]]


class Figure(NamedTuple):
    """A headline figure: the column that counts it, and the one that it is a share of, if it is a share."""

    title: str
    column: str
    of: str = ""
    in_hours: bool = False


_OF_PLAYS = (
    Figure("Plays", "plays"),
    Figure("Listeners", "listeners"),
    Figure("Hours listened", "listening_seconds", in_hours=True),
    Figure("Paying listeners", "paying_listeners", "listeners"),
    Figure("New listeners", "new_listeners"),
    Figure("Returning listeners", "returning_listeners"),
)
_OF_VIEWS = (Figure("Upgrades", "upgrades"), Figure("Downgrades", "downgrades"))
# Where there are no page views to ask: those of one song, or of one browser.
_IN_PLACE = (Figure("Sessions", "sessions"), Figure("Plays in the song catalog", "matched_plays", "plays"))


def headline(questions: PageQuestions) -> str:
    """Draw the figures of the period, each with its change and its days."""
    asked = [("summary", questions.ask("summary")), ("by_day", by_day := questions.ask("by_day", 4_000))]
    tiles = list(tiles_of(_OF_PLAYS, asked[0][1], questions.ask_before("summary"), all_days(questions.view, by_day)))
    if is_answerable("moves", questions.view.filter):
        moves, moves_by_day = questions.ask("moves"), questions.ask("moves_by_day", 4_000)
        days = all_days(questions.view, moves_by_day)
        tiles += tiles_of(_OF_VIEWS, moves, questions.ask_before("moves"), days)
        asked += [("moves", moves), ("moves_by_day", moves_by_day)]
    else:
        tiles += tiles_of(_IN_PLACE, asked[0][1], questions.ask_before("summary"), [])
    return render("explorer_tiles.html", part=questions.part("figures", "In figures", *asked), tiles=tiles)


def tiles_of(figures: Sequence[Figure], now: Answered, before: Answered | None, days: Days) -> Iterator[Tile]:
    for figure in figures:
        value, earlier = _value(figure, now.row), _value(figure, before.row) if before else None
        values = [_value(figure, row) for _, row in days] if days and figure.column in days[0][1] else []
        yield Tile(
            figure.title,
            _in_words(figure, value),
            change(value, earlier, _in_words(figure, earlier or 0), is_share=bool(figure.of)),
            spark(values),
            _range_of(figure, values),
            note=f"{thousands(now.row[figure.column])} of {thousands(now.row[figure.of])}" if figure.of else "",
        )


def _value(figure: Figure, row: Row) -> float:
    value = fraction(row.get(figure.column))
    if figure.of:
        return value / whole if (whole := fraction(row.get(figure.of))) else 0
    return value / 3600 if figure.in_hours else value


def _in_words(figure: Figure, value: float) -> str:
    return percent(value) if figure.of else f"{value:,.0f}"


def _range_of(figure: Figure, values: Sequence[float]) -> str:
    """Return what a spark line shows, in words."""
    if not values:
        return ""
    return f"By day: from {_in_words(figure, min(values))} to {_in_words(figure, max(values))}"


def all_days(view: View, answer: Answered) -> Days:
    """Return all days of the period with their rows: a day without one has nothing."""
    rows = {day_of(row["day"]): row for row in answer.rows}
    nothing: Row = dict.fromkeys(answer.columns, 0)
    return [(day, rows.get(day, nothing)) for day in days_between(view.filter.first, view.filter.last)]


def daily(questions: PageQuestions) -> str:
    """Draw the plays of each day by level: each day leads to itself."""
    view, answer = questions.view, questions.ask("by_day", 4_000)
    days = all_days(view, answer)
    chart = day_chart([(day, _by_level(row), view.on(day), _day_in_words(day, row)) for day, row in days])
    lead = "By UTC day, and by the level of the listener at that moment. A day leads to itself."
    part = questions.part("days", "Plays by day", ("by_day", answer), lead=lead)
    return render("explorer_days.html", part=part, chart=chart, days=days, view=view)


def _by_level(row: Row) -> list[tuple[str, float]]:
    paid = number(row["paid_plays"])
    return [("paid", paid), ("free", number(row["plays"]) - paid)]


def _day_in_words(day: date, row: Row) -> str:
    plays, paid = counted(row["plays"], "play"), thousands(row["paid_plays"])
    return f"{day_with_weekday(day)}: {plays}, {paid} of them paid, by {counted(row['listeners'], 'listener')}."


class Moved(NamedTuple):
    """What moved: its name, its address, its figures, and how far the change is beyond what chance brings about."""

    name: str
    address: str
    row: Row
    weight: float


def moved_most(questions: PageQuestions) -> str:
    """Draw the three things that moved most, as sentences."""
    if not questions.view.has_before:
        return ""
    # What the page is filtered by is no news on it.
    given = questions.view.filter
    kinds = {"songs": given.song, "artists": given.artist, "where": given.place}
    asked = [(name, questions.ask(name, 2, sort="change")) for name, chosen in kinds.items() if not chosen]
    found = {name: [_moved(questions.view, row) for row in answer.rows] for name, answer in asked}
    lead = "Whose plays changed most against the days before."
    part = questions.part("moved", "What moved most", *asked, lead=lead)
    return render("explorer_moved.html", part=part, moved=_most_moved(found))


def _moved(view: View, row: Row) -> Moved:
    now, before = number(row["plays"]), number(row["plays_before"])
    # Counts differ by chance by about their square root.
    weight = abs(now - before) / sqrt(max(now + before, 1))
    artist = row.get("artist_name")
    if title := row.get("song_title"):
        name = f"“{readable(title)}” by {readable(artist)}"
        return Moved(name, view.at("song", song=title, artist=artist), row, weight)
    if artist:
        return Moved(readable(artist), view.at("artist", artist=artist), row, weight)
    place = row["location"]
    return Moved(readable(place), view.at("place", place=place) if place else "", row, weight)


def _most_moved(found: Mapping[str, Sequence[Moved]]) -> list[Moved]:
    """Return the song, the artist and the place that moved most; another artist, if what moved was that song of theirs
    alone, which is one thing."""
    song = next(iter(found.get("songs", ())), None)
    artists = (artist for artist in found.get("artists", ()) if song is None or not _is_same(artist.row, song.row))
    chosen = [song, next(artists, None), next(iter(found.get("where", ())), None)]
    return sorted((moved for moved in chosen if moved), key=lambda each: -each.weight)


def _is_same(artist: Row, song: Row) -> bool:
    return all(artist[name] == song[name] for name in ("artist_name", "plays", "plays_before"))


def freshness(questions: PageQuestions) -> str:
    """Say how fresh and how complete the data is."""
    view = questions.view
    covered, log_days = questions.ask("covered"), questions.ask("log_days", 4_000)
    row = covered.row
    loaded = {day_of(day["log_date"]) for day in log_days.rows}
    missing = [day for day in days_between(view.filter.first, view.filter.last) if day not in loaded]
    records, rejected = (sum(number(day[name]) for day in log_days.rows) for name in ("records", "rejected"))
    failed = [day_of(day["log_date"]) for day in log_days.rows if number(day["failed_checks"])]
    part = questions.part("state", "How fresh and how complete", ("covered", covered), ("log_days", log_days))
    return render(
        "explorer_state.html",
        part=part,
        covered=row,
        days=view.filter.days,
        missing=missing,
        records=records,
        rejected=rejected,
        share=percent(rejected / records) if records else "",
        failed=failed,
        problems=view.at("problems"),
        latest=in_words(day_of(row["last_day"])),
    )
