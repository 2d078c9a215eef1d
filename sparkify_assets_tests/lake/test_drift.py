"""Drift: keys that the contract does not know, and keys that are gone, found in first records and by the validator."""

import gzip
import json
from pathlib import Path

import dagster as dg
import pytest

from sparkify_assets import model
from sparkify_assets.definitions import build_definitions
from sparkify_assets.lake.drift import Drift, find_drift, first_records
from sparkify_assets.lake.listing import File, Lake
from sparkify_assets.load.audits import KNOWN_KEYS
from sparkify_assets.load.results import REFUSED
from sparkify_assets.orchestration.jobs import RANGE_END, RANGE_START
from sparkify_assets.queries import query
from sparkify_assets_tests.lakes import DAY, FLOOD, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

EVENTS = model.table("staging.staging_events")
SONGS = model.table("staging.staging_songs")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def records(*events: dict[str, object]) -> list[bytes]:
    return [json.dumps(each).encode() for each in events]


def test_records_with_the_keys_of_the_contract_have_not_drifted() -> None:
    assert find_drift(EVENTS, records(event())) == Drift(1, {}, ())
    assert find_drift(SONGS, records(song())) == Drift(1, {}, ())


def test_unknown_keys_are_named_as_written() -> None:
    drift = find_drift(EVENTS, records(event(device="phone"), event(device="tv", userid="1"), event()))
    assert drift == Drift(3, {"device": 2, "userid": 1}, ())
    assert not drift.is_none


def test_a_key_that_no_record_has_is_reported_as_unseen() -> None:
    without = {key: value for key, value in event().items() if key != "userAgent"}
    assert find_drift(EVENTS, records(without, without)).unseen == ("userAgent",)
    assert find_drift(EVENTS, records(without, event())).unseen == ()


def test_without_records_no_key_is_reported_as_unseen() -> None:
    assert find_drift(EVENTS, []) == find_drift(EVENTS, [b"[]", b"nonsense", b"\xff", b"1"]) == Drift(0, {}, ())


@pytest.mark.parametrize("text", ["[" * 20_000, '{"a":' * 20_000, '{"\\ud800":1}', '{"a":NaN}', "\ufeff{}"])
def test_a_record_that_the_validator_cannot_read_has_no_keys(text: str) -> None:
    assert find_drift(EVENTS, [text.encode(), *records(event())]) == Drift(1, {}, ())
    assert find_drift(EVENTS, [text.encode("utf-16")]) == Drift(0, {}, ())


def read(lake: Lake, files: list[File]) -> list[bytes]:
    return list(first_records(lake, files))


def test_the_first_thousand_records_of_each_file_are_read(platform: Platform) -> None:
    for name in ("a", "b"):
        write_day(platform.lake, DAY, [event(itemInSession=n) for n in range(1_200)], name)
    lake = platform.open_lake()
    found = [json.loads(record)["itemInSession"] for record in read(lake, lake.day(DAY))]
    assert found == [*range(1_000), *range(1_000)]


def test_only_the_beginning_of_a_file_is_read(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(song="x" * 10_000, itemInSession=n) for n in range(200)])
    lake = platform.open_lake()
    (file,) = lake.day(DAY)
    assert lake.head(file, 1_000) == lake.head(file, 2_000)[:1_000]
    assert len(lake.head(file, 1_000)) == 1_000
    whole = [record for record in read(lake, [file]) if find_drift(EVENTS, [record]).records]
    assert 90 < len(whole) < 100


def test_compressed_files_are_read_as_far_as_possible(platform: Platform) -> None:
    plain = write_day(platform.lake, DAY, [event(itemInSession=n) for n in range(3)])
    packed = gzip.compress(plain.read_bytes())
    plain.with_name(f"{DAY}-whole.json.gz").write_bytes(packed)
    plain.with_name(f"{DAY}-no.json.gz").write_bytes(b"not packed")
    plain.with_name(f"{DAY}-none.json").write_bytes(b"")
    plain.unlink()
    lake = platform.open_lake()
    assert len(read(lake, lake.day(DAY))) == 3


