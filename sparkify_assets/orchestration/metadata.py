"""What the UI shows of a table: columns, lineage, the statements that fill it, counts, a few rows."""

import base64
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from sparkify_assets.insights.rebuilding import REBUILT, InsightResult, star_tables_read, version_of
from sparkify_assets.load.partitions import rows_of_days
from sparkify_assets.load.results import LOADED, LoadResult
from sparkify_assets.model import Insight, Table
from sparkify_assets.model.roles import masked
from sparkify_assets.orchestration.page_links import page_links
from sparkify_assets.queries import Query, model_version
from sparkify_assets.queries.lineage import FILE_NAME, column_sources, statements_filling
from sparkify_assets.report.addresses import DASHBOARD
from sparkify_assets.report.phrases import cut
from sparkify_assets.report.visible import visible
from sparkify_assets.warehouse.session import Session

if TYPE_CHECKING:
    from sparkify_assets.report.pages.dashboard import WrittenDashboard

OWNERS = ["team:data-engineering"]
PREVIEW_ROWS = 5
_TEXT_SHOWN = 40

GROUP_OF_SCHEMA = {"staging": "staging", "sparkify": "star", "insights": "insights"}


def table_spec(table: Table, kinds: set[str]) -> dg.AssetSpec:
    """Return the asset of a table. Its dependencies are read off the statements that fill it."""
    sources = {source.table for found in column_sources(table.full_name).values() for source in found}
    return dg.AssetSpec(
        table.name,
        deps=sorted(source.rpartition(".")[2] for source in sources),
        description=table.meaning,
        owners=OWNERS,
        group_name=GROUP_OF_SCHEMA[table.schema],
        kinds=kinds,
        code_version=model_version(),
        metadata={
            "dagster/table_name": table.full_name,
            "dagster/column_schema": column_schema(table),
            "dagster/column_lineage": column_lineage(table),
            "columns made from": dg.MetadataValue.md(_sources_table(table)),
            "made by": dg.MetadataValue.md(statements_of(table)),
            **page_links(table),
        },
    )


def insight_spec(insight: Insight, kinds: set[str]) -> dg.AssetSpec:
    """Return the asset of an insight."""
    read = (name.split(".") for name in sorted(star_tables_read(insight)))
    return table_spec(insight.table, kinds).replace_attributes(
        deps=[name for schema, name in read if schema in GROUP_OF_SCHEMA], code_version=version_of(insight)
    )


def column_schema(table: Table) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                column.type.lower(),
                description=column.meaning,
                constraints=dg.TableColumnConstraints(
                    nullable=column.nullable, unique=table.primary_key == (column.name,)
                ),
            )
            for column in table.columns
        ]
    )


def column_lineage(table: Table) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(source.table.rpartition(".")[2], source.column) for source in sources]
            for column, sources in column_sources(table.full_name).items()
        }
    )


def _sources_table(table: Table) -> str:
    """Return the column lineage as Markdown: the open-source UI has no page for it."""
    rows = [
        f"| {column} | {', '.join(f'{source.table}.{source.column}' for source in sources)} |"
        for column, sources in column_sources(table.full_name).items()
    ]
    return "\n".join(["| column | made from |", "|---|---|", *rows])


def record_schema(table: Table) -> dg.TableSchema:
    """Return the fields of the lake's records that a staging table reads, and the file's name if it reads that."""
    fields = [
        dg.TableColumn(
            column.source or "",
            "text" if column.is_text else "number",
            description=column.meaning,
            constraints=dg.TableColumnConstraints(nullable=column.nullable),
        )
        for column in table.landed_columns
    ]
    if any(source.column == FILE_NAME for found in column_sources(table.full_name).values() for source in found):
        fields.append(dg.TableColumn(FILE_NAME, "text", description="The name of the file, which begins with its day."))
    return dg.TableSchema(columns=fields)


def statements_of(table: Table) -> str:
    """Return the statements that fill a table, as Markdown."""
    return "\n\n".join(f"```sql\n{statement.sql}\n```" for statement in statements_filling(table.full_name))


def load_metadata(result: LoadResult, table: Table) -> dict[str, Any]:
    """Return the metadata of a load, with the same names for every table, so that the UI can plot them."""
    metadata: dict[str, Any] = {"state": result.state}
    if result.state == LOADED:
        rows = result.rows[table.name]
        metadata |= {
            "rows": rows,
            "dagster/partition_row_count" if result.load.log_date else "dagster/row_count": rows,
            "rejects": result.rejected,
            "records": result.records,
            "bytes": result.size,
            # Days that were published together share one measured time.
            "batch_seconds": round(result.seconds, 3),
            "batch_days": result.together,
        }
        if result.example:
            metadata["first_reject"] = visible(result.example)
        if table.name == "songplays":
            metadata["match_rate"] = round(result.match_rate, 4)
    return metadata


def insight_metadata(session: Session, result: InsightResult) -> dict[str, Any]:
    """Return the metadata of an insight. It has no chart: drawing takes longer than loading."""
    metadata: dict[str, Any] = {"state": result.state, "dagster/row_count": result.rows}
    if result.state == REBUILT:
        metadata |= {"rows_made": result.changed, "seconds": round(result.seconds, 3)}
    return metadata | {"preview": preview(session, result.insight.table, None)}


def dashboard_metadata(written: "WrittenDashboard") -> dict[str, Any]:
    """Return the metadata of the dashboard: its address, file and charts, which are small: every run keeps its own."""
    from sparkify_assets.report.charts.insight_charts import CHARTS
    from sparkify_assets.report.charts.pictures import SMALL

    drawn = {name: base64.b64encode(picture).decode() for name, picture in written.pictures.of(SMALL).items()}
    return {"page": dg.MetadataValue.url(DASHBOARD), "file": dg.MetadataValue.path(visible(written.page))} | {
        name: dg.MetadataValue.md(f"![{CHARTS[name].title}](data:image/png;base64,{data})")
        for name, data in drawn.items()
    }


def preview(session: Session, table: Table, day: date | None) -> dg.TableMetadataValue:
    """Return a few rows of a table, or of one log day of it, masked: events stay for as long as Dagster keeps them."""
    columns = [column.name for column in table.columns]
    required = [column.name for column in table.landed_columns if not column.nullable]
    ordered = columns if table.schema == "insights" else table.primary_key or required
    sql = (
        f"SELECT {', '.join(columns)} FROM {table.full_name}{f' WHERE {rows_of_days(table)}' if day else ''} "
        f"ORDER BY {', '.join(f'{name} NULLS LAST' for name in ordered)} LIMIT {PREVIEW_ROWS}"
    )
    values = {"first_day": day, "last_day": day} if day else {}
    rows = session.fetch(Query(f"preview/{table.name}", sql), **values)
    return as_table(map(masked, rows), columns, _TEXT_SHOWN)


def as_table(
    rows: Iterable[Mapping[str, object]], columns: list[str], most: int | None = None
) -> dg.TableMetadataValue:
    """Return rows as a table of the UI, which shows a cell as it is, markup included. Texts longer than `most` are cut,
    to keep rows on one line."""
    return dg.MetadataValue.table(
        records=[dg.TableRecord({visible(name): _shown(row.get(name), most) for name in columns}) for row in rows],
        schema=dg.TableSchema(columns=[dg.TableColumn(visible(name)) for name in columns]),
    )


def _shown(value: object, most: int | None) -> str | int | float | bool | None:
    """Return a value that a table of the UI takes."""
    if isinstance(value, int | float | bool | None):
        return value
    return visible(str(value)) if most is None else cut(visible(str(value)), most)
