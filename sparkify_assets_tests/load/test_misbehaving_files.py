"""Malformed files: each gives rows and rejects, or fails its own day and says why."""

import gzip
import json
import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.lake.listing import File
from sparkify_assets.load.loading import load_days, load_songs
from sparkify_assets_tests.effort import THOROUGH
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, log_file, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform, load_day

GOOD = json.dumps(event()).encode()
OTHER = json.dumps(event(itemInSession=1)).encode()


def write(platform: Platform, content: bytes, name: str = "odd", day: date = DAY) -> Path:
    path = log_file(platform.lake, day, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def reasons(platform: Platform, day: date) -> list[tuple[object, ...]]:
    return platform.values(
        f"SELECT line_number, reason FROM staging.rejected_records WHERE log_date = '{day}' ORDER BY line_number"
    )


# The bytes of a day's file, how many plays it has, and its rejected records, unless they are only counted.
MALFORMED: dict[str, tuple[bytes, int, list[tuple[int, str]] | None]] = {
    "0 bytes": (b"", 0, []),
    "blank lines": (b"\n \r\n\t\n", 0, []),
    "two objects on a line": (GOOD + OTHER + b"\n" + GOOD, 1, [(1, "not JSON")]),
    "a BOM": (b"\xef\xbb\xbf" + GOOD + b"\n" + OTHER, 2, []),
    "a BOM and a bad record": (b"\xef\xbb\xbf" + GOOD + b"\nx\n" + OTHER, 2, [(2, "not JSON")]),
    "a BOM where none belongs": (GOOD + b"\n\xef\xbb\xbf" + OTHER, 1, [(2, "not JSON")]),
    "CRLF": (GOOD + b"\r\n\r\n" + OTHER + b"\r\n", 2, []),
    "NUL": (GOOD + b"\n\0\0\0\n" + OTHER, 2, [(2, "not JSON")]),
    "a vertical tab, which is not blank": (GOOD + b"\n\v\n" + OTHER, 2, [(2, "not JSON")]),
    "a form feed": (GOOD + b"\n\f" + OTHER, 1, [(2, "not JSON")]),
    "invalid UTF-8": (GOOD + b"\n" + OTHER[:-1] + b',"x":"\xff"}', 1, [(2, "not UTF-8")]),
    "a key twice": (GOOD + b"\n" + OTHER[:-1] + b',"ts":5}', 1, [(2, "ts occurs twice")]),
    "a key twice that nobody reads": (GOOD + b"\n" + OTHER[:-1] + b',"x":1,"x":2}', 2, []),
    "a nested value that nobody reads": (GOOD + b"\n" + OTHER[:-1] + b',"x":{"y":[1,2]}}', 2, []),
    "nested": (json.dumps(event(page=["NextSong"])).encode() + b"\n" + GOOD, 1, [(1, "page is an array")]),
    "pretty-printed": (json.dumps(event(), indent=1).encode(), 0, None),
    "one array of all": (b"[\n" + GOOD + b",\n" + OTHER + b"\n]", 1, None),
    "5 MB": (GOOD + b"\n" + b"x" * 5_000_000 + b"\n" + OTHER, 2, [(2, "larger than 4 MB")]),
    "40 MB": (GOOD + b"\n" + b"{" * 40_000_000 + b"\n" + OTHER, 2, [(2, "larger than 4 MB")]),
    "40 MB of blanks": (GOOD + b"\n" + b" " * 40_000_000 + b"\n" + OTHER, 2, []),
    "garbage": (random.Random(1).randbytes(5000), 0, None),
}


@pytest.mark.parametrize("name", ["odd", "odd.gz"])
def test_good_records_are_loaded_and_all_others_are_rejected(platform: Platform, name: str) -> None:
    # A file of 40 MB that is packed or in a bucket takes seconds, and is read as one of 5 MB is.
    large = THOROUGH or (name == "odd" and platform.settings.warehouse == "duckdb")
    cases = [case for case in MALFORMED if large or not case.startswith("40 MB")]
    case_of = {DAY + timedelta(days=n): case for n, case in enumerate(cases)}
    for day, case in case_of.items():
        content = content_on(day, case)
        write(platform, gzip.compress(content, compresslevel=1) if name.endswith(".gz") else content, name, day)
    # On DuckDB together: one file that cannot be read like the others has each of them read alone.
    together = platform.settings.bytes_together
    results = load_days(platform.warehouse, platform.open_lake(), list(case_of), bytes_together=together)
    for day, result in zip(case_of, results, strict=True):
        _, plays, rejected = MALFORMED[case_of[day]]
        assert (result.state, result.rows["songplays"]) == ("loaded", plays), case_of[day]
        content = content_on(day, case_of[day]).removeprefix(b"\xef\xbb\xbf")
        lines = [line for line in content.split(b"\n") if line.strip(b" \t\r")]
        found = reasons(platform, day)
        assert (result.records, result.rejected) == (len(lines), len(found)), case_of[day]
        assert rejected is None or found == rejected, case_of[day]


def content_on(day: date, case: str) -> bytes:
    """The file of a case, whose events happen on this day."""
    return MALFORMED[case][0].replace(str(at(DAY)).encode(), str(at(day)).encode())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(gzip.compress(GOOD * 100)[:-20], "cannot be read to its end: Compressed file ended", id="cut"),
        pytest.param(gzip.compress(GOOD)[:-8] + bytes(8), "cannot be read to its end: CRC check failed", id="checksum"),
        pytest.param(GOOD, "cannot be read to its end: Not a gzipped file", id="plain text by that name"),
    ],
)
def test_a_packed_file_that_cannot_be_unpacked_fails_its_day(platform: Platform, content: bytes, problem: str) -> None:
    write(platform, content, "odd.gz")
    assert_fails_alone(platform, problem)


