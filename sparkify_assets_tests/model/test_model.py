"""The contract keeps the promises of the design, and an incomplete file of it is an error."""

import pytest

from sparkify_assets import model
from sparkify_assets.errors import ContractError
from sparkify_assets.model import parse_table

pytestmark = pytest.mark.check

# Every column, in order; the technical ones after the bar.
COLUMNS = {
    "staging.staging_events": "log_date artist auth first_name gender item_in_session last_name length level location "
    "method page registration session_id song status ts user_agent user_id | start_time start_date copy_number",
    "staging.staging_songs": "num_songs artist_id artist_latitude artist_longitude artist_location artist_name song_id "
    "title duration year | copy_number",
    "staging.rejected_records": "log_date file line_number byte_offset reason record record_bytes |",
    "sparkify.songplays": "songplay_id start_time user_id level song_id artist_id session_id location user_agent "
    "song_title artist_name length song_title_clean artist_name_clean lead_artist "
    "catalog_artist_id browser os | start_date",
    "sparkify.page_views": "page_view_id start_time user_id session_id item_in_session page method status auth level "
    "location user_agent browser | start_date",
    "sparkify.users": "user_id first_name last_name gender level registered_at | latest_ts latest_session_id "
    "latest_item_in_session latest_log_date latest_copy_number registration_event_ts registration_event_session_id "
    "registration_event_item_in_session registration_event_log_date registration_event_copy_number",
    "sparkify.songs": "song_id title artist_id year duration | artist_name",
    "sparkify.artists": "artist_id name location latitude longitude |",
    "sparkify.time": "start_time hour day week month year weekday | start_date",
    "ops.load_ledger": "log_date file fingerprint size records loaded rejected forgotten loaded_at run_id |",
    "ops.load_lock": "locked |",
    "ops.lake": "address |",
    "ops.changed_days": "start_date change |",
    "ops.changed_users": "user_id change |",
    "ops.insight_ledger": "insight version change made_at run_id |",
    "ops.forgotten": "user_id forgotten_at forgotten_by reason |",
    "ops.audits": "log_date table_name audit passed failing_rows sample run_id audited_at |",
}
TYPES = {
    "staging.staging_events": {
        "DATE": "log_date start_date",
        "INTEGER": "item_in_session status user_id copy_number",
        "BIGINT": "session_id ts",
        "DOUBLE PRECISION": "length registration",
        "TIMESTAMP": "start_time",
    },
    "staging.staging_songs": {
        "INTEGER": "num_songs year copy_number",
        "DOUBLE PRECISION": "artist_latitude artist_longitude duration",
    },
}
SOURCES = {
    "staging.staging_events": "artist auth firstName gender itemInSession lastName length level location method page "
    "registration sessionId song status ts userAgent userId",
    "staging.staging_songs": "num_songs artist_id artist_latitude artist_longitude artist_location artist_name song_id "
    "title duration year",
}

CREATE = "CREATE TABLE s.t (\n    a INTEGER NOT NULL,\n    b VARCHAR(8),\n    PRIMARY KEY (a)\n)"
COMMENTS = ("COMMENT ON TABLE s.t IS 'T'", "COMMENT ON COLUMN s.t.a IS 'A'", "COMMENT ON COLUMN s.t.b IS 'B'")


def contract(*statements: str) -> str:
    return ";\n".join(statements) + ";\n"


def test_every_file_declares_the_table_that_it_is_named_after() -> None:
    files = {f"{path.parent.name}.{path.stem}" for path in model.contract_files()}
    assert set(model.tables()) >= set(COLUMNS)
    assert {name for name in model.tables() if not model.built(name)} == set(COLUMNS)
    built = {f"insights.{name}" for name in model.insights()} | {f"ops.{name}" for name in model.summaries()}
    assert set(model.tables()) == files | built


def test_columns_are_in_the_order_of_the_design() -> None:
    declared = {name: " ".join(column.name for column in model.table(name).columns) for name in COLUMNS}
    design = {name: " ".join(columns.replace("|", "").split()) for name, columns in COLUMNS.items()}
    offenders = [
        f"{name}: {declared[name]}; expected {design[name]}" for name in COLUMNS if declared[name] != design[name]
    ]
    assert not offenders, "\n".join(offenders)


@pytest.mark.parametrize("name", TYPES)
def test_columns_of_staging_that_are_not_text_have_the_types_of_the_design(name: str) -> None:
    expected = {column: kind for kind, columns in TYPES[name].items() for column in columns.split()}
    assert {column.name: column.type for column in model.table(name).columns if not column.is_text} == expected


@pytest.mark.parametrize("name", SOURCES)
def test_columns_of_staging_know_their_keys_in_the_records(name: str) -> None:
    assert [column.source for column in model.table(name).landed_columns] == SOURCES[name].split()


def test_nothing_outside_staging_is_read_from_the_lake() -> None:
    assert {name for name, table in model.tables().items() if table.landed_columns} == set(SOURCES)


@pytest.mark.parametrize(
    ("name", "required"),
    [
        ("staging.staging_events", {"ts", "session_id", "item_in_session", "page"}),
        ("staging.staging_songs", {"song_id", "artist_id", "title"}),
    ],
)
def test_a_good_record_has_what_the_design_requires(name: str, required: set[str]) -> None:
    assert {column.name for column in model.table(name).landed_columns if not column.nullable} == required


