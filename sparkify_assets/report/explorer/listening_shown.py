"""When people listen, with what, whom else they play, and the plays themselves."""

from datetime import datetime

from sparkify_assets.report.asking.filters import read_options
from sparkify_assets.report.explorer.drawings import shade
from sparkify_assets.report.explorer.explorer_view import WEEKDAYS, hour_in_words
from sparkify_assets.report.explorer.page_questions import PageQuestions
from sparkify_assets.report.explorer.parts import Cell, Heading, RowTable, Shade, Shades, of_number, percent, shown_of
from sparkify_assets.report.pages.templates import render
from sparkify_assets.report.phrases import counted, fraction, number, readable
from sparkify_assets.warehouse.session import Row

# So many plays are shown at once.
_PLAYS = 50


def hours(questions: PageQuestions) -> str:
    """Draw the week hour by hour, as a table of shades: each hour leads to itself."""
    view, answer = questions.view, questions.ask("hours", 200)
    found = {(number(row["weekday"]), number(row["hour"])): row for row in answer.rows}
    most = max((number(row["plays"]) for row in answer.rows), default=0)

    def cell(weekday: int, hour: int) -> Shade:
        row: Row = found.get((weekday, hour), {})
        plays = number(row.get("plays"))
        label = (
            f"{hour_in_words(weekday, hour)}: {counted(plays, 'play')} by {counted(row.get('listeners'), 'listener')}."
        )
        return Shade(shade(plays, most), f"{plays:,}", label, view.at("hour", weekday=weekday, hour=hour))

    rows = tuple((WEEKDAYS[day - 1], tuple(cell(day, hour) for hour in range(24))) for day in range(1, 8))
    shades = Shades("Plays by weekday and hour, UTC", tuple(f"{hour:02}" for hour in range(24)), rows)
    lead = "Plays by weekday and hour in UTC, not in the listeners' own time. The stronger the colour, the more plays."
    part = questions.part("hours", "The week, hour by hour", ("hours", answer), lead=lead)
    return render("explorer_shades.html", part=part, of=shades)


def browsers(questions: PageQuestions) -> str:
    """Draw what people listen with."""
    view, answer = questions.view, questions.ask("browsers", 200)
    longest = max((number(row["plays"]) for row in answer.rows), default=1)
    rows = tuple(
        (
            Cell(
                readable(row["browser"]),
                view.at("browser", browser=row["browser"]) if row["browser"] else "",
                small=readable(row["os"]),
            ),
            Cell(share=number(row["plays"]) / longest),
            of_number(row["plays"]),
            of_number(row["listeners"]),
        )
        for row in answer.rows
    )
    headings = (
        Heading("Browser and system"),
        Heading(""),
        Heading("Plays", True, "descending"),
        Heading("Listeners", True),
    )
    table = RowTable("browsers", "Browsers", headings, rows, counted(len(rows), "row"))
    return render(
        "explorer_ranking.html",
        part=questions.part("browsers", "Browsers", ("browsers", answer)),
        of=table,
        wide="half",
    )


def heard_too(questions: PageQuestions) -> str:
    """Draw whom else these listeners play."""
    view, answer = questions.view, questions.ask("heard_too", 9)
    own = view.filter.artist
    others = [row for row in answer.rows if row["artist_name"] != own][:8]
    rows = tuple(
        (
            Cell(readable(row["artist_name"]), view.at("artist", artist=row["artist_name"], song="")),
            of_number(row["listeners"]),
            Cell(percent(fraction(row["listeners"]) / max(number(row["of_listeners"]), 1)), is_number=True),
            of_number(row["plays"]),
        )
        for row in others
    )
    headings = (
        Heading("Artist"),
        Heading("Listeners", True, "descending"),
        Heading("Share", True),
        Heading("Plays", True),
    )
    # The artist is among them.
    shown = shown_of(0, rows, answer.total - (1 if own else 0), "artist") if rows else ""
    table = RowTable("heard_too", "Who else is listened to", headings, rows, shown, nothing="Nobody else.")
    lead = "Artists that the same listeners played in this period, and the share of these listeners."
    part = questions.part("heard_too", "Who else is listened to", ("heard_too", answer), lead=lead)
    return render("explorer_ranking.html", part=part, of=table, wide="half")


def plays(questions: PageQuestions) -> str:
    """Draw the plays themselves, the latest first."""
    view = questions.view
    options = dict(read_options(view.showing))
    begins = "before" in options
    answer = questions.ask("plays", _PLAYS, **options)
    total = number(questions.ask("summary").row["plays"])
    rows = tuple(_play(questions, row) for row in answer.rows)
    headings = tuple(map(Heading, ("Start, UTC", "Song", "Artist", "Level", "Place", "Browser", "Listener")))
    after = ""
    if len(rows) == _PLAYS < total:
        last = answer.rows[-1]
        after = view.at(before=last["start_time"], after_id=last["songplay_id"])
    order = f"from {_when(answer.rows[0])} back" if begins and rows else "the latest first"
    table = RowTable(
        "plays",
        "Plays",
        headings,
        rows,
        f"{len(rows):,} of {counted(total, 'play')}, {order}",
        view.at(before=None, after_id=None) if begins else "",
        after,
        _PLAYS,
    )
    lead = "The latest first. Listeners are numbered by their plays under this filter: nobody's name is shown."
    part = questions.part("plays", "Plays", ("plays", answer), lead=lead)
    return render("explorer_ranking.html", part=part, of=table, wide="")


def _play(questions: PageQuestions, row: Row) -> tuple[Cell, ...]:
    view, title, artist, place = questions.view, row["song_title"], row["artist_name"], row["location"]
    return (
        Cell(_when(row)),
        Cell(readable(title), view.at("song", song=title, artist=artist) if title and artist else ""),
        Cell(readable(artist), view.at("artist", artist=artist, song="") if artist else ""),
        Cell(readable(row["level"])),
        Cell(readable(place), view.at("place", place=place) if place else ""),
        Cell(readable(row["browser"]), small=readable(row["os"])),
        Cell(f"{number(row['listener']):,}", is_number=True),
    )


def _when(row: Row) -> str:
    moment = row["start_time"]
    assert isinstance(moment, datetime)
    return f"{moment.day} {moment:%b %Y, %H:%M:%S}"


def to_plays(questions: PageQuestions) -> str:
    """Lead to the plays themselves."""
    return render("explorer_to_plays.html", address=questions.view.at("plays"))
