"""`sparkify rejects` on a terminal: what is in quarantine, where it is in its file, and why."""

from datetime import date

from rich.table import Table
from rich.text import Text

from sparkify_assets.queries import query
from sparkify_assets.report.terminal.console import PlainConsole, plain_table
from sparkify_assets.warehouse.session import Row, Warehouse

_RECORD_SHOWN = 200


def print_rejects(warehouse: Warehouse, day: date | None, file: str, most: int) -> None:
    """The first rejects, then how many there are for which reason."""
    with warehouse.reader() as session:
        reasons = session.fetch(query("read/rejected_reasons"), log_date=day, file=file)
        shown = session.fetch(query("read/rejected_records"), log_date=day, file=file, most=most)
    console = PlainConsole(highlight=False)
    if not reasons:
        console.print("Nothing was rejected.")
        return
    for row in shown:
        console.print(_reject(row, console.width), soft_wrap=True)
    console.print(_reasons(reasons))
    total = sum(int(str(row["records"])) for row in reasons)
    left_out = f", the first {len(shown):,} shown: --day, --file and --limit show others" if total > len(shown) else ""
    console.print(f"{total:,} record{'' if total == 1 else 's'} rejected{left_out}.")
    console.print("A mended file takes its rejects out: mend it, then [bold]sparkify load[/bold].")


def _reject(row: Row, width: int) -> Text:
    """A reject in two lines: where it is and why, and how it begins."""
    place = f", line {row['line_number']:,} (byte {row['byte_offset']:,}): "
    begins = Text(" ".join(str(row["record"])[:_RECORD_SHOWN].split()), style="dim")
    begins.truncate(width - 2, overflow="ellipsis")
    return Text.assemble((str(row["file"]), "bold"), place, (str(row["reason"]), "red"), "\n  ", begins)


def _reasons(rows: list[Row]) -> Table:
    table = plain_table()
    table.add_column("reason")
    for heading in ("records", "files"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(Text(str(row["reason"])), f"{row['records']:,}", f"{row['files']:,}")
    return table
