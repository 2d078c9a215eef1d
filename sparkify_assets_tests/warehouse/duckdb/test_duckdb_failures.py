"""A full disk, a damaged file or a name that DuckDB keeps for itself is one line that says what to do."""

import random
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb
import pytest

from sparkify_assets.errors import WarehouseError
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.duckdb.duckdb_failures import failing_as
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse
from sparkify_assets.warehouse.session import Session
from sparkify_assets_tests.full_disk import full_disk

BLOCK, HEADERS = 65_536, 12_288
FREE_SPACE = "free some disk space, then run the same command again"
REBUILD = "the file is damaged, or not DuckDB's: move it away, then `sparkify load` rebuilds it from the lake"
NOTES = Query("notes", "SELECT MAX(note) AS note, COUNT(*) AS notes FROM staging.notes")
Open = Callable[[DuckDBWarehouse], AbstractContextManager[Session]]
WAYS = pytest.mark.parametrize("way", [DuckDBWarehouse.reader, DuckDBWarehouse.session], ids=["reader", "loader"])


def write_notes(session: Session, rows: int) -> None:
    statement = (
        f"CREATE OR REPLACE TABLE staging.notes AS SELECT MD5(CAST(range AS VARCHAR)) AS note FROM range({rows})"
    )
    session.transact(lambda: session.run(Query("notes", statement)))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse's file with a dozen blocks, the last of which do not hold what is needed to open it."""
    warehouse = DuckDBWarehouse(tmp_path_factory.mktemp("written") / "sparkify.duckdb", tmp_path_factory.mktemp("work"))
    for _ in range(2):
        with warehouse.session() as session:
            write_notes(session, 20_000)
    return warehouse.path


@pytest.fixture
def warehouse(written: Path, tmp_path: Path) -> DuckDBWarehouse:
    shutil.copyfile(written, tmp_path / written.name)
    return DuckDBWarehouse(tmp_path / written.name, tmp_path / "work")


def assert_refused(opened: AbstractContextManager[Session], remedy: str) -> None:
    with pytest.raises(WarehouseError) as error, opened as session:
        session.fetch(NOTES)
    assert str(error.value).endswith(f"; {remedy}")
    assert "\n" not in str(error.value)


@WAYS
def test_a_file_that_is_cut_off_is_reported_with_a_remedy_wherever_it_ends(
    warehouse: DuckDBWarehouse, way: Open
) -> None:
    whole = warehouse.path.read_bytes()
    for size in (0, 5_000, *range(HEADERS, len(whole), BLOCK), len(whole) - 1):
        warehouse.path.write_bytes(whole[:size])
        assert_refused(way(warehouse), REBUILD)
        with pytest.raises(WarehouseError, match=f"{REBUILD}$"):
            warehouse.verify()


@WAYS
def test_a_damaged_block_is_reported_with_a_remedy_by_whoever_reads_it(
    warehouse: DuckDBWarehouse, way: Open, chance: random.Random
) -> None:
    warehouse.verify()
    damaged = bytearray(warehouse.path.read_bytes())
    damaged[-BLOCK + 100 : -BLOCK + 200] = chance.randbytes(100)
    warehouse.path.write_bytes(damaged)
    with way(warehouse):
        pass
    assert_refused(way(warehouse), REBUILD)
    with pytest.raises(WarehouseError, match=r"Corrupt database file: .*rebuilds it from the lake"):
        warehouse.verify()


@WAYS
def test_damaged_headers_are_reported_with_a_remedy(warehouse: DuckDBWarehouse, way: Open) -> None:
    damaged = bytearray(warehouse.path.read_bytes())
    damaged[4_096:HEADERS] = bytes(HEADERS - 4_096)
    warehouse.path.write_bytes(damaged)
    assert_refused(way(warehouse), REBUILD)


def test_a_commit_for_which_the_disk_has_no_room_changes_nothing_and_says_what_to_do(
    warehouse: DuckDBWarehouse,
) -> None:
    with warehouse.reader() as session:
        before = session.fetch(NOTES)
    for room in (0, 1_000, warehouse.path.stat().st_size):
        with (
            pytest.raises(WarehouseError, match=rf"Could not write file .*; {FREE_SPACE}$"),
            full_disk(room),
            warehouse.session() as session,
        ):
            write_notes(session, 200_000)
        with warehouse.reader() as session:
            assert session.fetch(NOTES) == before
    with warehouse.session() as session:
        write_notes(session, 200_000)
        assert session.fetch(NOTES)[0]["notes"] == 200_000


@pytest.mark.parametrize("room", [0, 5_000, HEADERS, HEADERS + BLOCK])
def test_a_file_for_which_the_disk_has_no_room_is_made_once_there_is(tmp_path: Path, room: int) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "sparkify.duckdb", tmp_path / "work")
    with pytest.raises(WarehouseError, match=f"{FREE_SPACE}$"), full_disk(room), warehouse.session() as session:
        write_notes(session, 20_000)
    with warehouse.session() as session:
        write_notes(session, 20_000)


@pytest.mark.exhaustive(4)
@pytest.mark.parametrize(
    "name",
    ["main.duckdb", "temp.duckdb", "system", "a'b.duckdb", 'a"b.duckdb', "a b.c.duckdb", ":memory:", "md:a", "a\nb"],
)
def test_a_file_may_have_nearly_any_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    warehouse = DuckDBWarehouse(Path(name), tmp_path / "work")
    with warehouse.session() as session:
        write_notes(session, 1)
    assert (tmp_path / name).is_file()
    with warehouse.reader() as session:
        assert session.fetch(NOTES)[0]["notes"] == 1


def test_a_file_that_another_loader_creates_meanwhile_stays(tmp_path: Path) -> None:
    first, second = (DuckDBWarehouse(tmp_path / "sparkify.duckdb", tmp_path / "work") for _ in range(2))
    with first.session() as session:
        write_notes(session, 1)
    second._create()
    with second.reader() as session:
        assert session.fetch(NOTES)[0]["notes"] == 1
    assert {path.name for path in tmp_path.iterdir()} == {"sparkify.duckdb", ".sparkify.duckdb.loaders"}


def test_a_name_that_duckdb_keeps_for_itself_is_refused_with_a_remedy(tmp_path: Path) -> None:
    remedy = "DuckDB keeps this name for itself: rename the file, and set SPARKIFY_DUCKDB"
    assert_refused(DuckDBWarehouse(tmp_path / "information_schema.duckdb", tmp_path).session(), remedy)


@pytest.mark.parametrize("place", ["a folder", "/proc/sparkify.duckdb"])
def test_a_place_where_no_file_can_be_is_an_error_that_names_it(tmp_path: Path, place: str) -> None:
    (tmp_path / "a folder").mkdir()
    with (
        pytest.raises(WarehouseError, match=f"the warehouse .*{place} cannot be used: IO Error"),
        DuckDBWarehouse(tmp_path / place, tmp_path / "work").session(),
    ):
        pass


@pytest.mark.parametrize("interrupted", [duckdb.InterruptException("INTERRUPT"), RuntimeError("Query interrupted")])
def test_a_signal_in_the_middle_of_a_statement_is_no_failure_of_the_statement(interrupted: Exception) -> None:
    with pytest.raises(KeyboardInterrupt), failing_as("a statement"):
        raise interrupted
