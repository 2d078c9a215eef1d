"""A forgotten user: no load brings their events into the warehouse, whichever file has them; each is accounted for."""

import json
import shutil
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from sparkify_assets.errors import FileUnreadable, ForgottenListError
from sparkify_assets.lake.forgotten import ForgottenFile, ForgottenUser
from sparkify_assets.lake.removal import Removed
from sparkify_assets.load.belonging import replace_lake
from sparkify_assets.load.forgetting import change_list, clear_lake, follow_list, leave_no_changes
from sparkify_assets.load.results import LOADED, UNCHANGED
from sparkify_assets.load.state import State
from sparkify_assets.load.status import read_status
from sparkify_assets_tests.faults import SessionEnded
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, log_file, song, write_day, write_song
from sparkify_assets_tests.laws.watched import WatchedWarehouse
from sparkify_assets_tests.platforms import Platform, forgotten, load_day

pytestmark = pytest.mark.check

LEDGER = "SELECT file, records, loaded, rejected, forgotten FROM ops.load_ledger ORDER BY file"
USERS = "SELECT DISTINCT user_id FROM staging.staging_events ORDER BY user_id NULLS FIRST"
DIRTY = '{"ts": 1'
NAMING = json.dumps(event(userId="8", sessionId="s-1", firstName="Bo"))


def days_of(users: list[str], **changes: Any) -> list[dict[str, object] | str]:
    return [event(userId=user, itemInSession=n, **changes) for n, user in enumerate(users)]


def states(platform: Platform) -> list[State]:
    return [
        day.state
        for day in read_status(platform.warehouse, platform.open_lake(), [DAY, NEXT_DAY], [DAY, NEXT_DAY]).days
    ]


@pytest.mark.parametrize("dirt", [[], [DIRTY]], ids=["clean", "dirty"])
def test_events_of_forgotten_users_are_left_out_and_counted_by_file(platform: Platform, dirt: list[str]) -> None:
    platform.forget(8, 9)
    write_day(platform.lake, DAY, [*days_of(["7", "8", "8", "9"]), *dirt])
    write_day(platform.lake, DAY, days_of(["8", ""], sessionId=200), "more.gz")
    write_day(platform.lake, DAY, days_of(["7"], sessionId=300), "others")
    result = platform.load(DAY)
    bad = len(dirt)
    assert platform.values(LEDGER) == [
        ("log_data/2018/11/2018-11-15-events.json", 4 + bad, 1, bad, 3),
        ("log_data/2018/11/2018-11-15-more.json.gz", 2, 1, 0, 1),
        ("log_data/2018/11/2018-11-15-others.json", 1, 1, 0, 0),
    ]
    assert platform.values(USERS) == [(None,), (7,)]
    assert (result.records, result.rejected, result.forgotten) == (7 + bad, bad, 4)
    assert "4 of forgotten users left out" in result.summary
    assert platform.star() == platform.expected([DAY])


def test_all_tables_and_figures_are_those_of_a_lake_that_never_had_the_user(platform: Platform, tmp_path: Path) -> None:
    lines: dict[date, list[Any]] = {
        DAY: [*days_of(["7", "8", "", "7"]), event(userId="8", sessionId=101, page="Home"), DIRTY],
        # A file whose user is its only one, and a late event.
        NEXT_DAY: [event(userId="8", ts=at(NEXT_DAY)), event(userId="8", ts=at(DAY, 3))],
    }
    never = Platform.at(tmp_path / "never")
    for each, kept in ((platform, lines), (never, {day: without(some, "8") for day, some in lines.items()})):
        write_song(each.lake, song())
        each.load_songs()
        for day, some in kept.items():
            write_day(each.lake, day, some)
            each.load(day)
        each.make_insights()
    platform.forget(8)
    assert states(platform) == [State.CHANGED, State.CHANGED]
    for day in lines:
        platform.load(day)
    platform.make_insights()
    there, wanted = platform.everything(), never.everything()
    for rows in (there, wanted):
        del rows["ops.load_ledger"]
    # A record has another place where lines before it are missing.
    quarantines = [rows.pop("staging.rejected_records") for rows in (there, wanted)]
    assert there == wanted
    assert [len(rows) for rows in quarantines] == [1, 1]


def without(lines: list[Any], user: str) -> list[Any]:
    return [line for line in lines if isinstance(line, str) or line["userId"] != user]


def test_forgetting_makes_only_the_days_with_their_events_stale(platform: Platform) -> None:
    write_day(platform.lake, DAY, days_of(["7"]))
    write_day(platform.lake, NEXT_DAY, days_of(["7", "8"], ts=at(NEXT_DAY)))
    for day in (DAY, NEXT_DAY):
        platform.load(day)
    platform.forget(8)
    assert states(platform) == [State.LOADED, State.CHANGED]
    assert [platform.load(day).state for day in (DAY, NEXT_DAY)] == [UNCHANGED, LOADED]
    assert platform.values(USERS) == [(7,)]
    assert platform.values("SELECT user_id FROM sparkify.users") == [(7,)]
    platform.forget(8, 9)
    assert states(platform) == [State.LOADED, State.LOADED]


