"""How much is done at once: what follows one another is put together, up to a size."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from sparkify_assets.lake.listing import File

# How much larger logs are than they lie there packed.
_UNPACKED = 8
# A dirty file takes a while, however small it is. Of files that take long, so many bytes, or so many files, are landed
# and published at a time, so that days are published as they are done and little is lost if the load is killed.
MOST_DIRTY_BYTES, MOST_DIRTY_FILES = 256_000_000, 1_000

T = TypeVar("T")


def batches(several: Iterable[T], size: Callable[[T], int], most: int) -> Iterator[list[T]]:
    """Put together what follows one another, as many as have no more than this size; one at least."""
    batch: list[T] = []
    total = 0
    for each in several:
        if batch and total + size(each) > most:
            yield batch
            batch, total = [], 0
        batch.append(each)
        total += size(each)
    if batch:
        yield batch


def size_of(files: Iterable[File]) -> int:
    """Return about how many bytes files have unpacked."""
    return sum(file.size * (_UNPACKED if file.path.endswith(".gz") else 1) for file in files)


def size_of_dirty(files: Iterable[File]) -> int:
    """Return the size of files that are not clean: a small one counts as the share of a file."""
    return sum(max(size_of([file]), MOST_DIRTY_BYTES // MOST_DIRTY_FILES) for file in files)
