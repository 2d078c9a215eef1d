"""The sample's month compared with facts about the real one: 8,056 events, 97 users, 941 sessions, 6,820 plays."""

from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.sample.reading import Lake, Record, day_of_event, plays_of, sessions_of

PAGES = {
    "About",
    "Downgrade",
    "Error",
    "Help",
    "Home",
    "Login",
    "Logout",
    "NextSong",
    "Save Settings",
    "Settings",
    "Submit Downgrade",
    "Submit Upgrade",
    "Upgrade",
}
FIELDS = [
    "artist",
    "auth",
    "firstName",
    "gender",
    "itemInSession",
    "lastName",
    "length",
    "level",
    "location",
    "method",
    "page",
    "registration",
    "sessionId",
    "song",
    "status",
    "ts",
    "userAgent",
    "userId",
]


def test_every_event_has_the_18_fields_in_order(events: list[Record]) -> None:
    assert all(list(event) == FIELDS for event in events)


def test_all_13_pages_occur_and_nextsong_is_85_percent(events: list[Record]) -> None:
    pages = Counter(event["page"] for event in events)
    assert set(pages) == PAGES
    assert 0.82 <= pages["NextSong"] / len(events) <= 0.88


def test_each_page_has_its_method_and_status(events: list[Record]) -> None:
    by_page = defaultdict(set)
    for event in events:
        by_page[event["page"]].add((event["method"], event["status"]))
    assert by_page["NextSong"] == {("PUT", 200)}
    assert by_page["Home"] == {("GET", 200)}
    assert by_page["Error"] == {("GET", 404)}
    assert by_page["Login"] == by_page["Logout"] == by_page["Save Settings"] == {("PUT", 307)}
    assert {status for pairs in by_page.values() for _, status in pairs} == {200, 307, 404}


def test_a_logged_out_event_has_a_level_but_no_user(events: list[Record]) -> None:
    logged_out = [event for event in events if event["auth"] == "Logged Out"]
    # 286 in the real month.
    assert 200 <= len(logged_out) <= 400
    assert {event["page"] for event in logged_out} == {"Home", "Login", "About", "Help"}
    assert {event["level"] for event in logged_out} == {"free", "paid"}
    for event in logged_out:
        assert event["userId"] == ""
        unknown = ("firstName", "lastName", "gender", "location", "userAgent", "registration")
        assert {event[field] for field in unknown} == {None}


def test_a_logged_in_event_has_a_user(events: list[Record]) -> None:
    for event in events:
        if event["auth"] == "Logged In":
            assert event["userId"].isdigit()
            assert event["gender"] in ("F", "M")
            assert isinstance(event["registration"], float)
            assert event["registration"] < event["ts"]
            assert all(event[field] for field in ("firstName", "lastName", "location", "userAgent"))


def test_only_plays_have_song_artist_and_length(events: list[Record]) -> None:
    for event in events:
        named = [event[field] is not None for field in ("artist", "song", "length")]
        assert named == [event["page"] == "NextSong"] * 3


def test_lengths_are_floats_with_five_decimals(events: list[Record]) -> None:
    lengths = [event["length"] for event in plays_of(events)]
    assert all(isinstance(length, float) and length == round(length, 5) for length in lengths)
    assert sum(length != round(length, 4) for length in lengths) > 0.8 * len(lengths)


def test_session_and_item_are_unique_and_items_increase_with_time(events: list[Record]) -> None:
    for session in sessions_of(events).values():
        in_order = sorted(session, key=lambda event: int(event["itemInSession"]))
        assert [event["itemInSession"] for event in in_order] == list(range(len(session)))
        assert all(one["ts"] <= following["ts"] for one, following in pairwise(in_order))


def test_some_plays_happen_at_the_same_time(events: list[Record]) -> None:
    plays = plays_of(events)
    # 7 in the real month.
    assert 1 <= len(plays) - len({event["ts"] for event in plays}) <= 30