def test_bringing_back_makes_the_days_stale_that_were_loaded_without_somebody(platform: Platform) -> None:
    platform.forget(8)
    write_day(platform.lake, DAY, days_of(["7"]))
    write_day(platform.lake, NEXT_DAY, days_of(["7", "8"], ts=at(NEXT_DAY)))
    for day in (DAY, NEXT_DAY):
        platform.load(day)
    platform.forget()
    assert states(platform) == [State.LOADED, State.CHANGED]
    platform.load(NEXT_DAY)
    assert platform.values(USERS) == [(7,), (8,)]
    assert platform.star() == platform.expected([DAY, NEXT_DAY])


def test_a_reject_that_names_a_forgotten_user_is_redacted_and_comes_back_with_them(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(), NAMING, DIRTY])
    platform.load(DAY)
    texts = "SELECT line_number, reason, record FROM staging.rejected_records ORDER BY line_number"
    before = platform.values(texts)
    platform.forget(8)
    assert states(platform)[0] == State.CHANGED
    platform.load(DAY)
    assert platform.values(texts) == [
        (2, "sessionId is not an integer", "[redacted: the user is forgotten]"),
        (3, "not JSON", DIRTY),
    ]
    assert platform.values(LEDGER)[0][1:] == (3, 1, 2, 0)
    platform.forget()
    platform.load(DAY)
    assert platform.values(texts) == before


def test_a_load_during_which_a_user_is_forgotten_publishes_nothing_of_theirs(redshift: Platform) -> None:
    """On DuckDB `forget` waits for the load, which has the file."""
    write_day(redshift.lake, DAY, days_of(["7", "8"]))
    met: list[str] = []

    def forget_after(what: str) -> None:
        if what == "land":
            met.append(what)
            if len(met) == 1:
                redshift.forget(8)

    result = load_day(WatchedWarehouse(redshift.warehouse, after=forget_after), redshift.open_lake(), DAY)
    assert (result.state, result.forgotten, len(met)) == (LOADED, 1, 2)
    assert redshift.values(USERS) == [(7,)]


@pytest.mark.exhaustive(4)
@pytest.mark.parametrize("nth", range(1, 14))
def test_forgetting_that_ends_at_any_statement_is_done_by_the_next_one(platform: Platform, nth: int) -> None:
    write_day(platform.lake, DAY, [*days_of(["7", "8"]), NAMING])
    platform.load(DAY)
    met: list[str] = []

    def end(what: str) -> None:
        met.append(what)
        if len(met) == nth:
            raise SessionEnded("killed")

    with suppress(SessionEnded):
        change_list(WatchedWarehouse(platform.warehouse, before=end), lambda before: [forgotten(8)])
    # The list of the file is followed by the load itself, the table is as it was or has changed with the days.
    platform.load(DAY)
    assert platform.star() == platform.expected([DAY])
    platform.forget(8)
    platform.load(DAY)
    assert platform.star() == platform.expected([DAY])
    assert platform.values(USERS) == [(7,)]


def test_the_records_of_forgotten_users_are_taken_out_of_the_lake(platform: Platform, tmp_path: Path) -> None:
    write_day(platform.lake, DAY, [*days_of(["7", "8", "8"]), NAMING, DIRTY])
    write_day(platform.lake, DAY, days_of(["8"], sessionId=200), "more.gz")
    write_day(platform.lake, NEXT_DAY, days_of(["7"], ts=at(NEXT_DAY)))
    for day in (DAY, NEXT_DAY):
        platform.load(day)
    before = platform.open_lake().day(NEXT_DAY)
    platform.forget(7, 8)
    assert clear_lake(platform.warehouse, platform.open_lake(), tmp_path, [8]) == Removed(2, 3, 1)
    assert platform.open_lake().day(NEXT_DAY) == before
    platform.forget(8)
    assert platform.load(DAY).records == 2
    platform.load(NEXT_DAY)
    assert platform.values(LEDGER) == [
        ("log_data/2018/11/2018-11-15-events.json", 2, 1, 1, 0),
        ("log_data/2018/11/2018-11-15-more.json.gz", 0, 0, 0, 0),
        ("log_data/2018/11/2018-11-16-events.json", 1, 1, 0, 0),
    ]
    assert clear_lake(platform.warehouse, platform.open_lake(), tmp_path, [8]) == Removed()
    platform.forget()
    platform.load(DAY)
    assert platform.values(USERS) == [(7,)]


