"""The insights as charts: one function for each, with the insight's name. It takes the insight's rows as a data frame
and returns a chart; an insight without a function has no chart.

A chart's title names its subject. Its description states the finding in words and figures, for readers who do not see
the chart. Each function sorts its rows totally. Colours are in `theme.py`; the page around a chart is in `pages/`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from sparkify_assets.report.charts import theme
from sparkify_assets.report.charts.drawing import (
    CHARTS,
    TITLE_ABOVE,
    WIDTH,
    AnyChart,
    chart,
    drawn_from,
    leaders,
    tooltip,
)
from sparkify_assets.report.charts.timeline import (
    Timeline,
    days_of,
    level_colours,
    shown_levels,
    stacked,
    y_axis,
)
from sparkify_assets.report.phrases import counted, in_words, number, readable
from sparkify_assets.report.visible import all_visible
from sparkify_assets.warehouse.session import Value

__all__ = ["CHARTS", "spec_of"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_COHORTS_SHOWN = 26
# As in queries/report/retention.sql.
_WEEKS_SHOWN = 26
_FIFTHS = [f"{n * 20} to {n * 20 + 20}%" for n in range(5)]


def spec_of(name: str, rows: Sequence[Mapping[str, Value]]) -> dict[str, Any]:
    """Return an insight's chart in Vega-Lite, without colours. Where there are no rows, the chart states that."""
    drawing = CHARTS[name]
    # As objects, nulls stay None.
    drawn = drawing.draw(pd.DataFrame(rows, dtype=object)) if rows else _nothing_yet()
    titled = drawn.properties(title=alt.Title(drawing.title, subtitle=drawing.subtitle))
    with alt.data_transformers.enable("default", consolidate_datasets=False):
        spec: dict[str, Any] = titled.to_dict()
    return all_visible({part: value for part, value in spec.items() if part != "config"})


@chart("Most played songs", "Plays, with the artist as the app logged it")
def song_popularity(rows: pd.DataFrame) -> AnyChart:
    return leaders(rows, "song_title", "artist_name", finding="The most played song is")


@chart("Most played artists", "Plays of all their songs")
def artist_popularity(rows: pd.DataFrame) -> AnyChart:
    return leaders(rows, "artist_name", finding="The most played artist is")


@chart("Where people listen most", "Plays by the listener's metropolitan area")
def location_activity(rows: pd.DataFrame) -> AnyChart:
    return leaders(rows, "location", finding="The place with the most plays is")


@chart("The week, hour by hour", "Plays by weekday and hour, UTC")
def peak_usage(rows: pd.DataFrame) -> AnyChart:
    hours = pd.MultiIndex.from_product([range(1, 8), range(24)], names=["weekday", "hour"])
    counts = rows.map(number).set_index(["weekday", "hour"])[["plays", "listeners"]].reindex(hours, fill_value=0)
    by_day = counts["plays"].groupby("weekday").sum()
    values = counts.reset_index()
    names = values["weekday"].map(dict(enumerate(WEEKDAYS, 1)))
    times = [f"{name}, {hour:02}:00 to {hour + 1:02}:00" for name, hour in zip(names, values["hour"], strict=True)]
    values = values.assign(weekday=names.str[:3], time=times)
    busiest = values.loc[values["plays"].idxmax()]
    finding = (
        f"The busiest hour is {busiest['time']} UTC, with {counted(busiest['plays'], 'play')}. The busiest weekday is "
        f"{WEEKDAYS[by_day.idxmax() - 1]} with {counted(by_day.max(), 'play')}, the quietest "
        f"{WEEKDAYS[by_day.idxmin() - 1]} with {counted(by_day.min(), 'play')}."
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
            tooltip=tooltip({"time:N": "Time (UTC)", "plays:Q": "Plays", "listeners:Q": "Listeners"}),
        )
        .properties(width=WIDTH, height=34 * 7, description=finding)
    )
    return drawn


@chart("Activity over time", "Plays and listeners")
def user_activity(rows: pd.DataFrame) -> AnyChart:
    figures = rows[["plays", "active_users", "sessions"]].map(number)
    rows = figures.assign(period=rows["period"], day=days_of(rows["starts_on"]))
    days = rows[rows["period"] == "day"]
    timeline = Timeline.of(days["day"], days["plays"], "play")
    period = timeline.period
    found = timeline.shown(rows[rows["period"] == period]).set_index("start")
    counts = found[[*figures]].reindex(timeline.starts, fill_value=0)
    values = counts.join(timeline.places)
    most = values.loc[values["plays"].idxmax()]
    finding = (
        f"{timeline.range}: {counted(values['plays'].sum(), 'play')}. The busiest {period} "
        f"{'was' if period == 'day' else 'began on'} {most['when']}, with {counted(most['plays'], 'play')} by "
        f"{counted(most['active_users'], 'listener')}. {timeline.outside}"
    ).strip()
    titles = {"plays:Q": "Plays", "active_users:Q": "Listeners", "sessions:Q": "Sessions"}
    base = drawn_from(values).encode(tooltip=tooltip({"when:N": period.capitalize(), **titles}))
    plays = timeline.bars(base, labels=False).encode(
        y=alt.Y("plays:Q", axis=y_axis(f"Plays a {period}")), y2=alt.Y2Datum(0)
    )
    listeners = base.mark_line(point=timeline.points).encode(
        x=timeline.x("middle"),
        y=alt.Y("active_users:Q", scale=alt.Scale(domainMin=0), axis=y_axis(f"Listeners a {period}")),
    )
    return stacked(plays.properties(height=150), listeners.properties(height=110)).properties(description=finding)


