"""`sparkify rejects` on a terminal: each rejected record with its place and reason, then a count for each reason."""

from datetime import date

from rich.table import Table
from rich.text import Text

from sparkify_assets.queries import query
from sparkify_assets.report.phrases import counted, number
from sparkify_assets.report.terminal.console import PlainConsole, plain_table, styled
from sparkify_assets.report.visible import on_one_line
from sparkify_assets.warehouse.session import Row, Warehouse

_RECORD_SHOWN = 200


def print_rejects(warehouse: Warehouse, day: date | None, file: str, most: int) -> None:
    """Print the first rejects of a day and of the files whose paths end like this; then how many there are for each
    reason."""
    with warehouse.reader() as session:
        reasons = session.fetch(query("read/rejected_reasons"), log_date=day, file=file)
        shown = session.fetch(query("read/rejected_records"), log_date=day, file=file, most=most)
    console = PlainConsole()
    if not reasons:
        console.print("Nothing was rejected.")
        return
    for row in shown:
        console.print(_reject(row, console.width), soft_wrap=True)
    console.print(_reasons(reasons))
    total = sum(number(row["records"]) for row in reasons)
    left_out = f", the first {len(shown):,} shown: --day, --file and --limit show others" if total > len(shown) else ""
    console.print(f"{counted(total, 'record')} rejected{left_out}.")
    console.print("Fix the file and load again: its rejects disappear.")


def _reject(row: Row, width: int) -> Text:
    """Return a reject as two lines: its place and the reason, and how the record begins."""
    place = f", line {row['line_number']:,} (byte {row['byte_offset']:,}): "
    beginning = styled((on_one_line(str(row["record"])[:_RECORD_SHOWN]), "dim"))
    beginning.truncate(width - 2, overflow="ellipsis")
    file, reason = on_one_line(str(row["file"])), on_one_line(str(row["reason"]))
    return styled((file, "bold"), place, (reason, "red"), "\n  ").append_text(beginning)


def _reasons(rows: list[Row]) -> Table:
    table = plain_table()
    table.add_column("reason")
    for heading in ("records", "files"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(on_one_line(str(row["reason"])), f"{row['records']:,}", f"{row['files']:,}")
    return table
