"""An answer of the dashboard as a file: every row, with its types, the same as a question's on the command line."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from sparkify_assets.errors import FilterError
from sparkify_assets.report.asking.downloads import as_file
from sparkify_assets.warehouse.session import Answer

pytestmark = pytest.mark.check

ROWS = [
    (date(2018, 11, 15), 'Say "Æ", ;\n', 3, 0.1, datetime(2018, 11, 15, 12, 0, 0, 796000)),
    (date(2018, 11, 16), None, 10**12, None, None),
]
ANSWER = Answer(("day", "song", "plays", "length", "start"), list(ROWS))


def test_a_csv_file_has_the_columns_and_every_row() -> None:
    lines = as_file(ANSWER, "csv").decode().split("\n", 1)
    assert lines[0].strip() == "day,song,plays,length,start"
    assert '"Say ""Æ"", ;\n"' in lines[1]
    assert as_file(Answer(("day",), []), "csv").decode().strip() == "day"


def test_a_parquet_file_has_the_types(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(as_file(ANSWER, "parquet"))
    (tmp_path / "b.parquet").write_bytes(as_file(Answer(("day",), []), "parquet"))
    with duckdb.connect() as connection:
        assert connection.execute(f"FROM '{tmp_path}/a.parquet'").fetchall() == ROWS
        assert connection.execute(f"FROM '{tmp_path}/b.parquet'").fetchall() == []


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(FilterError, match="expected one of csv, parquet"):
        as_file(ANSWER, "xlsx")
