"""Users follow their latest event: a row is written if it changed; other days are read only if it is gone."""

from datetime import datetime
from itertools import product

import pytest

from sparkify_assets import queries
from sparkify_assets.load import kinds
from sparkify_assets.load.audits import audits_of, run_audits
from sparkify_assets.queries import Query
from sparkify_assets_tests.copies import copies_of
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, write_day
from sparkify_assets_tests.laws.watched import WatchedWarehouse
from sparkify_assets_tests.platforms import Platform, load_day

pytestmark = pytest.mark.check

USERS = "SELECT user_id, level FROM sparkify.users ORDER BY user_id"


def load_two_days(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(level="free"), event(userId="8", itemInSession=1)])
    write_day(platform.lake, NEXT_DAY, [event(level="paid", ts=at(NEXT_DAY))])
    platform.load(DAY)
    platform.load(NEXT_DAY)


two_days = copies_of(load_two_days)


def looked_back(platform: Platform) -> bool:
    """Whether a load of the next day looks users up in the staged events of all days."""
    ran: list[str] = []
    load_day(WatchedWarehouse(platform.warehouse, after=ran.append), platform.open_lake(), NEXT_DAY, force=True)
    assert "load/log_days/insert_users" in ran
    return "load/log_days/insert_users_again" in ran


def test_loading_a_day_again_reads_no_other_day(two_days: Platform) -> None:
    assert not looked_back(two_days)


def test_a_later_event_is_found_without_reading_other_days(two_days: Platform) -> None:
    write_day(two_days.lake, NEXT_DAY, [event(level="gone", ts=at(NEXT_DAY, 20)), event(userId="9", ts=at(NEXT_DAY))])
    assert not looked_back(two_days)
    assert two_days.values(USERS) == [(7, "gone"), (8, "free"), (9, "free")]


def test_a_user_who_has_lost_the_latest_event_is_looked_up(two_days: Platform) -> None:
    write_day(two_days.lake, NEXT_DAY, [event(level="early", ts=at(DAY, 1))])
    assert looked_back(two_days)
    assert two_days.values(USERS) == [(7, "free"), (8, "free")]
    assert two_days.star() == two_days.expected([DAY, NEXT_DAY])


REGISTERED = "SELECT user_id, level, registered_at FROM sparkify.users ORDER BY user_id"
# What `event` has, and another one.
FIRST, SECOND = datetime(2018, 10, 20, 1, 46, 40), datetime(2018, 10, 31, 15, 33, 20, 1000)


def test_a_registration_is_of_the_latest_event_that_has_one(two_days: Platform) -> None:
    later = event(level="later", ts=at(NEXT_DAY, 20), registration=None)
    write_day(two_days.lake, NEXT_DAY, [event(ts=at(NEXT_DAY), registration=1541000000001.9), later])
    assert not looked_back(two_days)
    assert two_days.values(REGISTERED) == [(7, "later", SECOND), (8, "free", FIRST)]
    write_day(two_days.lake, NEXT_DAY, [later])
    assert looked_back(two_days)
    assert two_days.values(REGISTERED) == [(7, "later", FIRST), (8, "free", FIRST)]
    write_day(two_days.lake, NEXT_DAY, [event(ts=at(DAY, 1), registration=1541000000001.9), later])
    assert not looked_back(two_days)
    assert two_days.values(REGISTERED) == [(7, "later", FIRST), (8, "free", FIRST)]


def test_a_registration_out_of_range_is_none_and_fractions_of_milliseconds_are_cut(platform: Platform) -> None:
    registered = {
        0: datetime(1970, 1, 1),
        -0.5: None,
        0.999: datetime(1970, 1, 1),
        86399999.9: datetime(1970, 1, 1, 23, 59, 59, 999000),
        4102444800000: datetime(2100, 1, 1),
        4102444800000.5: None,
        1e300: None,
        None: None,
    }
    write_day(platform.lake, DAY, [event(userId=n, registration=value) for n, value in enumerate(registered)])
    platform.load(DAY)
    found = platform.values("SELECT registered_at FROM sparkify.users ORDER BY user_id")
    assert [registered_at for (registered_at,) in found] == list(registered.values())


def test_an_unchanged_user_is_not_written_again(two_days: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Query:
        sql = queries.query(name).sql
        if name.endswith("insert_users"):
            assert "SELECT\n    user_id," in sql
            sql = sql.replace("SELECT\n    user_id,", "SELECT -1 AS user_id,")
        return Query(name, sql)

    monkeypatch.setattr(kinds, "query", broken)
    assert two_days.load(DAY, force=True).state == "loaded"
    assert two_days.load(NEXT_DAY, force=True).state == "loaded"
    write_day(two_days.lake, NEXT_DAY, [event(level="paid", ts=at(NEXT_DAY), lastName="Else")])
    assert two_days.load(NEXT_DAY).state == "refused"


def test_a_user_changed_by_hand_is_corrected(two_days: Platform) -> None:
    """Each of many users is changed in one way: a column, and what it is changed to."""
    changes = list(product(["first_name", "last_name", "gender", "level"], ["NULL", "''", "'Kaylee '"]))
    changes += [("registered_at", "NULL"), ("registered_at", f"'{SECOND}'")]
    users = {str(100 + n): change for n, change in enumerate(changes)}
    write_day(two_days.lake, NEXT_DAY, [event(userId=user, sessionId=user, ts=at(NEXT_DAY)) for user in users])
    two_days.load(NEXT_DAY)
    with two_days.warehouse.session() as session:
        for user, (changed, to) in users.items():
            update = f"UPDATE sparkify.users SET {changed} = {to} WHERE user_id = {user}"
            assert session.run(Query("a fault", update)) == 1
    two_days.load(NEXT_DAY, force=True)
    assert two_days.star() == two_days.expected([DAY, NEXT_DAY])


@pytest.mark.parametrize(
    "fault",
    [
        "latest_ts = latest_ts - 1",
        "latest_ts = latest_ts + 1",
        "latest_copy_number = 2",
        "registration_event_ts = registration_event_ts - 1",
        "registration_event_ts = registration_event_ts + 1",
        "registration_event_ts = NULL",
        "registration_event_copy_number = 2",
        f"registration_event_ts = {at(DAY)}, registration_event_log_date = '{DAY}'",
        f"latest_ts = {at(DAY)}, latest_log_date = '{DAY}'",
    ],
)
def test_a_user_with_another_event_than_the_latest_is_found(two_days: Platform, fault: str) -> None:
    (audit,) = [audit for audit in audits_of("sparkify.users") if audit.name == "users_as_staged"]
    with two_days.warehouse.session() as session:
        assert run_audits(session, [audit])[0].passed
        session.run(Query("a fault", f"UPDATE sparkify.users SET {fault} WHERE user_id = 7"))
        assert not run_audits(session, [audit])[0].passed