@chart("Free and paid", "Users and plays by level, with upgrades and downgrades")
def subscription_levels(rows: pd.DataFrame) -> AnyChart:
    figures = rows[["users", "plays", "upgrades", "downgrades"]].map(number)
    rows = figures.assign(day=days_of(rows["day"]), level=rows["level"].map(readable))
    timeline = Timeline.of(rows["day"], rows["plays"], "play")
    rows, period = timeline.shown(rows), timeline.period
    rows["level"], levels = shown_levels(rows["level"], rows["users"])
    counts = timeline.by_level(rows[["start", "level", "users", "plays"]], levels)
    plays = counts["plays"].groupby("level").sum()
    moves = rows.groupby("start")[["upgrades", "downgrades"]].sum()
    up, down = moves.sum()
    moved = bool(up or down)
    by_level = ", ".join(counted(plays[level], f"{level} play") for level in levels)
    finding = (
        f"{timeline.range}: {by_level}; {counted(up, 'upgrade')} to paid and {counted(down, 'downgrade')} to free. "
        f"{timeline.outside}"
    ).strip()
    users_title = "Users a day"
    if period != "day":
        # Users of one day are users of the next: a mean can be shown, a sum cannot.
        users_title += ", on average"
        days = rows.groupby("start")["day"].nunique()
        counts["users"] = (counts["users"] / days.reindex(timeline.starts, fill_value=1)).round(1)
    titles = {"when:N": period.capitalize(), "level:N": "Level", "users:Q": users_title, "plays:Q": "Plays"}
    values = timeline.stack(counts[["users", "plays"]], "plays")
    base = drawn_from(values).encode(tooltip=tooltip(titles))
    users = base.mark_line(point=timeline.points).encode(
        x=timeline.x("middle", labels=False),
        y=alt.Y("users:Q", axis=y_axis(users_title)),
        color=level_colours(levels),
    )
    played = timeline.bars(base, labels=not moved).encode(
        y=alt.Y("top:Q", axis=y_axis(f"Plays a {period}")),
        y2="bottom:Q",
        color=level_colours(levels, legend=False),
    )
    panels = [users.properties(height=110), played.properties(height=130)]
    if moved:
        panels.append(_moves(moves, timeline).properties(height=90))
    return stacked(*panels).properties(description=finding)


def _moves(moves: pd.DataFrame, timeline: Timeline) -> AnyChart:
    """Return upgrades as bars upwards, downgrades as bars downwards."""
    values = moves.assign(back=moves["downgrades"], downgrades=-moves["downgrades"]).join(timeline.places)
    titles = {"when:N": timeline.period.capitalize(), "upgrades:Q": "Upgrades", "back:Q": "Downgrades"}
    base = drawn_from(values).encode(tooltip=tooltip(titles))
    most = int(moves.max().max())
    scale = alt.Scale(domain=[-most, most], nice=False)
    axis = y_axis(
        f"Upgrades ↑ and downgrades ↓ a {timeline.period}",
        values=[-most, 0, most],
        labelExpr="format(abs(datum.value), '~s')",
    )
    up, down = (alt.Y(f"{field}:Q", scale=scale, axis=axis) for field in ("upgrades", "downgrades"))
    return alt.layer(
        timeline.bars(base).encode(y=up, y2=alt.Y2Datum(0)),
        timeline.bars(base, style="contrary").encode(y=down, y2=alt.Y2Datum(0)),
    )


@chart("How many users pay", "Users by level, at the end of each day, week or month")
def user_level_history(rows: pd.DataFrame) -> AnyChart:
    """Rows are users with their levels, from when to when; `users` is how many a row stands for, if not one."""
    begin = days_of(rows["valid_from"])
    users = rows["users"].map(number) if "users" in rows else pd.Series(1, rows.index)
    timeline = Timeline.of(begin, users, "change")
    level, levels = shown_levels(rows["level"].map(readable), users)
    changes = pd.concat(
        pd.DataFrame({"day": days, "level": level, "users": sign * users})
        for days, sign in ((begin, 1), (days_of(rows["valid_to"]), -1))
    ).dropna()
    # Who had a level before the time that is shown has it from its beginning.
    changes = timeline.shown(changes.assign(day=changes["day"].clip(lower=timeline.span.first)))
    counts = timeline.by_level(changes[["start", "level", "users"]], levels).groupby("level").cumsum()
    reached = counts["users"].iloc[-len(levels) :].droplevel("start")
    total = reached.sum()
    by_level = ", ".join(f"{users:,} {level}" for level, users in reached.items())
    paying = f"; {reached['paid'] / total:.0%} pay" if reached.get("paid") and total else ""
    bars = timeline.bars(drawn_from(timeline.stack(counts, "users"))).encode(
        y=alt.Y("top:Q", axis=y_axis("Users")),
        y2="bottom:Q",
        color=level_colours(levels),
        tooltip=tooltip({"when:N": timeline.period.capitalize(), "level:N": "Level", "users:Q": "Users"}),
    )
    latest = in_words(changes["day"].max().date())
    finding = f"On {latest} there were {counted(total, 'user')}: {by_level}{paying}. {timeline.outside}"
    return stacked(bars.properties(height=180)).properties(description=finding.strip())


