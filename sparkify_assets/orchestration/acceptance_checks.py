"""Acceptance queries as asset checks. What a pair is and how rows are compared belongs in `acceptance/`.

The pairs are found when the code location is loaded; each check reads its pair's files again.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

import dagster as dg

from sparkify_assets import model
from sparkify_assets.acceptance.pairs import Outcome, Pair, assets_of, check_name, examine, find_pairs
from sparkify_assets.errors import AcceptanceError
from sparkify_assets.orchestration.metadata import as_table
from sparkify_assets.orchestration.resources import WarehouseResource
from sparkify_assets.report.visible import markdown, visible
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.session import Warehouse


def build_acceptance_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    """Return a check for each pair of the folders; none of one that cannot be read, which `sparkify doctor` reports."""
    pairs = _by_check(settings)
    return [_build(pairs)] if pairs else []


def accept(settings: Settings, warehouse: Warehouse, assets: Collection[str]) -> Iterator[dg.AssetCheckResult]:
    """Ask the questions whose checks these assets have."""
    keys = {_spec(name, pair).key: pair for name, pair in _by_check(settings).items()}
    return _ask(warehouse, {key: pair for key, pair in keys.items() if key.asset_key.to_user_string() in assets})


def _by_check(settings: Settings) -> dict[str, Pair]:
    """Return the pairs by the names of their checks, numbered where two names become the same."""
    found: list[Pair] = []
    for folder in settings.acceptance_folders:
        with suppress(OSError):
            found += find_pairs(folder.absolute())
    pairs: dict[str, Pair] = {}
    for pair in found:
        name, number = check_name(pair.name), 1
        while name in pairs:
            number += 1
            name = f"{check_name(pair.name)}_{number}"
        pairs[name] = pair
    return pairs


def _build(pairs: Mapping[str, Pair]) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        name="acceptance", specs=[_spec(name, pair) for name, pair in pairs.items()], can_subset=True, config_schema={}
    )
    def acceptance(
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[WarehouseResource]
    ) -> Iterator[dg.AssetCheckResult]:
        """Ask each question, and compare the answer with the rows that were agreed on."""
        yield from _ask(warehouse.open(), {key: pairs[key.name] for key in context.selected_asset_check_keys})

    return acceptance


def _ask(warehouse: Warehouse, pairs: Mapping[dg.AssetCheckKey, Pair]) -> Iterator[dg.AssetCheckResult]:
    if not pairs:
        return
    # DuckDB opens a file at once that this process has open already.
    with warehouse.for_questions():
        for key in sorted(pairs):
            yield _result(key, pairs[key], examine(warehouse, pairs[key]))


def _spec(name: str, pair: Pair) -> dg.AssetCheckSpec:
    """Return the check of a pair, even if its query cannot be read: then the check fails and says why."""
    try:
        tables = pair.question().tables
    except AcceptanceError:
        tables = ()
    asset, *others = assets_of(tables)
    # Once all insights have followed, what is loaded is published, which is what is asked.
    others = [name for name in dict.fromkeys((*others, *model.insights())) if name != asset]
    return dg.AssetCheckSpec(name, asset=asset, additional_deps=others, description=visible(pair.meaning))


def _result(key: dg.AssetCheckKey, pair: Pair, outcome: Outcome) -> dg.AssetCheckResult:
    difference = outcome.difference
    metadata: dict[str, Any] = {"pair": visible(str(pair.folder / pair.name))}
    if outcome.problem:
        metadata["problem"] = visible(outcome.problem)
    else:
        metadata |= {"rows": outcome.rows, "difference": "none" if difference.is_none else visible(difference.summary)}
    for which, rows in (("missing", difference.missing_rows), ("too many", difference.excess_rows)):
        if rows:
            metadata[f"rows {which} (first 20)"] = as_table(rows, list(rows[0]))
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=outcome.passed,
        severity=dg.AssetCheckSeverity.ERROR,
        # The UI takes it for Markdown, and a problem may quote what the warehouse holds.
        description=None if outcome.passed else markdown(outcome.problem or difference.summary),
        metadata=metadata,
    )
