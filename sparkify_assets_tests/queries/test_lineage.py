"""Column lineage: the SQL shows where every column comes from, back to a field of the lake's records."""

from collections.abc import Iterator

import dagster as dg
import pytest

from sparkify_assets import model
from sparkify_assets.definitions import build_definitions
from sparkify_assets.load.partitions import CATALOG_TABLES, DAY_TABLES
from sparkify_assets.queries.lineage import FILE_NAME, Source, column_paths, column_sources, statements_filling
from sparkify_assets.settings import Settings

pytestmark = pytest.mark.check

TABLES = (*DAY_TABLES, *CATALOG_TABLES)
COLUMNS = [Source(table, column.name) for table in TABLES for column in model.table(table).columns]
LAKE = {"log_data", "song_data"}
EVENTS, SONGS = "staging.staging_events", "sparkify.songs"


@pytest.fixture(scope="module")
def specs() -> dict[str, dg.AssetSpec]:
    definitions = build_definitions(Settings())
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_every_column_has_a_source() -> None:
    offenders = [
        f"{table}.{column}" for table in TABLES for column, sources in column_sources(table).items() if not sources
    ]
    assert not offenders, "\n".join(offenders)


def test_every_column_goes_back_to_a_field_of_the_lake() -> None:
    behind = {column: tables_behind(column) for column in COLUMNS}
    offenders = [f"{column.full_name}: {seen}" for column, seen in behind.items() if not seen & LAKE]
    assert not offenders, "\n".join(offenders)


def tables_behind(column: Source) -> set[str]:
    waiting, seen = list(column_sources(column.table)[column.column]), set()
    while waiting:
        source = waiting.pop()
        seen.add(source.table)
        waiting += column_sources(source.table)[source.column] if "." in source.table else ()
    return seen


@pytest.mark.parametrize(
    ("table", "column", "sources"),
    [
        ("sparkify.songplays", "song_id", {Source(SONGS, "song_id")}),
        ("sparkify.songplays", "song_title", {Source(EVENTS, "song")}),
        (
            "sparkify.songplays",
            "songplay_id",
            {Source(EVENTS, name) for name in ("user_id", "session_id", "item_in_session", "ts")},
        ),
        ("sparkify.time", "weekday", {Source("sparkify.songplays", "start_time")}),
        ("sparkify.users", "first_name", {Source(EVENTS, "first_name")}),
        ("sparkify.users", "registered_at", {Source(EVENTS, "registration")}),
        ("sparkify.artists", "name", {Source("staging.staging_songs", "artist_name")}),
        (EVENTS, "first_name", {Source("log_data", "firstName")}),
        (EVENTS, "start_time", {Source("log_data", "ts")}),
        (EVENTS, "log_date", {Source("log_data", FILE_NAME)}),
        ("staging.staging_songs", "title", {Source("song_data", "title")}),
    ],
)
def test_a_column_has_the_sources_that_its_expression_names(table: str, column: str, sources: set[Source]) -> None:
    assert set(column_sources(table)[column]) == sources


def test_every_path_to_a_column_begins_at_a_field_of_the_lake() -> None:
    offenders = [
        f"{column.full_name}: {' → '.join(source.full_name for source in path)}"
        for column in COLUMNS
        for path in column_paths(column.table, column.column)
        if path[0].table not in LAKE or path[-1] != column
    ]
    assert not offenders, "\n".join(offenders)


def test_a_path_names_every_step() -> None:
    assert column_paths("sparkify.time", "weekday") == (
        (
            Source("log_data", "ts"),
            Source(EVENTS, "start_time"),
            Source("sparkify.songplays", "start_time"),
            Source("sparkify.time", "weekday"),
        ),
    )
    assert column_paths("ops.load_ledger", "file") == ((Source("ops.load_ledger", "file"),),)


def test_an_update_counts_as_much_as_an_insert() -> None:
    names = [statement.name for statement in statements_filling("sparkify.songplays")]
    assert names == ["load/log_days/insert_songplays", "load/song_catalog/relink_songplays"]


def test_the_sources_of_an_insight_are_what_its_statement_selects() -> None:
    for insight in model.insights().values():
        assert [statement.sql for statement in statements_filling(insight.table.full_name)] == [insight.sql]
    sources = column_sources("insights.artist_popularity")
    assert sources["listeners"] == (Source("sparkify.songplays", "user_id"),)
    assert sources["plays"] == (Source("insights.song_popularity", "plays"),)
    assert column_sources("insights.song_popularity")["plays"] == (Source("sparkify.songplays", "songplay_id"),)


def test_the_ui_shows_the_lineage_and_every_source_is_a_column_of_its_asset(specs: dict[str, dg.AssetSpec]) -> None:
    offenders = [problem for table in TABLES for problem in wrong_lineage(specs, model.table(table))]
    assert not offenders, "\n".join(offenders)


def wrong_lineage(specs: dict[str, dg.AssetSpec], table: model.Table) -> Iterator[str]:
    lineage = specs[table.name].metadata.get("dagster/column_lineage")
    if not isinstance(lineage, dg.TableColumnLineage):
        yield f"{table.full_name} has no lineage"
        return
    columns = {column.name for column in table.columns}
    if set(lineage.deps_by_column) != columns:
        yield f"{table.full_name} shows {set(lineage.deps_by_column)}, expected {columns}"
    for column, deps in lineage.deps_by_column.items():
        for dep in deps:
            source = dep.asset_key.to_user_string()
            schema = specs[source].metadata.get("dagster/column_schema")
            if not isinstance(schema, dg.TableSchema) or dep.column_name not in {each.name for each in schema.columns}:
                yield f"{table.full_name}.{column}: {source} has no column {dep.column_name}"
