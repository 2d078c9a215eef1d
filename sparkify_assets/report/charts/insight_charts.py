"""The insights as charts: one function each, by the insight's name. Rows in, a chart out; an insight without a function
has no chart.

A chart's title says what is seen, its description what there is to find, in words and with figures, for those who do
not see it. What it shows is sorted here, totally. Its colours are in `theme.py`, the page that it is on is another's.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import altair as alt

from sparkify_assets.report.charts import theme
from sparkify_assets.report.charts.drawing import (
    CHARTS,
    TITLE_ABOVE,
    WIDTH,
    AnyChart,
    NoChart,
    Rows,
    chart,
    drawn_from,
    leaders,
    most_played,
    plays_and_listeners,
)
from sparkify_assets.report.charts.timeline import (
    Timeline,
    day_of,
    level_colours,
    levels_of,
    periods_of,
    pile,
    stacked,
    y_axis,
)
from sparkify_assets.report.phrases import counted, day_said, days_from, number, readable

__all__ = ["CHARTS", "NoChart", "chart_of", "picture", "png_of", "spec_of", "vega_lite_version"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_COHORTS_SHOWN = 26
_DAY = timedelta(days=1)


def chart_of(name: str, rows: Rows) -> AnyChart:
    """An insight's chart, with its title; without rows it says that there is nothing yet."""
    if name not in CHARTS:
        raise NoChart(f"there is no chart {name}: expected one of {', '.join(CHARTS)}, or a new function in charts.py")
    drawing = CHARTS[name]
    drawn = drawing.draw(rows) if rows else _nothing_yet()
    return drawn.properties(title=alt.Title(drawing.title, subtitle=drawing.subtitle))


def spec_of(name: str, rows: Rows) -> dict[str, Any]:
    """An insight's chart in Vega-Lite, for which somebody else chooses the colours."""
    with alt.data_transformers.enable("default", consolidate_datasets=False):
        spec: dict[str, Any] = chart_of(name, rows).to_dict()
    return {part: value for part, value in spec.items() if part != "config"}


def png_of(name: str, rows: Rows, scale: int = 2) -> bytes:
    """An insight's chart as a picture."""
    return picture(spec_of(name, rows), scale)


def picture(spec: Mapping[str, Any], scale: int = 2) -> bytes:
    """A chart's picture, drawn without a browser and without a network."""
    import vl_convert

    return vl_convert.vegalite_to_png(
        {**spec, "padding": 28},
        vl_version=vega_lite_version(),
        scale=scale,
        config=theme.config(theme.LIGHT),
        allowed_base_urls=[],
    )


def vega_lite_version() -> str:
    """The Vega-Lite that the charts are written for."""
    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


@chart("The songs played most", "Plays, with the artist as the app logged it")
def song_popularity(rows: Rows) -> AnyChart:
    first, *_ = ordered = most_played(rows, "song_title", "artist_name")
    title, artist = readable(first["song_title"]), readable(first["artist_name"])
    return leaders(
        ordered,
        lambda row: f"{readable(row['song_title'])} · {readable(row['artist_name'])}",
        f"The song played most is {title} by {artist}: {plays_and_listeners(first)}.",
    )


@chart("The artists played most", "Plays of all their songs")
def artist_popularity(rows: Rows) -> AnyChart:
    first, *_ = ordered = most_played(rows, "artist_name")
    return leaders(
        ordered,
        lambda row: readable(row["artist_name"]),
        f"The artist played most is {readable(first['artist_name'])}: {plays_and_listeners(first)}.",
    )


@chart("The places where most is played", "Plays by the listener's metropolitan area")
def location_activity(rows: Rows) -> AnyChart:
    first, *_ = ordered = most_played(rows, "location")
    return leaders(
        ordered,
        lambda row: readable(row["location"]),
        f"Most is played in {readable(first['location'])}: {plays_and_listeners(first)}.",
    )


