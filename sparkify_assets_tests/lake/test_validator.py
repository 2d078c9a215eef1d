"""Which records are good, and why the others are rejected."""

import json
from io import BytesIO

import pytest

from sparkify_assets import model
from sparkify_assets.lake.records import MAX_BYTES, Lines, Record, read_values
from sparkify_assets.lake.validator import MOST_KEYS, Tally, validate
from sparkify_assets_tests.lake.writing import EVENT, SONG, event, event_with

pytestmark = pytest.mark.check

EVENTS = model.table("staging.staging_events")
SONGS = model.table("staging.staging_songs")


def reason_of(data: bytes, table: model.Table = EVENTS) -> str | None:
    return reason_for(Record(1, 0, data, len(data)), table)


def reason_for(record: Record, table: model.Table = EVENTS) -> str | None:
    (verdict,) = validate([record], table)
    return verdict.reason


def test_a_record_with_only_the_required_fields_is_good() -> None:
    assert reason_of(EVENT) is None
    assert reason_of(SONG, SONGS) is None


@pytest.mark.parametrize(
    "text",
    [
        '"userId":""',
        '"userId":null',
        '"userId":"+0012"',
        '"userId":-0',
        '"userId":-2147483648',
        '"userId":"' + "0" * 50 + '1"',
        '"length":""',
        '"length":"+.5e3"',
        '"length":"1."',
        '"length":1e-400',
        '"length":-0.0',
        '"artist":""',
        '"artist":true',
        '"artist":12',
        '"artist":1.50',
        '"artist":"NaN"',
        '"artist":"{"',
        '"artist":"[1]"',
        '"artist":"\\u00e9\\ud83d\\ude00"',
        '"artist":" \\n"',
        '"gender":"' + "é" * 8 + '"',
        '"unknown":{"a":[1,{"b":null}]}',
        '"unknown":1,"unknown":2',
        '"Artist":[]',
        '"unknown":"\\u0000"',
    ],
)
def test_a_record_is_good(text: str) -> None:
    assert reason_of(event_with(text)) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *((f'"userId":{v}', "userId is not an integer") for v in ("1.5", "1.0", "true", "1e3", '"0x1F"', '" 12 "')),
        *((f'"userId":"{v}"', "userId is not an integer") for v in ("1_000", "+", "--1", "1\\n", "1.", "\u0661", "x")),
        *((f'"userId":{v}', "userId is out of range") for v in ("2147483648", "-2147483649", '"' + "9" * 5000 + '"')),
        *((f'"length":{v}', "length is not a finite number") for v in ("true", "1e400", '"NaN"', '"."', '"1e"')),
        *(
            (f'"length":"{v}"', "length is not a finite number")
            for v in ("Infinity", "0x1", "1,5", " 1", "1_0", "1\\n")
        ),
        ('"artist":{}', "artist is an object"),
        ('"artist":[]', "artist is an array"),
        ('"userId":{}', "userId is an object"),
        ('"length":[]', "length is an array"),
        ('"artist":"a","artist":"a"', "artist occurs twice"),
        ('"artist":null,"artist":null', "artist occurs twice"),
        ('"artist":"a","\\u0061rtist":"b"', "artist occurs twice"),
        ('"ts":1541296805796', "ts occurs twice"),
        ('"artist":"\\u0000"', "artist holds NUL"),
        ('"artist":"' + "x" * 1025 + '"', "artist is too long"),
        ('"gender":"' + "é" * 9 + '"', "gender is too long"),
        ('"gender":1.000000000000000', "gender is too long"),
        ('"gender":12345678901234567', "gender is too long"),
    ],
)
def test_a_record_is_rejected_for_the_first_rule_that_it_breaks(text: str, reason: str) -> None:
    assert reason_of(event_with(text)) == reason


def test_a_million_digits_cost_no_more_than_any_other_text() -> None:
    for digits in ("1" * 1_000_000, "0" * 1_000_000, "." + "1" * 1_000_000):
        assert reason_of(event_with(f'"length":"{digits}x"')) == "length is not a finite number"
        assert reason_of(event_with(f'"userId":"{digits}x"')) == "userId is not an integer"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        *((f'"artist":{v}', {"artist": v}) for v in ("12", "-0", "1.50", "1E5", "1e400", "0e0", "1" * 1000, "true")),
        ('"artist":"1.50","gender":null', {"artist": "1.50"}),
        ('"artist":"\\ud83d\\ude00","location":""', {"artist": "😀", "location": ""}),
        ('"userId":"+0012","status":-0,"length":"+.5e3"', {"userId": 12, "status": 0, "length": 500.0}),
        ('"userId":"' + "0" * 5000 + '7","status":"","length":1e-400', {"userId": 7, "length": 0.0}),
        ('"unknown":1', {}),
    ],
)
def test_a_good_record_has_values_in_the_types_of_their_columns(text: str, values: dict[str, object]) -> None:
    (verdict,) = validate([Record(1, 0, data := event_with(text), len(data))], EVENTS)
    assert verdict.values == {**json.loads(EVENT), **values}
    assert reason_of(data) is None


