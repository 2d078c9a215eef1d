"""Loading log days, or the song catalog: which days are put together, how many sessions there are, what is tried again.

This is what assets and tests call. What happens in a session belongs in `publish.py`.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from sparkify_assets.errors import ConnectionLost, WarehouseUnreachable
from sparkify_assets.lake.listing import Lake
from sparkify_assets.load.batches import batches, size_of
from sparkify_assets.load.forgetting import apply_list
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.land import MAX_REJECTED
from sparkify_assets.load.log_days import LogDays, consecutive
from sparkify_assets.load.progress import OnProgress, Progress
from sparkify_assets.load.publish import CommitUnknown, Publication
from sparkify_assets.load.results import LoadResult
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.warehouse.retries import ATTEMPTS, attempts
from sparkify_assets.warehouse.session import ListChanged, Session, Warehouse

OnResult = Callable[[LoadResult], object]
# Called before, with what was decided together and the session that did it.
OnPublished = Callable[[Session, Sequence[LoadResult]], object]

_log = logging.getLogger("sparkify_assets.attempts")


def ignore(*results: object) -> None:
    """What hears of results where nobody else does."""


def load_days(
    warehouse: Warehouse,
    lake: Lake,
    days: Sequence[date],
    force: bool = False,
    run_id: str | None = None,
    max_rejected: float = MAX_REJECTED,
    at_once: int = 1,
    bytes_together: int = 0,
    on_result: OnResult = ignore,
    on_progress: OnProgress | None = None,
    on_published: OnPublished = ignore,
) -> list[LoadResult]:
    """Bring log days up to date: consecutive days together, as many as have so many bytes. Several such loads are
    landed at once, each in a session of its own, and published one after another."""
    loads, turn = _put_together(lake, days, bytes_together), threading.Lock()

    def notify(session: Session, results: Sequence[LoadResult]) -> None:
        with turn:
            _notify(session, results, on_published, on_result)

    def notify_progress(progress: Progress) -> None:
        with turn:
            if on_progress:
                on_progress(progress)

    def load(each: Load) -> list[LoadResult]:
        heard = notify_progress if on_progress else None
        return _load(warehouse, lake, each, force, run_id, max_rejected, notify, heard)

    if at_once == 1 or len(loads) == 1:
        return [result for each in loads for result in load(each)]
    with ThreadPoolExecutor(at_once) as pool:
        try:
            return [result for results in pool.map(load, loads) for result in results]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def load_songs(
    warehouse: Warehouse,
    lake: Lake,
    force: bool = False,
    run_id: str | None = None,
    max_rejected: float = MAX_REJECTED,
    on_result: OnResult = ignore,
    on_progress: OnProgress | None = None,
    on_published: OnPublished = ignore,
) -> LoadResult:
    """Bring the song catalog up to date with the lake, and re-link the plays whose match changed."""

    def notify(session: Session, results: Sequence[LoadResult]) -> None:
        _notify(session, results, on_published, on_result)

    (result,) = _load(warehouse, lake, SONG_CATALOG, force, run_id, max_rejected, notify, on_progress)
    return result


def _notify(session: Session, results: Sequence[LoadResult], on_published: OnPublished, on_result: OnResult) -> None:
    on_published(session, results)
    for result in results:
        on_result(result)


def _put_together(lake: Lake, days: Sequence[date], most_bytes: int) -> list[LogDays]:
    """Consecutive days, as many together as have no more than so many bytes; one at least."""
    if len(days) == 1 or not most_bytes:
        return [LogDays.of(day) for day in days]
    in_lake = lake.days(days)
    return [
        LogDays(some[0].first, some[-1].first)
        for run in consecutive(days)
        for some in batches(run.parts, lambda part: size_of(in_lake.get(part.first, ())), most_bytes)
    ]


def _load(
    warehouse: Warehouse,
    lake: Lake,
    load: Load,
    force: bool,
    run_id: str | None,
    max_rejected: float,
    on_published: OnPublished,
    on_progress: OnProgress | None,
) -> list[LoadResult]:
    """Load once; again, if the connection broke or users were forgotten meanwhile, what the warehouse does not have of
    it."""
    done: dict[Load, LoadResult] = {}
    unknown: CommitUnknown | None = None

    def finish(session: Session, results: Sequence[LoadResult]) -> None:
        done.update({result.load: result for result in results})
        on_published(session, results)

    for attempt in attempts(first_seconds=1.0):
        try:
            with warehouse.session(run_id) as session:
                if unknown and unknown.was_committed(session):
                    finish(session, unknown.results)
                unknown = None
                apply_list(session, warehouse.forgotten_file)
                for left in load.joined(part for part in load.parts if part not in done):
                    publication = Publication(session, lake, run_id, max_rejected, on_progress)
                    for results in publication.bring_up_to_date(left, force):
                        finish(session, results)
            return [done[part] for part in load.parts]
        except (ConnectionLost, WarehouseUnreachable, ListChanged) as error:
            # What was never reached is not waited for.
            if attempt == ATTEMPTS or (attempt == 1 and isinstance(error, WarehouseUnreachable)):
                raise
            if isinstance(error, CommitUnknown):
                unknown = error
            _log.warning("%s: attempt %d of %d: %s", load, attempt + 1, ATTEMPTS, error)
    raise AssertionError
