"""A dashboard says which change it shows, and so whether it is older than the star."""

from pathlib import Path

import pytest

from sparkify_assets.lake.places import open_work
from sparkify_assets.report.pages.dashboard import build_dashboard
from sparkify_assets.report.pages.figures import read_figures
from sparkify_assets.report.pages.outdated import outdated_dashboards
from sparkify_assets_tests.lakes import DAY, event, write_day
from sparkify_assets_tests.platforms import Platform


@pytest.fixture
def drawn(embedded: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A platform whose dashboard was drawn for the report and for the work folder."""
    monkeypatch.chdir(embedded.folder)
    write_day(embedded.lake, DAY, [event()])
    embedded.load(DAY)
    embedded.make_insights()
    draw(embedded)
    return embedded


def draw(platform: Platform) -> None:
    page = build_dashboard(read_figures(platform.warehouse, platform.settings), {}, "no script")
    for folder in (Path("results"), Path(platform.settings.work, "dashboard")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dashboard.html").write_text(page, "utf-8")


def outdated(platform: Platform) -> dict[str, str]:
    with platform.warehouse.reader() as session:
        return outdated_dashboards(session, platform.settings)


def test_a_dashboard_that_shows_the_latest_change_is_not_outdated(drawn: Platform) -> None:
    assert outdated(drawn) == {}


def test_after_a_load_each_dashboard_is_named_with_the_command_that_draws_it_again(drawn: Platform) -> None:
    write_day(drawn.lake, DAY, [event(), event(itemInSession=7)])
    drawn.load(DAY)
    folder = Path(drawn.settings.work, "dashboard")
    assert outdated(drawn) == {
        "results/dashboard.html": "`sparkify report`",
        f"{folder}/dashboard.html": f"`sparkify report --out {folder}`",
    }
    draw(drawn)
    assert set(outdated(drawn)) == {"results/dashboard.html", f"{folder}/dashboard.html"}, "its insights are outdated"
    drawn.make_insights()
    draw(drawn)
    assert outdated(drawn) == {}


def test_a_dashboard_that_does_not_say_what_it_shows_is_outdated(drawn: Platform) -> None:
    Path("results/dashboard.html").write_text("<!doctype html>", "utf-8")
    assert set(outdated(drawn)) == {"results/dashboard.html"}


def test_a_dashboard_in_s3_is_looked_at_too(redshift: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(redshift.folder)
    assert outdated(redshift) == {}
    redshift.load(DAY)
    page = f"{redshift.settings.work}/dashboard/dashboard.html"
    open_work(redshift.settings).write("dashboard/dashboard.html", b"<!doctype html>")
    assert outdated(redshift) == {page: "materialize `dashboard` in the Dagster UI"}
