"""Whatever the lake's texts and file names hold, what the UI gets of them steers nothing and is no markup."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._serdes import serialize_value

from sparkify_assets.definitions import build_definitions
from sparkify_assets.orchestration.metadata import as_table
from sparkify_assets.report.charts.drawing import CHARTS, Drawing
from sparkify_assets.report.visible import REPLACEMENT
from sparkify_assets_tests.lakes import DAY, FLOOD, MARKUP, NEXT_DAY, UNFIT, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
TEXT = f"{UNFIT} {MARKUP}"


def texts(value: object) -> Iterator[str]:
    """Yield every text in a value that was read from JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def shown(instance: dg.DagsterInstance, run: dg.ExecuteInProcessResult) -> set[str]:
    """Every text of a run that the UI can show."""
    return {text for log in instance.all_logs(run.run_id) for text in texts(json.loads(serialize_value(log)))}


def write_hostile(lake: Path) -> None:
    names = ("artist", "song", "location", "userAgent", "firstName", "lastName", "gender", "auth", "method")
    hostile = event(**{name: TEXT for name in names if name != "gender"}, level=UNFIT[:20])
    rejected = json.dumps({"ts": TEXT, TEXT: 1})
    write_day(lake, DAY, [hostile | {f"new {TEXT}": 1}, rejected], name="a\nb\x1b[1m\u202e[c](d)")
    write_day(lake, NEXT_DAY, FLOOD, name="e\nf\x1b[1m\u202e[g](h)")
    write_song(lake, song(title=TEXT, artist_name=TEXT, artist_location=TEXT))


def run(platform: Platform, instance: dg.DagsterInstance, job: str, **options: Any) -> dg.ExecuteInProcessResult:
    definitions = build_definitions(platform.settings)
    resolved = definitions.resolve_job_def(job) if job else definitions.resolve_implicit_global_asset_job_def()
    return resolved.execute_in_process(instance=instance, run_config=QUIET, raise_on_error=False, **options)


def test_no_text_of_the_lake_steers_or_formats_what_the_ui_shows(embedded: Platform) -> None:
    write_hostile(embedded.lake)
    with dg.DagsterInstance.ephemeral() as instance:
        runs = [
            run(embedded, instance, "load_songs"),
            run(embedded, instance, "load_days", partition_key=str(DAY)),
            run(embedded, instance, "make_insights"),
            run(embedded, instance, "load_days", partition_key=str(NEXT_DAY)),
            run(embedded, instance, "", asset_selection=[dg.AssetKey("dashboard")]),
        ]
        assert [each.success for each in runs] == [True, True, True, False, True]
        found = set[str]().union(*(shown(instance, each) for each in runs))
    assert any(text.startswith(REPLACEMENT * 20) for text in found), "previews show the texts"
    offenders = [text for text in found if set(text) & set(UNFIT)]
    assert not offenders, "\n".join(map(repr, offenders))
    marked = [
        each.md_str
        for of_run in runs
        for made in of_run.all_events
        if made.is_step_materialization
        for each in made.step_materialization_data.materialization.metadata.values()
        if isinstance(each, dg.MarkdownMetadataValue)
    ]
    assert marked
    assert not [text for text in marked if "example.com" in str(text)]


def test_cells_and_headings_of_a_table_are_visible() -> None:
    table = as_table([{f"a{UNFIT}": f"b{UNFIT}", "c": 1, "d": "\udcff", "e": None}], [f"a{UNFIT}", "c", "d", "e"], 40)
    (row,) = table.records
    name = f"a{REPLACEMENT * len(UNFIT)}"
    assert [column.name for column in table.schema.columns] == [name, "c", "d", "e"]
    assert row.data == {name: f"b{REPLACEMENT * 38}…", "c": 1, "d": REPLACEMENT, "e": None}


def test_a_chart_whose_renderer_dies_fails_the_dashboard_which_keeps_the_rest(
    embedded: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(rows: Any) -> Any:
        return {"data": {"values": [{}]}, "mark": "bar", "width": 10**9, "height": 10**9, "description": "Big."}

    monkeypatch.setitem(CHARTS, "retention", Drawing("Retention", "Too large", draw))
    write_day(embedded.lake, DAY, [event()])
    embedded.load(DAY)
    embedded.make_insights()
    with dg.DagsterInstance.ephemeral() as instance:
        failed = run(embedded, instance, "", asset_selection=[dg.AssetKey("dashboard")])
    assert not failed.success
    failure = failed.failure_data_for_node("dashboard")
    assert failure
    assert failure.user_failure_data
    assert str(failure.user_failure_data.description).startswith(
        "1 chart could not be drawn (retention: the renderer ended with "
    )
    assert failure.user_failure_data.metadata.keys() == {"page", "file", *CHARTS} - {"retention"}
    written = {path.name for path in (embedded.folder / "work/dashboard").iterdir()}
    assert written == {"dashboard.html", *(f"{name}.png" for name in CHARTS if name != "retention")}