def test_song_files_are_read_value_by_value(platform: Platform) -> None:
    write_song(platform.lake, json.dumps(song(), indent=1) + json.dumps(song(label="new")))
    lake = platform.open_lake()
    assert find_drift(SONGS, read(lake, lake.songs())) == Drift(2, {"label": 1}, ())


def test_a_deleted_file_is_skipped(embedded: Platform) -> None:
    file = write_day(embedded.lake, DAY, [event()])
    lake = embedded.open_lake()
    files = lake.day(DAY)
    file.unlink()
    assert read(lake, files) == []


class TestCheck:
    def check(self, platform: Platform, table: str) -> dg.AssetCheckEvaluation:
        selected = dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey(table), KNOWN_KEYS))
        jobs = dg.Definitions(jobs=[dg.define_asset_job("one_check", selection=selected)])
        definitions = dg.Definitions.merge(build_definitions(platform.settings), jobs)
        tags = {} if table == "staging_songs" else {RANGE_START: str(DAY), RANGE_END: str(DAY)}
        with dg.DagsterInstance.ephemeral() as instance:
            job = definitions.resolve_job_def("one_check")
            result = job.execute_in_process(instance=instance, run_config=QUIET, tags=tags)
        (evaluation,) = result.get_asset_check_evaluations()
        return evaluation

    @pytest.fixture
    def loaded(self, embedded: Platform) -> Platform:
        write_song(embedded.lake, song(label="new"))
        good = [event(itemInSession=n) for n in range(1_000)]
        bad = event(ts="never", shard=7)
        write_day(embedded.lake, DAY, [event(device="phone"), bad, *good, event(late="1"), bad])
        embedded.load(DAY)
        embedded.load_songs()
        return embedded

    def test_unknown_keys_are_a_warning_that_names_them_with_those_that_the_validator_met(
        self, loaded: Platform
    ) -> None:
        found = self.check(loaded, "staging_events")
        assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
        shown = {name: value.value for name, value in found.metadata.items()}
        assert shown == {
            "looked at": "1,000 records of 1 file",
            "keys that the contract does not know": "device (in 1), shard (in 1)",
            "of the records that the validator read": "shard (in 2)",
            "keys of the contract that no record has": "none",
        }

    def test_a_line_of_brackets_costs_that_line(self, embedded: Platform) -> None:
        write_song(embedded.lake, "[" * 20_000 + "\n" + json.dumps(song()))
        write_day(embedded.lake, DAY, ["[" * 1_500, '{"a":' * 20_000, event(device="phone")])
        assert (embedded.load(DAY).rejected, embedded.load_songs().rejected) == (2, 1)
        found = self.check(embedded, "staging_events")
        assert found.metadata["keys that the contract does not know"].value == "device (in 1)"
        assert self.check(embedded, "staging_songs").passed

    def test_songs_are_checked_too(self, loaded: Platform) -> None:
        found = self.check(loaded, "staging_songs")
        assert found.metadata["keys that the contract does not know"].value == "label (in 1)"

    def test_an_empty_warehouse_has_not_drifted(self, embedded: Platform, tmp_path: Path) -> None:
        embedded.load(DAY)
        assert self.check(embedded, "staging_events").passed


def test_unknown_keys_that_the_validator_met_are_recorded_for_a_refused_day_too(platform: Platform) -> None:
    write_day(platform.lake, DAY, [event(ts="never", shard=7) for _ in FLOOD])
    assert platform.load(DAY).state == REFUSED
    assert unknown_keys(platform) == [(DAY, "staging_events", [{"key": "shard", "records": len(FLOOD)}])]


def test_unknown_keys_of_songs_are_recorded_at_every_load(platform: Platform) -> None:
    write_song(platform.lake, song(label="new", year="MM"))
    for _ in range(2):
        platform.load_songs()
        assert unknown_keys(platform) == [(None, "staging_songs", [{"key": "label", "records": 1}])]


def unknown_keys(platform: Platform) -> list[tuple[object, object, object]]:
    with platform.warehouse.reader() as session:
        rows = session.fetch(query("read/unknown_keys"))
    return [(row["log_date"], row["table_name"], json.loads(str(row["sample"]))) for row in rows]
