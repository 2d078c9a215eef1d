"""Everything that is published, exported: which files there are, what they hold; a folder is whole or missing."""

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from sparkify_assets.cli import main
from sparkify_assets.errors import QueryError, WarehouseError, WarehouseMissing
from sparkify_assets.model import Table
from sparkify_assets.model.roles import ANALYST
from sparkify_assets.report import export as exporting
from sparkify_assets.report.export import Exported, export
from sparkify_assets_tests.copies import embedded_copies_of
from sparkify_assets_tests.lakes import DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.oracle import Row
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.published import file_of, published

pytestmark = pytest.mark.check

NEXT_MONTH = DAY.replace(month=DAY.month + 1)
TEXTS = ["", None, " x ", 'a "quoted", one', "two\nlines", "日本語", "-", "NULL"]


def load(platform: Platform) -> None:
    """Plays of two months, with texts that are hard to write."""
    write_song(platform.lake, song())
    write_day(platform.lake, DAY, [event(itemInSession=n, location=text) for n, text in enumerate(TEXTS)])
    write_day(platform.lake, NEXT_MONTH, [event(ts=at(NEXT_MONTH))])
    platform.load_songs()
    for day in (DAY, NEXT_MONTH):
        platform.load(day)
    platform.make_insights()
    platform.warehouse.publish()


loaded = embedded_copies_of(load)


def rows_of(table: Table, layout: str, *files: Path) -> list[Row]:
    """The rows of files, read as the manifest describes them."""
    with duckdb.connect() as connection:
        if layout == "parquet":
            read = "read_parquet($files)"
        else:
            types = ", ".join(f"'{column.name}': '{column.type}'" for column in table.columns)
            read = f"read_csv($files, header = true, columns = {{{types}}}, allow_quoted_nulls = false)"
        found = connection.execute(f"SELECT * FROM {read}", {"files": list(map(str, files))}).fetchall()
    return sorted(found, key=repr)


def ignore(exported: Exported) -> None:
    pass


@pytest.mark.parametrize("layout", ["parquet", "csv"])
def test_the_files_hold_every_row_that_is_published_and_nothing_else(
    loaded: Platform, tmp_path: Path, layout: str
) -> None:
    export(file_of(loaded), layout, tmp_path / "out", ignore)
    files = {table: tmp_path / f"out/{table.schema}/{table.name}.{layout}" for table in ANALYST.tables}
    assert {table.full_name: rows_of(table, layout, file) for table, file in files.items()} == published(loaded)
    written = {path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert written == {*files.values(), tmp_path / "out/manifest.json"}


def test_a_large_table_is_written_by_month(loaded: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "LARGE_ROWS", 8)
    export(file_of(loaded), "parquet", tmp_path / "out", ignore)
    files = sorted((tmp_path / "out/sparkify/songplays").iterdir())
    assert [file.name for file in files] == [f"{DAY:%Y-%m}.parquet", f"{NEXT_MONTH:%Y-%m}.parquet"]
    (plays,) = (table for table in ANALYST.tables if table.name == "songplays")
    assert rows_of(plays, "parquet", *files) == published(loaded)["sparkify.songplays"]
    assert [len(rows_of(plays, "parquet", file)) for file in files] == [len(TEXTS), 1]
    assert (tmp_path / "out/sparkify/users.parquet").exists()


def test_the_manifest_says_what_is_in_which_file(loaded: Platform, tmp_path: Path) -> None:
    export(file_of(loaded), "csv", tmp_path / "out", ignore)
    manifest = json.loads((tmp_path / "out/manifest.json").read_text("utf-8"))
    assert manifest["format"] == "csv"
    tables = {table["table"]: table for table in manifest["tables"]}
    assert list(tables) == [table.full_name for table in ANALYST.tables]
    for table in tables.values():
        for file in table["files"]:
            content = (tmp_path / "out" / file["file"]).read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
        assert table["rows"] == sum(file["rows"] for file in table["files"]) == len(published(loaded)[table["table"]])
    columns = {column["name"]: column for column in tables["sparkify.users"]["columns"]}
    assert [name for name, column in columns.items() if column["masked"]] == ["first_name", "last_name"]
    (users,) = (table for table in ANALYST.tables if table.name == "users")
    assert columns["user_id"]["meaning"] == users.column("user_id").meaning


def test_the_same_state_gives_the_same_files(loaded: Platform, tmp_path: Path) -> None:
    for name in ("one", "other"):
        export(file_of(loaded), "csv", tmp_path / name, ignore)
    one, other = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.csv")}
        for folder in (tmp_path / "one", tmp_path / "other")
    )
    assert one == other


def test_a_folder_that_holds_something_is_left_alone(loaded: Platform, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export(file_of(loaded), "csv", tmp_path / "out", ignore)
    with pytest.raises(QueryError, match="is there already"):
        export(file_of(loaded), "parquet", tmp_path / "out", ignore)
    assert not list((tmp_path / "out").rglob("*.parquet"))


def test_an_export_that_fails_in_the_middle_leaves_nothing(loaded: Platform, tmp_path: Path) -> None:
    def fill_the_place(exported: Exported) -> None:
        """Make the next file of this table's schema one that cannot be written."""
        (place,) = tmp_path.glob(".out.*.partial")
        for table in ANALYST.tables:
            if table != exported.table:
                (place / table.schema).mkdir(exist_ok=True)
                (place / table.schema / f"{table.name}.csv").mkdir(exist_ok=True)

    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(WarehouseError, match="cannot be written"):
        export(file_of(loaded), "csv", tmp_path / "out", fill_the_place)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_before_the_first_load_the_error_says_what_to_do(embedded: Platform, tmp_path: Path) -> None:
    with pytest.raises(WarehouseMissing, match="run `sparkify load` first"):
        export(file_of(embedded), "csv", tmp_path / "out", ignore)
    assert not (tmp_path / "out").exists()


def test_the_command_names_each_table_and_refuses_redshift(
    loaded: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(loaded.folder)
    monkeypatch.setenv("SPARKIFY_DUCKDB", str(loaded.settings.duckdb))
    assert main.main(["export", "--format", "csv", "--out", "out"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert f"sparkify.songplays: {len(TEXTS) + 1} rows" in printed
    assert printed[-1].startswith("out: ")
    monkeypatch.setenv("SPARKIFY_WAREHOUSE", "redshift")
    monkeypatch.setenv("SPARKIFY_LAKE", "s3://bucket/lake")
    monkeypatch.setenv("SPARKIFY_WORK", "s3://bucket/work")
    monkeypatch.setenv("SPARKIFY_REDSHIFT_HOST", "localhost")
    monkeypatch.setenv("SPARKIFY_REDSHIFT_DATABASE", "dev")
    monkeypatch.setenv("SPARKIFY_REDSHIFT_IAM_ROLE", "arn:aws:iam::123456789012:role/copy")
    monkeypatch.setenv("SPARKIFY_REDSHIFT_USER", "loader")
    monkeypatch.setenv("SPARKIFY_REDSHIFT_PASSWORD", "secret")
    assert main.main(["export", "--out", "other"]) == 2
    assert "UNLOAD" in capsys.readouterr().err