def test_a_column_has_the_range_in_its_comment_or_else_that_of_its_type() -> None:
    events = model.table("staging.staging_events")
    assert events.column("ts").range == (0, 4_102_444_800_000)
    assert events.column("ts").meaning == "When the event happened, in milliseconds since 1970 UTC."
    assert events.column("user_id").range == (-(2**31), 2**31 - 1)
    assert events.column("session_id").range == (-(2**63), 2**63 - 1)


def test_text_is_at_least_four_times_as_long_as_the_longest_in_the_real_data() -> None:
    assert all(
        (model.table(table).column(column).max_bytes or 0) >= 4 * 159
        for table, column in [
            ("staging.staging_events", "song"),
            ("staging.staging_songs", "title"),
            ("sparkify.songs", "title"),
            ("sparkify.songplays", "song_title"),
        ]
    )


def test_text_is_as_long_in_the_star_as_in_staging() -> None:
    events, plays, views = model.tables_named(["staging.staging_events", "sparkify.songplays", "sparkify.page_views"])
    pairs = {"level": "level", "location": "location", "user_agent": "user_agent", "song_title": "song"}
    assert all(plays.column(a).max_bytes == events.column(b).max_bytes for a, b in pairs.items())
    shared = [
        column.name for column in views.columns if column.is_text and column.name not in ("page_view_id", "browser")
    ]
    assert all(views.column(name).max_bytes == events.column(name).max_bytes for name in shared)
    assert plays.column("songplay_id").max_bytes == views.column("page_view_id").max_bytes == 32


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("sparkify.songplays", ("songplay_id",)),
        ("sparkify.page_views", ("page_view_id",)),
        ("sparkify.users", ("user_id",)),
        ("sparkify.songs", ("song_id",)),
        ("sparkify.artists", ("artist_id",)),
        ("sparkify.time", ("start_time",)),
        ("staging.staging_events", ()),
    ],
)
def test_a_table_of_the_star_has_its_key_and_staging_has_none(name: str, key: tuple[str, ...]) -> None:
    assert model.table(name).primary_key == key
    assert all(not model.table(name).column(column).nullable for column in key)


def test_the_fact_refers_to_every_dimension() -> None:
    found = {key.column: key.references for key in model.table("sparkify.songplays").foreign_keys}
    assert found == {
        "user_id": "sparkify.users",
        "song_id": "sparkify.songs",
        "artist_id": "sparkify.artists",
        "catalog_artist_id": "sparkify.artists",
        "start_time": "sparkify.time",
    }


def test_a_page_view_has_no_row_of_time_which_is_of_plays() -> None:
    assert [key.references for key in model.table("sparkify.page_views").foreign_keys] == ["sparkify.users"]


def test_a_foreign_key_points_at_the_key_of_a_table_and_has_its_type() -> None:
    keys = [(table, key) for table in model.tables().values() for key in table.foreign_keys]
    assert keys
    for table, key in keys:
        referenced = model.table(key.references)
        assert referenced.primary_key == (key.referenced_column,)
        assert table.column(key.column).type == referenced.column(key.referenced_column).type


def test_every_table_and_column_has_a_meaning() -> None:
    for table in model.tables().values():
        for meaning in (table.meaning, *(column.meaning for column in table.columns)):
            assert meaning.endswith("."), meaning
            assert "$" not in meaning, meaning


def test_a_file_is_parsed_into_frozen_values() -> None:
    table = parse_table(contract(CREATE, *COMMENTS), "s/t.sql")
    assert (table.full_name, table.meaning, table.primary_key) == ("s.t", "T", ("a",))
    assert [(c.name, c.type, c.nullable, c.max_bytes) for c in table.columns] == [
        ("a", "INTEGER", False, None),
        ("b", "VARCHAR(8)", True, 8),
    ]
    assert table.statements == (CREATE, *COMMENTS)


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ((CREATE, *COMMENTS[1:]), "has no COMMENT ON the table"),
        ((CREATE, *COMMENTS[:2]), "has no COMMENT ON b"),
        ((CREATE, *COMMENTS, "DROP TABLE s.t"), "holds Drop"),
        ((*COMMENTS, CREATE), "begins with Comment"),
        (("CREATE TABLE s.t AS SELECT 1 AS a", *COMMENTS), "begins with Create"),
        ((CREATE, *COMMENTS, "COMMENT ON COLUMN s.other.a IS 'A'"), "comments on s.other.a: expected s.t"),
    ],
)
def test_an_incomplete_or_overfull_file_is_an_error_that_names_it(statements: tuple[str, ...], message: str) -> None:
    with pytest.raises(ContractError, match=r"model/s/t\.sql") as error:
        parse_table(contract(*statements), "s/t.sql")
    assert message in str(error.value)


def test_the_contract_marks_what_is_personal_and_what_is_masked() -> None:
    masked = {"first_name", "last_name", "user_agent"}
    assert model.personal_columns(masked=True) == masked
    assert model.personal_columns() >= masked | {"user_id", "session_id", "gender", "registration", "record"}
    events = model.table("staging.staging_events")
    assert (events.column("gender").is_personal, events.column("gender").is_masked) == (True, False)
    assert not events.column("page").is_personal
