"""The warehouse on Redshift as its callers see it: the statements sent, the answers, and the errors."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from sparkify_assets import model
from sparkify_assets.errors import LakeError, QueryError, WarehouseError, WarehouseMissing, WorkError
from sparkify_assets.queries import Query
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.questions import read_question
from sparkify_assets.warehouse.redshift import connection
from sparkify_assets.warehouse.redshift.redshift_tables import NOTHING_YET, changes
from sparkify_assets_tests.aws import s3_client
from sparkify_assets_tests.lakes import DAY, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.redshift.statements import Statement

SYSTEM = Path(connection.__file__).parent / "system"
DAYS = [date(2018, 11, 1) + timedelta(days=n) for n in range(4)]
# Statements that sqlglot does not know; every part of COPY is tested in test_copy.py.
NOT_QUERIES = re.compile(r"COPY |SET |BEGIN$|BEGIN READ ONLY$|COMMIT$|ROLLBACK$|LOCK ops\.load_lock$")


def kinds(statements: list[Statement]) -> Counter[str]:
    return Counter(
        statement.sql.lstrip().split()[0].upper() for statement in statements if "--" not in statement.sql[:2]
    )


def test_every_statement_is_of_redshifts_dialect_with_its_values_bound_and_no_secret(
    redshift: Platform, stand_in: StandIn
) -> None:
    generate(redshift.lake, SampleOptions(days=len(DAYS), events=400, songs=40, dirt=0.05))
    with stand_in.recording() as statements:
        redshift.load_songs()
        for day in DAYS:
            redshift.load(day)
        redshift.load(DAYS[0], force=True)
        redshift.star()
    assert len(statements) > 200
    for statement in statements:
        assert stand_in.password not in statement.sql + str(statement.values)
        # The day, the run and everything from files is sent as values, or as objects that COPY reads.
        assert not re.search(r"2018-11|a run", statement.sql.removeprefix("SET query_group TO 'sparkify a run'"))
    for sql in {statement.sql for statement in statements}:
        if not NOT_QUERIES.match(sql):
            (parsed,) = sqlglot.parse(re.sub(r"\$(\d+)", r":p\1", sql), read="redshift")
            assert parsed is not None
            assert not parsed.find(exp.Command), sql


def test_what_is_read_of_schemas_is_read_of_every_schema_of_the_contract() -> None:
    statements = {
        path.name: sqlglot.parse_one(path.read_text("utf-8"), read="redshift") for path in SYSTEM.glob("*.sql")
    }
    assert statements
    offenders = [
        f"{name} reads of {schemas}"
        for name, statement in statements.items()
        for schemas in [[[each.name for each in listed.expressions] for listed in statement.find_all(exp.In)]]
        if schemas not in ([], [list(model.SCHEMAS)])
    ]
    assert not offenders, "\n".join(offenders)


def test_rows_are_loaded_by_copy_alone(redshift: Platform, stand_in: StandIn) -> None:
    write_day(redshift.lake, DAY, [event(), "[]"])
    with stand_in.recording() as statements:
        redshift.load(DAY)
    inserts = [sqlglot.parse_one(s.sql.replace("$", ":p"), read="redshift") for s in statements if "INSERT" in s.sql]
    assert inserts
    assert not [insert.sql() for insert in inserts if insert.find(exp.Values)]
    copied = {match[1] for s in statements if (match := re.match(r"COPY (\S+)", s.sql))}
    assert copied == {
        *("arrived_0", "landed_staging_events", "landed_rejected_records"),
        *("ops.load_ledger", "ops.audits", "ops.lake"),
    }


def test_a_day_takes_two_commits_and_as_many_statements_whatever_was_loaded_before(
    redshift: Platform, stand_in: StandIn
) -> None:
    def reload() -> tuple[int, int, int]:
        with stand_in.recording() as statements:
            redshift.load(DAY, force=True)
        sent = [statement.sql for statement in statements]
        return len(sent), sent.count("COMMIT"), sum(sql.startswith("COPY") for sql in sent)

    write_day(redshift.lake, DAY, [event()])
    redshift.load(DAY)
    first = reload()
    assert first == (65, 2, 3)
    for n in range(1, 12):
        write_day(redshift.lake, DAY + timedelta(days=n), [event(itemInSession=n)])
        redshift.load(DAY + timedelta(days=n))
    assert reload() == first


def test_a_load_begins_its_transaction_with_the_lock(redshift: Platform, stand_in: StandIn) -> None:
    write_day(redshift.lake, DAY, [event()])
    redshift.load(DAY)
    with stand_in.recording() as statements:
        redshift.load(DAY, force=True)
    sent = [statement.sql for statement in statements]
    begun = [sent[n + 1].split("(")[0] for n, sql in enumerate(sent) if sql == "BEGIN"]
    assert begun == ["DROP TABLE IF EXISTS landed_staging_events", "LOCK ops.load_lock"]


class TestTables:
    def test_they_are_made_by_the_first_session_and_with_every_comment(self, redshift_without_tables: Platform) -> None:
        with pytest.raises(WarehouseMissing, match="there are no tables in redshift://localhost"):
            redshift_without_tables.star()
        redshift_without_tables.load_songs()
        assert redshift_without_tables.values("SELECT COUNT(*) FROM sparkify.songs") == [(0,)]

    def test_keys_are_not_declared_since_the_planner_would_trust_them(self) -> None:
        made = " ".join(change.statement for change in changes(NOTHING_YET))
        assert "PRIMARY KEY" not in made
        assert "REFERENCES" not in made
        assert "DISTKEY(session_id) SORTKEY(start_time)" in made

    def test_those_of_another_contract_are_left_alone(
        self, redshift: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        redshift.load_songs()
        monkeypatch.setattr("sparkify_assets.warehouse.redshift.redshift_warehouse.contract_version", lambda: "another")
        versions = f"the contract {model.contract_version()} and the insights {model.insights_version()}"
        for use in (redshift.star, redshift.load_songs):
            with pytest.raises(WarehouseError, match=rf"made by {versions}, this is another"):
                use()


class TestAnswers:
    def test_values_have_the_types_that_duckdb_gives(self, redshift: Platform) -> None:
        write_song(redshift.lake, song(artist_latitude=46.87))
        write_day(redshift.lake, DAY, [event()])
        redshift.load_songs()
        redshift.load(DAY)
        (row,) = redshift.values(
            "SELECT start_date, start_time, user_id, session_id, song_title, length, song_id IS NULL AS unmatched, "
            "SUM(user_id) AS users, SUM(session_id) AS sessions, COUNT(*) AS n FROM sparkify.songplays "
            "GROUP BY 1, 2, 3, 4, 5, 6, 7"
        )
        assert row == (DAY, datetime(2018, 11, 15, 12), 7, 100, "Leuchtturm", 201.5, False, 7, 100, 1)
        assert [type(value) for value in row[-3:]] == [int, int, int]

    def test_a_question_is_answered_with_its_columns_and_rows(self, redshift: Platform) -> None:
        redshift.load_songs()
        with redshift.warehouse.reader() as session:
            answer = session.ask(read_question("SELECT 1 AS a, 2 AS a"))
            assert (answer.columns, answer.rows) == (("a", "a"), [(1, 2)])
        with redshift.warehouse.reader() as session, pytest.raises(QueryError, match="cannot be answered"):
            session.ask(read_question("SELECT nothing FROM sparkify.songs"))

    def test_a_reader_changes_nothing(self, redshift: Platform) -> None:
        redshift.load_songs()
        with (
            redshift.warehouse.reader() as session,
            pytest.raises(WarehouseError, match="read-only transaction"),
        ):
            session.run(Query("a change", "DELETE FROM sparkify.songs"))


class TestFailures:
    def test_a_wrong_password_is_reported(self, redshift: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SPARKIFY_REDSHIFT_PASSWORD", "wrong")
        with pytest.raises(WarehouseError, match=r"no way into redshift://.* as loader: .*password"):
            redshift.star()

    def test_a_server_with_another_certificate_is_refused(
        self, redshift: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(WarehouseError, match="certificate verify failed"):
            redshift.star()

    def test_a_failed_statement_is_named_with_the_reason(self, redshift: Platform) -> None:
        redshift.load_songs()
        with redshift.warehouse.reader() as session, pytest.raises(WarehouseError) as error:
            session.fetch(Query("a question", "SELECT * FROM sparkify.nowhere"))
        assert "the statement a question failed on Redshift: relation" in str(error.value)

    def test_a_missing_work_bucket_is_reported(self, redshift: Platform) -> None:
        settings = replace(redshift.settings, work="s3://nowhere/work")
        with pytest.raises(LakeError, match="s3://nowhere: 404: there is no such bucket or object: see SPARKIFY_WORK"):
            open_warehouse(settings)

    def test_a_work_prefix_that_is_gone_stops_the_load(self, redshift: Platform) -> None:
        write_day(redshift.lake, DAY, [event()])
        s3_client().create_bucket(Bucket="soon-gone")
        warehouse = open_warehouse(replace(redshift.settings, work="s3://soon-gone/work"))
        s3_client().delete_bucket(Bucket="soon-gone")
        with pytest.raises(WorkError, match=r"the work prefix cannot be used.*NoSuchBucket"):
            replace(redshift, warehouse=warehouse).load(DAY)

    def test_a_lake_that_copy_cannot_read_is_reported(self, redshift: Platform, tmp_path: Path) -> None:
        write_day(redshift.lake, DAY, [event()])
        in_a_folder = replace(redshift, settings=replace(redshift.settings, lake=str(redshift.lake)))
        with pytest.raises(WarehouseError, match="the lake is a folder, SPARKIFY_WORK in us-east-1"):
            in_a_folder.load(DAY)