def test_a_folder_where_a_file_should_be_fails_its_day(embedded: Platform) -> None:
    log_file(embedded.lake, DAY, "odd").mkdir(parents=True)
    assert_fails_alone(embedded, "odd.json is not a file")


def test_a_pipe_where_a_file_should_be_fails_its_day_without_waiting(embedded: Platform) -> None:
    os.mkfifo(write(embedded, b"").with_name(f"{DAY}-pipe.json"))
    assert_fails_alone(embedded, "pipe.json is not a file")


def test_a_pipe_among_the_songs_fails_the_song_catalog_without_waiting(embedded: Platform) -> None:
    os.mkfifo(write_song(embedded.lake, song()).with_name("TRPIPE.json"))
    result = embedded.load_songs()
    assert (result.state, result.problem) == (
        "refused",
        "song_data/A/A/A/TRPIPE.json: cannot be read to its end: TRPIPE.json is not a file: replace it by a whole file "
        "that can be read, or remove it; then `sparkify load`",
    )


def test_a_file_whose_name_is_not_utf8_fails_its_day(embedded: Platform) -> None:
    path = write(embedded, GOOD)
    path.rename(os.fsdecode(os.fsencode(path).replace(b"odd", b"\xff")))
    assert_fails_alone(embedded, f"{DAY}-\\xff.json: cannot be read to its end: its name is not UTF-8")


def test_a_month_that_is_a_file_costs_itself(embedded: Platform) -> None:
    (embedded.lake / "log_data/2018").mkdir(parents=True)
    (embedded.lake / "log_data/2018/11").write_text("a note")
    later = date(2018, 12, 1)
    write_day(embedded.lake, later, [event(ts=at(later))])
    assert [embedded.load(day).records for day in (DAY, later)] == [0, 1]


NAMES = [
    *(
        "a\nb",
        "a\r\n",
        "a\tb",
        '"',
        "'",
        "''",
        "\\",
        "\\n",
        "\\xff",
        "a..b",
        "..",
        ".",
        "*",
        "?",
        "[a-z]",
        "[",
        "{a,b}",
        "$x",
    ),
    *(
        "%s",
        "%20",
        "%",
        "+",
        "&",
        "#",
        "=",
        ";--",
        "page=Home",
        " ",
        "  x  ",
        "\x01",
        "\x1b[2J",
        "\x7f",
        "\u202e",
        "\ufeff",
    ),
    *("é", "e\u0301", "日本", "😀", "x" * 235, "é" * 117, "😀" * 58),
]


def test_a_file_may_have_any_name(platform: Platform) -> None:
    # moto's server finds no key that holds a line's end.
    in_folder = platform.settings.warehouse == "duckdb"
    names = [name for name in NAMES if in_folder or "\n" not in name]
    # A path may have 4,095 bytes, a key in S3 1,024.
    deep = "/".join(["d" * 200] * (18 if in_folder else 4))
    logs = [f"log_data/2018/11/{DAY}-{name}.json" for name in names]
    songs = [f"song_data/A/x{name}.json" for name in names] + [f"song_data/{deep}/{name}.json" for name in ("x", "é")]
    dirty = {*logs[::8], *songs}
    for path in [*logs, *songs]:
        (platform.lake / path).parent.mkdir(parents=True, exist_ok=True)
        content = GOOD + b"\n" if path in logs else json.dumps(song()).encode()
        (platform.lake / path).write_bytes(content + (b"[]" if path in dirty else b""))
    for result, files in ((platform.load(DAY), logs), (platform.load_songs(), songs)):
        rejected = len(dirty.intersection(files))
        assert (result.state, result.records, result.rejected) == ("loaded", len(files) + rejected, rejected)
    assert {path for (path,) in platform.values("SELECT file FROM ops.load_ledger")} == {*logs, *songs}
    assert {path for (path,) in platform.values("SELECT file FROM staging.rejected_records")} == dirty
    assert platform.load(DAY).state == platform.load_songs().state == "unchanged"


def test_a_link_to_nothing_fails_its_day(embedded: Platform) -> None:
    write(embedded, b"").with_name(f"{DAY}-link.json").symlink_to("nowhere")
    assert_fails_alone(embedded, "No such file")


