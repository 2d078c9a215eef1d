"""What is said of a load that is refused: the file, the place in it, the reason and what to do, wherever it is said."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from sparkify_assets.load.explanations import Explanation, explain_row
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.status import read_status
from sparkify_assets_tests.lakes import DAY, FLOOD, event, log_file, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

pytestmark = pytest.mark.check

LOG = f"log_data/2018/11/{DAY}-events.json"
TOO_MANY = "101 of {} records are rejected, the first: not an object; expected no more than 100, or 5% "
FIX = "fix the file, or raise SPARKIFY_MAX_REJECTED to do without these records; then `sparkify load`"
REPLACE = "replace it by a whole file that can be read, or remove it; then `sparkify load`"


def many_rejects(lake: Path) -> None:
    write_day(lake, DAY, [event(), *FLOOD])


def many_rejected_songs(lake: Path) -> None:
    write_song(lake, "\n".join([json.dumps(song()), *FLOOD]))


def truncated(lake: Path) -> None:
    path = write_day(lake, DAY, [event(itemInSession=n) for n in range(500)], "events.gz")
    path.write_bytes(path.read_bytes()[:-50])


def folder(lake: Path) -> None:
    log_file(lake, DAY, "events").mkdir(parents=True)


@pytest.mark.parametrize(
    ("spoil", "day", "where", "why", "remedy"),
    [
        (many_rejects, DAY, f"{LOG}, line 2 (byte {len(json.dumps(event())) + 1})", TOO_MANY.format(102), FIX),
        (many_rejected_songs, None, "song_data/A/A/A/TRAAA1.json, line 2 (byte ", TOO_MANY.format(102), FIX),
        (truncated, DAY, f"{LOG}.gz", "cannot be read to its end: Compressed file ended before", REPLACE),
        (folder, DAY, LOG, f"cannot be read to its end: {DAY}-events.json is not a file", REPLACE),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_refused_file_is_named_with_place_reason_and_remedy_by_load_and_status_alike(
    embedded: Platform, spoil: Callable[[Path], None], day: date | None, where: str, why: str, remedy: str
) -> None:
    spoil(embedded.lake)
    result = embedded.load(day) if day else embedded.load_songs()
    (refusal,) = result.refusals
    assert refusal.where.startswith(where)
    assert refusal.why.startswith(why)
    assert refusal.remedy == remedy
    assert result.problem == f"{refusal.where}: {refusal.why}: {remedy}"
    assert result.summary == f"{result.name}: refused: {result.problem}"
    status = read_status(embedded.warehouse, embedded.open_lake(), [DAY], [DAY])
    assert status.refusals == [(str(LogDays.of(day)) if day else "the song catalog", refusal)]


def test_rejects_are_a_warning_with_their_first_place(embedded: Platform) -> None:
    write_day(embedded.lake, DAY, [event(), "[]"])
    embedded.load(DAY)
    status = read_status(embedded.warehouse, embedded.open_lake(), [DAY], [DAY])
    assert status.refusals == []
    where = f"1 record, the first: {LOG}, line 2: not an object"
    ((_, warning),) = status.warnings["staging_events.no_rejects"]
    assert (warning.where, warning.remedy[:16]) == (where, "`sparkify reject")


@pytest.mark.parametrize(
    ("audit", "sample", "expected"),
    [
        (
            "files_loadable",
            [{"file": LOG, "reason": "odd"}],
            Explanation(LOG, "odd", "fix the file; then `sparkify load`"),
        ),
        (
            "long_gone",
            [{"user_id": 7}],
            Explanation("2 rows of users, the first: user_id=7", "users.long_gone failed", ""),
        ),
    ],
)
def test_what_an_earlier_version_recorded_is_explained_as_far_as_it_goes(
    audit: str, sample: list[dict[str, object]], expected: Explanation
) -> None:
    row = {"table_name": "users", "audit": audit, "failing_rows": 2, "sample": json.dumps(sample)}
    assert explain_row(row) == expected
