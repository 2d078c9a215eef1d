"""The code location loads quickly, and its graph is that of the design."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from sparkify_assets import model
from sparkify_assets.definitions import build_definitions
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.settings import Settings

pytestmark = pytest.mark.check

GROUPS = {
    "lake": {"log_data", "song_data"},
    "staging": {"staging_events", "staging_songs"},
    "star": {"songplays", "page_views", "users", "songs", "artists", "time"},
    "insights": {*model.insights(), "dashboard"},
}


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_definitions(Settings())


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_the_definitions_are_loadable(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_assets_are_named_as_their_tables_in_their_groups(specs: dict[str, dg.AssetSpec]) -> None:
    assert {group: {name for name, spec in specs.items() if spec.group_name == group} for group in GROUPS} == GROUPS
    assert set(specs) == set().union(*GROUPS.values())


def test_every_asset_has_a_description_an_owner_and_a_kind(specs: dict[str, dg.AssetSpec]) -> None:
    offenders = [name for name, spec in specs.items() if not (spec.description and spec.owners and spec.kinds)]
    assert not offenders, "\n".join(offenders)


def test_only_the_sensor_observes_the_lake_by_itself(
    definitions: dg.Definitions, specs: dict[str, dg.AssetSpec]
) -> None:
    for name in GROUPS["lake"]:
        assert specs[name].automation_condition is None
        assert definitions.resolve_assets_def(name).auto_observe_interval_minutes is None


def test_every_table_shows_its_name_its_columns_and_the_statements_that_make_it(
    specs: dict[str, dg.AssetSpec],
) -> None:
    tables = [
        model.table(name) for name in (*DAY_TABLES, *CATALOG_TABLES, *(f"insights.{name}" for name in model.insights()))
    ]
    offenders = [
        f"{table.full_name}: {problem}" for table in tables for problem in wrong_metadata(specs[table.name], table)
    ]
    assert not offenders, "\n".join(offenders)


def wrong_metadata(spec: dg.AssetSpec, table: model.Table) -> Iterator[str]:
    metadata = spec.metadata
    if metadata.get("dagster/table_name") != table.full_name:
        yield f"it is named {metadata.get('dagster/table_name')}"
    schema = metadata.get("dagster/column_schema")
    columns = [(c.name, c.description) for c in schema.columns] if isinstance(schema, dg.TableSchema) else None
    if columns != [(column.name, column.meaning) for column in table.columns]:
        yield f"its columns are {columns}"
    made_by = metadata["made by"].value
    if "SELECT" not in made_by or (table.schema != "insights" and f"INSERT INTO {table.full_name} " not in made_by):
        yield f"it is made by {made_by}"


def test_the_graph_goes_from_the_lake_through_staging_to_the_star_and_its_insights(
    specs: dict[str, dg.AssetSpec],
) -> None:
    upstream = {name: {dep.asset_key.to_user_string() for dep in spec.deps} for name, spec in specs.items()}
    assert upstream == {
        "log_data": set(),
        "song_data": set(),
        "staging_events": {"log_data"},
        "staging_songs": {"song_data"},
        "songs": {"staging_songs"},
        "artists": {"staging_songs"},
        "songplays": {"staging_events", "songs"},
        "page_views": {"staging_events"},
        "users": {"staging_events"},
        "time": {"songplays"},
        "song_popularity": {"songplays", "songs"},
        "artist_popularity": {"song_popularity", "songplays"},
        "catalog_coverage": {"songplays", "songs"},
        "location_activity": {"songplays"},
        "retention": {"songplays", "users"},
        "peak_usage": {"songplays"},
        "user_activity": {"songplays"},
        "user_level_history": {"staging_events"},
        "subscription_levels": {"songplays", "page_views", "users", "user_level_history"},
        "user_summary": {"songplays", "page_views", "users", "staging_events"},
        "data_status": {"songplays", "page_views", "page_activity"},
        "sessions": {"songplays", "page_views", "staging_events"},
        "funnel": {"songplays", "page_views", "staging_events"},
        "page_activity": {"page_views"},
        "dashboard": set(model.insights()),
    }


def test_the_partitions_are_the_log_days_both_ends_included(specs: dict[str, dg.AssetSpec]) -> None:
    days = specs["songplays"].partitions_def
    assert days is not None
    keys = days.get_partition_keys()
    assert (keys[0], keys[-1], len(keys)) == ("2018-11-01", "2018-11-30", 30)
    assert specs["songs"].partitions_def is None


@pytest.mark.parametrize("end", [None, datetime.now(UTC).date(), date.max], ids=["live", "today", "later"])
def test_a_range_that_is_not_over_ends_with_today(end: date | None) -> None:
    """Dagster would end with yesterday, and a load of what it does not know ends with its traceback."""
    settings = Settings(start_date=date(2018, 11, 1), end_date=end)
    specs = {spec.key.to_user_string(): spec for spec in build_definitions(settings).resolve_all_asset_specs()}
    days = specs["users"].partitions_def
    assert days is not None
    assert days.get_last_partition_key() == str(settings.last_day)


def test_loading_the_code_location_gives_no_warning_and_uses_no_secret_and_no_network(tmp_path: Path) -> None:
    loading = (
        "import socket, warnings\n"
        "warnings.filterwarnings('error')\n"
        "import dagster\n"
        "warnings.filterwarnings('ignore', category=dagster.BetaWarning, message='Parameter `backfill_policy`')\n"
        "def refuse(*arguments): raise AssertionError('no network at import')\n"
        "socket.socket.connect = refuse\n"
        "from sparkify_assets.definitions import defs\n"
        "defs()\n"
    )
    done = subprocess.run([sys.executable, "-c", loading], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
