"""How the sample's files are written: completely or not at all, and with the same bytes every time.

What is in them belongs in `days` and `catalogue`.
"""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

from sparkify_assets.sample import ids
from sparkify_assets.sample.options import SampleOptions

PARTIAL = ".partial"
COMPRESSION_LEVEL = 6


def write_file(path: Path, text: str, compress: bool) -> int:
    """Write the text atomically, and return the number of bytes written.

    The text is ASCII, because everything else is escaped; only dirt contains other bytes.
    """
    data = text.encode("ascii", "surrogateescape")
    if compress:
        data = _compressed(data)
    replace_file(path, data)
    return len(data)


def replace_file(path: Path, data: bytes) -> None:
    """Write the data to a temporary file and rename that."""
    partial = path.with_name(path.name + PARTIAL)
    try:
        partial.write_bytes(data)
    except FileNotFoundError:
        # Only the first file of a folder gets here, so this is cheaper than checking for the folder each time.
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
    partial.replace(path)


def log_paths(options: SampleOptions, number: int, files: int) -> list[str]:
    """Return the paths of the day's log files in the lake, numbered from 1 if a day can have several."""
    day = options.day(number)
    name = f"log_data/{day:%Y/%m}/{day.isoformat()}-events"
    ending = ".json.gz" if options.compress else ".json"
    if options.files_per_day == 1:
        return [f"{name}{ending}"] * files
    return [f"{name}-{place + 1}{ending}" for place in range(files)]


def refuse_other_files(out: Path, options: SampleOptions, broken_songs: int) -> None:
    """Raise an error if the folder holds files of another lake. Files of the same sample will be overwritten."""
    present = [path.relative_to(out).as_posix() for path in _lake_files(out)]
    if not present:
        return
    planned = {path for day in range(options.days) for path in log_paths(options, day, options.files_per_day)}
    for songs, broken in ((options.songs, False), (broken_songs, True)):
        for number in range(songs):
            track = ids.track_id(options.seed, number, options.songs, broken)
            planned.add(ids.song_path(track, options.compress))
    other = next((path for path in present if path.removesuffix(PARTIAL) not in planned), None)
    if other is not None:
        raise FileExistsError(
            f"{out} holds {other}, which is not of this sample: expected an empty folder or the same sample; "
            "choose another folder, or empty this one"
        )


def _lake_files(out: Path) -> Iterator[Path]:
    for folder in ("log_data", "song_data"):
        yield from (path for path in sorted((out / folder).rglob("*")) if path.is_file())


def _compressed(data: bytes) -> bytes:
    buffer = io.BytesIO()
    # The header holds neither a name nor a time, because they would differ from run to run.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=COMPRESSION_LEVEL, fileobj=buffer, mtime=0) as file:
        file.write(data)
    return buffer.getvalue()
