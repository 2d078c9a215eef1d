"""An insight's rows come in its own order, which is total, on both engines."""

from sparkify_assets import model
from sparkify_assets.queries import Query
from sparkify_assets.report.terminal.insight_rows import read_insight, rows_in_order
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, write_day
from sparkify_assets_tests.oracle import least
from sparkify_assets_tests.platforms import Platform


def test_every_insight_is_shown_by_rank_and_key_whatever_its_texts_are(platform: Platform) -> None:
    titles = ["b", "B", "é", "a ", "a", None, "10", "9", "b"]
    plays = [
        event(ts=at(day, n), userId=str(n % 3 + 1), itemInSession=n, song=title, artist=title, location=title)
        for day in (DAY, NEXT_DAY)
        for n, title in enumerate(titles)
    ]
    write_day(platform.lake, DAY, plays)
    platform.load(DAY)
    platform.make_insights()
    expected = platform.expected_insights([DAY])
    # The oracle does not know of failed checks.
    expected["insights.data_status"] = [(*row, 0) for row in expected["insights.data_status"]]
    for name, insight in model.insights().items():
        columns = [column.name for column in insight.table.columns]
        order = [columns.index(each) for each in ("rank", *insight.table.primary_key) if each in columns]
        ordered = sorted((least(row[n] for n in order), row) for row in expected[f"insights.{name}"])
        rows = [row for _, row in ordered]
        answer, is_outdated = read_insight(platform.warehouse, name, 1000)
        assert (answer.columns, answer.rows, is_outdated) == (tuple(columns), rows, False)
        fewer, _ = read_insight(platform.warehouse, name, 2)
        assert fewer.rows == rows[:2]


def test_an_insight_is_outdated_until_it_knows_the_latest_change(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event()])
    platform.load(DAY)
    platform.make_insights("retention")
    assert [read_insight(platform.warehouse, name, 1)[1] for name in ("retention", "peak_usage")] == [False, True]


def test_the_order_is_the_rank_then_the_key_nulls_last() -> None:
    assert rows_in_order(model.insights()["artist_popularity"], 5) == Query(
        "reading insights.artist_popularity",
        "SELECT rank, artist_name, plays, listeners, songs, matched_plays FROM insights.artist_popularity "
        "ORDER BY rank NULLS LAST, artist_name || CHR(1) NULLS LAST LIMIT 5",
    )