@chart("Who comes back", "Share of listeners who played again in later weeks, by the week of their first play")
def retention(rows: pd.DataFrame) -> AnyChart:
    counts = rows[["weeks_later", "cohort_users", "active_users"]].map(number)
    rows = counts.assign(week=days_of(rows["cohort_week"]))
    cohorts = rows.drop_duplicates("week").set_index("week")["cohort_users"].sort_index()
    firsts = cohorts.index.to_series()
    timeline = Timeline.of(firsts, cohorts, "listener", unit="week")
    weeks = list(firsts[timeline.span.has(firsts)])[-_COHORTS_SHOWN:]
    shown = _every_week(rows[rows["week"].isin(weeks) & (rows["weeks_later"] < _WEEKS_SHOWN)])
    many_years = weeks[0].year != weeks[-1].year
    values = pd.DataFrame(
        {
            "cohort": [f"{week.day} {week:%b %Y}" if many_years else f"{week.day} {week:%b}" for week in shown["week"]],
            "size": shown["cohort_users"],
            "later": shown["weeks_later"],
            "users": shown["active_users"],
            "label": shown["retained"].map("{:.0%}".format),
            "share": (shown["retained"] * 5).astype(int).clip(upper=4).map(dict(enumerate(_FIFTHS))),
        }
    )
    title = "Weeks after the first play"
    if values["later"].max() == _WEEKS_SHOWN - 1:
        title += f", {_WEEKS_SHOWN - 1} at most"
    base = drawn_from(values).encode(
        x=alt.X("later:O", axis=alt.Axis(title=title, labelAngle=0)),
        y=alt.Y(
            "cohort:O",
            sort=list(values["cohort"]),
            axis=alt.Axis(title=f"Week of first play{'' if many_years else f', {weeks[-1].year}'}", **TITLE_ABOVE),
        ),
        tooltip=tooltip(
            {
                "cohort:N": "First play in the week of",
                "size:Q": "New listeners",
                "later:O": "Weeks later",
                "users:Q": "Active listeners",
                "label:N": "Share",
            }
        ),
    )
    cells = base.mark_rect(style="tile", cornerRadius=4).encode(
        color=alt.Color("share:O", scale=alt.Scale(domain=_FIFTHS), legend=None)
    )
    fits = alt.expr(f"width / {values['later'].nunique()} >= 34 ? 1 : 0")
    labels = [
        base.mark_text(style=style, opacity=fits)
        .encode(text="label:N")
        .transform_filter(alt.FieldOneOfPredicate(field="share", oneOf=some))
        for style, some in (
            ("on_pale", _FIFTHS[: -theme.STRONG_STEPS]),
            ("on_strong", _FIFTHS[-theme.STRONG_STEPS :]),
        )
    ]
    finding = f"{_return_in_words(shown)} {timeline.outside}".strip()
    return alt.layer(cells, *labels).properties(width=WIDTH, height=38 * len(weeks), description=finding)


def _every_week(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each cohort and each week from its own to the latest, with nobody where there is none."""
    latest = (rows["week"] + pd.to_timedelta(rows["weeks_later"] * 7, unit="D")).max()
    known = rows.set_index(["week", "weeks_later"])["active_users"]
    sizes = rows.drop_duplicates("week").set_index("week")["cohort_users"].sort_index()
    every = pd.DataFrame(
        {"week": week, "weeks_later": later, "cohort_users": users, "active_users": known.get((week, later), 0)}
        for week, users in sizes.items()
        for later in range(min((latest - week).days // 7 + 1, _WEEKS_SHOWN))
    )
    return every.assign(retained=every["active_users"] / every["cohort_users"])


def _return_in_words(rows: pd.DataFrame) -> str:
    """Return how many listeners came back the week after their first, of those for whom that week has begun."""
    sums = rows.groupby("weeks_later")[["cohort_users", "active_users"]].sum()
    if 1 not in sums.index:
        listeners = counted(sums["cohort_users"].get(0, 0), "listener")
        return f"{listeners} played for the first time. There is no later week yet."
    first, back = sums.loc[1]
    return (
        f"Of {counted(first, 'listener')} who could return the week after their first play, {back:,} did: "
        f"{back / first:.0%}."
    )


def _nothing_yet() -> AnyChart:
    message = "Nothing yet: run sparkify load."
    empty = drawn_from(pd.DataFrame([{}])).mark_text(style="quiet", text=message)
    drawn: alt.Chart = empty.properties(width=WIDTH, height=96, description=message)
    return drawn