def test_a_link_out_of_the_lake_fails_its_day_and_nothing_of_its_target_is_kept(
    embedded: Platform, tmp_path_factory: pytest.TempPathFactory
) -> None:
    target = tmp_path_factory.mktemp("elsewhere") / "environment"
    target.write_text("PASSWORD=hunter2\n")
    write(embedded, b"").with_name(f"{DAY}-secret.json").symlink_to(target)
    assert_fails_alone(embedded, "secret.json: cannot be read to its end: it is a link that leads out of the lake")
    assert b"hunter2" not in embedded.settings.duckdb.read_bytes()


def test_an_unreadable_file_fails_its_day(embedded: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    # Permissions are not enough: root may run the tests. Nobody can read this file from its beginning.
    monkeypatch.setattr(FolderLake, "_leaves", lambda *_: False)
    write(embedded, b"").with_name(f"{DAY}-secret.json").symlink_to("/proc/self/mem")
    assert_fails_alone(embedded, "secret.json: cannot be read to its end: [Errno 5]")


def assert_fails_alone(platform: Platform, problem: str) -> None:
    write_day(platform.lake, DAY, [event(sessionId=5)], "beside")
    write_day(platform.lake, NEXT_DAY, [event(ts=at(NEXT_DAY))])
    result = platform.load(DAY)
    assert result.state == "refused"
    assert result.problem is not None
    assert problem in result.problem
    assert platform.load(NEXT_DAY).state == "loaded"
    assert platform.values("SELECT DISTINCT log_date FROM staging.staging_events") == [(NEXT_DAY,)]


class RestlessLake(FolderLake):
    """A lake with a file that changes a given number of times, each time just before it is read."""

    def __init__(self, root: Path, changes: list[bytes | None]) -> None:
        super().__init__(root)
        self.changes = changes

    @contextmanager
    def spool(self, files: Sequence[File]) -> Iterator[list[Path]]:
        if self.changes:
            content = self.changes.pop(0)
            path = self.root / files[0].path
            path.unlink() if content is None else path.write_bytes(content)
        with super().spool(files) as paths:
            yield paths


class TestAFileThatChangesWhileItIsRead:
    @pytest.fixture
    def written(self, embedded: Platform) -> Platform:
        write(embedded, GOOD)
        return embedded

    def load(self, platform: Platform, *changes: bytes | None) -> tuple[str, str, str | None]:
        lake = RestlessLake(platform.lake, list(changes))
        result = load_day(platform.warehouse, lake, DAY)
        return result.state, result.name, result.problem

    def test_is_read_again_and_loaded_as_it_is_then(self, written: Platform) -> None:
        assert self.load(written, GOOD + b"\n" + OTHER) == ("loaded", str(DAY), None)
        assert written.star() == written.expected([DAY])
        assert written.load(DAY).state == "unchanged"

    def test_fails_its_day_if_it_changes_again(self, written: Platform) -> None:
        state, _, problem = self.load(written, GOOD + b"\n" + OTHER, OTHER, GOOD + b"\n\n")
        assert state == "refused"
        assert problem is not None
        assert "odd.json: changed while it was read, and when it was read again" in problem
        assert written.load(DAY).state == "loaded"

    def test_is_left_out_if_it_is_gone_by_then(self, written: Platform) -> None:
        assert self.load(written, None) == ("loaded", str(DAY), None)
        assert not any(written.star().values())

    def test_duplicates_no_row_of_the_days_that_were_read_with_it(self, written: Platform) -> None:
        write_day(written.lake, NEXT_DAY, [event(ts=at(NEXT_DAY))])
        lake = RestlessLake(written.lake, [GOOD + b"\n" + OTHER])
        results = load_days(written.warehouse, lake, [DAY, NEXT_DAY], bytes_together=1_000_000)
        assert [(result.state, result.records) for result in results] == [("loaded", 2), ("loaded", 1)]
        assert written.star() == written.expected([DAY, NEXT_DAY])

    def test_is_read_again_among_the_songs(self, embedded: Platform) -> None:
        for name in ("A", "B", "C"):
            write_song(embedded.lake, song(song_id=f"SO{name}", title="Old"), f"TR{name}")
        again = json.dumps(song(song_id="SOA", title="New")).encode()
        result = load_songs(embedded.warehouse, RestlessLake(embedded.lake, [again]))
        assert (result.state, result.records) == ("loaded", 3)
        assert embedded.load_songs().state == "unchanged"
        assert embedded.star() == embedded.expected([])

    def test_fails_the_songs_if_it_changes_again(self, embedded: Platform) -> None:
        write_song(embedded.lake, song(), "TRA")
        lake = RestlessLake(embedded.lake, [json.dumps(song(title=title)).encode() for title in ("New", "Newer")])
        result = load_songs(embedded.warehouse, lake)
        assert result.state == "refused"
        assert result.problem is not None
        assert "TRA.json: changed while it was read, and when it was read again" in result.problem
        assert embedded.load_songs().state == "loaded"
