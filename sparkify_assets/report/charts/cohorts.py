"""The chart of retention: who comes back, by the week of registration. All other charts are in `insight_charts.py`."""

from datetime import date, timedelta
from typing import Any

from sparkify_assets.report.charts import theme
from sparkify_assets.report.charts.drawing import (
    TITLE_ABOVE,
    WIDTH,
    Rows,
    Spec,
    chart,
    data,
    encoded,
    mark,
    tooltip,
)
from sparkify_assets.report.charts.timeline import Timeline, day_of
from sparkify_assets.report.phrases import counted, number

_COHORTS_SHOWN = 26
# As in queries/report/retention.sql.
_WEEKS_SHOWN = 26
_FIFTHS = [f"{n * 20} to {n * 20 + 20}%" for n in range(5)]


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
