"""Whatever the lake's texts hold, the dashboard is written: the page, and each picture that can be drawn."""

from pathlib import Path
from typing import Any

import pytest

from sparkify_assets.cli import main
from sparkify_assets.report.charts.drawing import CHARTS, Drawing
from sparkify_assets.report.pages.dashboard import build_dashboard
from sparkify_assets.report.pages.figures import read_figures
from sparkify_assets.report.visible import REPLACEMENT
from sparkify_assets_tests.lakes import DAY, MARKUP, UNFIT, event, write_day
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.report.reading import Page, loaded_from_elsewhere


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A platform whose every text holds what a renderer, a terminal or a page should not get."""
    platform = Platform.at(tmp_path_factory.mktemp("hostile"))
    texts = ("artist", "song", "location", "userAgent", "firstName", "lastName")
    hostile = {name: f"{name} {UNFIT} {MARKUP}" for name in texts}
    write_day(
        platform.lake, DAY, [event(**hostile, level=UNFIT[:20]), event(itemInSession=1), f'{{"{UNFIT[30:]}": 1}}']
    )
    platform.load(DAY)
    platform.make_insights()
    return platform


@pytest.fixture
def settings(hostile: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command's settings: that platform."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARKIFY_WAREHOUSE", "duckdb")
    monkeypatch.setenv("SPARKIFY_DUCKDB", str(hostile.settings.duckdb))
    monkeypatch.setenv("SPARKIFY_LAKE", hostile.settings.lake)
    monkeypatch.setenv("SPARKIFY_WORK", hostile.settings.work)


def test_no_character_of_the_lake_steers_the_page(hostile: Platform) -> None:
    html = build_dashboard(read_figures(hostile.warehouse, hostile.settings))
    assert not set(UNFIT) & set(html)
    assert not [escape for char in UNFIT if (escape := f"\\\\u{ord(char):04x}") in html]
    page = Page(html)
    assert not loaded_from_elsewhere(page)
    assert f"song {REPLACEMENT}" in page.one("article", id="song_popularity").text


@pytest.mark.usefixtures("settings")
def test_the_command_draws_every_chart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["report"]) == 0
    assert capsys.readouterr().err == ""
    assert {file.name for file in (tmp_path / "results").iterdir()} == {"dashboard.html", *(f"{n}.png" for n in CHARTS)}


@pytest.mark.usefixtures("settings")
def test_a_chart_whose_renderer_dies_is_an_error_and_the_rest_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # More pixels than any memory holds.
    def draw(rows: Any) -> Any:
        return {"data": {"values": [{}]}, "mark": "bar", "width": 10**9, "height": 10**9, "description": "Big."}

    monkeypatch.setitem(CHARTS, "retention", Drawing("Retention", "Too large", draw))
    (tmp_path / "results").mkdir()
    (tmp_path / "results/retention.png").write_bytes(b"of an older dashboard")
    assert main.main(["report"]) == 1
    out, err = capsys.readouterr()
    assert err.startswith("sparkify: 1 chart could not be drawn (retention: the renderer ended with ")
    assert err.count("\n") == 1
    written = {"dashboard.html", *(f"{name}.png" for name in CHARTS if name != "retention")}
    assert {Path(line).name for line in out.splitlines()} == written
    assert {file.name for file in (tmp_path / "results").iterdir()} == written
