"""What `sparkify init` shows of a lake, and what is the matter with it."""

from collections.abc import Iterator

from sparkify_assets.lake.survey import FileKind, Survey
from sparkify_assets.report.phrases import counted, cut, range_in_words
from sparkify_assets.report.terminal.console import PlainConsole, styled

_RECORD_SHOWN = 200
_NAMES_SHOWN = 5


def print_survey(address: str, found: Survey) -> None:
    console = PlainConsole(soft_wrap=True)
    console.print(styled((address, "bold")))
    if found.days:
        missing = (found.days[-1] - found.days[0]).days + 1 - len(found.days)
        gaps = f", {counted(missing, 'day')} without files" if missing else ""
        console.print(f"  days: {range_in_words(found.days[0], found.days[-1])}{gaps}")
    for name, kind in (("log file", found.logs), ("song file", found.songs)):
        console.print(f"  {counted(kind.files, name)}, {_size(kind.size)}")
        if kind.record:
            console.print(styled((f"    for example {cut(kind.record, _RECORD_SHOWN)}", "dim")))
    for problem in problems(found):
        console.print(styled((f"  {problem}", "yellow")))


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} kB"


def problems(found: Survey) -> Iterator[str]:
    """What does not fit the layout or the contract; a load says more of it."""
    if found.misplaced:
        names = ", ".join(found.misplaced[:_NAMES_SHOWN]) + (", …" if len(found.misplaced) > _NAMES_SHOWN else "")
        yield f"{counted(len(found.misplaced), 'file')} not read, since their names do not fit the layout: {names}"
    if not found.songs.files:
        yield "no song files: no play will match a song of the song catalog"
    for name, kind in (("log", found.logs), ("song", found.songs)):
        yield from (f"{problem} in the first {name} records" for problem in _unexpected(kind))


def _unexpected(kind: FileKind) -> Iterator[str]:
    if kind.files and not kind.drift.records:
        yield "nothing that is a JSON object"
    if kind.drift.unknown:
        yield f"unknown keys, which are ignored ({', '.join(kind.drift.unknown)})"
    if kind.drift.unseen and kind.drift.records:
        yield f"no {', '.join(kind.drift.unseen)}"
