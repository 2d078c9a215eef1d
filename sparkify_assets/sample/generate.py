"""Generate a lake from options: distribute days and batches of songs over processes, and add up what they wrote.

What a day or a batch holds belongs in `days` and `catalogue`.
"""

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from sparkify_assets.sample import catalogue, days, dirt, ids, writing
from sparkify_assets.sample.agreed import Truth, write_agreed
from sparkify_assets.sample.counts import Counts, count_day, count_songs
from sparkify_assets.sample.options import SampleOptions, SampleSummary
from sparkify_assets.sample.repertoire import make_repertoire

# Below this, starting a second process costs more time than it saves. A song's file takes as long as eight events.
EVENTS_WORTH_A_PROCESS = 150_000
EVENTS_PER_SONG = 8

Progress = Callable[[int, int], None]
# What was written, and the totals of its good records if they were requested.
Part = tuple[SampleSummary, Counts | None]


# This file lies beside the others while some are missing.
UNFINISHED = ".unfinished-sample"


def generate(
    out: Path,
    options: SampleOptions,
    progress: Progress | None = None,
    *,
    workers: int | None = None,
    acceptance: bool = False,
) -> SampleSummary:
    """Write the lake into `out`, and with `acceptance` its queries too. Equal options give equal bytes, whatever the
    number of workers.

    `progress` is called with the number of days done and of all days. Memory holds one day per worker.
    """
    writing.refuse_other_files(out, options, catalogue.broken_songs(options, options.songs))
    out.mkdir(parents=True, exist_ok=True)
    (out / UNFINISHED).touch()
    workers = workers or _enough_workers(options)
    summary, counts, done = SampleSummary(), Counts(), 0
    write = _in_turn(out, options, acceptance) if workers == 1 else _side_by_side(out, options, acceptance, workers)
    for is_day, (part, counted) in write:
        summary += part
        if counted:
            counts.add(counted)
        done += is_day
        if is_day and progress is not None:
            progress(done, options.days)
    if acceptance:
        write_agreed(out / "acceptance", Truth(counts, make_repertoire(options).all))
    (out / UNFINISHED).unlink()
    return summary


def has_lake(out: Path) -> bool:
    """Return whether there is a complete lake, not one whose generation was interrupted."""
    begun = any((out / name).exists() for name in ("log_data", "song_data"))
    return begun and not (out / UNFINISHED).exists()


def write_day(out: Path, options: SampleOptions, number: int, counting: bool) -> Part:
    world = _world(options)
    happened = days.happen(world, number)
    lines = days.arrivals(world, number, happened.at_once)
    parts = min(options.files_per_day, len(lines))
    bounds = [len(lines) * part // parts for part in range(parts + 1)] if parts else []
    sizes = [
        # The real files do not end with a newline either.
        writing.write_file(out / path, "\n".join(lines[start:end]), options.compress)
        for path, (start, end) in zip(writing.log_paths(options, number, parts), pairwise(bounds), strict=True)
    ]
    plan = world.plan[number]
    summary = SampleSummary(
        files=len(sizes),
        events=plan.events,
        bytes=sum(sizes),
        malformed=plan.malformed,
        doubled=plan.doubled + plan.repeated,
        late=plan.late,
    )
    return summary, count_day(options.day(number), happened.at_once + happened.late) if counting else None


def write_songs(out: Path, options: SampleOptions, batch: int, counting: bool) -> Part:
    songs = catalogue.make_songs(options, batch)
    first = batch * catalogue.BATCH
    texts = {song.track: catalogue.write_record(song) for song in songs}
    good = len(texts)
    broken = range(catalogue.broken_songs(options, first), catalogue.broken_songs(options, first + good))
    for number, song in zip(broken, songs, strict=False):
        track = ids.track_id(options.seed, number, options.songs, broken=True)
        texts[track] = dirt.malformed_song(catalogue.record(song), number)
    sizes = [
        writing.write_file(out / ids.song_path(track, options.compress), text, options.compress)
        for track, text in texts.items()
    ]
    summary = SampleSummary(files=len(sizes), songs=good, bytes=sum(sizes), malformed=len(broken))
    return summary, count_songs(songs) if counting else None


def _in_turn(out: Path, options: SampleOptions, counting: bool) -> Iterator[tuple[bool, Part]]:
    """Yield whether each part was a day (or a batch of songs), and the part."""
    for batch in catalogue.batches(options):
        yield False, write_songs(out, options, batch, counting)
    for number in range(options.days):
        yield True, write_day(out, options, number, counting)


def _side_by_side(out: Path, options: SampleOptions, counting: bool, workers: int) -> Iterator[tuple[bool, Part]]:
    """Yield the same, in the order in which several processes finish."""
    # Imported here: only large samples need them.
    from concurrent.futures import Future, ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    # A fresh interpreter, not a fork: the caller may have threads, and a fork would copy their locks.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        is_day: dict[Future[Part], bool] = {}
        for number in range(options.days):
            is_day[pool.submit(write_day, out, options, number, counting)] = True
        for batch in catalogue.batches(options):
            is_day[pool.submit(write_songs, out, options, batch, counting)] = False
        try:
            for part in as_completed(is_day):
                yield is_day[part], part.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _enough_workers(options: SampleOptions) -> int:
    work = options.events + options.songs * EVENTS_PER_SONG
    return max(1, min(os.cpu_count() or 1, options.days, work // EVENTS_WORTH_A_PROCESS))


@lru_cache(maxsize=1)
def _world(options: SampleOptions) -> days.World:
    """Return the world, made once in each process for all of its days."""
    return days.make_world(options)
