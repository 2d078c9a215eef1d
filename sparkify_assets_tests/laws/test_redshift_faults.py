"""Law 4 on Redshift: whatever happens to connections, transactions and log-ins, a load publishes once and completely,
or reports why it cannot; and it never waits in vain.
"""

import itertools
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sparkify_assets.errors import LakeError, WarehouseError, WarehouseUnreachable, WorkError
from sparkify_assets.lake.s3 import S3Lake
from sparkify_assets.load.loading import load_days
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.results import LoadResult
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.redshift.connection import _Driver
from sparkify_assets.warehouse.redshift.failures import _CODES, Kind
from sparkify_assets.warehouse.redshift.redshift_warehouse import RedshiftWarehouse
from sparkify_assets_tests.effort import number_of_examples
from sparkify_assets_tests.faults import (
    ALWAYS,
    LOGIN,
    SERIALIZABLE_CONFLICT,
    SNAPSHOT_CONFLICT,
    STARTING,
    TERMINATED,
    WRONG_PASSWORD,
    Fault,
    Refusing,
    SessionEnded,
)
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform, load_day
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.redshift.refusal import StatementRefused

Failing = Callable[..., AbstractContextManager[None]]
# More bytes than any answer has.
ALL = 1 << 20
# A load of a day commits what it lands, then what it publishes.
PUBLISHED = 2
INSERT = r".*INSERT INTO sparkify\.songplays.*"


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before each attempt except the first, in seconds; the test does not wait."""
    seconds: list[float] = []
    monkeypatch.setattr("sparkify_assets.warehouse.retries.pause", seconds.append)
    return seconds


@pytest.fixture
def failing(redshift: Platform, stand_in: StandIn) -> Failing:
    """Injects faults into the sessions of this test's database."""
    return lambda *faults: stand_in.failing(redshift.settings.redshift.database, *faults)


@pytest.fixture
def loaded(redshift: Platform) -> Platform:
    """A platform with a loaded day whose file has changed since: a new level, a user less, a late event."""
    write_day(redshift.lake, DAY, [event(), event(userId="8", itemInSession=1)])
    redshift.load(DAY)
    write_day(redshift.lake, DAY, [event(level="paid"), event(itemInSession=2, ts=at(NEXT_DAY))])
    return redshift


def assert_pauses(waited: list[float], number: int, first: float) -> None:
    """Assert that each pause is about twice the previous one."""
    assert len(waited) == number
    for doubled, seconds in enumerate(waited):
        assert first * 2**doubled / 2 <= seconds <= first * 2**doubled


def sent(stand_in: StandIn, load: Callable[[], LoadResult]) -> list[str]:
    """The statements that a load sends."""
    with stand_in.recording() as statements:
        assert load().state == "loaded"
    return [statement.sql for statement in statements]


@pytest.mark.parametrize("what", ["staging_events", "staging_songs"])
def test_a_connection_that_breaks_around_the_commit(
    redshift: Platform, stand_in: StandIn, failing: Failing, waited: list[float], what: str
) -> None:
    def load() -> LoadResult:
        return redshift.load(DAY, force=True) if what == "staging_events" else redshift.load_songs(force=True)

    def write(number: int) -> None:
        write_song(redshift.lake, song(song_id=f"SO{number}"))
        write_day(redshift.lake, DAY, [event(itemInSession=number)])

    write(0)
    redshift.load_songs()
    commits = sent(stand_in, load).count("COMMIT")
    # Before it, after it took effect, in its answer, after its answer: the loads and the pauses that each causes.
    for number, (delivered, loads, pauses) in enumerate([(None, 2, 1), (0, 1, 1), (7, 1, 1), (ALL, 1, 0)], 1):
        waited.clear()
        write(number)
        with failing(fault := Fault("COMMIT", commits, delivered=delivered)):
            statements = sent(stand_in, load)
        assert fault.happened == 1
        assert sum(f"INSERT INTO staging.{what}" in sql for sql in statements) == loads
        assert_pauses(waited, pauses, first=1.0)
        star, expected = redshift.star(), redshift.expected([DAY])
        assert star[f"staging.{what}"] == expected[f"staging.{what}"]
    assert redshift.load(DAY).state == ("unchanged" if what == "staging_events" else "loaded")
    assert redshift.load_songs().state == ("unchanged" if what == "staging_songs" else "loaded")
    assert redshift.star() == redshift.expected([DAY])


