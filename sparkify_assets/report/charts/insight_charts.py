"""The insights as charts: one function for each, with the insight's name. It takes the insight's rows and returns a
chart in Vega-Lite; an insight without a function has no chart. Rankings are in `rankings.py`, the
hours of the week in `weekdays.py`.

A chart's title names its subject. Its description states the finding in words and figures, for readers who do not see
the chart. Each function sorts its rows totally. Colours are in `theme.py`; the page around a chart is in `pages/`.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sparkify_assets.report.charts import rankings as rankings
from sparkify_assets.report.charts import theme
from sparkify_assets.report.charts import weekdays as weekdays
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
    mark,
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
from sparkify_assets.report.phrases import counted, fraction, in_words, number, readable
from sparkify_assets.report.visible import all_visible

__all__ = ["CHARTS", "spec_of"]

_COHORTS_SHOWN = 26
# As in queries/report/retention.sql.
_WEEKS_SHOWN = 26
_FIFTHS = [f"{n * 20} to {n * 20 + 20}%" for n in range(5)]


def spec_of(name: str, rows: Rows, covered: str = "") -> Spec:
    """Return an insight's chart in Vega-Lite, without colours. Where there are no rows, the chart states that.

    `covered` is the range of the days that the rows count, for findings that do not say it themselves.
    """
    drawing = CHARTS[name]
    drawn = drawing.draw(rows) if rows else _nothing_yet()
    if rows and covered and drawing.of_all_days:
        drawn["description"] = f"{covered}: {drawn['description'][:1].lower()}{drawn['description'][1:]}"
    title = {"text": drawing.title, "subtitle": drawing.subtitle}
    spec: Spec = all_visible(
        {"$schema": f"https://vega.github.io/schema/vega-lite/v{VEGA_LITE}.json", "title": title, **drawn}
    )
    return spec


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


@chart("Free and paid", "Registered users and plays by level, with upgrades and downgrades")
def subscription_levels(rows: Rows) -> Spec:
    timeline = Timeline.of(summed((day_of(row["day"]), number(row["plays"])) for row in rows if row["users"]), "play")
    period = timeline.period
    rows = [row for row in rows if timeline.span.has(day_of(row["day"]))]
    shown_as, levels = shown_levels(
        summed((readable(row["level"]), number(row["users"]) + number(row["registered_users"])) for row in rows)
    )
    # Users of one day are users of the next: they are counted at the end of each period.
    last_days = {timeline.span.start_of(day): day for day in sorted(day_of(row["day"]) for row in rows)}

    def sums(figure: str, rows: Rows) -> dict[tuple[date, str], int | float]:
        amounts = ((day_of(row["day"]), shown_as[readable(row["level"])], number(row[figure])) for row in rows)
        return timeline.sums(amounts, levels)

    plays = sums("plays", rows)
    registered = sums("registered_users", [row for row in rows if day_of(row["day"]) in last_days.values()])
    moves: dict[date, Counter[str]] = {timeline.span.start_of(day_of(row["day"])): Counter() for row in rows}
    for row in rows:
        for figure in ("upgrades", "downgrades"):
            moves[timeline.span.start_of(day_of(row["day"]))][figure] += number(row[figure])
    up, down = (sum(moved[figure] for moved in moves.values()) for figure in ("upgrades", "downgrades"))
    by_level = ", ".join(
        counted(sum(amount for (_, its), amount in plays.items() if its == level), f"{level} play") for level in levels
    )
    latest = max(last_days)
    at_end = {level: int(registered[latest, level]) for level in levels}
    finding = (
        f"{timeline.range}: {by_level}; {counted(up, 'upgrade')} to paid and {counted(down, 'downgrade')} to free. "
        f"By the end of {in_words(last_days[latest])} {counted(sum(at_end.values()), 'user')} had registered: "
        f"{_by_level(at_end)}. {timeline.outside}"
    ).strip()
    titles = {"when:N": period.capitalize(), "level:N": "Level", "users:Q": "Registered users", "plays:Q": "Plays"}
    shared = {"tooltip": tooltip(titles)}
    lines = {
        "x": timeline.x("middle", labels=False),
        "y": encoded("users:Q", axis=y_axis(f"Registered users at the end of each {period}")),
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
    stack = zip(timeline.stack(plays, "plays"), registered.values(), strict=True)
    return stacked([{**value, "users": n} for value, n in stack], *panels) | {"description": finding}


def _by_level(users: Mapping[str, int]) -> str:
    """Return `75 free, 22 paid; 23% pay`."""
    total = sum(users.values())
    paying = f"; {users['paid'] / total:.0%} pay" if users.get("paid") and total else ""
    return f"{', '.join(f'{n:,} {level}' for level, n in users.items())}{paying}"


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


@chart("Users seen so far", "Users with an event by the end of each day, week or month, by their level then")
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
    encoding = {
        "y": encoded("top:Q", axis=y_axis("Users")),
        "y2": {"field": "bottom"},
        "color": level_colours(levels),
        "tooltip": tooltip({"when:N": timeline.period.capitalize(), "level:N": "Level", "users:Q": "Users"}),
    }
    latest = in_words(max(day for day, _, _ in shown))
    seen = f"{counted(reached.total(), 'user')} had been seen: {_by_level(reached)}"
    finding = f"By the end of {latest}, of all days since {in_words(timeline.span.first)}, {seen}. {timeline.outside}"
    bars = {**timeline.bars(encoding), "height": 180}
    return stacked(timeline.stack(counts, "users"), bars) | {"description": finding.strip()}


@chart(
    "Who comes back",
    "Share of users who played something in each week, by the week in which they registered",
    of_all_days=True,
)
def retention(rows: Rows) -> Spec:
    rows = [row for row in rows if 0 <= number(row["weeks_later"]) < _WEEKS_SHOWN]
    before = [row for row in rows if row["cohort_week"] is None]
    rows_since = [row for row in rows if row["cohort_week"] is not None]
    sizes = {day_of(row["cohort_week"]): number(row["cohort_users"]) for row in rows_since}
    active = {
        (day_of(row["cohort_week"]), number(row["weeks_later"])): number(row["active_users"]) for row in rows_since
    }
    weeks, outside, many_years = list[date](), "", False
    if sizes:
        timeline = Timeline.of(sizes, "user", unit="week")
        weeks = [week for week in sorted(sizes) if timeline.span.has(week)][-_COHORTS_SHOWN:]
        outside, many_years = timeline.outside, weeks[0].year != weeks[-1].year
    latest = max((week + timedelta(days=7 * later) for week, later in active if week in weeks), default=date.min)
    # Each week from a cohort's own to the latest, with nobody where there is none.
    cells = [
        ("before", number(row["cohort_users"]), number(row["weeks_later"]), number(row["active_users"]))
        for row in sorted(before, key=lambda row: number(row["weeks_later"]))
    ] + [
        (
            f"{week.day} {week:%b %Y}" if many_years else f"{week.day} {week:%b}",
            sizes[week],
            later,
            active.get((week, later), 0),
        )
        for week in weeks
        for later in range(min((latest - week).days // 7 + 1, _WEEKS_SHOWN))
    ]
    values: list[dict[str, Any]] = [
        {
            "cohort": cohort,
            "size": size,
            "later": later,
            "users": users,
            "label": f"{users / size:.0%}",
            "share": _FIFTHS[min(int(users / size * 5), 4)],
        }
        for cohort, size, later, users in cells
    ]
    many = max(value["later"] for value in values) + 1
    axis = {"title": "Weeks after the registration", "labelAngle": 0}
    if before:
        axis["title"] = f"{axis['title']}; of who registered before, after the first log day"
    if many == _WEEKS_SHOWN:
        axis["title"] = f"{axis['title']}, {_WEEKS_SHOWN - 1} at most"
    titles = {
        "cohort:N": "Registered in the week of",
        "size:Q": "Users",
        "later:O": "Weeks later",
        "users:Q": "Of them active",
        "label:N": "Share",
    }
    year = f", {weeks[-1].year}" if weeks and not many_years else ""
    cohorts = {"title": f"Week of registration{year}", **TITLE_ABOVE}
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
        "height": 38 * len({value["cohort"] for value in values}),
        "description": f"{_return_in_words(values, number(rows[0]['users_left_out']))} {outside}".strip(),
    }


def _return_in_words(values: list[dict[str, Any]], left_out: int) -> str:
    """Return how many users played in the week after they registered, of those for whom that week has begun; and who is
    in no such week."""
    since = [value for value in values if value["cohort"] != "before"]
    after = [value for value in since if value["later"] == 1]
    first, back = (sum(value[figure] for value in after) for figure in ("size", "users"))
    sentences = []
    if after:
        weeks = f"registered in {counted(len(after), 'week')} from {after[0]['cohort']} on"
        sentences.append(
            f"Of {counted(first, 'user')} who {weeks}, {back:,} played in the week after: {back / first:.0%}."
        )
    elif since:
        new = counted(sum(value["size"] for value in since if value["later"] == 0), "user")
        sentences.append(f"{new} registered since {since[0]['cohort']}. There is no later week yet.")
    if before := [value for value in values if value["cohort"] == "before"]:
        start, end = before[0], before[-1]
        sentences.append(
            f"{counted(start['size'], 'user')} registered before the first log day: {start['label']} of them played in "
            f"its week, {end['label']} in the latest one that is shown."
        )
    if left_out:
        sentences.append(
            f"{counted(left_out, 'user')} without a registration {'is' if left_out == 1 else 'are'} left out."
        )
    return " ".join(sentences)


def _nothing_yet() -> Spec:
    message = "Nothing yet: run sparkify load."
    text = {"type": "text", "style": "quiet", "text": message}
    return {"data": data([{}]), "mark": text, "width": WIDTH, "height": 96, "description": message}