@chart("The week, hour by hour", "Plays by weekday and hour, UTC")
def peak_usage(rows: Rows) -> AnyChart:
    plays = {(number(row["weekday"]), number(row["hour"])): number(row["plays"]) for row in rows}
    listeners = {(number(row["weekday"]), number(row["hour"])): number(row["listeners"]) for row in rows}
    values = [
        {
            "weekday": WEEKDAYS[weekday - 1][:3],
            "hour": hour,
            "time": f"{WEEKDAYS[weekday - 1]}, {hour:02}:00 to {hour + 1:02}:00",
            "plays": plays.get((weekday, hour), 0),
            "listeners": listeners.get((weekday, hour), 0),
        }
        for weekday in range(1, 8)
        for hour in range(24)
    ]
    busiest = max(values, key=lambda cell: number(cell["plays"]))
    days = {day: sum(n for (weekday, _), n in plays.items() if weekday == day) for day in range(1, 8)}
    day = max(days, key=lambda each: days[each])
    finding = (
        f"Most is played on {busiest['time']} UTC: {counted(busiest['plays'], 'play')}. The busiest weekday is "
        f"{WEEKDAYS[day - 1]} with {counted(days[day], 'play')}, the quietest "
        f"{WEEKDAYS[min(days, key=lambda each: days[each]) - 1]} with {counted(min(days.values()), 'play')}."
    )
    drawn: alt.Chart = (
        drawn_from(values)
        .mark_rect(style="tile", cornerRadius=4)
        .encode(
            x=alt.X("hour:O", axis=alt.Axis(title="Hour of the day (UTC)", labelAngle=0, values=list(range(0, 24, 3)))),
            y=alt.Y("weekday:O", sort=[name[:3] for name in WEEKDAYS], axis=alt.Axis(title=None)),
            color=alt.Color(
                "plays:Q",
                scale=alt.Scale(domainMin=0),
                legend=alt.Legend(title="Plays", gradientLength=160, gradientThickness=8, tickCount=3),
            ),
            tooltip=[
                alt.Tooltip("time:N", title="Time (UTC)"),
                alt.Tooltip("plays:Q", title="Plays", format=","),
                alt.Tooltip("listeners:Q", title="Listeners", format=","),
            ],
        )
        .properties(width=WIDTH, height=34 * 7, description=finding)
    )
    return drawn


@chart("Activity over time", "Plays, and how many people played something")
def user_activity(rows: Rows) -> AnyChart:
    period, timeline, found = periods_of(rows)
    values = [
        timeline.place(start)
        | {name: number(found.get(start, {}).get(name)) for name in ("plays", "active_users", "sessions")}
        for start in timeline.starts
    ]
    most = max(values, key=lambda value: number(value["plays"]))
    finding = (
        f"From {timeline.said}, {counted(sum(number(value['plays']) for value in values), 'play')}. Most were played "
        f"{'on' if period == 'day' else f'in the {period} from'} {most['when']}: {counted(most['plays'], 'play')} by "
        f"{counted(most['active_users'], 'listener')}."
    )
    tooltip = [
        alt.Tooltip("when:N", title=period.capitalize()),
        alt.Tooltip("plays:Q", title="Plays", format=","),
        alt.Tooltip("active_users:Q", title="Listeners", format=","),
        alt.Tooltip("sessions:Q", title="Sessions", format=","),
    ]
    base = drawn_from(values).encode(tooltip=tooltip)
    plays = base.mark_rect(x2Offset=-1).encode(
        x=timeline.x("starts", labels=False),
        x2="ends:Q",
        y=alt.Y("plays:Q", axis=y_axis(f"Plays a {period}")),
        y2=alt.Y2Datum(0),
    )
    listeners = base.mark_line(point=timeline.points).encode(
        x=timeline.x("middle"),
        y=alt.Y("active_users:Q", scale=alt.Scale(domainMin=0), axis=y_axis(f"Listeners a {period}")),
    )
    return stacked(plays.properties(height=150), listeners.properties(height=110)).properties(description=finding)


