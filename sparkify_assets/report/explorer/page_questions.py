"""What a part of a page asks with: where the reader is, and the questions with the filter of there."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from sparkify_assets.report.addresses import DASHBOARD
from sparkify_assets.report.asking.asker import SHOWN_ROWS, WRITTEN_ROWS, Answered, Asked, Asker, StopButton
from sparkify_assets.report.asking.filters import Filter
from sparkify_assets.report.explorer.explorer_view import View
from sparkify_assets.report.explorer.parts import Counted, Framed
from sparkify_assets.warehouse.session import Value


@dataclass(frozen=True)
class PageQuestions:
    """The view, and who answers its questions until the button is pressed."""

    view: View
    asker: Asker
    button: StopButton = field(default_factory=StopButton)

    def ask(self, name: str, most: int = SHOWN_ROWS, skipped: int = 0, /, **options: Value) -> Answered:
        return self._ask(name, self.view.filter, most, skipped, **options)

    def ask_before(self, name: str, most: int = SHOWN_ROWS) -> Answered | None:
        """Ask the same of the days before, if they are loaded."""
        return self._ask(name, self.view.filter.before(), most, 0) if self.view.has_before else None

    def _ask(self, name: str, of: Filter, most: int, skipped: int, /, **options: Value) -> Answered:
        return self.asker.ask(Asked(name, of, most, skipped, tuple(options.items())), self.button)

    def part(self, name: str, title: str, *asked: tuple[str, Answered], lead: str = "") -> Framed:
        """Return a part that shows the answers to these questions, named."""
        return Framed(name, title, lead, tuple(self._counted(question, answer) for question, answer in asked))

    def _counted(self, question: str, answer: Answered) -> Counted:
        """Return how an answer was counted, and where all of it is."""
        sort = {"sort": self.view.showing["sort"]} if "sort" in self.view.showing else {}
        query = urlencode(self.view.filter.as_query() | sort)
        csv, parquet = (f"{DASHBOARD}/answers/{question}.{kind}?{query}" for kind in ("csv", "parquet"))
        return Counted(answer.meaning, tuple(answer.columns.items()), answer.sql, csv, parquet, WRITTEN_ROWS)
