"""The insights as charts: one function for each, with the insight's name. It takes the insight's rows and returns a
chart in Vega-Lite; an insight without a function has no chart. That of retention is in `cohorts.py`.

A chart's title names its subject. Its description states the finding in words and figures, for readers who do not see
the chart. Each function sorts its rows totally. Colours are in `theme.py`; the page around a chart is in `pages/`.
"""

import math
from collections import Counter
from collections.abc import Mapping
from datetime import date

from sparkify_assets.report.charts import cohorts as cohorts
from sparkify_assets.report.charts.drawing import (
    CHARTS,
    VEGA_LITE,
    WIDTH,
    Rows,
    Spec,
    chart,
    data,
    encoded,
    leaders,
    mark,
    named_bars,
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
from sparkify_assets.report.phrases import a_day, counted, fraction, in_words, number, readable, thousands
from sparkify_assets.report.visible import all_visible
from sparkify_assets.warehouse.session import Value

__all__ = ["CHARTS", "spec_of"]

_KINDS = {
    "exact": "Title, artist and length",
    "title_and_artist": "Title and artist, another length",
    "artist_only": "Artist alone",
    "none": "Nothing",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


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


@chart("Most played songs", "Plays, with the artist as the app logged it", of_all_days=True)
def song_popularity(rows: Rows) -> Spec:
    return leaders(rows, "song_title", "artist_name", finding="The most played song is")


@chart("Most played artists", "Plays of all their songs", of_all_days=True)
def artist_popularity(rows: Rows) -> Spec:
    return leaders(rows, "artist_name", finding="The most played artist is")


@chart("What the song catalog knows", "Plays by kind of match with a song of the song catalog", of_all_days=True)
def catalog_coverage(rows: Rows) -> Spec:
    known = {str(row["match_kind"]): row for row in rows}
    total = sum(number(row["plays"]) for row in rows)
    values = [
        {
            "place": place,
            "name": f"{words} · {number(row.get('plays')) / total:.1%}",
            "label": thousands(row.get("plays")),
            **{figure: number(row.get(figure)) for figure in ("plays", "listeners", "songs")},
        }
        for place, (kind, words) in enumerate(_KINDS.items(), 1)
        for row in [known.get(kind, {})]
    ]
    exact = number(known.get("exact", {}).get("plays"))
    named = total - number(known.get("none", {}).get("plays"))
    finding = (
        f"Of {counted(total, 'play')} {exact:,} match a song exactly ({exact / total:.1%}), and the catalog has the "
        f"artist of {named:,} ({named / total:.1%})."
    )
    return named_bars(values, "plays", {"plays:Q": "Plays", "listeners:Q": "Listeners", "songs:Q": "Songs"}, finding)


@chart("How far users go", "Users who took each step in the latest week")
def funnel(rows: Rows) -> Spec:
    week = max(day_of(row["week"]) for row in rows)
    steps = sorted((row for row in rows if row["week"] == week), key=lambda row: number(row["step_number"]))
    values = [
        {
            "place": number(row["step_number"]),
            "name": f"{readable(row['step']).replace('_', ' ')} · {fraction(row['share_of_seen']):.0%}",
            "label": thousands(row["users"]),
            "users": number(row["users"]),
        }
        for row in steps
    ]
    users = {str(row["step"]): number(row["users"]) for row in steps}
    finding = (
        f"Week from {in_words(week)}: {counted(users['seen'], 'user')} seen, {users.get('played', 0):,} played, "
        f"{users.get('upgraded', 0):,} upgraded, {users.get('downgraded', 0):,} downgraded, "
        f"{users.get('cancelled', 0):,} cancelled."
    )
    return named_bars(values, "users", {"users:Q": "Users"}, finding)


@chart(
    "Where people listen",
    "Listeners by metropolitan area, and the share of its plays that one listener makes",
    of_all_days=True,
)
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


@chart("The week, hour by hour", "Plays a day by weekday and hour, UTC", of_all_days=True)
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


def _nothing_yet() -> Spec:
    message = "Nothing yet: run sparkify load."
    text = {"type": "text", "style": "quiet", "text": message}
    return {"data": data([{}]), "mark": text, "width": WIDTH, "height": 96, "description": message}
