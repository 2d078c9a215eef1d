"""The dictionary agrees with the contract, the statements and the audits."""

import pytest

from sparkify_assets import model
from sparkify_assets.model import parse_table
from sparkify_assets.report.pages.entries import Entry, full_meaning, parts_of

pytestmark = pytest.mark.check

ENTRIES = {name: Entry(table) for name, table in model.tables().items()}


@pytest.mark.parametrize(
    ("physical", "distribution", "sort_key"),
    [
        ("", "AUTO", "AUTO"),
        ("DISTSTYLE KEY DISTKEY (b) SORTKEY (b, a)", "KEY (b)", "b, a"),
        ("DISTKEY (b)", "KEY (b)", "AUTO"),
        ("DISTSTYLE ALL COMPOUND SORTKEY (a)", "ALL", "a"),
        ("DISTSTYLE EVEN", "EVEN", "AUTO"),
    ],
)
def test_distribution_and_sort_key_are_those_of_the_contract(physical: str, distribution: str, sort_key: str) -> None:
    sql = f"CREATE TABLE s.t (a INTEGER, b INTEGER)\n{physical};\n" + "".join(
        f"COMMENT ON {what} IS 'It.';\n" for what in ("TABLE s.t", "COLUMN s.t.a", "COLUMN s.t.b")
    )
    entry = Entry(parse_table(sql, "s/t.sql"))
    assert (entry.distribution, entry.sort_key) == (distribution, sort_key)


def test_a_column_is_traced_back_to_fields_of_the_lake() -> None:
    time, events = ENTRIES["sparkify.time"], ENTRIES["staging.staging_events"]
    assert time.fields(time.table.column("weekday")) == ["log_data.$.ts"]
    assert events.fields(events.table.column("log_date")) == ["log_data.file name"]
    assert events.fields(events.table.column("copy_number")) == ["19 fields of log_data"]
    ledger = ENTRIES["ops.load_ledger"]
    assert not ledger.made
    assert ledger.fields(ledger.table.column("file")) == []


def test_every_table_is_in_one_part_and_tables_with_references_come_first() -> None:
    parts = list(parts_of(model.tables().values()))
    listed = [entry.table.full_name for part in parts for entry in part.entries]
    assert sorted(listed) == sorted(model.tables())
    assert all(part.title and part.about for part in parts)
    assert listed[0] == "sparkify.songplays"


def test_a_schema_without_a_description_is_a_part_by_its_name() -> None:
    sql = "CREATE TABLE s.t (a INTEGER);\nCOMMENT ON TABLE s.t IS 'It.';\nCOMMENT ON COLUMN s.t.a IS 'A.';\n"
    (part,) = parts_of([parse_table(sql, "s/t.sql")])
    assert (part.title, len(part.entries)) == ("s", 1)


def test_only_audits_that_a_load_runs_are_shown() -> None:
    assert {audit.name for audit in ENTRIES["sparkify.songplays"].audits} > {"unique_key", "match_rate"}
    assert ENTRIES["ops.load_lock"].audits == ()


def test_the_bounds_of_a_column_are_part_of_its_meaning() -> None:
    table = model.table("staging.staging_events")
    assert full_meaning(table.column("ts")).endswith("since 1970 UTC. From 0 to 4102444800000.")
    assert full_meaning(table.column("page")) == table.column("page").meaning
