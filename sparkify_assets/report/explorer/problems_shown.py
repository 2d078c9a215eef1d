"""What went wrong: errors that users met, help they asked for, rejected records and failed checks."""

from collections.abc import Sequence
from datetime import date

from sparkify_assets.report.charts.timeline import day_of
from sparkify_assets.report.explorer.figures_shown import Figure, all_days, tiles_of
from sparkify_assets.report.explorer.page_questions import PageQuestions
from sparkify_assets.report.explorer.parts import Cell, Heading, RowTable, of_number, percent
from sparkify_assets.report.pages.templates import render
from sparkify_assets.report.phrases import counted, day_with_weekday, number, readable
from sparkify_assets.warehouse.session import Row

_FIGURES = (
    Figure("Errors", "errors"),
    Figure("Users who met an error", "users_with_errors"),
    Figure("Views of Help", "help_views"),
    Figure("Cancellations", "cancellations"),
)


def troubles(questions: PageQuestions) -> str:
    """Draw the figures of what users ran into."""
    now, by_day = questions.ask("moves"), questions.ask("moves_by_day", 4_000)
    tiles = list(tiles_of(_FIGURES, now, questions.ask_before("moves"), all_days(questions.view, by_day)))
    part = questions.part("troubles", "What users ran into", ("moves", now), ("moves_by_day", by_day))
    return render("explorer_tiles.html", part=part, tiles=tiles)


def errors(questions: PageQuestions) -> str:
    """Draw the errors by page and status."""
    answer = questions.ask("errors", 200)
    rows = tuple(
        (
            Cell(readable(row["page"])),
            Cell(str(row["status"]), is_number=True),
            of_number(row["page_views"]),
            of_number(row["users"]),
            of_number(row["sessions"]),
        )
        for row in answer.rows
    )
    names = ("Status", "Page views", "Users", "Sessions")
    headings = (Heading("Page"), *(Heading(name, True) for name in names))
    lead = "Page views with a status from 400. Who is not logged in is no user."
    part = questions.part("errors", "Errors by page", ("errors", answer), lead=lead)
    table = RowTable(
        "errors", part.title, headings, rows, counted(len(rows), "row"), nothing="No error in this period."
    )
    return render("explorer_ranking.html", part=part, of=table, wide="half")


def unsound_days(questions: PageQuestions) -> str:
    """Draw the log days with rejected records or failed checks."""
    return _log_days(
        questions,
        "unsound",
        "Log days with rejected records or failed checks",
        "half",
        "No record was rejected, and no check failed.",
        [row for row in _by_day(questions) if number(row["rejected"]) or number(row["failed_checks"])],
    )


def log_days(questions: PageQuestions) -> str:
    """Draw all log days of the period."""
    return _log_days(questions, "log_days", "Log days", "", "No log day of this period is loaded.", _by_day(questions))


def _by_day(questions: PageQuestions) -> list[Row]:
    return list(reversed(questions.ask("log_days", 4_000).rows))


def _log_days(questions: PageQuestions, name: str, title: str, wide: str, nothing: str, days: Sequence[Row]) -> str:
    answer = questions.ask("log_days", 4_000)
    rows = tuple(_log_day(questions, day_of(row["log_date"]), row) for row in days)
    names = ("Records", "Rejected", "Plays", "Failed checks")
    headings = (Heading("Log day"), *(Heading(each, True) for each in names))
    lead = "Of the period alone: the other filters do not apply to them."
    part = questions.part(name, title, ("log_days", answer), lead=lead)
    shown = counted(len(rows), "log day")
    return render(
        "explorer_ranking.html", part=part, of=RowTable(name, title, headings, rows, shown, nothing=nothing), wide=wide
    )


def _log_day(questions: PageQuestions, day: date, row: Row) -> tuple[Cell, ...]:
    records, rejected = number(row["records"]), number(row["rejected"])
    return (
        Cell(day_with_weekday(day), questions.view.at("overview", first=day, last=day, period="")),
        of_number(records),
        Cell(f"{rejected:,}", small=percent(rejected / records) if rejected else "", is_number=True),
        of_number(row["plays"]),
        of_number(row["failed_checks"]),
    )