def test_a_connection_that_breaks_at_any_statement_of_a_day(
    redshift: Platform, stand_in: StandIn, failing: Failing, waited: list[float], chance: random.Random
) -> None:
    lakes = ([event(), event(userId="8", itemInSession=1)], [event(level="paid"), event(itemInSession=2)])
    ends = []
    for events in lakes:
        write_day(redshift.lake, DAY, events)
        redshift.load(DAY)
        ends.append(redshift.everything())
        statements = sent(stand_in, lambda: redshift.load(DAY, force=True))
    assert ends[0] != ends[1]
    assert len(statements) > 50
    numbers = chance.sample(range(1, len(statements) + 1), number_of_examples(5, thorough=len(statements)))
    # Two versions in turn, so that the stored day never equals the loaded one.
    for number, events, end in zip(sorted(numbers), itertools.cycle(lakes), itertools.cycle(ends)):
        write_day(redshift.lake, DAY, events)
        delivered = chance.choice([None, 0, 7])
        with failing(fault := Fault(".+", number, delivered=delivered)):
            assert redshift.load(DAY).state == "loaded", (statements[number - 1], delivered)
        assert fault.happened == 1
        assert redshift.everything() == end, (statements[number - 1], delivered)
    assert len(waited) == len(numbers)


@pytest.mark.parametrize(
    ("conflict", "at", "nth"),
    [
        (SERIALIZABLE_CONFLICT, "COMMIT", PUBLISHED),
        (SERIALIZABLE_CONFLICT, "LOCK .*", 1),
        (SNAPSHOT_CONFLICT, INSERT, 1),
    ],
    ids=["1023 at the commit", "1023 at the lock", "snapshot at an insert"],
)
class TestConflicts:
    def test_the_transaction_is_retried(
        self, loaded: Platform, failing: Failing, waited: list[float], conflict: StatementRefused, at: str, nth: int
    ) -> None:
        for times in range(1, 5):
            waited.clear()
            with failing(fault := Fault(at, nth, times, conflict)):
                assert loaded.load(DAY, force=True).state == "loaded"
            assert fault.happened == times
            assert_pauses(waited, times, first=0.2)
        assert loaded.star() == loaded.expected([DAY])

    def test_the_fifth_is_reported_in_redshifts_words(
        self, loaded: Platform, failing: Failing, waited: list[float], conflict: StatementRefused, at: str, nth: int
    ) -> None:
        before = loaded.everything()
        with failing(fault := Fault(at, nth, ALWAYS, conflict)), pytest.raises(WarehouseError) as error:
            loaded.load(DAY)
        words = f"{conflict}: {conflict.detail}" if conflict.detail else str(conflict)
        assert f"failed on Redshift: {words} (XX000)" in str(error.value)
        assert fault.happened == 5
        assert_pauses(waited, 4, first=0.2)
        assert loaded.everything() == before
        assert loaded.load(DAY).state == "loaded"
        assert loaded.star() == loaded.expected([DAY])


def test_every_retriable_code_is_retried(loaded: Platform, failing: Failing, waited: list[float]) -> None:
    for code, (kind, _) in _CODES.items():
        if kind in (Kind.LOGIN, Kind.DENIED):
            continue
        waited.clear()
        conflict = kind is Kind.CONFLICT
        error = StatementRefused("in the way", code) if conflict else SessionEnded("gone", code)
        with failing(fault := Fault(INSERT, error=error)):
            assert loaded.load(DAY, force=True).state == "loaded", code
        assert fault.happened == 1
        assert_pauses(waited, 1, first=0.2 if conflict else 1.0)
    assert loaded.star() == loaded.expected([DAY])


def test_any_other_failure_is_reported_at_once(loaded: Platform, failing: Failing, waited: list[float]) -> None:
    before = loaded.everything()
    error = StatementRefused("disk full", "53100")
    with failing(fault := Fault(INSERT, error=error)), pytest.raises(WarehouseError, match=r"disk full \(53100\)"):
        loaded.load(DAY)
    assert (fault.happened, waited) == (1, [])
    assert loaded.everything() == before


