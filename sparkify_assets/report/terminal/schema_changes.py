"""Changes of the schema, as one reads them or runs them by hand."""

from collections.abc import Iterable

from sparkify_assets.warehouse.session import SchemaChange


def print_changes(changes: Iterable[SchemaChange], *, applied: bool) -> bool:
    """Print the statements, those that are not run as comments with the reason; whether there are any of these."""
    found = list(changes)
    reason = ""
    for change in found:
        if change.refused and change.refused != reason:
            print(f"-- not run, {change.refused}:")
        reason = change.refused
        print("\n".join(f"{'-- ' if change.refused else ''}{line}" for line in f"{change.statement};".splitlines()))
    refused = sum(bool(change.refused) for change in found)
    done = len(found) - refused
    if not found:
        print("-- All is as the contract has it.")
    else:
        what = "were run" if applied else "would be run by `sparkify schema apply`"
        print(f"-- {done:,} statements {what}, {refused:,} are left to you, for the reasons above them.")
    return refused > 0