def test_an_object_that_changed_since_it_was_listed_is_not_replaced(redshift: Platform, tmp_path: Path) -> None:
    write_day(redshift.lake, DAY, days_of(["8"]))
    (file,) = redshift.open_lake().day(DAY)
    write_day(redshift.lake, DAY, days_of(["8", "7"]))
    now = redshift.open_lake().day(DAY)
    (tmp_path / "draft").write_bytes(b"")
    with pytest.raises(FileUnreadable):
        redshift.open_lake().replace(file, tmp_path / "draft")
    assert redshift.open_lake().day(DAY) == now


def test_samples_of_audits_lose_the_rows_of_forgotten_users(platform: Platform) -> None:
    write_day(platform.lake, DAY, days_of(["7", "8"], level="trial"))
    platform.load(DAY)
    samples = "SELECT sample FROM ops.audits WHERE table_name = 'users' AND audit = 'known_level'"
    assert [row["user_id"] for (text,) in platform.values(samples) for row in json.loads(str(text))] == [7, 8]
    platform.forget(8)
    assert [row["user_id"] for (text,) in platform.values(samples) for row in json.loads(str(text))] == [7]


def test_what_insights_follow_by_names_no_forgotten_user_once_they_have_followed(platform: Platform) -> None:
    write_day(platform.lake, DAY, days_of(["7", "8"]))
    platform.load(DAY)
    platform.forget(8)
    platform.load(DAY)
    changed = "SELECT user_id FROM ops.changed_users ORDER BY user_id"
    assert not leave_no_changes(platform.warehouse)
    assert platform.values(changed) == [(7,), (8,)]
    platform.make_insights()
    assert leave_no_changes(platform.warehouse)
    assert platform.values(changed) == [(7,)]
    assert platform.insights() == platform.expected_insights([DAY])


def test_a_forgotten_user_outlives_the_warehouse(embedded: Platform) -> None:
    embedded.forget(8)
    write_day(embedded.lake, DAY, days_of(["7", "8"]))
    embedded.load(DAY)
    embedded.settings.duckdb.unlink()
    embedded.load(DAY)
    assert embedded.values(USERS) == [(7,)]


def test_a_lake_that_is_replaced_keeps_the_list(platform: Platform) -> None:
    platform.forget(8)
    with platform.warehouse.session() as session:
        replace_lake(session, platform.open_lake())
    assert platform.values("SELECT user_id FROM ops.forgotten") == [(8,)]


def test_a_list_changed_by_hand_is_followed(embedded: Platform) -> None:
    write_day(embedded.lake, DAY, days_of(["7", "8"]))
    embedded.load(DAY)
    file = ForgottenFile(embedded.folder / "forgotten.csv")
    file.path.write_text("user_id,forgotten_at,forgotten_by,reason\n8,2018-12-01,,\n")
    follow_list(embedded.warehouse)
    assert states(embedded)[0] == State.CHANGED
    embedded.load(DAY)
    assert embedded.values(USERS) == [(7,)]


def test_a_list_that_is_gone_stops_loads_before_anybody_comes_back(embedded: Platform) -> None:
    embedded.forget(8)
    write_day(embedded.lake, DAY, days_of(["7", "8"]))
    embedded.load(DAY)
    (embedded.folder / "forgotten.csv").unlink()
    with pytest.raises(ForgottenListError, match="is gone, and the warehouse was loaded without 1 users: restore it"):
        embedded.load(DAY, force=True)
    assert embedded.values(USERS) == [(7,)]


def test_what_is_kept_of_a_request_has_no_name(platform: Platform) -> None:
    user = ForgottenUser(8, datetime(2018, 12, 1, 9), "operator", 'request "1",\nby letter')
    change_list(platform.warehouse, lambda before: [user])
    assert platform.values("SELECT user_id, forgotten_at, forgotten_by, reason FROM ops.forgotten") == [
        (8, datetime(2018, 12, 1, 9), "operator", 'request "1",\nby letter')
    ]
    if file := platform.warehouse.forgotten_file:
        assert file.read() == (user,)


def test_a_kept_file_is_counted_when_another_of_its_day_vanishes(platform: Platform) -> None:
    platform.forget(8)
    write_day(platform.lake, DAY, days_of(["7", "8"]))
    write_day(platform.lake, DAY, days_of(["8", "8"], sessionId=200), "more")
    platform.load(DAY)
    log_file(platform.lake, DAY, "events").unlink()
    platform.load(DAY)
    assert platform.values(LEDGER) == [("log_data/2018/11/2018-11-15-more.json", 2, 0, 0, 2)]
    assert platform.values(USERS) == []


def test_a_copy_of_the_lake_elsewhere_is_loaded_without_them_too(embedded: Platform, tmp_path: Path) -> None:
    embedded.forget(8)
    write_day(embedded.lake, DAY, days_of(["7", "8"]))
    copy = Platform.at(tmp_path / "copy")
    shutil.copytree(embedded.lake, copy.lake, dirs_exist_ok=True)
    ForgottenFile(copy.folder / "forgotten.csv").write([forgotten(8)])
    copy.load(DAY)
    assert copy.values(USERS) == [(7,)]
