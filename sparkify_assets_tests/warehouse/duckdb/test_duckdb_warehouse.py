"""Sessions on the embedded warehouse: one loader at a time, all or nothing, in a file of any name."""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from sparkify_assets import model
from sparkify_assets.errors import WarehouseBusy, WarehouseError, WarehouseMissing
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse
from sparkify_assets.warehouse.session import Session

USERS = model.table("sparkify.users")
LEDGER = model.table("ops.load_ledger")
USER = {
    "user_id": 8,
    "first_name": "Kaylee",
    "last_name": None,
    "gender": "F",
    "level": "free",
    "registered_at": datetime(2018, 10, 20, 1, 46, 40),
    "latest_ts": 1541116800000,
    "latest_session_id": 139,
    "latest_item_in_session": 0,
    "latest_log_date": date(2018, 11, 1),
    "latest_copy_number": 1,
    "registration_event_ts": 1541116800000,
    "registration_event_session_id": 139,
    "registration_event_item_in_session": 0,
    "registration_event_log_date": date(2018, 11, 1),
    "registration_event_copy_number": 1,
}
COUNT = Query("count", "SELECT COUNT(*) AS users FROM sparkify.users")

# Holds the file that it is given, read-only or not, until its input ends.
HOLDER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "True")
print("held", flush=True)
sys.stdin.read()
"""

# Asks a question whose answer takes longer than anybody waits, and prints why there is none.
READER = """
import sys
from pathlib import Path
from sparkify_assets.errors import WarehouseBusy
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse
four = ", ".join(f"sparkify.users AS {name}" for name in "abcd")
endless = Query("endless", f"SELECT COUNT(*) AS n FROM {four} WHERE a.user_id + b.user_id < c.user_id + d.user_id")
try:
    with DuckDBWarehouse(Path(sys.argv[1]), Path("work"), only_reads=True).reader() as session:
        print("reading", flush=True)
        session.fetch(endless)
except WarehouseBusy as error:
    print(error)
"""
# In seconds, on a machine that is busy with anything else.
PATIENCE = 300


@pytest.fixture(scope="module")
def created(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a warehouse with tables and no rows."""
    folder = tmp_path_factory.mktemp("created")
    with DuckDBWarehouse(folder / "sparkify.duckdb", folder / "work").session():
        pass
    return folder / "sparkify.duckdb"


@pytest.fixture
def warehouse(created: Path, tmp_path: Path) -> DuckDBWarehouse:
    """A warehouse of its own for each test, with tables and no rows."""
    made = DuckDBWarehouse(tmp_path / "data/sparkify.duckdb", tmp_path / "work", busy_seconds=0.2)
    made.path.parent.mkdir()
    shutil.copyfile(created, made.path)
    return made


