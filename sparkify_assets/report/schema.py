"""Changes of the schema, as one reads them or runs them by hand."""

from collections.abc import Iterable

from sparkify_assets.warehouse import SchemaChange


def print_changes(changes: Iterable[SchemaChange], *, applied: bool) -> bool:
    """Print the statements, those that are not run as comments with the reason; whether there are any of these."""
    found = list(changes)
    for change in found:
        if change.refused:
            print(f"-- not run, {change.refused}:")
        print("\n".join(f"{'-- ' if change.refused else ''}{line}" for line in f"{change.statement};".splitlines()))
    refused = sum(bool(change.refused) for change in found)
    done = len(found) - refused
    if not found:
        print("-- The tables are those of the contract.")
    else:
        what = "were run" if applied else "would be run by `sparkify schema apply`"
        print(f"-- {done:,} statements {what}, {refused:,} are left to you: they would lose data.")
    return refused > 0
