"""The AWS resources that a warehouse needs.

`Resource` is the interface; each service has a module that implements it. `create.py` and `destroy.py` decide in which
order resources come and go. Assets never call this package.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

PROJECT = "sparkify"
READY, PAUSED = "ready", "paused"

# What tells a person how it goes.
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Seen:
    """A resource as AWS shows it: READY or what it is doing, its tags, and its settings in words."""

    id: str
    tags: Mapping[str, str]
    settings: Mapping[str, str]
    state: str = READY


@dataclass(frozen=True)
class Setting:
    """How a setting is to be, in words; and what changes it where it is another, if it can be changed afterwards."""

    wanted: str
    mend: Callable[[Seen], None] | None = field(default=None, compare=False)


class Resource(Protocol):
    """Something in AWS that has a name. `make` and `remove` only ask for it: `look` says when it is done."""

    @property
    def kind(self) -> str:
        """What it is, for people."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def slow(self) -> bool:
        """Whether AWS takes its time with each change, and takes no other meanwhile."""

    def settings(self) -> Mapping[str, Setting]:
        """How it is to be."""

    def look(self) -> Seen | None:
        """How it is; None where it is not there."""

    def make(self) -> None:
        """Make it, with its tags; nothing where it is there already."""

    def remove(self, seen: Seen, snapshot: str | None) -> None:
        """Remove it; where it holds data and a snapshot is named, after one has been taken under that name."""

    def search(self) -> list[str]:
        """Everything of this kind that has the environment's tags, whatever it is called."""


def differences(resource: Resource, seen: Seen) -> dict[str, tuple[str, str]]:
    """The settings that are not as they are to be: how they are, and how they are to be."""
    return {
        name: (seen.settings.get(name, "not set"), setting.wanted)
        for name, setting in resource.settings().items()
        if seen.settings.get(name, "not set") != setting.wanted
    }
