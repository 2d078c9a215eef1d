"""The benchmarks are reliable: all sides make the same rows, and the documents show what was measured."""

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from benchmarks import floor, scale
from benchmarks.lakes import Lakes
from benchmarks.measure import Figures
from benchmarks.peers import script
from benchmarks.same import assert_same_rows, assert_same_star, write_insights
from benchmarks.table import Case, Line, Reach, write
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.platforms import Platform, load_day

ROOT = Path(__file__).parent.parent
OPTIONS = SampleOptions(days=4, events=2000, songs=60)


@pytest.fixture
def loaded(tmp_path: Path) -> Platform:
    platform = Platform.at(tmp_path)
    generate(platform.lake, OPTIONS)
    platform.load_songs()
    for number in range(OPTIONS.days):
        load_day(platform.warehouse, platform.open_lake(), OPTIONS.day(number))
    platform.make_insights()
    return platform


def test_all_sides_make_the_rows_of_the_platform(loaded: Platform, tmp_path: Path) -> None:
    lake, made, day = str(loaded.lake), loaded.settings.duckdb, str(OPTIONS.day(1))
    insights = write_insights(tmp_path / "insights.sql")
    floor.full(lake, str(tmp_path / "floor.duckdb"), str(insights))
    assert_same_rows(made, tmp_path / "floor.duckdb")
    floor.day(lake, str(tmp_path / "floor.duckdb"), day)
    assert_same_rows(made, tmp_path / "floor.duckdb")
    for load, rest in ((script.full, [lake]), (script.day, [lake, day])):
        with duckdb.connect(tmp_path / "script.duckdb") as db:
            load(db, *rest)
        assert_same_star(made, tmp_path / "script.duckdb")
    with duckdb.connect(tmp_path / "script.duckdb") as db:
        db.execute("DELETE FROM sparkify.time WHERE start_time = (SELECT max(start_time) FROM sparkify.time)")
    with pytest.raises(AssertionError, match=r"^1 rows of sparkify.time differ"):
        assert_same_star(made, tmp_path / "script.duckdb")


@pytest.mark.parametrize(
    "fault",
    [
        b'"page":"Home","song":"[\\"Live\\"]"}',
        b'"page":"Home","page":"Home"}',
        b'"page":"Ho\\u0000me"}',
        b'"page":"' + b"x" * 65 + b'"}',
        b'"page":null}',
        b'"page":"Home","status":2.5}',
        b'"page":"Home","status":200',
    ],
)
def test_the_floor_refuses_records_that_break_a_rule(fault: bytes, tmp_path: Path) -> None:
    log = tmp_path / "2018-11-01-events.json"
    log.write_bytes(b'{"sessionId":1,"itemInSession":0,"ts":1541030400000,' + fault + b"\n")
    good = b"Live" in fault
    with duckdb.connect() as db, contextlib.nullcontext() if good else pytest.raises((AssertionError, duckdb.Error)):
        floor.land(db, "landed", floor.EVENT, [str(log)], "format = 'newline_delimited'")


def test_a_lake_of_ten_times_the_users_and_songs_divides_the_sessions_among_them(tmp_path: Path) -> None:
    lakes = Lakes(tmp_path, scale=0.002)
    events = events_of(lakes.many_users)
    assert len(events) == len(events_of(lakes.short_history)) == 1200
    others = [event for event in events if event["sessionId"] % 100]
    assert {(event["sessionId"] - int(event["userId"])) % 100 for event in events if event["userId"]} == {0}
    assert all(event["song"].endswith(f" {event['sessionId'] % 100}") for event in others if event.get("song"))


def events_of(lake: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for log in (lake / "log_data").rglob("*.json") for line in log.read_bytes().splitlines()]


def test_a_case_is_written_in_its_place_and_leaves_the_others(tmp_path: Path) -> None:
    results = tmp_path / "results.md"
    results.write_text("# Results\n\n<!-- measured: begin -->\nan older table\n<!-- measured: end -->\n\n## Causes\n")
    for name, text in (("second", "two"), ("first", "one"), ("second", "2")):
        write(name, text, ("first", "second"), results)
    assert results.read_text() == (
        "# Results\n\n<!-- measured: begin -->\n<!-- first: begin -->\none\n<!-- first: end -->\n\n"
        "<!-- second: begin -->\n2\n<!-- second: end -->\n<!-- measured: end -->\n\n## Causes\n"
    )


def test_a_table_says_what_is_over_its_reach() -> None:
    figures = Figures(4.0, 6.5, 200)
    reaches = [Reach(1.25, "× SQLMesh's wall", 1.0), Reach(5.0, "s of CPU", 6), Reach(2.0, "× the floor")]
    case = Case("a month", [Line("`sparkify load`", figures, reaches), Line("SQLMesh", figures)])
    assert case.text.splitlines()[2:] == [
        "| `sparkify load` | 4.00 s | 6.50 s | 200 MB | 1.25 × SQLMesh's wall, at most 1 | **no** |",
        "| | | | | 5.00 s of CPU, at most 6 | yes |",
        "| | | | | 2.00 × the floor | |",
        "| SQLMesh | 4.00 s | 6.50 s | 200 MB | | |",
    ]
    assert case.over == ["`sparkify load` (a month): 1.25 × SQLMesh's wall, at most 1"]


def test_the_document_on_scale_shows_the_arithmetic() -> None:
    document = (ROOT / "docs/scale.md").read_text("utf-8")
    (written,) = re.findall(r"<!-- arithmetic: begin -->\n(.*?)\n<!-- arithmetic: end -->", document, re.DOTALL)
    assert written == scale.table()


def test_the_arithmetic_uses_the_number_of_statements_of_a_clean_day() -> None:
    counted = (ROOT / "sparkify_assets_tests/warehouse/redshift/test_redshift_warehouse.py").read_text("utf-8")
    assert f"({scale.STATEMENTS}, {scale.COMMITS}, {scale.COPIES})" in counted
