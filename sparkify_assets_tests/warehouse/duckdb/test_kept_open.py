"""A run opens a small warehouse once, whatever its sessions are."""

from pathlib import Path

import duckdb
import pytest

from sparkify_assets.queries import Query
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse

pytestmark = pytest.mark.check

BELONGS = Query("belongs", "INSERT INTO ops.lake (address) VALUES ('lake')")
LAKES = Query("lakes", "SELECT COUNT(*) AS lakes FROM ops.lake")


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "sparkify.duckdb", tmp_path / "work")


def is_open(warehouse: DuckDBWarehouse) -> bool:
    """Return whether this process has the file open to write: then it cannot be opened in another way."""
    try:
        duckdb.connect(warehouse.path, read_only=True).close()
    except duckdb.ConnectionException:
        return True
    return False


def test_a_small_file_stays_open_between_the_sessions_of_a_run(warehouse: DuckDBWarehouse) -> None:
    with warehouse.kept_open(1000):
        with warehouse.session() as session:
            session.run(BELONGS)
        assert is_open(warehouse)
        with warehouse.reader() as session:
            assert session.fetch(LAKES) == [{"lakes": 1}]
        warehouse.publish()
        assert warehouse.is_published()
    assert not is_open(warehouse)


def test_between_the_sessions_of_a_large_load_memory_is_freed(warehouse: DuckDBWarehouse) -> None:
    with warehouse.session():
        pass
    with warehouse.kept_open(1_000_000_000):
        assert not is_open(warehouse)
