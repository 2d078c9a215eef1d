"""The dashboard as a file: it shows what the warehouse holds, and needs no other file."""

import hashlib
import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from sparkify_assets import model
from sparkify_assets.cli import main
from sparkify_assets.report.charts.insight_charts import CHARTS
from sparkify_assets.report.pages.dashboard import build_dashboard, write_dashboard
from sparkify_assets.report.pages.figures import Figures, read_figures
from sparkify_assets.report.phrases import readable
from sparkify_assets_tests.lakes import DAY, event, write_day
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.report.conftest import HOSTILE_ARTIST, HOSTILE_SONG, load_plays
from sparkify_assets_tests.report.reading import Page, loaded_from_elsewhere


@pytest.fixture(scope="module")
def read(dashboard: str) -> Page:
    return Page(dashboard)


def headline(page: Page) -> dict[str, str]:
    """Return every figure on the page, by its name."""
    return {name.text: value.text for name, value in zip(page.all("dt"), page.all("dd"), strict=True)}


def test_the_headline_is_what_the_star_holds(read: Page, listened: Platform) -> None:
    ((plays, listeners, sessions, songs, artists),) = listened.values(
        "SELECT COUNT(*), COUNT(DISTINCT user_id), COUNT(DISTINCT session_id), "
        "COUNT(DISTINCT song_title_clean || '|' || artist_name_clean), COUNT(DISTINCT artist_name_clean) "
        "FROM sparkify.songplays"
    )
    ((seconds, matched),) = listened.values("SELECT SUM(length), COUNT(song_id) FROM sparkify.songplays")
    assert matched == 5
    shown = headline(read)
    assert [shown[name] for name in ("Plays", "Listeners", "Sessions", "Songs", "Artists")] == [
        str(n) for n in (plays, listeners, sessions, songs, artists)
    ]
    assert shown["Listening hours"] == f"{float(str(seconds)) / 3600:.0f}"
    assert shown["Match rate"] == "45.5%"
    assert shown["Plays by the ten most active"] == "100%"


def test_days_with_rejected_records_or_failed_checks_are_shown(read: Page, listened: Platform) -> None:
    ((failed,),) = listened.values("SELECT COUNT(*) FROM ops.audits WHERE NOT passed AND log_date IS NOT NULL")
    shown = headline(read)
    assert (shown["Rejected"], shown["Failed checks"]) == ("1", str(failed))
    (table,) = (table for table in read.all("table") if "Days with rejected records" in table.text)
    assert "15 Nov 2018 10 1 1" in table.text


def test_the_footer_shows_when_the_page_was_built_and_from_what_and_no_folder(
    read: Page, dashboard: str, listened: Platform
) -> None:
    shown = headline(read)
    assert shown["Warehouse"] == "DuckDB"
    assert str(listened.folder) not in dashboard
    assert shown["Log days"] == "3 loaded, of 1 Nov 2018 to 30 Nov 2018"
    assert shown["Built"].endswith("UTC")


def test_every_chart_is_an_image_with_its_finding_as_text(read: Page, figures: Figures) -> None:
    images = {image["data-chart"]: image["aria-label"] for image in read.all("div", role="img")}
    assert images.keys() == CHARTS.keys() == figures.insights.keys()
    for name, label in images.items():
        assert label.startswith(CHARTS[name].title)
        assert re.search(r"\d", label)


