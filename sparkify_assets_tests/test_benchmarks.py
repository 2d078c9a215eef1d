"""The benchmarks are reliable: the floor gives the platform's rows, and the document shows their arithmetic."""

import re
from pathlib import Path

import pytest

from benchmarks import floor, scale
from benchmarks.same import assert_same_rows, write_insights
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


def test_the_floor_makes_the_rows_of_the_platform(loaded: Platform, tmp_path: Path) -> None:
    insights = write_insights(tmp_path / "insights.sql")
    floor.full(str(loaded.lake), str(tmp_path / "floor.duckdb"), str(insights))
    assert_same_rows(loaded.settings.duckdb, tmp_path / "floor.duckdb")
    floor.day(str(loaded.lake), str(tmp_path / "floor.duckdb"), str(OPTIONS.day(1)))
    assert_same_rows(loaded.settings.duckdb, tmp_path / "floor.duckdb")


def test_the_floor_refuses_bad_records(tmp_path: Path) -> None:
    generate(tmp_path / "lake", SampleOptions(days=2, events=300, songs=10, dirt=0.05))
    with pytest.raises(Exception, match=r"not clean|Malformed JSON"):
        floor.full(str(tmp_path / "lake"), str(tmp_path / "floor.duckdb"))


def test_the_document_on_scale_shows_the_arithmetic() -> None:
    document = (ROOT / "docs/scale.md").read_text("utf-8")
    (written,) = re.findall(r"<!-- arithmetic: begin -->\n(.*?)\n<!-- arithmetic: end -->", document, re.DOTALL)
    assert written == scale.table()


def test_the_arithmetic_uses_the_number_of_statements_of_a_clean_day() -> None:
    counted = (ROOT / "sparkify_assets_tests/warehouse/redshift/test_redshift_warehouse.py").read_text("utf-8")
    assert f"({scale.STATEMENTS}, {scale.COMMITS}, {scale.COPIES})" in counted
