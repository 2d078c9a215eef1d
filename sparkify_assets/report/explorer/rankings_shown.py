"""The tables that rank songs, artists and places, with what changed since the days before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sparkify_assets.report.explorer.explorer_view import Choice, View
from sparkify_assets.report.explorer.page_questions import PageQuestions
from sparkify_assets.report.explorer.parts import Cell, Heading, RowTable, of_difference, of_number, shown_of
from sparkify_assets.report.pages.templates import render
from sparkify_assets.report.phrases import number, readable
from sparkify_assets.warehouse.session import Row

# How many rows a table shows at once: on a page of its own, and beside others.
STEP, FEW = 25, 8


class Order(NamedTuple):
    """An order of a ranking: its name in the address, and what readers choose it by."""

    name: str
    title: str
    needs_before: bool = True


ORDERS = (
    Order("plays", "Most played", False),
    Order("rise", "Rose most"),
    Order("fall", "Fell most"),
    Order("stopped", "No longer played"),
    Order("new", "Newly played"),
    Order("change", "Changed most"),
    Order("before", "Most played before"),
)


@dataclass(frozen=True)
class Ranking:
    """A ranking: the question, what its rows are, and how a row is named and opened."""

    question: str
    title: str
    noun: str
    cell: Callable[[View, Row], Cell]
    page: str
    skip: str = "skip"


def _song(view: View, row: Row) -> Cell:
    title, artist = row["song_title"], row["artist_name"]
    return Cell(readable(title), view.at("song", song=title, artist=artist), small=readable(artist))


def _artist(view: View, row: Row) -> Cell:
    return Cell(readable(row["artist_name"]), view.at("artist", artist=row["artist_name"]))


def _place(view: View, row: Row) -> Cell:
    place = row["location"]
    return Cell(readable(place), view.at("place", place=place) if place else "")


RANKINGS = {
    "songs": Ranking("songs", "Songs", "song", _song, "songs"),
    "artists": Ranking("artists", "Artists", "artist", _artist, "songs", "artists_skip"),
    "places": Ranking("where", "Places", "place", _place, "where"),
}


def orders(questions: PageQuestions) -> str:
    """Draw the choice of an order, which all rankings of a page share."""
    view, sort = questions.view, sort_of(questions.view)
    choices = [
        Choice(
            order.title,
            view.at(sort=order.name if order.name != "plays" else None, skip=None, artists_skip=None),
            order.name == sort,
        )
        for order in ORDERS
        if view.has_before or not order.needs_before
    ]
    return render("explorer_orders.html", choices=choices)


def sort_of(view: View) -> str:
    sort = view.showing.get("sort", "")
    known = {order.name for order in ORDERS if view.has_before or not order.needs_before}
    return sort if sort in known else "plays"


def ranking(name: str, most: int = STEP, wide: str = "") -> Callable[[PageQuestions], str]:
    """Return what draws a ranking. One with few rows leads to the page that has all."""
    ranked = RANKINGS[name]

    def drawn(questions: PageQuestions) -> str:
        view = questions.view
        is_whole = view.page == ranked.page
        sort, skip = (sort_of(view), view.skipped(ranked.skip)) if is_whole else ("plays", 0)
        answer = questions.ask(ranked.question, most, skip, sort=sort)
        longest = max((max(number(row["plays"]), number(row["plays_before"])) for row in answer.rows), default=0)
        rows = tuple(_cells(ranked, view, row, longest) for row in answer.rows)
        has_more = skip + len(rows) < answer.total
        table = RowTable(
            name,
            ranked.title,
            _headings(ranked, view, sort),
            rows,
            shown_of(skip, rows, answer.total, ranked.noun),
            view.at(**{ranked.skip: skip - most if skip > most else None}) if skip else "",
            view.at(**{ranked.skip: skip + most}) if is_whole and has_more else "",
            most,
            whole=view.at(ranked.page) if not is_whole and has_more else "",
        )
        part = questions.part(name, ranked.title, (ranked.question, answer))
        return render("explorer_ranking.html", part=part, of=table, wide=wide)

    return drawn


def _headings(ranked: Ranking, view: View, sort: str) -> tuple[Heading, ...]:
    shown = [Heading(ranked.noun.capitalize()), Heading(""), Heading("Plays", True, order=_descending(sort, "plays"))]
    if view.has_before:
        change = "descending" if sort == "rise" else "ascending" if sort == "fall" else ""
        shown += [
            Heading("Before", True, _descending(sort, "before", "stopped"), is_extra=True),
            Heading("Change", True, order=change),
        ]
    return (*shown, Heading("Listeners", True))


def _descending(sort: str, *names: str) -> str:
    return "descending" if sort in names else ""


def _cells(ranked: Ranking, view: View, row: Row, longest: int) -> tuple[Cell, ...]:
    plays, before, listeners = number(row["plays"]), number(row["plays_before"]), number(row["listeners"])
    cells = [ranked.cell(view, row), Cell(share=plays / (longest or 1)), of_number(plays)]
    if view.has_before:
        cells += [Cell(f"{before:,}", is_number=True, is_extra=True), of_difference(plays, before)]
    # Of what is no longer played, who played it.
    gone = f"{number(row['listeners_before']):,} before" if not listeners else ""
    return (
        *cells,
        Cell(
            f"{listeners:,}",
            small=gone,
            badge=by_one(plays, listeners, number(row["top_listener_plays"])),
            is_number=True,
        ),
    )


def by_one(plays: int, listeners: int, top: int) -> str:
    """Return whether figures are those of one person: of more than one play, at least four in five."""
    if plays < 2 or top * 5 < plays * 4:
        return ""
    return "one listener" if listeners == 1 else "nearly all by one"
