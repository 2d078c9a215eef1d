"""A load of the song catalog, which is always loaded whole: its tables and its statements, in their order.

What the statements say is in `queries/load/song_catalog/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.load.audits import Audit, catalog_links
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.partitions import CATALOG_TABLES, count_rows
from sparkify_assets.load.results import LOADED, LoadResult
from sparkify_assets.warehouse.session import Session, Value

STATEMENTS = (
    "delete_rejected_records",
    "insert_rejected_records",
    "delete_staging_songs",
    "insert_staging_songs",
    "delete_songs",
    "insert_songs",
    "delete_artists",
    "insert_artists",
    "relink_songplays",
    "delete_changed_days",
    "insert_changed_days",
)


@dataclass(frozen=True)
class SongCatalog(Load):
    """Every song file of the lake."""

    folder = "song_catalog"
    table_names = CATALOG_TABLES

    def __str__(self) -> str:
        return "the song catalog"

    def list_files(self, lake: Lake) -> Mapping[Load, list[File]]:
        return {self: lake.songs()}

    def replace(self, session: Session, change: int) -> Mapping[str, Value]:
        self.run(session, *STATEMENTS, change=change)
        return {}

    def results(self, session: Session) -> Mapping[Load, LoadResult]:
        return {self: LoadResult(self, LOADED, rows={table.name: count_rows(session, table) for table in self.tables})}

    @property
    def audits(self) -> list[Audit]:
        return [*super().audits, *catalog_links()]


SONG_CATALOG = SongCatalog()