def test_a_session_ended_by_an_administrator_is_reported_and_another_one_loads(
    loaded: Platform, failing: Failing, caplog: pytest.LogCaptureFixture
) -> None:
    with failing(fault := Fault(INSERT, error=TERMINATED)):
        assert loaded.load(DAY).state == "loaded"
    assert fault.happened == 1
    assert (
        "attempt 2 of 5: the connection to Redshift broke at the statement load/log_days/insert_songplays"
        in caplog.text
    )
    assert "terminating connection due to administrator command (57P01)" in caplog.text
    assert loaded.star() == loaded.expected([DAY])


def test_no_socket_is_left_open(loaded: Platform, failing: Failing, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[_Driver] = []

    class Kept(_Driver):
        def __init__(self, **settings: Any) -> None:
            made.append(self)
            super().__init__(**settings)

    monkeypatch.setattr("sparkify_assets.warehouse.redshift.connection._Driver", Kept)
    for fault in (Fault(INSERT), Fault("COMMIT", delivered=7), Fault(INSERT, error=TERMINATED)):
        with failing(fault):
            loaded.load(DAY, force=True)
    for error in (Fault(LOGIN).error, STARTING, WRONG_PASSWORD):
        with failing(Fault(LOGIN, error=error)), pytest.raises(WarehouseError):
            loaded.load(DAY)
    assert [connection._usock.fileno() for connection in made] == [-1] * 9


class TestLogins:
    @pytest.mark.parametrize("refusal", [Fault(LOGIN).error, STARTING], ids=["the socket is closed", "57P03"])
    def test_a_cluster_that_restarts_is_waited_for(
        self, loaded: Platform, failing: Failing, waited: list[float], refusal: Exception
    ) -> None:
        lost, down = Fault("COMMIT", PUBLISHED), Fault(LOGIN, 2, 2, refusal)
        with failing(lost, down):
            assert loaded.load(DAY).state == "loaded"
        assert (lost.happened, down.happened) == (1, 2)
        assert_pauses(waited, 3, first=1.0)
        assert loaded.star() == loaded.expected([DAY])

    def test_a_cluster_that_does_not_come_back_is_given_up_after_five_attempts(
        self, loaded: Platform, failing: Failing, waited: list[float]
    ) -> None:
        before = loaded.everything()
        lost, down = Fault("COMMIT", PUBLISHED), Fault(LOGIN, 2, ALWAYS, STARTING)
        with failing(lost, down), pytest.raises(WarehouseUnreachable, match=r"the cluster is starting \(57P03\)"):
            loaded.load(DAY)
        assert (lost.happened, down.happened) == (1, 4)
        assert_pauses(waited, 4, first=1.0)
        assert loaded.everything() == before

    @pytest.mark.parametrize("reconnects", [False, True], ids=["at first", "at a reconnect"])
    def test_a_wrong_password_is_tried_once(
        self, loaded: Platform, failing: Failing, waited: list[float], reconnects: bool
    ) -> None:
        lost = Fault("COMMIT", PUBLISHED)
        wrong = Fault(LOGIN, 2 if reconnects else 1, ALWAYS, WRONG_PASSWORD)
        with failing(lost, wrong), pytest.raises(WarehouseError, match=r"no way into .* as loader: password") as error:
            loaded.load(DAY)
        assert not isinstance(error.value, WarehouseUnreachable)
        assert (lost.happened, wrong.happened, len(waited)) == (reconnects, 1, reconnects)

    @pytest.mark.parametrize("refusal", [Fault(LOGIN).error, STARTING], ids=["the socket is closed", "57P03"])
    def test_a_cluster_that_was_never_reached_is_not_waited_for(
        self, loaded: Platform, failing: Failing, waited: list[float], refusal: Exception
    ) -> None:
        with failing(fault := Fault(LOGIN, 1, ALWAYS, refusal)), pytest.raises(WarehouseUnreachable):
            loaded.load(DAY)
        assert (fault.happened, waited) == (1, [])

    def test_a_log_in_without_an_answer_times_out(
        self, loaded: Platform, failing: Failing, waited: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Long enough for what comes before the log-in, the TLS handshake.
        monkeypatch.setattr("sparkify_assets.warehouse.redshift.connection._CONNECT_SECONDS", 2)
        with (
            failing(fault := Fault(LOGIN, stalls=True)),
            pytest.raises(WarehouseUnreachable, match=r"no way into redshift://localhost:\d+/\S+ as loader: .*time"),
        ):
            loaded.load(DAY)
        assert (fault.happened, waited) == (1, [])


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A port of this machine that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken


@pytest.mark.parametrize("listening", [True, False], ids=["silent", "closed"])
def test_an_unreachable_server_is_named_with_its_settings(
    redshift: Platform, silent: socket.socket, waited: list[float], monkeypatch: pytest.MonkeyPatch, listening: bool
) -> None:
    monkeypatch.setattr("sparkify_assets.warehouse.redshift.connection._CONNECT_SECONDS", 0.1)
    if listening:
        silent.listen()
    port = silent.getsockname()[1]
    settings = replace(redshift.settings, redshift=replace(redshift.settings.redshift, port=port))
    with pytest.raises(WarehouseUnreachable) as error:
        load_day(open_warehouse(settings), redshift.open_lake(), DAY)
    message = str(error.value)
    assert message.startswith(
        f"there is no way into redshift://localhost:{port}/{settings.redshift.database} as loader: "
    )
    assert ("timed out" if listening else "Connection refused") in message
    assert ("is the cluster paused?" if listening else "see SPARKIFY_REDSHIFT_PORT") in message
    assert waited == []


class TestSlowDown:
    @pytest.fixture(autouse=True)
    def slept(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """The pauses of botocore, in seconds; the test does not wait."""
        seconds: list[float] = []
        monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=seconds.append))
        monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", lambda *_: True)
        return seconds

    def clients(self, platform: Platform) -> tuple[Any, Any]:
        """The S3 clients of the lake and of the work prefix."""
        lake, warehouse = platform.open_lake(), platform.warehouse
        assert isinstance(lake, S3Lake)
        assert isinstance(warehouse, RedshiftWarehouse)
        return lake._client, warehouse._work._client

    def test_refused_requests_are_sent_again(self, loaded: Platform, slept: list[float]) -> None:
        lake, work = self.clients(loaded)
        slow = [Refusing(503, "SlowDown", client, times=5) for client in (lake, work)]
        assert load_day(loaded.warehouse, loaded._opened_lake, DAY).state == "loaded"
        assert [each.happened for each in slow] == [5, 5]
        assert len(slept) == 10
        assert loaded.star() == loaded.expected([DAY])

    @pytest.mark.parametrize("whose", [0, 1], ids=["the lake's", "the work prefix's"])
    def test_the_refusal_is_reported_if_all_requests_are_refused(
        self, loaded: Platform, waited: list[float], whose: int
    ) -> None:
        before = loaded.everything()
        slow = Refusing(503, "SlowDown", self.clients(loaded)[whose])
        with pytest.raises((LakeError, WorkError), match=r"s3://.*: SlowDown: ") as error:
            load_day(loaded.warehouse, loaded._opened_lake, DAY)
        assert isinstance(error.value, WorkError) == bool(whose)
        assert (slow.happened, waited) == (8, [])
        assert loaded.everything() == before


def test_days_loaded_at_once_succeed_although_some_lose_their_connection(redshift: Platform, failing: Failing) -> None:
    days = [date(2018, 11, 1) + timedelta(days=n) for n in range(4)]
    generate(redshift.lake, SampleOptions(days=len(days), events=400, songs=30, dirt=0.02))
    redshift.load_songs()
    faults = (Fault(INSERT), Fault(INSERT, 3, error=SERIALIZABLE_CONFLICT), Fault("COPY .*", 2, delivered=7))
    with failing(*faults):
        results = load_days(redshift.warehouse, redshift.open_lake(), days, at_once=len(days))
    assert [fault.happened for fault in faults] == [1, 1, 1]
    assert [(result.load, result.state) for result in results] == [(LogDays.of(day), "loaded") for day in days]
    assert redshift.star() == redshift.expected(days)