@pytest.fixture
def holder(warehouse: DuckDBWarehouse, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the warehouse."""
    read_only = getattr(request, "param", False)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(warehouse.path), str(read_only)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process


def users(session: Session) -> int:
    return int(str(session.fetch(COUNT)[0]["users"]))


def insert_and_fail(session: Session, error: type[BaseException]) -> None:
    def work() -> None:
        session.insert(USERS, [USER])
        raise error

    session.transact(work)


def insert_and_divide(session: Session) -> None:
    def work() -> None:
        session.insert(USERS, [USER])
        session.run(Query("fails", "SELECT 1 / 0"))

    session.transact(work)


class TestTransactions:
    def test_what_one_commits_the_next_session_sees(self, warehouse: DuckDBWarehouse) -> None:
        with warehouse.session() as session:
            session.transact(lambda: session.insert(USERS, [USER]))
        with warehouse.reader() as session:
            assert users(session) == 1

    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, duckdb.Error])
    def test_a_failed_one_leaves_nothing(self, warehouse: DuckDBWarehouse, error: type[BaseException]) -> None:
        with warehouse.session() as session:
            with pytest.raises(error):
                insert_and_fail(session, error)
            assert users(session) == 0
            session.transact(lambda: session.insert(USERS, [USER]))
            assert users(session) == 1

    def test_one_whose_statement_fails_leaves_nothing(self, warehouse: DuckDBWarehouse) -> None:
        with warehouse.session() as session:
            with pytest.raises(WarehouseError):
                insert_and_divide(session)
            assert users(session) == 0

    def test_a_statement_returns_how_many_rows_it_changed(self, warehouse: DuckDBWarehouse) -> None:
        with warehouse.session() as session:
            session.insert(USERS, [{**USER, "user_id": number} for number in range(5)])
            assert session.run(Query("delete", "DELETE FROM sparkify.users WHERE user_id > :least"), least=1) == 3

    def test_values_that_a_statement_does_not_name_are_ignored(self, warehouse: DuckDBWarehouse) -> None:
        with warehouse.session() as session:
            assert session.fetch(Query("named", "SELECT :a AS a"), a=1, b=2) == [{"a": 1}]


class TestReaders:
    def test_a_reader_changes_nothing(self, warehouse: DuckDBWarehouse) -> None:
        with warehouse.reader() as session:
            with pytest.raises(duckdb.InvalidInputException, match="read-only"):
                session.insert(USERS, [USER])
            assert users(session) == 0

    def test_a_missing_warehouse_is_an_error_and_is_not_created(self, tmp_path: Path) -> None:
        path = tmp_path / "no.duckdb"
        with (
            pytest.raises(
                WarehouseError, match=r"there is no warehouse at .*no\.duckdb yet: run `sparkify load` first"
            ),
            DuckDBWarehouse(path, tmp_path).reader(),
        ):
            pass
        assert not path.exists()

    def test_a_file_of_something_else_is_an_error_that_says_what_to_do(self, tmp_path: Path) -> None:
        path = tmp_path / "other.duckdb"
        path.write_text("not a database, but long enough to be taken for one" * 1000)
        with (
            pytest.raises(
                WarehouseError, match=r"cannot be used: .* move it away, then `sparkify load` rebuilds"
            ) as error,
            DuckDBWarehouse(path, tmp_path).session(),
        ):
            pass
        assert "\n" not in str(error.value)


class TestAWarehouseThatAnotherProcessHolds:
    def test_the_error_says_whose_it_is(
        self, warehouse: DuckDBWarehouse, holder: subprocess.Popen[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises(WarehouseBusy, match=rf"held by process {holder.pid} \(.*python.*\)"), warehouse.session():
            pass
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert f"held by process {holder.pid}" in caplog.text

    def test_who_only_reads_does_not_wait(
        self, warehouse: DuckDBWarehouse, holder: subprocess.Popen[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        only_reads = DuckDBWarehouse(warehouse.path, warehouse.work, busy_seconds=PATIENCE, only_reads=True)
        with (
            pytest.raises(WarehouseBusy, match=rf"held by process {holder.pid} .*: try again when it is done"),
            only_reads.reader(),
        ):
            pass
        assert not caplog.records

    def test_who_only_reads_gives_it_up_when_a_loader_wants_it(self, warehouse: DuckDBWarehouse) -> None:
        with warehouse.session() as session:
            session.insert(USERS, [{**USER, "user_id": number} for number in range(1000)])
        with subprocess.Popen(
            [sys.executable, "-c", READER, str(warehouse.path)], stdout=subprocess.PIPE, text=True
        ) as reader:
            try:
                assert reader.stdout
                assert reader.stdout.readline() == "reading\n"
                with DuckDBWarehouse(warehouse.path, warehouse.work, busy_seconds=PATIENCE).session() as session:
                    assert users(session) == 1000
                assert reader.stdout.read().startswith(f"a load has begun, and needs the warehouse {warehouse.path}")
            finally:
                reader.kill()

    @pytest.mark.parametrize("holder", [True], indirect=True)
    def test_readers_share_it(self, warehouse: DuckDBWarehouse, holder: subprocess.Popen[str]) -> None:
        with warehouse.reader() as session:
            assert users(session) == 0

    def test_waiting_ends_when_the_holder_lets_go(
        self, warehouse: DuckDBWarehouse, holder: subprocess.Popen[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        class LetGo(logging.Handler):
            """Ends the holder at the moment when waiting is announced."""

            def emit(self, record: logging.LogRecord) -> None:
                assert holder.stdin
                holder.stdin.close()

        log = logging.getLogger("sparkify_assets.warehouse.duckdb.duckdb_warehouse")
        handler = LetGo()
        log.addHandler(handler)
        try:
            with DuckDBWarehouse(warehouse.path, warehouse.work, busy_seconds=PATIENCE).session() as session:
                assert users(session) == 0
        finally:
            log.removeHandler(handler)


class TestTables:
    def test_they_are_those_of_the_contract_with_their_comments(self, warehouse: DuckDBWarehouse) -> None:
        with duckdb.connect(warehouse.path, read_only=True) as bare:
            found = dict(bare.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
        assert set(found) == {table.name for table in model.tables().values()}
        assert found["songplays"] == model.table("sparkify.songplays").meaning

    @pytest.mark.parametrize("name", ["sparkify.duckdb", "SPARKIFY.db", "staging.duckdb", "ops.duckdb", "other.duckdb"])
    def test_they_answer_to_their_names_in_a_file_of_any_name(self, tmp_path: Path, name: str) -> None:
        made = DuckDBWarehouse(tmp_path / name, tmp_path / "work")
        for _ in range(2):
            with made.session() as session:
                session.insert(USERS, [USER])
        with duckdb.connect(made.path, read_only=True) as bare:
            assert bare.execute("SELECT count(*) FROM sparkify.users").fetchone() == (2,)
            for table in model.tables():
                assert bare.execute(f"SELECT count(*) >= 0 FROM {table}").fetchone() == (True,)

    def test_those_of_this_model_are_left_as_they_are(self, warehouse: DuckDBWarehouse) -> None:
        for expected in (0, 1, 2):
            with warehouse.session() as session:
                assert users(session) == expected
                session.insert(USERS, [USER])

    @pytest.mark.parametrize("name", ["sparkify.duckdb", "other.duckdb"])
    def test_those_of_another_model_are_rebuilt_and_foreign_ones_stay(self, tmp_path: Path, name: str) -> None:
        made = DuckDBWarehouse(tmp_path / name, tmp_path / "work")
        with made.session() as session:
            session.insert(USERS, [USER])
        with duckdb.connect(made.path) as bare:
            bare.execute("CREATE SCHEMA mine")
            bare.execute("CREATE TABLE mine.users AS SELECT 1 AS kept")
            bare.execute("CREATE TABLE main.notes AS SELECT 2 AS kept")
            bare.execute("COMMENT ON TABLE ops.load_lock IS 'Made by model 000000000000.'")
            bare.execute("ALTER TABLE sparkify.users ADD COLUMN old INTEGER")
        with made.session() as session:
            assert users(session) == 0
            session.insert(USERS, [USER])
        with duckdb.connect(made.path) as bare:
            assert bare.execute("SELECT kept FROM mine.users UNION ALL SELECT kept FROM main.notes").fetchall() == [
                (1,),
                (2,),
            ]
            assert len(bare.execute("SELECT * FROM sparkify.users").description) == len(USERS.columns)

    def test_a_file_with_a_new_name_is_rebuilt(self, warehouse: DuckDBWarehouse) -> None:
        with warehouse.session() as session:
            session.insert(USERS, [USER])
        moved = DuckDBWarehouse(warehouse.path.with_name("moved.duckdb"), warehouse.work)
        os.replace(warehouse.path, moved.path)
        with moved.session() as session:
            assert users(session) == 0


def test_memory_may_be_limited_and_what_does_not_fit_goes_to_files(tmp_path: Path) -> None:
    limited = DuckDBWarehouse(tmp_path / "sparkify.duckdb", tmp_path / "work", memory="64MB")
    wide = Query(
        "wide", "SELECT MD5(CAST(n AS VARCHAR)) AS m FROM (SELECT a.n * 1000 + b.n AS n FROM t AS a, t AS b) AS c"
    )
    with limited.session() as session:
        (setting,) = session.fetch(Query("limit", "SELECT CURRENT_SETTING('memory_limit') AS memory"))
        assert setting == {"memory": "61.0 MiB"}
        session.run(Query("t", "CREATE TEMP TABLE t AS SELECT range AS n FROM range(2000)"))
        session.run(Query("made", f"CREATE TEMP TABLE made AS {wide.sql}"))
        (counted,) = session.fetch(Query("counted", "SELECT COUNT(*) AS n FROM made"))
    assert counted == {"n": 4_000_000}


class TestInsert:
    def test_rows_come_back_as_they_were(self, warehouse: DuckDBWarehouse) -> None:
        rows: list[dict[str, object]] = [
            {
                "log_date": day,
                "file": "log_data/é'\"\\😀\n" + "x" * 5000,
                "fingerprint": "",
                "size": 2**62,
                "records": 0,
                "loaded": -1,
                "rejected": 3,
                "forgotten": 1,
                "loaded_at": datetime(2018, 11, 4, 1, 2, 3, 456789),
                "run_id": run_id,
            }
            for day, run_id in [(date(2018, 11, 4), None), (None, "NULL")]
        ]
        with warehouse.session() as session:
            session.insert(LEDGER, rows)
            found = session.fetch(Query("all", "SELECT * FROM ops.load_ledger ORDER BY log_date NULLS LAST"))
        assert found == rows

    def test_no_rows_are_no_statement(self, warehouse: DuckDBWarehouse) -> None:
        with warehouse.reader() as session:
            session.insert(LEDGER, [])

    def test_a_row_without_a_column_of_the_table_is_an_error(self, warehouse: DuckDBWarehouse) -> None:
        with warehouse.session() as session, pytest.raises(KeyError):
            session.insert(USERS, [{"user_id": 1}])


@pytest.mark.parametrize("kind", ["TABLE", "VIEW"])
def test_a_file_with_tables_of_somebody_else_by_our_names_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "theirs.duckdb"
    with duckdb.connect(path) as bare:
        bare.execute("CREATE SCHEMA sparkify")
        bare.execute(f"CREATE {kind} sparkify.users AS SELECT 1 AS theirs")
    with (
        pytest.raises(WarehouseError, match=r"not its own \(sparkify.users\)"),
        DuckDBWarehouse(path, tmp_path).session(),
    ):
        pass
    with duckdb.connect(path) as bare:
        assert bare.execute("SELECT theirs FROM sparkify.users").fetchall() == [(1,)]


def test_other_tables_in_our_schemas_outlive_a_new_model(warehouse: DuckDBWarehouse) -> None:
    with warehouse.session():
        pass
    with duckdb.connect(warehouse.path) as bare:
        bare.execute("CREATE TABLE staging.my_notes AS SELECT 1 AS mine")
        bare.execute("COMMENT ON TABLE ops.load_lock IS 'Made by model 000000000000.'")
    with warehouse.session():
        pass
    with duckdb.connect(warehouse.path) as bare:
        assert bare.execute("SELECT mine FROM staging.my_notes").fetchall() == [(1,)]


def test_a_file_without_our_tables_has_no_warehouse_yet(tmp_path: Path) -> None:
    path = tmp_path / "empty.duckdb"
    duckdb.connect(path).close()
    with pytest.raises(WarehouseMissing, match="run `sparkify load` first"), DuckDBWarehouse(path, tmp_path).reader():
        pass
