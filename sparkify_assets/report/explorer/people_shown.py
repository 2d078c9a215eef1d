"""Who listens: segments, levels, sessions, the funnel, who comes back, and the most active."""

from collections.abc import Sequence
from datetime import date

from sparkify_assets.report.charts.timeline import day_of
from sparkify_assets.report.explorer.drawings import day_chart, days_between, shade
from sparkify_assets.report.explorer.page_questions import PageQuestions
from sparkify_assets.report.explorer.parts import Cell, Heading, RowTable, Shade, Shades, of_number, percent, shown_of
from sparkify_assets.report.pages.templates import render
from sparkify_assets.report.phrases import counted, day_with_weekday, fraction, in_words, number, readable, thousands

_ACTIVE = 10
_STEPS = {
    "seen": "Used the app",
    "played": "Played a song",
    "upgrade_page": "Saw the page for upgrades",
    "upgraded": "Upgraded",
    "downgrade_page": "Saw the page for downgrades",
    "downgraded": "Downgraded",
    "cancelled": "Left",
    "help": "Asked for help",
    "error": "Met an error",
}


def segments(questions: PageQuestions) -> str:
    """Draw new and returning listeners by level: each leads to itself."""
    view, answer = questions.view, questions.ask("segments")
    rows = tuple(
        (
            Cell(
                f"{str(row['listeners_are']).capitalize()}, {readable(row['level'])}",
                view.at("listeners", listeners=row["listeners_are"], level=row["level"])
                if row["level"] in ("paid", "free")
                else "",
            ),
            of_number(row["listeners"]),
            of_number(row["plays"]),
            Cell(f"{number(row['plays']) / max(number(row['listeners']), 1):,.1f}", is_number=True),
            of_number(row["sessions"]),
        )
        for row in answer.rows
    )
    headings = (
        Heading("Who, at which level"),
        *(Heading(name, True) for name in ("Listeners", "Plays", "Plays each", "Sessions")),
    )
    lead = "New: their first play of all lies in this period. One who played at both levels is counted at both."
    part = questions.part("segments", "New and returning listeners", ("segments", answer), lead=lead)
    return render("explorer_ranking.html", part=part, of=RowTable("segments", part.title, headings, rows), wide="half")


def sessions(questions: PageQuestions) -> str:
    """Draw the sessions by level."""
    answer = questions.ask("sessions")
    rows = tuple(
        (
            Cell(readable(row["level"])),
            of_number(row["sessions"]),
            Cell(_each(row["plays"], row["sessions"]), is_number=True),
            Cell(_each(fraction(row["listening_seconds"]) / 60, row["sessions"]), is_number=True),
            of_number(row["sessions_of_one_play"]),
        )
        for row in answer.rows
    )
    names = ("Sessions", "Plays each", "Minutes each", "Of one play")
    part = questions.part("sessions", "Sessions", ("sessions", answer), lead="Sessions in which something was played.")
    headings = (Heading("Level"), *(Heading(name, True) for name in names))
    return render("explorer_ranking.html", part=part, of=RowTable("sessions", part.title, headings, rows), wide="half")


def _each(of: object, among: object) -> str:
    return f"{fraction(of) / max(number(among), 1):,.1f}"


def levels(questions: PageQuestions) -> str:
    """Draw the listeners of each day by level."""
    view, answer = questions.view, questions.ask("levels", 8_000)
    found = {(day_of(row["day"]), row["level"]): number(row["listeners"]) for row in answer.rows}
    days = days_between(view.filter.first, view.filter.last)
    shown: list[tuple[date, Sequence[tuple[str, float]], str, str]] = []
    for day in days:
        paid, free = (found.get((day, level), 0) for level in ("paid", "free"))
        text = f"{day_with_weekday(day)}: {counted(paid, 'listener')} at the level paid, {free:,} at the level free."
        shown.append((day, [("paid", paid), ("free", free)], view.on(day), text))
    lead = "Users who played something on the day, by level. One who played at both levels is counted at both."
    part = questions.part("levels", "Listeners by level", ("levels", answer), lead=lead)
    rows = [(day, dict(values)) for day, values, _, _ in shown]
    return render("explorer_levels.html", part=part, chart=day_chart(shown), rows=rows, view=view)


