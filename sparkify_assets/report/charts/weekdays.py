"""The chart of the week, hour by hour. The others are in `insight_charts.py`."""

import math

from sparkify_assets.report.charts.drawing import WIDTH, Rows, Spec, chart, data, encoded, mark, tooltip
from sparkify_assets.report.phrases import a_day, counted, fraction, number

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


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
        f"The busiest weekday is {most} with {a_day(by_day[most])}, the quietest with plays is {least} with "
        f"{a_day(by_day[least])}."
    )