def test_some_sessions_cross_midnight(events: list[Record]) -> None:
    # 11 in the real month.
    crossing = [session for session in sessions_of(events).values() if len({day_of_event(e) for e in session}) > 1]
    assert 6 <= len(crossing) <= 16


def test_a_session_belongs_to_one_user_and_some_include_logged_out_events(events: list[Record]) -> None:
    sessions = sessions_of(events).values()
    users = [{event["userId"] for event in session} for session in sessions]
    assert max(len(ids - {""}) for ids in users) == 1
    # 941 sessions in the real month, 123 of them mixed.
    assert 700 <= len(sessions) <= 1100
    assert 80 <= sum(len(ids) == 2 for ids in users) <= 160


def test_a_session_is_songs_in_a_row(events: list[Record]) -> None:
    gaps = []
    for session in sessions_of(plays_of(events)).values():
        gaps += [following["ts"] - one["ts"] - int(one["length"]) * 1000 for one, following in pairwise(session)]
    assert sum(gap == 0 for gap in gaps) > 0.85 * len(gaps)
    assert min(gaps) >= 0


def test_most_sessions_are_short_and_a_few_go_on_for_hours(events: list[Record]) -> None:
    sizes = [len(session) for session in sessions_of(events).values()]
    assert sum(size <= 2 for size in sizes) > 0.3 * len(sizes)
    assert max(sizes) > 60


def test_there_are_about_96_users_and_nearly_all_of_them_play(events: list[Record]) -> None:
    users = {event["userId"] for event in events} - {""}
    listeners = {event["userId"] for event in plays_of(events)}
    assert 90 <= len(users) <= 100
    assert 0.9 * len(users) <= len(listeners) <= len(users)


def test_two_users_share_a_name(events: list[Record]) -> None:
    names = {event["userId"]: (event["firstName"], event["lastName"]) for event in events if event["userId"]}
    assert sorted(Counter(names.values()).values())[-2:] == [1, 2]


def levels_by_user(events: list[Record]) -> dict[str, list[str]]:
    levels = defaultdict(list)
    for event in sorted(events, key=lambda event: (event["ts"], event["sessionId"], event["itemInSession"])):
        if event["userId"]:
            levels[event["userId"]].append(event["level"])
    return levels


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_eight_users_change_level_and_one_of_them_twice(tmp_path: Path, seed: int) -> None:
    generate(tmp_path, SampleOptions(songs=0, seed=seed))
    levels = levels_by_user(Lake(tmp_path).events()).values()
    changes = Counter(sum(one != following for one, following in pairwise(user)) for user in levels)
    assert set(changes) == {0, 1, 2}
    assert changes[2] == 1
    assert 5 <= changes[1] <= 9


@pytest.mark.parametrize(
    "options",
    [SampleOptions(songs=0), SampleOptions(days=1, events=40_000, songs=0)],
    ids=["month", "crowded day"],
)
def test_levels_change_only_where_the_user_submits_the_change(tmp_path: Path, options: SampleOptions) -> None:
    generate(tmp_path, options)
    events = Lake(tmp_path).events()
    submitted = Counter(event["page"] for event in events if event["page"].startswith("Submit"))
    changes = [
        following for user in levels_by_user(events).values() for one, following in pairwise(user) if one != following
    ]
    assert submitted == {"Submit Upgrade": changes.count("paid"), "Submit Downgrade": changes.count("free")}


def test_hardly_anyone_has_two_sessions_at_once(tmp_path: Path) -> None:
    generate(tmp_path, SampleOptions(days=10, events=40_000, songs=0))
    spans = defaultdict(list)
    for session in sessions_of(Lake(tmp_path).events()).values():
        user = max(event["userId"] for event in session)
        spans[user].append((session[0]["ts"], session[-1]["ts"]))
    del spans[""]
    pairs = [pair for sessions in spans.values() for pair in pairwise(sorted(sessions))]
    assert sum(following[0] < one[1] for one, following in pairs) <= 0.002 * len(pairs)


