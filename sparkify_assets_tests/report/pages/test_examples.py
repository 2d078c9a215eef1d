"""Example rows: a few of every table, nothing personal among them."""

import json

from sparkify_assets import model
from sparkify_assets.report.pages.examples import EXAMPLE_ROWS, is_masked, read_examples
from sparkify_assets_tests.lakes import DAY, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

TABLES = list(model.tables().values())


def test_masked_columns_and_those_that_may_quote_them_are_not_read(platform: Platform) -> None:
    write_song(platform.lake, song())
    broken = '{"firstName": "Ida", "lastName": "Holm", "userAgent": "Mozilla/5.0"'
    write_day(platform.lake, DAY, [*(event(itemInSession=n) for n in range(EXAMPLE_ROWS + 1)), broken])
    platform.load_songs()
    platform.load(DAY)
    examples = read_examples(platform.warehouse, TABLES)
    assert examples is not None
    assert set(examples) == set(model.tables())
    assert len(examples["sparkify.songplays"]) == EXAMPLE_ROWS
    assert len(examples["staging.rejected_records"]) == 1
    read = json.dumps(examples, default=str)
    assert "Leuchtturm" in read
    assert not [personal for personal in ("Ida", "Holm", "Mozilla") if personal in read]


def test_columns_are_masked_by_name_in_every_table_and_where_they_hold_whole_records() -> None:
    masked = {f"{table.full_name}.{column.name}" for table in TABLES for column in table.columns if is_masked(column)}
    assert masked == {
        "ops.audits.sample",
        "sparkify.page_views.user_agent",
        "sparkify.songplays.user_agent",
        "sparkify.users.first_name",
        "sparkify.users.last_name",
        "staging.rejected_records.record",
        "staging.staging_events.first_name",
        "staging.staging_events.last_name",
        "staging.staging_events.user_agent",
    }


def test_where_there_is_no_warehouse_there_are_no_rows(embedded: Platform) -> None:
    assert read_examples(embedded.warehouse, TABLES) is None


def test_a_cluster_without_tables_has_no_rows(redshift_without_tables: Platform) -> None:
    assert read_examples(redshift_without_tables.warehouse, TABLES) is None