def test_a_chart_that_no_section_names_is_still_on_the_page(figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparkify_assets.report.pages.dashboard._SECTIONS", ())
    page = Page(build_dashboard(figures))
    more = page.one("section", id="more")
    assert len(page.within(more, "article")) == len(CHARTS)


def test_every_chart_has_its_figures_in_a_table(read: Page) -> None:
    for card in read.all("article"):
        if card["id"]:
            (table,) = read.within(card, "table")
            assert read.within(table, "caption")
            assert read.within(card, "details")


def test_headings_of_figures_explain_their_column_if_the_contract_does(figures: Figures) -> None:
    shown = replace(figures, insights={"retention": [{"weeks_later": 1, "of_no_contract": "a"}]})
    page = Page(build_dashboard(shown, {"retention": {"description": "One."}}, "drawing()"))
    explained, unexplained = page.within(page.within(page.one("article", id="retention"), "thead")[0], "span")
    meaning = model.insights()["retention"].table.column("weeks_later").meaning
    assert explained.attributes == {"title": meaning, "class": "number"}
    assert unexplained.attributes == {"class": "words"}


def test_headings_and_landmarks_structure_the_page(read: Page) -> None:
    levels = [int(e.tag[1]) for e in read.elements if re.fullmatch(r"h[1-6]", e.tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(list(read.all(tag)) for tag in ("header", "nav", "main", "footer"))
    anchors = {element["id"] for element in read.elements}
    assert {link["href"][1:] for link in read.all("a")} <= anchors


def test_it_is_self_contained_in_less_than_three_megabytes(read: Page, dashboard: str) -> None:
    assert len(dashboard.encode()) < 3_000_000
    assert not loaded_from_elsewhere(read)
    assert dashboard.count("vega.github.io/schema/vega/") <= 1, "Vega is there once"


def test_hostile_text_is_shown_and_not_run(read: Page, dashboard: str) -> None:
    assert [script["type"] for script in read.all("script")] == ["application/json", ""]
    assert not list(read.all("img"))
    assert HOSTILE_SONG not in dashboard
    assert HOSTILE_ARTIST not in dashboard
    data = json.loads(read.one("script", id="charts").text)
    assert HOSTILE_SONG in str(data["charts"]["song_popularity"]).replace('\\"', '"').replace("\\'", "'")
    (card,) = read.all("article", id="song_popularity")
    assert HOSTILE_SONG in card.text


def test_a_name_that_was_encoded_twice_is_counted_with_the_correct_one(read: Page, dashboard: str) -> None:
    (card,) = read.all("article", id="artist_popularity")
    assert card.text.count("Björk") == 1
    assert "BjÃ" not in dashboard


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("Björk", "Björk"),
        (None, "(unknown)"),
        ("  ", "(blank)"),
        ("a\nb", "a b"),
        ("“a” ﬁ", "“a” ﬁ"),
    ],
)
def test_names_are_repaired_for_display_and_no_further(stored: str | None, shown: str) -> None:
    assert readable(stored) == shown


def test_without_a_warehouse_the_page_shows_what_to_do(embedded: Platform) -> None:
    page = Page(build_dashboard(read_figures(embedded.warehouse, embedded.settings)))
    assert "sparkify load" in page.one("main").text
    assert "Nothing to show yet." in page.one("main").text
    assert not list(page.all("script"))


def test_insights_that_have_not_been_built_are_named(platform: Platform) -> None:
    load_plays(platform)
    platform.warehouse.publish()
    figures = read_figures(platform.warehouse, platform.settings)
    page = Page(build_dashboard(figures))
    assert "These insights have not been built yet: " in page.one("main").text
    assert headline(page)["Plays"] == "11"
    assert headline(page)["Songs"] == "\N{EN DASH}"


def test_insights_that_are_out_of_date_are_named(embedded: Platform) -> None:
    load_plays(embedded)
    embedded.make_insights()
    assert read_figures(embedded.warehouse, embedded.settings).stale == ()
    write_day(embedded.lake, DAY, [event()], name="more")
    embedded.load(DAY)
    embedded.warehouse.publish()
    page = Page(build_dashboard(read_figures(embedded.warehouse, embedded.settings)))
    assert "These insights are out of date: " in page.one("main").text


def test_page_and_pictures_are_written_and_the_warehouse_is_unchanged(listened: Platform, tmp_path: Path) -> None:
    before = hashlib.sha256(listened.settings.duckdb.read_bytes()).digest()
    written = [*map(Path, write_dashboard(listened.warehouse, listened.settings, tmp_path / "results").files)]
    assert [file.name for file in written] == ["dashboard.html", *(f"{name}.png" for name in CHARTS)]
    assert sorted(written) == sorted((tmp_path / "results").iterdir())
    assert written[0].stat().st_mode & 0o777 == (tmp_path / "results" / "retention.png").stat().st_mode & 0o777
    assert hashlib.sha256(listened.settings.duckdb.read_bytes()).digest() == before


def test_a_page_that_cannot_be_written_leaves_nothing_behind(embedded: Platform, tmp_path: Path) -> None:
    (tmp_path / "results/dashboard.html").mkdir(parents=True)
    with pytest.raises(OSError, match=r"dashboard\.html"):
        write_dashboard(embedded.warehouse, embedded.settings, tmp_path / "results")
    assert [file.name for file in (tmp_path / "results").iterdir()] == ["dashboard.html"]


def test_the_command_lists_what_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARKIFY_DUCKDB", str(tmp_path / "none.duckdb"))
    monkeypatch.setenv("SPARKIFY_WAREHOUSE", "duckdb")
    assert main.main(["report"]) == 0
    written = capsys.readouterr().out.splitlines()
    assert written[0] == "results/dashboard.html"
    assert all((tmp_path / file).is_file() for file in written)
    assert not (tmp_path / "none.duckdb").exists()