def test_paying_users_play_the_most(events: list[Record]) -> None:
    plays = plays_of(events)
    assert 0.6 <= sum(event["level"] == "paid" for event in plays) / len(plays) <= 0.9


def test_accented_text_is_utf8_read_as_latin1_twice(events: list[Record]) -> None:
    texts = [event[field] for event in plays_of(events) for field in ("song", "artist")]
    damaged = [text for text in texts if "\u00c3\u0083" in text]
    # 346 of 13,640 values in the real month.
    assert 200 <= len(damaged) <= 500
    assert any("\u00c3\u0083\u00c2\u00b3" in text for text in damaged)
    for text in damaged:
        restored = text.encode("latin-1").decode().encode("latin-1").decode()
        assert restored != text


def test_three_in_four_user_agents_are_wrapped_in_literal_quotes(events: list[Record]) -> None:
    agents = [event["userAgent"] for event in events if event["userAgent"]]
    wrapped = [agent for agent in agents if agent.startswith('"')]
    assert 0.65 <= len(wrapped) / len(agents) <= 0.85
    assert all(agent.endswith('"') and "," in agent for agent in wrapped)


def test_names_contain_double_quotes_outer_spaces_and_brackets(events: list[Record]) -> None:
    texts = {event[field] for event in plays_of(events) for field in ("song", "artist")}
    assert any('"' in text for text in texts)
    assert any(text.startswith(" ") for text in texts)
    assert any(text.endswith(" ") for text in texts)
    assert any(text.startswith("(") for text in texts)
    assert any(text.startswith("[") for text in texts)
    assert any("/" in text for text in texts)


def test_the_longest_texts_are_as_long_as_the_real_ones(events: list[Record]) -> None:
    plays = plays_of(events)
    assert max(len(event["song"].encode()) for event in plays) == 159
    assert max(len(event["artist"].encode()) for event in plays) == 101


def test_a_few_songs_are_very_popular_and_most_are_played_once_or_twice(events: list[Record]) -> None:
    plays = Counter((event["song"], event["artist"]) for event in plays_of(events))
    assert plays.most_common(1)[0][1] >= 20
    assert sum(count <= 2 for count in plays.values()) > 0.7 * len(plays)


def test_users_have_their_own_hours_and_nights_are_quiet(events: list[Record]) -> None:
    hours = Counter(event["ts"] // 3_600_000 % 24 for event in events)
    assert sum(hours[hour] for hour in range(13, 21)) > 2 * sum(hours[hour] for hour in range(1, 9))


def test_users_arrive_throughout_the_month(events: list[Record]) -> None:
    first_days: dict[str, int] = {}
    for event in events:
        first_days.setdefault(event["userId"], day_of_event(event).day)
    # 66 of the real users appear in the first week.
    assert 45 <= sum(day <= 7 for day in first_days.values()) <= 80


def test_one_play_in_twenty_matches_a_song_exactly(events: list[Record], songs: list[Record]) -> None:
    catalogue = {(song["title"], song["duration"], str(song["artist_name"])) for song in songs}
    plays = plays_of(events)
    matching = [event for event in plays if (event["song"], event["length"], event["artist"]) in catalogue]
    assert 0.04 <= len(matching) / len(plays) <= 0.06
    assert len({event["song"] for event in matching}) > 50


def test_some_plays_match_by_title_and_artist_but_not_by_duration(events: list[Record], songs: list[Record]) -> None:
    durations = {(song["title"], str(song["artist_name"])): song["duration"] for song in songs}
    near = [
        event
        for event in plays_of(events)
        if durations.get((event["song"], event["artist"]), event["length"]) != event["length"]
    ]
    assert len(near) > 20


def test_users_grow_more_slowly_than_events(tmp_path: Path) -> None:
    users = []
    for events in (2000, 20_000):
        folder = tmp_path / str(events)
        generate(folder, SampleOptions(events=events, songs=0))
        users.append(len({event["userId"] for event in Lake(folder).events()}))
    assert 5 <= users[1] / users[0] < 9
