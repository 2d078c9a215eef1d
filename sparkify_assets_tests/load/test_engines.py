"""Law 1: both engines give the same rows for the same lake, dirt included, in every table and column."""

import json
from datetime import date, timedelta

import pytest

from sparkify_assets.load.loading import load_days
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.lakes import DAY, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

DAYS = [date(2018, 11, 1) + timedelta(days=n) for n in range(3)]


def load_all(platform: Platform, days: list[date]) -> None:
    """On DuckDB all days together; on Redshift they are loaded one by one."""
    platform.load_songs()
    together = platform.settings.bytes_together
    load_days(platform.warehouse, platform.open_lake(), days, run_id="a run", bytes_together=together)
    assert {result.state for result in platform.make_insights().values()} == {"rebuilt"}


@pytest.mark.exhaustive(1)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_a_sample_lake_with_all_its_dirt_gives_the_same_rows_on_both_engines(
    embedded: Platform, redshift: Platform, packed: bool
) -> None:
    options = SampleOptions(
        days=len(DAYS), events=1200, songs=200, dirt=0.05, compress=packed, files_per_day=2, every_page=True
    )
    generate(embedded.lake, options)
    assert embedded.lake == redshift.lake
    load_all(embedded, DAYS)
    load_all(redshift, DAYS)
    rows = embedded.everything()
    assert rows == redshift.everything()
    assert embedded.star() == redshift.star() == embedded.expected(DAYS)
    assert embedded.insights() == redshift.insights() == embedded.expected_insights(DAYS)
    assert min(map(len, rows.values())) > 0


def test_nulls_milliseconds_unicode_and_doubles_are_the_same(embedded: Platform, redshift: Platform) -> None:
    texts = [
        "",
        " x ",
        'O\'Neil "Q" \\ /',
        "Zoë",
        "日本語 🎵",
        "a\tb\nc\rd",
        "é",
        "\u2028",
        "[Untitled]",
        "{",
        "NULL",
        "\\N",
        None,
    ]
    doubles = [0.1, 1e-300, 1.7976931348623157e308, -0.0, 152.92036, 123456789.12345678, 5e-324, None]
    moments = [0, 1, 999, 1541106106796, 4102444799999, 4102444800000]
    write_day(
        embedded.lake,
        DAY,
        [
            *(event(song=text, artist=text, level=text, itemInSession=n) for n, text in enumerate(texts)),
            *(event(length=value, registration=value, itemInSession=100 + n) for n, value in enumerate(doubles)),
            *(event(ts=ts, itemInSession=200 + n) for n, ts in enumerate(moments)),
            *(event(userId=user, itemInSession=300 + n) for n, user in enumerate(["", None, "0042", 9, "+3", -1])),
            event(song=True, artist=12, level=1.5, itemInSession=400),
        ],
    )
    for n, text in enumerate(texts):
        write_song(embedded.lake, json.dumps(song(song_id=f"SO{n}", artist_location=text, title=text or "x")), f"TR{n}")
    load_all(embedded, [DAY])
    load_all(redshift, [DAY])
    assert embedded.everything() == redshift.everything()
    assert embedded.star() == embedded.expected([DAY])
    assert embedded.insights() == embedded.expected_insights([DAY])


def test_a_number_in_a_text_column_is_stored_as_it_is_written(embedded: Platform, redshift: Platform) -> None:
    """DuckDB and Redshift each rewrite some numbers; such a text may also be one that the app logged."""
    numbers = ["-0", "0", "12", "1.50", "1.0", "-0.0", "0e0", "1E5", "1e400", "1e-400", "9" * 18, "9" * 64]
    number = json.dumps(event(auth="?", song="?"))
    records = [number.replace('"?"', value) for value in [*numbers, *map(json.dumps, numbers), "9" * 65, "9" * 1000]]
    records = [record.replace("100", str(n), 1) for n, record in enumerate(records)]
    # What COPY refuses has the validator read the whole file; so what it only rewrites lies in another.
    refused = [record for record in records if "e400" in record or "9" * 65 in record]
    write_day(embedded.lake, DAY, refused, "refused")
    write_day(embedded.lake, DAY, [record for record in records if record not in refused], "rewritten")
    write_song(embedded.lake, json.dumps(song(title="?")).replace('"?"', "1e400"))
    load_all(embedded, [DAY])
    load_all(redshift, [DAY])
    assert embedded.everything() == redshift.everything()
    found = embedded.values("SELECT auth, song FROM staging.staging_events")
    assert sorted(found) == sorted((number, number) for number in numbers * 2)
    assert embedded.values("SELECT reason FROM staging.rejected_records") == [("auth is too long",)] * 2
    assert embedded.values("SELECT title FROM sparkify.songs") == [("1e400",)]


