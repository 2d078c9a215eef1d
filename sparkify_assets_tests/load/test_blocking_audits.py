"""Nothing half-done is ever seen: a bad file or row keeps its own day from being published."""

import json
from pathlib import Path

import pytest

from sparkify_assets import queries
from sparkify_assets.load import kinds
from sparkify_assets.load.results import LoadResult
from sparkify_assets.load.status import read_status
from sparkify_assets.queries import Query
from sparkify_assets_tests.copies import copies_of
from sparkify_assets_tests.lakes import DAY, FLOOD, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform, load_day

pytestmark = pytest.mark.check


class Statements:
    """The statements of a load, some of them broken on purpose."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._broken: dict[str, Query] = {}
        monkeypatch.setattr(kinds, "query", lambda name: self._broken.get(name) or queries.query(name))

    def replace(self, name: str, old: str, new: str) -> None:
        query = queries.query(name)
        assert old in query.sql
        self._broken[name] = Query(name, query.sql.replace(old, new))


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Statements:
    return Statements(monkeypatch)


def failed_blocking(result: LoadResult) -> set[str]:
    return {finding.audit.name for finding in result.findings if finding.blocks}


def load_first_delivery(platform: Platform) -> None:
    """A song that nobody plays, and a day that is delivered again in the tests: a play and a page view delivered
    twice, a reject."""
    write_song(platform.lake, song(title="Another"))
    platform.load_songs()
    write_day(platform.lake, DAY, [event(), event(), *[event(page="Home")] * 2, "[]"])
    platform.load(DAY)


delivered = copies_of(load_first_delivery)


@pytest.mark.exhaustive(8)
@pytest.mark.parametrize(
    ("name", "old", "new", "audits"),
    [
        ("insert_songplays", "WHERE delivered.delivery = 1", "WHERE TRUE", {"unique_key", "plays_as_staged"}),
        ("insert_songplays", "LEFT JOIN", "JOIN", {"plays_as_staged"}),
        ("insert_songplays", "match.song_id,", "'nowhere' AS song_id,", {"song_id_found"}),
        ("insert_songplays", "match.artist_id,", "'nobody' AS artist_id,", {"artist_id_found"}),
        ("insert_songplays", "play.user_id,\n    play.level", "NULL AS user_id,\n    play.level", {"not_null"}),
        ("insert_page_views", "WHERE page_view.delivery = 1", "WHERE TRUE", {"unique_key", "events_as_staged"}),
        ("insert_page_views", "user_id IS NOT NULL)", "user_id IS NULL)", {"no_plays", "events_as_staged"}),
        ("insert_page_views", "LEN(page) = 8", "LEN(page) = 9", {"no_plays", "events_as_staged"}),
        ("insert_page_views", "AND start_date IN", "AND FALSE AND start_date IN", {"events_as_staged"}),
        ("insert_page_views", "page_view.user_id,", "9 AS user_id,", {"user_id_found"}),
        ("delete_page_views", "IN", "NOT IN", {"unique_key"}),
        ("insert_affected_latest", "latest.recency = 1", "TRUE", {"unique_key"}),
        ("insert_affected_latest", "latest.recency = 1", "FALSE", {"user_id_found", "users_as_staged"}),
        ("insert_affected_latest", "registered IS NOT NULL", "FALSE", {"users_as_staged"}),
        ("insert_time", "SELECT DISTINCT", "SELECT", {"unique_key"}),
        ("insert_time", "AND start_date IN", "AND FALSE AND start_date IN", {"start_time_found"}),
        ("delete_time", "IN", "NOT IN", {"unique_key"}),
        (
            "insert_staging_events",
            ") AS numbered",
            ") AS numbered LIMIT 1",
            {"rows_as_loaded"},
        ),
        ("delete_staging_events", ":last_day", ":last_day AND FALSE", {"rows_as_loaded"}),
        (
            "insert_rejected_records",
            "WHERE",
            "WHERE line_number = 2 AND",
            {"records_accounted_for"},
        ),
        ("delete_rejected_records", "WHERE", "WHERE FALSE AND", {"records_accounted_for"}),
    ],
)
def test_a_broken_statement_is_caught_by_a_blocking_audit_and_publishes_nothing(
    delivered: Platform, statements: Statements, name: str, old: str, new: str, audits: set[str]
) -> None:
    before = delivered.everything()
    rejects, others = ["[]", "{}"], [event(itemInSession=1), event(userId="8", itemInSession=2)]
    write_day(delivered.lake, DAY, [event(), event(), *[event(page="Home")] * 2, *others, *rejects])
    statements.replace(f"load/log_days/{name}", old, new)
    result = delivered.load(DAY)
    assert result.state == "refused"
    assert audits <= failed_blocking(result)
    assert delivered.everything() == before


def test_a_failed_audit_names_the_failing_rows_and_is_recorded_without_the_load(
    platform: Platform, statements: Statements
) -> None:
    write_day(platform.lake, DAY, [event()])
    statements.replace("load/log_days/insert_songplays", "match.song_id,", "'nowhere' AS song_id,")
    result = platform.load(DAY)
    assert result.problem is not None
    assert "songplays.song_id_found failed, which expects: Every song_id is found in" in result.problem
    (row,) = platform.rows("SELECT * FROM ops.audits WHERE audit = 'song_id_found'")
    assert (row["log_date"], row["passed"], row["failing_rows"], row["run_id"]) == (DAY, False, 1, "a run")
    assert json.loads(str(row["sample"]))[0]["song_id"] == "nowhere"


def test_a_failed_audit_explains_which_rows_break_its_rule_and_what_to_do(
    platform: Platform, statements: Statements
) -> None:
    write_day(platform.lake, DAY, [event()])
    statements.replace("load/log_days/insert_songplays", "match.song_id,", "'nowhere' AS song_id,")
    (why,) = platform.load(DAY).refusals
    assert why.where.startswith("1 row of sparkify.songplays, the first: songplay_id=")
    assert why.where.endswith(", song_id=nowhere")
    assert why.why == "songplays.song_id_found failed, which expects: Every song_id is found in sparkify.songs."
    assert why.remedy.startswith("run `sparkify load --force`, which loads everything from the lake again")
    status = read_status(platform.warehouse, platform.open_lake(), [DAY], [DAY])
    assert status.refusals == [(str(DAY), why)]


def test_a_failed_audit_counts_all_failing_rows_and_shows_twenty(platform: Platform, statements: Statements) -> None:
    write_day(platform.lake, DAY, [event(itemInSession=n) for n in range(30)])
    statements.replace("load/log_days/insert_songplays", "match.song_id,", "'nowhere' AS song_id,")
    platform.load(DAY)
    (row,) = platform.rows("SELECT * FROM ops.audits WHERE audit = 'song_id_found'")
    assert (row["failing_rows"], len(json.loads(str(row["sample"])))) == (30, 20)


def test_the_next_attempt_replaces_the_audits_of_the_last_one(platform: Platform) -> None:
    write_day(platform.lake, DAY, FLOOD)
    platform.load(DAY)
    assert platform.values("SELECT audit, passed FROM ops.audits") == [("files_loadable", False)]
    write_day(platform.lake, DAY, [event()])
    assert platform.load(DAY).state == "loaded"
    assert platform.values("SELECT DISTINCT passed FROM ops.audits") == [(True,)]


def test_a_rejected_record_lies_in_quarantine_with_its_place_and_text_until_its_file_is_fixed(
    platform: Platform,
) -> None:
    path = write_day(platform.lake, DAY, [event(), "", '{"ts": 1, "sessionId"', event(itemInSession=1, page={})])
    result = platform.load(DAY)
    assert (result.state, result.records, result.rejected) == ("loaded", 3, 2)
    first, second, third = (line for line in path.read_bytes().split(b"\n") if line)
    rejected = "SELECT line_number, byte_offset, reason, record, record_bytes FROM staging.rejected_records ORDER BY 1"
    assert platform.values(rejected) == [
        (3, len(first) + 2, "not JSON", second.decode(), len(second)),
        (4, len(first) + len(second) + 3, "page is an object", third.decode(), len(third)),
    ]
    assert platform.values("SELECT records, loaded, rejected FROM ops.load_ledger") == [(3, 1, 2)]
    write_day(platform.lake, DAY, [event(), event(itemInSession=1)])
    assert platform.load(DAY).rejected == 0
    assert platform.values(rejected) == []


@pytest.mark.exhaustive(4)
@pytest.mark.parametrize(
    ("good", "bad", "share", "state"),
    [
        (0, 100, 0.05, "loaded"),
        (0, 101, 0.05, "refused"),
        (1919, 101, 0.05, "loaded"),
        (1918, 101, 0.05, "refused"),
        (0, 101, 1.0, "loaded"),
        (5000, 100, 0.0, "loaded"),
        (5000, 101, 0.0, "refused"),
    ],
)
def test_a_file_with_more_than_100_rejects_and_more_than_the_allowed_share_fails_its_day(
    platform: Platform, good: int, bad: int, share: float, state: str
) -> None:
    write_day(platform.lake, DAY, [*(event(itemInSession=n) for n in range(good)), *["[]"] * bad])
    result = load_day(platform.warehouse, platform.open_lake(), DAY, max_rejected=share)
    assert (result.state, result.rejected) == (state, bad if state == "loaded" else 0)


def test_a_refused_day_keeps_what_was_published_and_no_other_day_fails(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(), "[]"])
    platform.load(DAY)
    before = platform.everything()
    write_day(platform.lake, DAY, [event(level="paid"), *FLOOD])
    write_day(platform.lake, NEXT_DAY, [event(ts=at(NEXT_DAY))])
    result = platform.load(DAY)
    assert (result.state, [finding.failing_rows for finding in result.findings]) == ("refused", [101])
    assert platform.everything() == before
    assert platform.load(NEXT_DAY).state == "loaded"


def test_a_refused_day_is_loaded_again_when_its_old_file_is_restored(platform: Platform) -> None:
    path = write_day(platform.lake, DAY, [event()])
    platform.load(DAY)
    other = write_day(platform.lake, DAY, FLOOD, name="other")
    assert platform.load(DAY).state == "refused"
    other.unlink()
    assert path.exists()
    assert platform.load(DAY).state == "loaded"
    assert platform.load(DAY).state == "unchanged"


def test_a_good_file_that_looks_bad_to_the_engine_is_loaded(platform: Platform) -> None:
    write_day(
        platform.lake, DAY, [event(song="[Untitled]"), event(song="{Braces}", itemInSession=1), event(song="NaN")]
    )
    assert platform.load(DAY).state == "loaded"
    assert platform.star() == platform.expected([DAY])


@pytest.mark.parametrize("damage", ["truncated", "damaged", "not gzip"])
def test_a_file_that_cannot_be_read_to_its_end_fails_its_day(platform: Platform, damage: str) -> None:
    import gzip

    path = write_day(platform.lake, DAY, [event(itemInSession=n) for n in range(500)])
    packed = path.with_name(path.name + ".gz")
    content = path.read_bytes()
    whole = gzip.compress(content)
    middle = len(whole) // 2
    packed.write_bytes(
        {"truncated": whole[:-50], "damaged": whole[:middle] + bytes(40) + whole[middle + 40 :]}.get(damage, content)
    )
    path.unlink()
    result = platform.load(DAY)
    assert result.state == "refused"
    assert result.problem is not None
    assert packed.name in result.problem
    assert platform.values("SELECT COUNT(*) AS n FROM staging.staging_events") == [(0,)]


def test_an_error_in_the_middle_of_a_load_changes_nothing(
    platform: Platform, statements: Statements, tmp_path: Path
) -> None:
    write_day(platform.lake, DAY, [event()])
    platform.load(DAY)
    before = platform.everything()
    write_day(platform.lake, DAY, [event(level="paid")])
    statements.replace("load/log_days/insert_users", "SELECT\n    user_id", "SELECT 1 / 0, no_such_column")
    with pytest.raises(Exception, match="no_such_column"):
        platform.load(DAY)
    assert platform.everything() == before
