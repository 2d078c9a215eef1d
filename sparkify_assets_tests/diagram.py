"""The guide's diagram of the star and its table of tables, generated from the contract."""

from sparkify_assets.model import Column, Table, table

STAR = ("songplays", "page_views", "users", "songs", "artists", "time")


def star_diagram() -> str:
    """Return the facts and their dimensions, with keys and types, as a Mermaid entity diagram."""
    tables = [table(f"sparkify.{name}") for name in STAR]
    lines = ["erDiagram"]
    for contract in tables:
        for key in contract.foreign_keys:
            nullable = contract.column(key.column).nullable
            name = key.references.rpartition(".")[2]
            lines.append(f"    {name} {'|o' if nullable else '||'}--o{{ {contract.name} : {key.column}")
    for contract in tables:
        lines += [
            f"    {contract.name} {{",
            *(f"        {_field(contract, column)}" for column in contract.columns),
            "    }",
        ]
    return "\n".join(lines)


def _field(contract: Table, column: Column) -> str:
    keys = ["PK"] * (column.name in contract.primary_key) + ["FK"] * any(
        key.column == column.name for key in contract.foreign_keys
    )
    kind = column.type.partition("(")[0].lower().replace(" ", "_")
    return f"{kind} {column.name} {', '.join(keys)}".rstrip()


def table_row(name: str) -> str:
    """Return what a table is, as a row of a Markdown table."""
    return f"| `{name}` | {table(name).meaning} |"