@pytest.mark.parametrize("field", ["ts", "sessionId", "itemInSession", "page"])
def test_a_required_field_of_an_event_may_be_neither_null_nor_absent(field: str) -> None:
    assert reason_of(event(**{field: None})) == f"{field} is missing"
    assert reason_of(json.dumps({k: v for k, v in json.loads(EVENT).items() if k != field}).encode()) == (
        f"{field} is missing"
    )


@pytest.mark.parametrize("field", ["song_id", "artist_id", "title"])
def test_a_required_field_of_a_song_may_be_empty_but_not_null(field: str) -> None:
    song = json.loads(SONG)
    assert reason_of(json.dumps({**song, field: None}).encode(), SONGS) == f"{field} is missing"
    assert reason_of(json.dumps({**song, field: ""}).encode(), SONGS) is None


def test_an_empty_required_number_is_missing() -> None:
    assert reason_of(event(ts="")) == "ts is missing"


@pytest.mark.parametrize(("ts", "reason"), [(0, None), (4_102_444_800_000, None), (-1, 1), (4_102_444_800_001, 1)])
def test_ts_lies_between_1970_and_2100(ts: int, reason: int | None) -> None:
    assert reason_of(event(ts=ts)) == ("ts is out of range" if reason else None)


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        EVENT[:-1],
        EVENT + b",",
        EVENT + EVENT,
        EVENT[:-1] + b",}",
        b"\x0b" + EVENT,
        EVENT + b"\x00",
        b"\xef\xbb\xbf" + EVENT,
        event_with('"unknown":[1,]'),
        event_with('"artist":NaN'),
        event_with('"unknown":-Infinity'),
        event_with('"unknown":01'),
        event_with('"unknown":"a\tb"'),
        event_with("'artist':1"),
        event_with('"artist":"\\ud800"'),
        event_with('"\\udc00":1'),
    ],
)
def test_a_record_is_not_json(data: bytes) -> None:
    assert reason_of(data) == "not JSON"


@pytest.mark.parametrize("data", [b"null", b"1", b'"text"', b"[]", b"[" + EVENT + b"]", b"true"])
def test_a_record_is_not_an_object(data: bytes) -> None:
    assert reason_of(data) == "not an object"


@pytest.mark.parametrize("data", [b"\xff", EVENT[:-1] + b',"artist":"\xed\xa0\x80"}', EVENT[:-1] + b',"a":"\xc0\x80"}'])
def test_a_record_is_not_utf_8(data: bytes) -> None:
    assert reason_of(data) == "not UTF-8"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("[" * 499 + "]" * 499, None),
        ("[" * 500 + "]" * 500, "nested too deeply"),
        ('{"a":[' * 250 + "]}" * 250, "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
        ("[" + ",".join(["[]"] * 1000) + "]", None),
        (json.dumps('"[{' * 1000), None),
        (json.dumps("]" * 1000) + ',"x":' + "[" * 500 + "]" * 500, "nested too deeply"),
    ],
)
def test_a_value_is_nested_no_deeper_than_500(value: str, reason: str | None) -> None:
    assert reason_of(event_with(f'"unknown":{value}')) == reason


def test_a_record_is_no_larger_than_4_mb() -> None:
    assert reason_for(Record(1, 0, EVENT, MAX_BYTES)) is None
    assert reason_for(Record(1, 0, EVENT, MAX_BYTES + 1)) == "larger than 4 MB"


def test_unknown_keys_are_reported_for_good_and_for_rejected_records() -> None:
    content = b"\n".join([event_with('"device":1,"tv":2'), event_with('"ts":"never","device":1'), b"oops", EVENT])
    assert [verdict.unknown for verdict in validate(Lines(BytesIO(content)), EVENTS)] == [
        ("device", "tv"),
        ("device",),
        (),
        (),
    ]


def test_a_tally_counts_the_records_of_each_unknown_key_for_a_hundred_keys_at_most() -> None:
    many = ",".join(f'"key{n}":1' for n in range(MOST_KEYS))
    content = b"\n".join([event_with('"device":1'), event_with('"ts":"never","device":1'), event_with(many)])
    tally = Tally()
    for verdict in validate(Lines(BytesIO(content)), EVENTS):
        tally.add(verdict)
    assert (tally.good, tally.rejected, tally.unknown["device"], len(tally.unknown)) == (2, 1, 2, MOST_KEYS)


def test_a_log_file_is_validated_line_by_line() -> None:
    content = EVENT + b"\r\n\n" + EVENT + EVENT + b"\n[1,\n2]"
    assert [(v.record.line_number, v.reason) for v in validate(Lines(BytesIO(content)), EVENTS)] == [
        (1, None),
        (3, "not JSON"),
        (4, "not JSON"),
        (5, "not JSON"),
    ]


def test_a_song_file_is_validated_value_by_value() -> None:
    content = json.dumps(json.loads(SONG), indent=2).encode() + SONG + SONG + b"\n[1,\n2] oops\n" + SONG
    assert [(v.record.line_number, v.reason) for v in validate(read_values(BytesIO(content)), SONGS)] == [
        (1, None),
        (5, None),
        (5, None),
        (6, "not an object"),
        (7, "not JSON"),
        (8, None),
    ]
