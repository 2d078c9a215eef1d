"""The charts that are bars below their names: rankings, kinds and steps. The others are in `insight_charts.py`."""

from collections.abc import Mapping

from sparkify_assets.report.charts.drawing import Rows, Spec, chart, leaders, named_bars, ranking
from sparkify_assets.report.charts.timeline import day_of
from sparkify_assets.report.phrases import counted, fraction, in_words, number, readable, thousands
from sparkify_assets.warehouse.session import Value

_KINDS = {
    "exact": "Title, artist and length",
    "title_and_artist": "Title and artist, another length",
    "artist_only": "Artist alone",
    "none": "Nothing",
}


@chart("Most played songs", "Plays, with the artist as the app logged it", of_all_days=True)
def song_popularity(rows: Rows) -> Spec:
    return leaders(rows, "song_title", "artist_name", finding="The most played song is")


@chart("Most played artists", "Plays of all their songs", of_all_days=True)
def artist_popularity(rows: Rows) -> Spec:
    return leaders(rows, "artist_name", finding="The most played artist is")


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
