"""What it costs, by a small table of list prices: for a decision, not for an invoice."""

from dataclasses import dataclass
from datetime import date

PRICED_ON = date(2025, 6, 1)
_HOURS_A_MONTH = 730
_US = ("us-east-1", "us-east-2", "us-west-2")
# US dollars an hour, on demand: a node, and a Redshift processing unit while it computes.
_NODE = {
    region: {"ra3.large": 0.543, "ra3.xlplus": 1.086, "ra3.4xlarge": 3.26, "ra3.16xlarge": 13.04} for region in _US
}
_RPU = dict.fromkeys(_US, 0.375)
# US dollars a GB and month of what is stored.
STORAGE = 0.024


@dataclass(frozen=True)
class Cost:
    """What something costs an hour, in US dollars, as long as it runs; None where the table does not know. And the most
    that it runs in a day."""

    hour: float | None
    hours_a_day: float = 24

    @property
    def month(self) -> float | None:
        return None if self.hour is None else self.hour * _HOURS_A_MONTH * min(1, self.hours_a_day / 24)


def cost_of_nodes(region: str, node_type: str, nodes: int) -> Cost:
    price = _NODE.get(region, {}).get(node_type)
    return Cost(None if price is None else price * nodes)


def cost_of_rpus(region: str, rpus: int, rpu_hours_a_day: int) -> Cost:
    """At most what the usage limit lets through."""
    price = _RPU.get(region)
    return Cost(None if price is None else price * rpus, min(24, rpu_hours_a_day / rpus))
