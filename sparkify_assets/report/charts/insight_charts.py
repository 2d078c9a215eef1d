"""The insights as charts: one function for each, with the insight's name. It takes the insight's rows and returns a
chart in Vega-Lite; an insight without a function has no chart.

A chart's title names its subject. Its description states the finding in words and figures, for readers who do not see
the chart. Each function sorts its rows totally. Colours are in `theme.py`; the page around a chart is in `pages/`.
"""

import math
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sparkify_assets.report.charts import theme
from sparkify_assets.report.charts.drawing import (
    CHARTS,
    TITLE_ABOVE,
    VEGA_LITE,
    WIDTH,
    Rows,
    Spec,
    chart,
    data,
    encoded,
    leaders,
    mark,
    ranking,
    tooltip,
)
from sparkify_assets.report.charts.timeline import (
    Timeline,
    day_of,
    level_colours,
    shown_levels,
    stacked,
    summed,
    y_axis,
)
from sparkify_assets.report.phrases import a_day, counted, fraction, in_words, number, readable
from sparkify_assets.report.visible import all_visible
from sparkify_assets.warehouse.session import Value

__all__ = ["CHARTS", "spec_of"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_COHORTS_SHOWN = 26
# As in queries/report/retention.sql.
_WEEKS_SHOWN = 26
_FIFTHS = [f"{n * 20} to {n * 20 + 20}%" for n in range(5)]


def spec_of(name: str, rows: Rows) -> Spec:
    """Return an insight's chart in Vega-Lite, without colours. Where there are no rows, the chart states that."""
    drawing = CHARTS[name]
    drawn = drawing.draw(rows) if rows else _nothing_yet()
    title = {"text": drawing.title, "subtitle": drawing.subtitle}
    spec: Spec = all_visible(
        {"$schema": f"https://vega.github.io/schema/vega-lite/v{VEGA_LITE}.json", "title": title, **drawn}
    )
    return spec


@chart("Most played songs", "Plays, with the artist as the app logged it")
def song_popularity(rows: Rows) -> Spec:
    return leaders(rows, "song_title", "artist_name", finding="The most played song is")


@chart("Most played artists", "Plays of all their songs")
def artist_popularity(rows: Rows) -> Spec:
    return leaders(rows, "artist_name", finding="The most played artist is")


@chart("Where people listen", "Listeners by metropolitan area, and the share of its plays that one listener makes")
def location_activity(rows: Rows) -> Spec:
    def note(row: Mapping[str, Value]) -> str:
        return f" · {counted(row['plays'], 'play')}, {share_of_one(row)} by one listener"

    def share_of_one(row: Mapping[str, Value]) -> str:
        return f"{number(row['top_listener_plays']) / number(row['plays']):.0%}"

    drawn = ranking(rows, ["location"], ["listeners", "plays"], note, "The place with the most listeners is")
    most = min(rows, key=lambda row: (-number(row["plays"]), row["location"] is None, str(row["location"])))
    return drawn | {
        "description": f"{drawn['description']} The place with the most plays is {readable(most['location'])}: "
        f"{counted(most['plays'], 'play')}, {share_of_one(most)} of them by one listener."
    }


@chart("The week, hour by hour", "Plays a day by weekday and hour, UTC")
def peak_usage(rows: Rows) -> Spec:
    known = {(number(row["weekday"]), number(row["hour"])): row for row in rows}
    values: list[Spec] = []
    for day, weekday in enumerate(WEEKDAYS, 1):
        for hour in range(24):
            row = known.get((day, hour), {})
            values.append(
                {
                    "weekday": weekday[:3],
                    "hour": hour,
                    "plays_per_day": round(fraction(row.get("plays_per_day")), 2),
                    "plays": number(row.get("plays")),
                    "days": number(row.get("days_in_range")),
                    "listeners": number(row.get("listeners")),
                    "time": f"{weekday}, {hour:02}:00 to {hour + 1:02}:00",
                }
            )
    busiest = max(values, key=lambda value: value["plays_per_day"])
    hours = {"title": "Hour of the day (UTC)", "labelAngle": 0, "values": list(range(0, 24, 3))}
    legend = {"title": "Plays a day", "gradientLength": 160, "gradientThickness": 8, "tickCount": 3}
    titles = {
        "time:N": "Time (UTC)",
        "plays_per_day:Q": "Plays a day",
        "plays:Q": "Plays",
        "days:Q": "Days",
        "listeners:Q": "Listeners",
    }
    encoding = {
        "x": encoded("hour:O", axis=hours),
        "y": encoded("weekday:O", sort=[name[:3] for name in WEEKDAYS], axis={"title": None}),
        "color": encoded("plays_per_day:Q", scale={"domainMin": 0}, legend=legend),
        "tooltip": tooltip(titles),
    }
    return {
        "data": data(values),
        **mark("rect", encoding, style="tile", cornerRadius=4),
        "width": WIDTH,
        "height": 34 * 7,
        "description": (
            f"The busiest hour is {busiest['time']} UTC, with {a_day(busiest['plays_per_day'])}: "
            f"{counted(busiest['plays'], 'play')} on {counted(busiest['days'], 'day')}. {_weekdays_in_words(rows)}"
        ).strip(),
    }


def _weekdays_in_words(rows: Rows) -> str:
    """Return the weekdays with the most and the fewest plays a day, of those that lie in the loaded range."""
    in_range = [row for row in rows if number(row["days_in_range"])]
    by_day = {
        weekday: math.fsum(fraction(row["plays_per_day"]) for row in in_range if row["weekday"] == n)
        for n, weekday in enumerate(WEEKDAYS, 1)
        if any(row["weekday"] == n for row in in_range)
    }
    if len(by_day) < 2:
        return ""
    most, least = max(by_day, key=by_day.__getitem__), min(by_day, key=by_day.__getitem__)
    return (
        f"The busiest weekday is {most} with {a_day(by_day[most])}, the quietest with plays {least} with "
        f"{a_day(by_day[least])}."
    )


@chart("Activity over time", "Plays and listeners")
def user_activity(rows: Rows) -> Spec:
    figures = ("plays", "active_users", "sessions")
    known = {
        (row["period"], day_of(row["starts_on"])): {
            **{figure: number(row[figure]) for figure in figures},
            "share": round(fraction(row["top_ten_share"]), 3),
        }
        for row in rows
    }
    days = {day: int(counts["plays"]) for (period, day), counts in known.items() if period == "day"}
    timeline = Timeline.of(days, "play")
    period, none = timeline.period, dict.fromkeys([*figures, "share"], 0)
    values = [{**known.get((period, start), none), **place} for start, place in timeline.places.items()]
    most = max(values, key=lambda value: value["plays"])
    finding = (
        f"{timeline.range}: {counted(sum(value['plays'] for value in values), 'play')}. The busiest {period} "
        f"{'was' if period == 'day' else 'began on'} {most['when']}, with {counted(most['plays'], 'play')} by "
        f"{counted(most['active_users'], 'listener')}; its ten most active made {most['share']:.0%} of them. "
        f"{timeline.outside}"
    ).strip()
    titles = {"plays:Q": "Plays", "active_users:Q": "Listeners", "sessions:Q": "Sessions"}
    share = encoded("share:Q", title="Plays by the ten most active", format=".0%")
    shared = {"tooltip": [*tooltip({"when:N": period.capitalize(), **titles}), share]}
    plays = {"y": encoded("plays:Q", axis=y_axis(f"Plays a {period}")), "y2": {"datum": 0}}
    listeners = {
        "x": timeline.x("middle"),
        "y": encoded("active_users:Q", scale={"domainMin": 0}, axis=y_axis(f"Listeners a {period}")),
    }
    return stacked(
        values,
        {**timeline.bars({**shared, **plays}, labels=False), "height": 150},
        {**mark("line", {**shared, **listeners}, point=timeline.points), "height": 110},
    ) | {"description": finding}


@chart("Free and paid", "Users and plays by level, with upgrades and downgrades")
def subscription_levels(rows: Rows) -> Spec:
    timeline = Timeline.of(summed((day_of(row["day"]), number(row["plays"])) for row in rows), "play")
    period = timeline.period
    rows = [row for row in rows if timeline.span.has(day_of(row["day"]))]
    shown_as, levels = shown_levels(summed((readable(row["level"]), number(row["users"])) for row in rows))

    def sums(figure: str) -> dict[tuple[date, str], int | float]:
        amounts = ((day_of(row["day"]), shown_as[readable(row["level"])], number(row[figure])) for row in rows)
        return timeline.sums(amounts, levels)

    plays, users = sums("plays"), sums("users")
    moves: dict[date, Counter[str]] = {timeline.span.start_of(day_of(row["day"])): Counter() for row in rows}
    for row in rows:
        for figure in ("upgrades", "downgrades"):
            moves[timeline.span.start_of(day_of(row["day"]))][figure] += number(row[figure])
    up, down = (sum(moved[figure] for moved in moves.values()) for figure in ("upgrades", "downgrades"))
    by_level = ", ".join(
        counted(sum(amount for (_, its), amount in plays.items() if its == level), f"{level} play") for level in levels
    )
    finding = (
        f"{timeline.range}: {by_level}; {counted(up, 'upgrade')} to paid and {counted(down, 'downgrade')} to free. "
        f"{timeline.outside}"
    ).strip()
    users_title = "Users a day"
    if period != "day":
        # Users of one day are users of the next: a mean can be shown, a sum cannot.
        users_title += ", on average"
        days = Counter(timeline.span.start_of(day) for day in {day_of(row["day"]) for row in rows})
        users = {(start, level): round(n / (days[start] or 1), 1) for (start, level), n in users.items()}
    titles = {"when:N": period.capitalize(), "level:N": "Level", "users:Q": users_title, "plays:Q": "Plays"}
    shared = {"tooltip": tooltip(titles)}
    lines = {
        "x": timeline.x("middle", labels=False),
        "y": encoded("users:Q", axis=y_axis(users_title)),
        "color": level_colours(levels),
    }
    played = {
        "y": encoded("top:Q", axis=y_axis(f"Plays a {period}")),
        "y2": {"field": "bottom"},
        "color": level_colours(levels, legend=False),
    }
    moved = bool(up or down)
    panels = [
        {**mark("line", {**shared, **lines}, point=timeline.points), "height": 110},
        {**timeline.bars({**shared, **played}, labels=not moved), "height": 130},
    ]
    if moved:
        panels.append({**_moves(moves, timeline), "height": 90})
    stack = zip(timeline.stack(plays, "plays"), users.values(), strict=True)
    return stacked([{**value, "users": n} for value, n in stack], *panels) | {"description": finding}


def _moves(moves: Mapping[date, Mapping[str, int]], timeline: Timeline) -> Spec:
    """Return upgrades as bars upwards, downgrades as bars downwards."""
    values = [
        {"upgrades": moved["upgrades"], "back": moved["downgrades"], "downgrades": -moved["downgrades"], **place}
        for start, place in timeline.places.items()
        for moved in [moves.get(start)]
        if moved
    ]
    titles = {"when:N": timeline.period.capitalize(), "upgrades:Q": "Upgrades", "back:Q": "Downgrades"}
    most = max(max(value["upgrades"], value["back"]) for value in values)
    vertical: Spec = {
        "scale": {"domain": [-most, most], "nice": False},
        "axis": y_axis(
            f"Upgrades ↑ and downgrades ↓ a {timeline.period}",
            values=[-most, 0, most],
            labelExpr="format(abs(datum.value), '~s')",
        ),
    }
    up, down = (
        {"tooltip": tooltip(titles), "y": encoded(field, **vertical), "y2": {"datum": 0}}
        for field in ("upgrades:Q", "downgrades:Q")
    )
    return {"data": data(values), "layer": [timeline.bars(up), timeline.bars(down, style="contrary")]}


@chart("How many users pay", "Users by level, at the end of each day, week or month")
def user_level_history(rows: Rows) -> Spec:
    """Rows are users with their levels, from when to when; `users` is how many a row stands for, if not one."""
    changes = [
        (day_of(moment), readable(row["level"]), sign * number(row.get("users", 1)))
        for moments, sign in (("valid_from", 1), ("valid_to", -1))
        for row in rows
        if (moment := row[moments]) is not None
    ]
    begun = [change for change in changes if change[2] >= 0]
    timeline = Timeline.of(summed((day, users) for day, _, users in begun), "change")
    shown_as, levels = shown_levels(summed((level, users) for _, level, users in begun))
    # Who had a level before the time that is shown has it from its beginning.
    clipped = ((max(day, timeline.span.first), shown_as[level], users) for day, level, users in changes)
    shown = [change for change in clipped if timeline.span.has(change[0])]
    reached = Counter(dict.fromkeys(levels, 0))
    counts = timeline.sums(shown, levels)
    for (start, level), users in counts.items():
        reached[level] += int(users)
        counts[start, level] = reached[level]
    total = reached.total()
    by_level = ", ".join(f"{users:,} {level}" for level, users in reached.items())
    paying = f"; {reached['paid'] / total:.0%} pay" if reached["paid"] and total else ""
    encoding = {
        "y": encoded("top:Q", axis=y_axis("Users")),
        "y2": {"field": "bottom"},
        "color": level_colours(levels),
        "tooltip": tooltip({"when:N": timeline.period.capitalize(), "level:N": "Level", "users:Q": "Users"}),
    }
    latest = in_words(max(day for day, _, _ in shown))
    finding = f"On {latest} there were {counted(total, 'user')}: {by_level}{paying}. {timeline.outside}"
    bars = {**timeline.bars(encoding), "height": 180}
    return stacked(timeline.stack(counts, "users"), bars) | {"description": finding.strip()}


@chart("Who comes back", "Share of listeners who played again in later weeks, by the week of their first play")
def retention(rows: Rows) -> Spec:
    sizes = {day_of(row["cohort_week"]): number(row["cohort_users"]) for row in rows}
    timeline = Timeline.of(sizes, "listener", unit="week")
    weeks = [week for week in sorted(sizes) if timeline.span.has(week)][-_COHORTS_SHOWN:]
    active = {(day_of(row["cohort_week"]), number(row["weeks_later"])): number(row["active_users"]) for row in rows}
    latest = max(week + timedelta(days=7 * later) for week, later in active if week in weeks and later < _WEEKS_SHOWN)
    many_years = weeks[0].year != weeks[-1].year
    # Each week from a cohort's own to the latest, with nobody where there is none.
    values: list[dict[str, Any]] = [
        {
            "cohort": f"{week.day} {week:%b %Y}" if many_years else f"{week.day} {week:%b}",
            "size": sizes[week],
            "later": later,
            "users": users,
            "label": f"{users / sizes[week]:.0%}",
            "share": _FIFTHS[min(int(users / sizes[week] * 5), 4)],
        }
        for week in weeks
        for later in range(min((latest - week).days // 7 + 1, _WEEKS_SHOWN))
        for users in [active.get((week, later), 0)]
    ]
    many = max(value["later"] for value in values) + 1
    axis = {"title": "Weeks after the first play", "labelAngle": 0}
    if many == _WEEKS_SHOWN:
        axis["title"] = f"{axis['title']}, {_WEEKS_SHOWN - 1} at most"
    titles = {
        "cohort:N": "First play in the week of",
        "size:Q": "New listeners",
        "later:O": "Weeks later",
        "users:Q": "Active listeners",
        "label:N": "Share",
    }
    cohorts = {"title": f"Week of first play{'' if many_years else f', {weeks[-1].year}'}", **TITLE_ABOVE}
    shared = {
        "x": encoded("later:O", axis=axis),
        "y": encoded("cohort:O", sort=list(dict.fromkeys(value["cohort"] for value in values)), axis=cohorts),
        "tooltip": tooltip(titles),
    }
    share = encoded("share:O", scale={"domain": _FIFTHS}, legend=None)
    fits = {"expr": f"width / {many} >= 34 ? 1 : 0"}
    labels = [
        {
            "transform": [{"filter": {"field": "share", "oneOf": some}}],
            **mark("text", {**shared, "text": encoded("label:N")}, style=style, opacity=fits),
        }
        for style, some in (
            ("on_pale", _FIFTHS[: -theme.STRONG_STEPS]),
            ("on_strong", _FIFTHS[-theme.STRONG_STEPS :]),
        )
    ]
    return {
        "data": data(values),
        "layer": [mark("rect", {**shared, "color": share}, style="tile", cornerRadius=4), *labels],
        "width": WIDTH,
        "height": 38 * len(weeks),
        "description": f"{_return_in_words(values)} {timeline.outside}".strip(),
    }


def _return_in_words(values: list[dict[str, Any]]) -> str:
    """Return how many listeners came back the week after their first, of those for whom that week has begun."""
    after = [value for value in values if value["later"] == 1]
    if not after:
        listeners = counted(sum(value["size"] for value in values if value["later"] == 0), "listener")
        return f"{listeners} played for the first time. There is no later week yet."
    first, back = (sum(value[figure] for value in after) for figure in ("size", "users"))
    return (
        f"Of {counted(first, 'listener')} who could return the week after their first play, {back:,} did: "
        f"{back / first:.0%}."
    )


def _nothing_yet() -> Spec:
    message = "Nothing yet: run sparkify load."
    text = {"type": "text", "style": "quiet", "text": message}
    return {"data": data([{}]), "mark": text, "width": WIDTH, "height": 96, "description": message}
