"""Failed audits on a terminal: of each refused load the place, the reason and what to do, then the warnings, together.

The words are those of `load/explanations.py`.
"""

from collections.abc import Iterable, Mapping, Sequence

from sparkify_assets.load.explanations import Explanation
from sparkify_assets.report.phrases import counted
from sparkify_assets.report.terminal.console import PlainConsole, print_indented, styled
from sparkify_assets.report.visible import on_one_line

# What somebody asks who reads that a day was refused.
KEPT = "Until then what was refused keeps its earlier rows."
_REFUSALS_SHOWN, _NAMES_SHOWN = 10, 5


def print_refusals(console: PlainConsole, refusals: Sequence[tuple[str, Explanation]]) -> None:
    """Print why loads were refused, each by its name; of many the first, and the names of the others."""
    for name, why in refusals[:_REFUSALS_SHOWN]:
        console.print(styled((f"✗ {name} was refused: ", "red"), (on_one_line(why.where), "bold")), soft_wrap=True)
        print_indented(console, styled(on_one_line(why.why)))
        print_indented(console, styled((f"→ {on_one_line(why.remedy)}", "red")))
    if others := list(dict.fromkeys(name for name, _ in refusals[_REFUSALS_SHOWN:])):
        more = (
            f"✗ {len(others):,} more were refused: {listed(others)}; `sparkify status --start DAY --end DAY` shows why"
        )
        console.print(styled((more, "red")), soft_wrap=True)


def print_warnings(console: PlainConsole, warnings: Mapping[str, Sequence[tuple[str, Explanation]]]) -> None:
    """Print what audits warn of, by their names: on which loads, and the first."""
    for audit, found in warnings.items():
        first = found[0][1]
        where = f" on {counted(len(found), 'load')}: {listed([name for name, _ in found])}"
        console.print(styled((f"! {audit}", "yellow"), where), soft_wrap=True)
        remedy = f" → {first.remedy}" if first.remedy else ""
        print_indented(console, styled((on_one_line(f"{first.where}{remedy}"), "dim")))


def listed(names: Iterable[str]) -> str:
    """Return the first of some names, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - _NAMES_SHOWN:,} more" if len(every) > _NAMES_SHOWN else ""
    return f"{', '.join(every[:_NAMES_SHOWN])}{more}"
