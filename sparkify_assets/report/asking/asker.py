"""Asks the dashboard's questions: of one published state, each within a limit of time, and keeps the answers until
another state is published.

What a question's statement is, is in `composing.py`.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from sparkify_assets.errors import QuestionStopped, WarehouseError
from sparkify_assets.report.asking.composing import Composed, compose
from sparkify_assets.report.asking.filters import Covered, Filter
from sparkify_assets.report.phrases import number
from sparkify_assets.warehouse.session import Answer, Row, Session, Value, Warehouse

# A question that takes longer is stopped.
LIMIT_SECONDS = 10.0
# So many rows are shown, and so many are written to a file.
SHOWN_ROWS, WRITTEN_ROWS = 50, 50_000
# Each takes two processors: more at once would each take longer.
_AT_ONCE = 4
_KEPT_ANSWERS, _KEPT_ROWS = 400, 4_000
_AGAIN_SECONDS = 0.1


class Asked(NamedTuple):
    """A question with its filter: what is asked for."""

    name: str
    filter: Filter
    most: int = SHOWN_ROWS
    skipped: int = 0
    # What else the statement takes: `sort` of a ranking, `before` and `after_id` of a page of plays.
    options: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True)
class Answered:
    """Rows, what they are and how each column is counted; and the statement that gives them. `state` is the version of
    the published state that they are of."""

    rows: list[Row]
    meaning: str
    columns: dict[str, str]
    state: str
    composed: Composed = field(repr=False)

    @property
    def row(self) -> Row:
        """The only row."""
        (found,) = self.rows
        return found

    @cached_property
    def sql(self) -> str:
        """The statement, for people to copy: `sparkify query` gives the same rows for it."""
        return self.composed.shown

    @property
    def total(self) -> int:
        """How many rows there are, those that are cut off included."""
        return number(self.rows[0].get("total", len(self.rows))) if self.rows else 0


class StopButton:
    """What another thread presses to stop a question."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Session | None = None
        self._ended = threading.Event()
        self.is_pressed = False

    @property
    def is_running(self) -> bool:
        """Whether a question runs that the button would stop."""
        return self._running is not None

    def press(self) -> None:
        """Stop the question, and return once it has stopped."""
        self.is_pressed = True
        # Pressed between two statements, or before the engine has begun one, it stops nothing yet.
        while self._is_stopping():
            self._ended.wait(_AGAIN_SECONDS)

    def _is_stopping(self) -> bool:
        # While the lock is held, the session runs nothing else.
        with self._lock:
            if self._running:
                self._running.stop()
            return self._running is not None

    @contextmanager
    def stopping(self, session: Session) -> Iterator[None]:
        """Let the button stop what the session runs within the context."""
        with self._lock:
            if self.is_pressed:
                raise QuestionStopped("the question was stopped before it was asked: ask it again")
            self._ended.clear()
            self._running = session
        try:
            yield
        except (WarehouseError, KeyboardInterrupt) as error:
            # DuckDB's interrupt looks like Ctrl-C.
            if self.is_pressed:
                raise QuestionStopped("the question was stopped, as somebody asked for: ask it again") from error
            raise
        finally:
            with self._lock:
                self._running = None
            self._ended.set()


class Asker:
    """Asks a warehouse, from any thread. It is a context: it keeps what it asks open."""

    def __init__(self, warehouse: Warehouse, seconds: float = LIMIT_SECONDS) -> None:
        self._warehouse, self._seconds = warehouse, seconds
        self._stack = ExitStack()
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._kept: OrderedDict[Any, Answered] = OrderedDict()

    def __enter__(self) -> "Asker":
        self._readers = self._stack.enter_context(self._warehouse.readers())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def covered(self) -> Covered | None:
        """Return which log days are loaded; None if there are none."""
        (row,) = self.ask_all([Asked("covered", _ANY)])[0].rows
        first, last = row["first_day"], row["last_day"]
        return Covered(first, last) if first and last else None  # type: ignore[arg-type]

    def ask(self, asked: Asked, button: StopButton | None = None) -> Answered:
        return self.ask_all([asked], button)[0]

    def ask_all(self, questions: Sequence[Asked], button: StopButton | None = None) -> list[Answered]:
        """Return the answers, all of one published state."""
        composed = [compose(q.name, q.filter, q.most, q.skipped, dict(q.options)) for q in questions]
        button = button or StopButton()
        with self._places, self._readers.session() as (session, state):
            return [self._answer(each, session, state, button) for each in composed]

    def ask_whole(self, asked: Asked, button: StopButton | None = None) -> Answer:
        """Return an answer to be written to a file: with as many rows as a file may have."""
        found = self.ask(asked._replace(most=WRITTEN_ROWS, skipped=0), button)
        return Answer(tuple(found.columns), [tuple(row[name] for name in found.columns) for row in found.rows])

    def _answer(self, composed: Composed, session: Session, state: str, button: StopButton) -> Answered:
        key = (state, composed.query.sql, tuple(composed.values.values()))
        with self._lock:
            if kept := self._kept.get(key):
                self._kept.move_to_end(key)
                return kept
        with button.stopping(session), session.limited(self._seconds):
            rows = session.fetch(composed.query, **composed.values)
        answered = Answered(rows, composed.meaning, dict(composed.columns), state, composed)
        # Where no state is known, another answer may be right the next time.
        if state and len(rows) <= _KEPT_ROWS:
            with self._lock:
                self._kept[key] = answered
                while len(self._kept) > _KEPT_ANSWERS:
                    self._kept.popitem(last=False)
        return answered


# What there is to ask of is asked of no day.
_ANY = Filter(date(2000, 1, 1), date(2000, 1, 1))
