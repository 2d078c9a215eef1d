"""A sample with the pages that the real month lacks: who sees them and when. The other tests leave these pages out."""

from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.sample.reading import Lake, Record, plays_of, sessions_of
from sparkify_assets_tests.sample.test_log_oddities import FIELDS, PAGES

pytestmark = pytest.mark.check

# What the app logs of each page: method and status.
ADDED = {
    "Thumbs Up": ("PUT", 307),
    "Thumbs Down": ("PUT", 307),
    "Add Friend": ("PUT", 307),
    "Add to Playlist": ("PUT", 200),
    "Roll Advert": ("GET", 200),
    "Register": ("GET", 200),
    "Submit Registration": ("PUT", 307),
    "Cancel": ("PUT", 307),
    "Cancellation Confirmation": ("GET", 200),
}
MONTH = SampleOptions(songs=0, every_page=True)


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    folder = tmp_path_factory.mktemp("month")
    generate(folder, MONTH)
    return sorted(Lake(folder).events(), key=lambda event: (event["ts"], event["itemInSession"]))


def of_users(events: list[Record]) -> dict[str, list[Record]]:
    """The events of each user, in order."""
    found = defaultdict(list)
    for event in events:
        if event["userId"]:
            found[event["userId"]].append(event)
    return found


def test_every_page_occurs_as_the_app_logs_it(events: list[Record]) -> None:
    assert len(events) == MONTH.events
    assert {event["page"] for event in events} == PAGES | ADDED.keys()
    found = {event["page"]: (event["method"], event["status"]) for event in events if event["page"] in ADDED}
    assert found == ADDED
    assert all(list(event) == FIELDS for event in events)


def test_reactions_are_rare_and_most_are_thumbs_up(events: list[Record]) -> None:
    pages, plays = Counter(event["page"] for event in events), len(plays_of(events))
    assert 0.7 <= plays / len(events) <= 0.8
    assert 0.03 <= pages["Thumbs Up"] / plays <= 0.07
    assert pages["Thumbs Down"] < pages["Add Friend"] < pages["Add to Playlist"] < pages["Thumbs Up"]
    assert 8 <= pages["Submit Registration"] <= 25
    assert 3 <= pages["Cancellation Confirmation"] <= 15


def test_adverts_are_for_the_free_level(events: list[Record]) -> None:
    adverts = [event for event in events if event["page"] == "Roll Advert"]
    assert {(event["level"], event["auth"]) for event in adverts} == {("free", "Logged In")}
    plays = sum(event["level"] == "free" for event in plays_of(events))
    assert 0.05 <= len(adverts) / plays <= 0.15


def test_a_guest_registers_and_then_is_a_user_on_the_free_level(events: list[Record]) -> None:
    by_user, sessions = of_users(events), sessions_of(events)
    registering = [event for event in events if event["page"] == "Submit Registration"]
    assert {(event["auth"], event["userId"], event["registration"]) for event in registering} == {("Guest", "", None)}
    for event in registering:
        before = [other for other in sessions[event["sessionId"]] if other["itemInSession"] < event["itemInSession"]]
        assert [other["page"] for other in before] == ["Home", "Register"]
        (user,) = {other["userId"] for other in sessions[event["sessionId"]]} - {""}
        first = by_user[user][0]
        assert first["sessionId"] == event["sessionId"]
        assert (first["page"], first["level"], first["registration"]) == ("Home", "free", event["ts"])


def test_some_look_at_the_registration_and_leave(events: list[Record]) -> None:
    pages = Counter(event["page"] for event in events)
    assert pages["Register"] > pages["Submit Registration"]
    assert {event["userId"] for event in events if event["page"] == "Register"} == {""}


def test_who_cancels_is_gone(tmp_path: Path) -> None:
    """Also on crowded days, when many listen on two devices at once."""
    generate(tmp_path, replace(MONTH, days=2, events=20_000))
    events = sorted(Lake(tmp_path).events(), key=lambda event: (event["ts"], event["itemInSession"]))
    cancelled = [event for event in events if event["auth"] == "Cancelled"]
    assert {event["page"] for event in cancelled} == {"Cancellation Confirmation"}
    assert len(cancelled) == sum(event["page"] == "Cancellation Confirmation" for event in events)
    by_user = of_users(events)
    for event in cancelled:
        assert [other["page"] for other in by_user[event["userId"]][-2:]] == ["Cancel", "Cancellation Confirmation"]
    assert len(cancelled) > 3


def test_events_of_a_session_stay_in_order(events: list[Record]) -> None:
    for session in sessions_of(events).values():
        assert [event["itemInSession"] for event in session] == list(range(len(session)))
    assert all(event["registration"] < event["ts"] for event in events if event["userId"])


@pytest.mark.parametrize(("days", "number"), [(1, 3000), (20, 45), (3, 4), (30, 0)])
def test_every_size_has_the_events_that_were_asked_for(tmp_path: Path, days: int, number: int) -> None:
    options = replace(MONTH, days=days, events=number)
    assert generate(tmp_path, options).events == len(Lake(tmp_path).events()) == options.events
