"""Whatever a record holds costs that record only: it is loaded or rejected, with the same values, on both engines."""

import gzip
import random
from collections.abc import Callable, Sequence

import pytest

from sparkify_assets import model
from sparkify_assets.lake.drift import find_drift, first_records
from sparkify_assets.load.loading import load_days, load_songs
from sparkify_assets_tests.effort import THOROUGH
from sparkify_assets_tests.hostile import hostile_events, hostile_songs
from sparkify_assets_tests.lakes import DAY, event, log_file, write_day
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.record_oracle import BOM, judge_lines

EVENTS = model.table("staging.staging_events")
JUDGED = ("staging.staging_events", "staging.staging_songs", "staging.rejected_records")
# A record in so many is tried, unless all are.
SHARE = 1 if THOROUGH else 4

# How the records of a file are laid out.
FORMS: dict[str, Callable[[Sequence[bytes]], bytes]] = {
    "plain": b"\n".join,
    "packed": lambda records: gzip.compress(b"\n".join(records), compresslevel=1),
    "CRLF": lambda records: b"\r\n".join([*records, b""]),
    "BOM": lambda records: BOM + b"\n".join(records),
    "blank lines between": lambda records: b"\n \r\n\t\n".join(records) + b"\n\n",
}


def write(platform: Platform, name: str, content: bytes) -> None:
    path = log_file(platform.lake, DAY, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.mark.exhaustive(1)
@pytest.mark.parametrize("form", FORMS)
def test_each_record_is_loaded_or_rejected_with_the_same_values_on_both_engines(
    embedded: Platform, redshift: Platform, form: str, chance: random.Random
) -> None:
    records = hostile_events()
    records = chance.sample(records, len(records) // SHARE)
    good = [judged.text for judged in judge_lines(b"\n".join(records), EVENTS) if judged.row]
    end = ".gz" if form == "packed" else ""
    # Files that the engines read by themselves; with a few records that are not good; with many; and as a whole not.
    for number in range(3):
        write(embedded, f"good-{number}{end}", FORMS[form](good[number::3]))
    for number, record in enumerate(chance.sample(records, 2)):
        write(embedded, f"few-{number}{end}", FORMS[form]([*good[:50], record, *good[50:60]]))
    write(embedded, f"many{end}", FORMS[form](records))
    write(embedded, f"refused{end}", FORMS[form]([*records[: len(records) // 4], b"\v"]))
    for platform in (embedded, redshift):
        (result,) = load_days(platform.warehouse, platform.open_lake(), [DAY], run_id="a run", max_rejected=1.0)
        assert (result.state, result.problem) == ("loaded", None)
    assert embedded.everything() == redshift.everything()
    star, expected = embedded.star(), embedded.expected([DAY])
    assert {name: star[name] for name in JUDGED} == {name: expected[name] for name in JUDGED}


def test_each_song_file_is_loaded_or_rejected_with_the_same_values_on_both_engines(
    embedded: Platform, redshift: Platform, chance: random.Random
) -> None:
    records = hostile_songs()
    for number, record in enumerate(chance.sample(records, len(records) // SHARE // 4)):
        path = embedded.lake / f"song_data/A/{number % 7}/TR{number}.json{'.gz' if number % 5 == 0 else ''}"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = (BOM if number % 3 == 0 else b"") + record + (b"\r\n" if number % 2 else b"")
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    for platform in (embedded, redshift):
        result = load_songs(platform.warehouse, platform.open_lake(), run_id="a run", max_rejected=1.0)
        assert (result.state, result.problem) == ("loaded", None)
    assert embedded.everything() == redshift.everything()
    star, expected = embedded.star(), embedded.expected([])
    assert {name: star[name] for name in JUDGED} == {name: expected[name] for name in JUDGED}


def test_the_keys_of_all_records_are_compared_with_the_contract(embedded: Platform) -> None:
    """Nobody has validated them by then."""
    write_day(embedded.lake, DAY, [event(device="phone")])
    write(embedded, "odd", b"\n".join(record for record in hostile_events() if len(record) > 1000))
    lake = embedded.open_lake()
    drift = find_drift(EVENTS, first_records(lake, lake.day(DAY)))
    assert drift.unknown["device"] == 1
    assert drift.unknown["x"] > 10
