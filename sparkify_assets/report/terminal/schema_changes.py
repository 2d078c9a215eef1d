"""`sparkify schema` on a terminal: statements that a person can read, or run by hand."""

from collections.abc import Sequence

from sparkify_assets.report.phrases import counted
from sparkify_assets.warehouse.session import SchemaChange


def print_changes(changes: Sequence[SchemaChange], *, applied: bool) -> bool:
    """Print the statements, those that are left to the user as comments with the reason; return whether there are any
    of these."""
    reason = ""
    for change in changes:
        if change.refused and change.refused != reason:
            print(f"-- not run, {change.refused}:")
        reason = change.refused
        print("\n".join(f"{'-- ' if change.refused else ''}{line}" for line in f"{change.statement};".splitlines()))
    refused = sum(bool(change.refused) for change in changes)
    if not changes:
        print("-- The tables match the contract.")
    else:
        done = "Ran" if applied else "`sparkify schema apply` runs"
        left = f"; {refused:,} left to you, for the reasons above" if refused else ""
        print(f"-- {done} {counted(len(changes) - refused, 'statement')}{left}.")
    return refused > 0