@chart("Free and paid", "Users and plays by level, and who moved from one to the other")
def subscription_levels(rows: Rows) -> AnyChart:
    found = {(day_of(row["day"]), readable(row["level"])): row for row in rows}
    days = sorted({day for day, _ in found})
    timeline, levels = Timeline(tuple(days_from(days[0], days[-1])), _DAY), levels_of(rows)
    values = [
        timeline.place(day)
        | {"level": level}
        | {name: number(found.get((day, level), {}).get(name)) for name in ("users", "plays")}
        for day in timeline.starts
        for level in levels
    ]
    pile(values, "plays")
    plays = {level: sum(number(v["plays"]) for v in values if v["level"] == level) for level in levels}
    up, down = (sum(number(row[name]) for row in rows) for name in ("upgrades", "downgrades"))
    by_level = ", ".join(counted(plays[level], f"{level} play") for level in levels)
    moved = bool(up or down)
    finding = (
        f"From {timeline.said}: {by_level}; {counted(up, 'upgrade')} to paid and {counted(down, 'downgrade')} to free."
    )
    tooltip = [
        alt.Tooltip("when:N", title="Day"),
        alt.Tooltip("level:N", title="Level"),
        alt.Tooltip("users:Q", title="Users", format=","),
        alt.Tooltip("plays:Q", title="Plays", format=","),
    ]
    base = drawn_from(values).encode(tooltip=tooltip)
    users = base.mark_line(point=timeline.points).encode(
        x=timeline.x("middle", labels=False),
        y=alt.Y("users:Q", axis=y_axis("Users a day")),
        color=level_colours(levels),
    )
    played = base.mark_rect(x2Offset=-1).encode(
        x=timeline.x("starts", labels=not moved),
        x2="ends:Q",
        y=alt.Y("top:Q", axis=y_axis("Plays a day")),
        y2="bottom:Q",
        color=level_colours(levels, legend=False),
    )
    panels = [users.properties(height=110), played.properties(height=130)]
    if moved:
        panels.append(_moves(rows, timeline).properties(height=90))
    return stacked(*panels).properties(description=finding)


def _moves(rows: Rows, timeline: Timeline) -> AnyChart:
    """Upgrades upwards, downgrades downwards."""
    values = [
        timeline.place(day)
        | {
            "upgrades": sum(number(row["upgrades"]) for row in rows if day_of(row["day"]) == day),
            "downgrades": -sum(number(row["downgrades"]) for row in rows if day_of(row["day"]) == day),
        }
        for day in sorted({day_of(row["day"]) for row in rows})
    ]
    for value in values:
        value["back"] = -number(value["downgrades"])
    tooltip = [
        alt.Tooltip("when:N", title="Day"),
        alt.Tooltip("upgrades:Q", title="Upgrades"),
        alt.Tooltip("back:Q", title="Downgrades"),
    ]
    base = drawn_from(values).encode(x=timeline.x("starts"), x2="ends:Q", tooltip=tooltip)
    most = max(max(number(value["upgrades"]), number(value["back"])) for value in values)
    scale = alt.Scale(domain=[-most, most], nice=False)
    axis = y_axis(
        "Upgrades ↑ and downgrades ↓ a day", values=[-most, 0, most], labelExpr="format(abs(datum.value), '~s')"
    )
    return alt.layer(
        base.mark_rect(x2Offset=-1).encode(y=alt.Y("upgrades:Q", scale=scale, axis=axis), y2=alt.Y2Datum(0)),
        base.mark_rect(x2Offset=-1, style="contrary").encode(
            y=alt.Y("downgrades:Q", scale=scale, axis=axis), y2=alt.Y2Datum(0)
        ),
    )


@chart("How many users pay", "Users at the end of each day, by the level they had reached")
def user_level_history(rows: Rows) -> AnyChart:
    """Rows are users with their levels from when to when; `users` says how many a row stands for, if not one."""
    changes: dict[tuple[date, str], int] = {}
    for row in rows:
        level, users = readable(row["level"]), number(row.get("users", 1))
        for moment, n in ((row["valid_from"], users), (row["valid_to"], -users)):
            if moment is not None:
                changes[day_of(moment), level] = changes.get((day_of(moment), level), 0) + n
    days = sorted(day for day, _ in changes)
    timeline, levels = Timeline(tuple(days_from(days[0], days[-1])), _DAY), levels_of(rows)
    reached = dict.fromkeys(levels, 0)
    values = []
    for day in timeline.starts:
        for level in levels:
            reached[level] += changes.get((day, level), 0)
            values.append(timeline.place(day) | {"level": level, "users": reached[level]})
    pile(values, "users")
    total = sum(reached.values())
    said = ", ".join(f"{users:,} {level}" for level, users in reached.items())
    paying = f", so that {reached['paid'] / total:.0%} pay" if reached.get("paid") and total else ""
    bars = (
        drawn_from(values)
        .mark_rect(x2Offset=-1)
        .encode(
            x=timeline.x("starts"),
            x2="ends:Q",
            y=alt.Y("top:Q", axis=y_axis("Users")),
            y2="bottom:Q",
            color=level_colours(levels),
            tooltip=[
                alt.Tooltip("when:N", title="Day"),
                alt.Tooltip("level:N", title="Level"),
                alt.Tooltip("users:Q", title="Users", format=","),
            ],
        )
    )
    finding = f"On {day_said(timeline.starts[-1])} there are {counted(total, 'user')}: {said}{paying}."
    return stacked(bars.properties(height=180)).properties(description=finding)