def test_a_zero_has_no_sign(embedded: Platform, redshift: Platform) -> None:
    """Else two records that differ only in it would be the same in any order."""
    zeros = ["-0.0", "0", "-0", '"-0"', "0.0", "-1e-400"]
    for number, bad in enumerate(([], ["x"])):
        records = [json.dumps(event(length="?", level=zero)).replace('"?"', zero) for zero in zeros * 2]
        write_day(embedded.lake, DAY, [*records, *bad], str(number))
    for number, zero in enumerate(zeros):
        record = json.dumps(song(duration="?", artist_latitude="?", title=zero)).replace('"?"', zero)
        write_song(embedded.lake, record, f"TR{number}")
    load_all(embedded, [DAY])
    load_all(redshift, [DAY])
    assert repr(embedded.everything()) == repr(redshift.everything())
    assert repr(embedded.star()) == repr(embedded.expected([DAY]))


def test_trailing_blanks_of_a_text_are_significant(embedded: Platform, redshift: Platform) -> None:
    """Redshift ignores them when it compares texts; the platform's statements do not."""
    titles = ["Leuchtturm", "Leuchtturm ", "Leuchtturm  "]
    for n, title in enumerate(titles):
        write_song(embedded.lake, song(song_id=f"SO1{' ' * n}", artist_id=f"AR1{' ' * n}", title=title), f"TR{n}")
    places = [("AR2", "SO2", " "), ("AR2", "SO3", ""), ("AR2", "SO3", "Fargo, ND")]
    for n, (artist, song_id, place) in enumerate(places):
        write_song(embedded.lake, song(song_id=song_id, artist_id=artist, artist_location=place), f"TRP{n}")
    plays = [event(song=title, itemInSession=n) for n, title in enumerate([*titles, "Leuchtturm   "])]
    twice = [event(itemInSession=10, level=level) for level in ("paid  ", "paid", "paid ")]
    write_day(embedded.lake, DAY, [*plays, *twice, event(page="NextSong ", itemInSession=20)])
    load_all(embedded, [DAY])
    load_all(redshift, [DAY])
    assert embedded.everything() == redshift.everything()
    assert embedded.star() == embedded.expected([DAY])


def test_a_fault_in_one_of_many_files_is_found_in_that_file(embedded: Platform, redshift: Platform) -> None:
    """COPY accepts these faults; only sums over the files of a day, or a doubtful value, reveal them."""
    good = [event(itemInSession=n) for n in range(3)]
    wrong: list[list[dict[str, object] | str]] = [
        [json.dumps(event(itemInSession=10)) * 2],
        [event(itemInSession=20), "", " "],
        [json.dumps(event(itemInSession=30), indent=1)],
        [event(itemInSession=40, song={"title": "nested"}), event(itemInSession=41, song="[Untitled]")],
        [event(itemInSession=50, length="NaN"), event(itemInSession=51, length="inf")],
        [event(itemInSession=60, ts=4102444800001)],
    ]
    for number, lines in enumerate(wrong):
        day = DAY + timedelta(days=number)
        write_day(embedded.lake, day, good, "a")
        write_day(embedded.lake, day, lines, "b")
        write_day(embedded.lake, day, good, "c.gz")
    days = [DAY + timedelta(days=number) for number in range(len(wrong))]
    load_all(embedded, days)
    load_all(redshift, days)
    assert embedded.everything() == redshift.everything()
    assert {row[0] for row in redshift.star()["staging.rejected_records"]} == {*days} - {days[1]}