def funnel(questions: PageQuestions) -> str:
    """Draw how many users took each step."""
    answer = questions.ask("funnel")
    steps = {str(row["step"]): number(row["users"]) for row in answer.rows}
    seen = max(steps.get("seen", 0), 1)
    rows = tuple(
        (
            Cell(title),
            Cell(share=steps.get(step, 0) / seen),
            of_number(steps.get(step, 0)),
            Cell(percent(steps.get(step, 0) / seen), is_number=True),
        )
        for step, title in _STEPS.items()
    )
    headings = (Heading("Step"), Heading(""), Heading("Users", True), Heading("Share", True))
    part = questions.part(
        "funnel", "How far users go", ("funnel", answer), lead="Users who took each step, in any order."
    )
    return render("explorer_ranking.html", part=part, of=RowTable("funnel", part.title, headings, rows), wide="")


def retention(questions: PageQuestions) -> str:
    """Draw who comes back, week by week since their first play."""
    answer = questions.ask("retention", 4_000)
    found = {(day_of(row["cohort_week"]), number(row["weeks_later"])): number(row["listeners"]) for row in answer.rows}
    weeks = sorted({week for week, _ in found})
    later = range(max((n for _, n in found), default=-1) + 1)
    most = max(found.values(), default=0)

    def cell(week: date, n: int) -> Shade:
        listeners = found.get((week, n), 0)
        return Shade(shade(listeners, most), f"{listeners:,}" if listeners else "")

    rows = tuple((in_words(week), tuple(cell(week, n) for n in later)) for week in weeks)
    shades = Shades("Listeners by the week of their first play", tuple(f"{n}" for n in later), rows)
    lead = "By the week (from Monday, UTC) of their first play of all: how many played something so many weeks later."
    part = questions.part("retention", "Who comes back", ("retention", answer), lead=lead)
    return render("explorer_shades.html", part=part, of=shades)


def active(questions: PageQuestions) -> str:
    """Draw the listeners with the most plays. They are numbers: nobody's name is shown."""
    view = questions.view
    skip = view.skipped("skip")
    answer = questions.ask("listeners", _ACTIVE, skip)
    plays = number(answer.rows[0]["plays_of_all"]) if answer.rows else 0
    top = sum(number(row["plays"]) for row in answer.rows)
    longest = max((number(row["plays"]) for row in answer.rows), default=1)
    rows = tuple(
        (
            Cell(f"Listener {thousands(row['listener'])}"),
            Cell(share=number(row["plays"]) / longest),
            of_number(row["plays"]),
            Cell(percent(number(row["plays"]) / max(plays, 1)), is_number=True),
            of_number(row["sessions"]),
            of_number(row["days"]),
            Cell(in_words(row["last_played"]) if isinstance(row["last_played"], date) else "", is_number=True),
        )
        for row in answer.rows
    )
    names = ("Plays", "Share", "Sessions", "Days", "Last played")
    headings = (Heading("Listener"), Heading(""), *(Heading(name, True) for name in names))
    table = RowTable(
        "active",
        "The most active listeners",
        headings,
        rows,
        shown_of(skip, rows, answer.total, "listener"),
        view.at(skip=skip - _ACTIVE if skip > _ACTIVE else None) if skip else "",
        view.at(skip=skip + _ACTIVE) if skip + len(rows) < answer.total else "",
        _ACTIVE,
    )
    share = percent(top / max(plays, 1))
    lead = f"Numbered by their plays under this filter. These {len(rows)} made {share} of the plays."
    part = questions.part("active", table.title, ("listeners", answer), lead=lead)
    return render("explorer_ranking.html", part=part, of=table, wide="")