@chart("Who comes back", "Share of listeners who played something again, by the week of their first play")
def retention(rows: Rows) -> AnyChart:
    weeks = sorted({day_of(row["cohort_week"]) for row in rows})[-_COHORTS_SHOWN:]
    shown = sorted(
        (row for row in rows if day_of(row["cohort_week"]) in weeks),
        key=lambda row: (day_of(row["cohort_week"]), number(row["weeks_later"])),
    )
    many_years = weeks[0].year != weeks[-1].year
    fifths = [f"{n * 20} to {n * 20 + 20}%" for n in range(5)]
    values = [
        {
            "cohort": f"{week.day} {week:%b %Y}" if many_years else f"{week.day} {week:%b}",
            "size": row["cohort_users"],
            "later": row["weeks_later"],
            "users": row["active_users"],
            "said": f"{share:.0%}",
            "share": fifths[min(int(share * 5), 4)],
        }
        for row in shown
        for week, share in [(day_of(row["cohort_week"]), float(str(row["retained"])))]
    ]
    columns = len({value["later"] for value in values})
    base = drawn_from(values).encode(
        x=alt.X("later:O", axis=alt.Axis(title="Weeks after the first play", labelAngle=0)),
        y=alt.Y(
            "cohort:O",
            sort=[str(value["cohort"]) for value in values],
            axis=alt.Axis(title=f"Week of first play, {weeks[-1].year}", **TITLE_ABOVE),
        ),
        tooltip=[
            alt.Tooltip("cohort:N", title="First play in the week of"),
            alt.Tooltip("size:Q", title="Listeners then", format=","),
            alt.Tooltip("later:O", title="Weeks later"),
            alt.Tooltip("users:Q", title="Listeners of them", format=","),
            alt.Tooltip("said:N", title="Share"),
        ],
    )
    cells = base.mark_rect(style="tile", cornerRadius=4).encode(
        color=alt.Color("share:O", scale=alt.Scale(domain=fifths), legend=None)
    )
    fits = alt.expr(f"width / {columns} >= 34 ? 1 : 0")
    labels = [
        base.mark_text(style=style, opacity=fits)
        .encode(text="said:N")
        .transform_filter(alt.FieldOneOfPredicate(field="share", oneOf=some))
        for style, some in (
            ("on_pale", fifths[: -theme.STRONG_STEPS]),
            ("on_strong", fifths[-theme.STRONG_STEPS :]),
        )
    ]
    return alt.layer(cells, *labels).properties(width=WIDTH, height=38 * len(weeks), description=_return_said(shown))


def _return_said(rows: Rows) -> str:
    """How many of all listeners came back in the week after their first, where that week has been."""
    next_week = [row for row in rows if number(row["weeks_later"]) == 1]
    first = sum(number(row["cohort_users"]) for row in next_week)
    back = sum(number(row["active_users"]) for row in next_week)
    listeners = sum(number(row["cohort_users"]) for row in rows if number(row["weeks_later"]) == 0)
    if not first:
        return f"{counted(listeners, 'listener')} played something for the first time; no later week is there yet."
    return (
        f"Of {counted(first, 'listener')} with a week after their first, {back:,} came back in it: {back / first:.0%}."
    )


def _nothing_yet() -> AnyChart:
    drawn: alt.Chart = (
        drawn_from([{}])
        .mark_text(style="quiet", text="Nothing yet: sparkify load brings what the lake has.")
        .properties(width=WIDTH, height=96, description="Nothing yet: sparkify load brings what the lake has.")
    )
    return drawn
