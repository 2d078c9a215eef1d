"""What became of a load: of a log day, or of the song catalog. How a load is done is in `loading.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sparkify_assets.load.audits import Finding
from sparkify_assets.load.explanations import Explanation, explain_refusal
from sparkify_assets.load.kinds import Load

LOADED, UNCHANGED, REFUSED = "loaded", "unchanged", "refused"


@dataclass(frozen=True)
class LoadResult:
    """What became of a load: loaded, with what it brought; unchanged; or refused, and why. The version is that of its
    files as they were read. The seconds are those of all parts that were published together."""

    load: Load
    state: str
    files: int = 0
    version: str = ""
    size: int = 0
    records: int = 0
    rejected: int = 0
    forgotten: int = 0
    example: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)
    matched: int = 0
    findings: tuple[Finding, ...] = ()
    rebuilt: tuple[date, ...] = ()
    loaded_at: datetime | None = None
    seconds: float = 0.0
    together: int = 1

    @property
    def name(self) -> str:
        return str(self.load)

    @property
    def problem(self) -> str | None:
        """Why it was refused, in a line."""
        return "; ".join(why.text for why in self.refusals) or None

    @property
    def refusals(self) -> list[Explanation]:
        """Why it was refused."""
        return explain_refusal(self.findings)

    @property
    def match_rate(self) -> float:
        """The share of the day's plays that match a song of the catalog."""
        return self.matched / self.rows["songplays"] if self.rows.get("songplays") else 0.0

    @property
    def summary(self) -> str:
        """The result in a line."""
        if self.state == REFUSED:
            return f"{self.name}: refused: {self.problem}"
        if self.state == UNCHANGED:
            return f"{self.name}: unchanged"
        read = f"{self.records:,} records of {self.files:,} file{'' if self.files == 1 else 's'}"
        rejects = f", {self.rejected:,} rejected," if self.rejected else ""
        forgotten = f", {self.forgotten:,} of forgotten users left out," if self.forgotten else ""
        others = f" with {self.together - 1:,} other day{'s' * (self.together > 2)}" if self.together > 1 else ""
        return f"{self.name}: loaded {read}{rejects}{forgotten}{others} in {self.seconds:.2f} s"

    @property
    def account(self) -> str:
        """The result in a line, with all its numbers."""
        if self.state != LOADED:
            return self.summary
        rows = ", ".join(f"{name} {rows:,}" for name, rows in self.rows.items())
        rebuilt = f"; other days affected: {', '.join(map(str, self.rebuilt))}" if self.rebuilt else ""
        return f"{self.summary}; {self.size:,} bytes; {self.rejected:,} rejects; rows: {rows}{rebuilt}"
