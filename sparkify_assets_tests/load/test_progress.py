"""What is heard of a load while it goes on: each byte of its files once, and what is being done."""

from datetime import timedelta

import duckdb
import pytest

from sparkify_assets.load.loading import load_days, load_songs
from sparkify_assets.load.progress import Progress, Reading
from sparkify_assets.warehouse.duckdb.statement_progress import reading_reported
from sparkify_assets_tests.lakes import DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

DAYS = [DAY + timedelta(days=n) for n in range(3)]


def doings(reports: list[Progress]) -> list[str]:
    """What was done, in its order, without repetitions."""
    names = [report.doing for report in reports]
    return [name for name, before in zip(names, ["", *names], strict=False) if name != before]


@pytest.mark.parametrize("packed", ["", ".gz"])
def test_days_and_songs_report_each_byte_once_and_what_is_done(platform: Platform, packed: str) -> None:
    files = [write_day(platform.lake, day, [event(ts=at(day))] * 3, f"events{packed}") for day in DAYS]
    # The second day's file is not clean: it is read again, and its bytes are not reported again.
    files.append(write_day(platform.lake, DAYS[1], [event(ts=at(DAYS[1])), "oops"], "dirty"))
    songs = [write_song(platform.lake, song(song_id=f"S{n}"), f"TR{n}") for n in range(3)]
    of_songs, of_days, heard = list[Progress](), list[Progress](), list[str]()
    lake, together = platform.open_lake(), platform.settings.bytes_together
    load_songs(platform.warehouse, lake, on_progress=of_songs.append)
    load_days(
        platform.warehouse,
        lake,
        DAYS,
        bytes_together=together,
        on_result=lambda result: heard.append(result.state),
        on_progress=of_days.append,
    )
    assert heard == ["loaded"] * 3
    assert sum(report.read for report in of_songs) == sum(path.stat().st_size for path in songs)
    assert sum(report.read for report in of_days) == sum(path.stat().st_size for path in files)
    assert min(report.read for report in (*of_songs, *of_days)) == 0
    catalog = "the song catalog"
    assert doings(of_songs) == [f"reading {catalog}", f"publishing {catalog}", f"checking {catalog}"]
    validating = "validating 1 file with bad records"
    if together:
        days = f"{DAYS[0]} to {DAYS[-1]}"
        assert doings(of_days) == [f"reading {days}", validating, f"publishing {days}", f"checking {days}"]
    else:
        assert doings(of_days) == [
            what
            for day in DAYS
            for what in (
                f"reading {day}",
                *([validating] if day == DAYS[1] else []),
                f"publishing {day}",
                f"checking {day}",
            )
        ]


def test_what_is_unchanged_reports_nothing(embedded: Platform) -> None:
    write_day(embedded.lake, DAY, [event()])
    embedded.load(DAY)
    heard: list[Progress] = []
    load_days(embedded.warehouse, embedded.open_lake(), [DAY], on_progress=heard.append)
    assert heard == []


def test_files_that_are_read_more_often_than_once_count_once() -> None:
    heard: list[Progress] = []
    reading = Reading("reading", 10, heard.append)
    for read in (4, 4, 4, 4):
        reading.add(read)
    reading.end()
    assert heard == [Progress("reading", read) for read in (0, 4, 4, 2)]


def test_what_was_not_seen_is_reported_in_the_end() -> None:
    heard: list[Progress] = []
    Reading("reading", 10, heard.append).end()
    assert heard == [Progress("reading"), Progress("reading", 10)]


def test_a_statement_has_read_everything_when_it_ends_and_prints_no_bar(capfd: pytest.CaptureFixture[str]) -> None:
    heard: list[int] = []
    with duckdb.connect() as connection:
        with reading_reported(connection, 1_000, heard.append):
            connection.execute("SELECT sum(hash(a.range)) FROM range(3_000_000) AS a").fetchall()
        setting = connection.execute("SELECT current_setting('enable_progress_bar')").fetchone()
    assert sum(heard) == 1_000
    assert min(heard) >= 0
    assert setting == (False,)
    assert capfd.readouterr() == ("", "")


def test_a_statement_that_fails_fails_with_its_own_error() -> None:
    heard: list[int] = []
    connection = duckdb.connect()
    with pytest.raises(duckdb.Error, match="no_such_column"), reading_reported(connection, 1_000, heard.append):
        connection.execute("SELECT no_such_column")
    assert heard == []
