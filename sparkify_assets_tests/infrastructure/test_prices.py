"""What it costs, by a table of list prices and its date."""

from datetime import date

import pytest

from sparkify_assets.infrastructure.prices import PRICED_ON, STORAGE, cost_of_nodes, cost_of_rpus
from sparkify_assets_tests.infrastructure.account import Account
from sparkify_assets_tests.infrastructure.conftest import opened, wanting


@pytest.mark.parametrize(
    ("node_type", "nodes", "hour", "month"),
    [("ra3.large", 1, 0.543, 396.39), ("ra3.large", 2, 1.086, 792.78), ("ra3.4xlarge", 4, 13.04, 9519.2)],
)
def test_nodes_cost_by_the_hour_each(node_type: str, nodes: int, hour: float, month: float) -> None:
    cost = cost_of_nodes("us-west-2", node_type, nodes)
    assert cost.hour == pytest.approx(hour)
    assert cost.month == pytest.approx(month)


@pytest.mark.parametrize(
    ("rpus", "rpu_hours", "hour", "month"),
    [
        (8, 24, 3.0, 3.0 * 730 / 8),
        (8, 192, 3.0, 3.0 * 730),
        # More than it can use in a day.
        (8, 1000, 3.0, 3.0 * 730),
        (4, 24, 1.5, 1.5 * 730 / 4),
    ],
)
def test_serverless_costs_at_most_what_its_limit_lets_through(
    rpus: int, rpu_hours: int, hour: float, month: float
) -> None:
    cost = cost_of_rpus("us-west-2", rpus, rpu_hours)
    assert cost.hour == pytest.approx(hour)
    assert cost.month == pytest.approx(month)


def test_what_the_table_does_not_know_has_no_price() -> None:
    for cost in (
        cost_of_nodes("us-west-2", "rg.xlarge", 2),
        cost_of_nodes("eu-west-1", "ra3.large", 2),
        cost_of_rpus("eu-west-1", 8, 24),
    ):
        assert (cost.hour, cost.month) == (None, None)


def test_an_environment_costs_what_it_wants(account: Account) -> None:
    assert opened(wanting()).cost == cost_of_nodes("us-west-2", "ra3.large", 2)
    assert opened(wanting(rpus=16, rpu_hours=10)).cost == cost_of_rpus("us-west-2", 16, 10)


def test_the_table_says_when_it_was_made() -> None:
    assert date(2025, 1, 1) <= PRICED_ON <= date.today()
    assert 0 < STORAGE < 0.1
