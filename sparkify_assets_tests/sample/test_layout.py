"""Where the files are, and what their bytes look like."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.sample.reading import Lake, day_of_event, day_of_file, unzipped

pytestmark = pytest.mark.check


def test_every_day_of_the_range_has_one_log_file(month: Lake) -> None:
    days = [date(2018, 11, 1) + timedelta(days=number) for number in range(30)]
    assert list(month.files("log_data")) == [f"log_data/2018/11/{day}-events.json" for day in days]


def test_a_range_across_two_months_has_two_folders(lake: Lake) -> None:
    generate(lake.folder, SampleOptions(start=date(2019, 12, 30), days=4, events=100, songs=0))
    assert list(lake.files()) == [
        "log_data/2019/12/2019-12-30-events.json",
        "log_data/2019/12/2019-12-31-events.json",
        "log_data/2020/01/2020-01-01-events.json",
        "log_data/2020/01/2020-01-02-events.json",
    ]


def test_a_song_lies_in_the_folders_that_its_track_names(month: Lake) -> None:
    for path in month.files("song_data"):
        assert re.fullmatch(r"song_data/([A-Z])/([A-Z])/([A-Z])/TR\1\2\3[A-Z]{2}[0-9A-F]{11}\.json", path)


def test_some_folders_hold_several_songs(month: Lake) -> None:
    assert len({path.rsplit("/", 1)[0] for path in month.files("song_data")}) < 100


def test_every_event_is_in_the_file_of_its_utc_day_in_order_of_time(month: Lake) -> None:
    for path, lines in month.lines().items():
        events = [json.loads(line) for line in lines]
        assert {day_of_event(event) for event in events} == {day_of_file(path)}
        assert [event["ts"] for event in events] == sorted(event["ts"] for event in events)


def test_no_file_ends_with_a_newline(month: Lake) -> None:
    assert all(data.endswith(b"}") for data in month.files().values())


def test_log_lines_are_compact_and_escaped_as_the_app_does(month: Lake) -> None:
    for lines in month.lines().values():
        for line in lines:
            compact = json.dumps(json.loads(line), separators=(",", ":")).replace("/", "\\/")
            assert line == compact.encode()


def test_song_files_are_json_as_python_writes_it_and_a_few_are_indented(month: Lake) -> None:
    texts = [data.decode("ascii") for data in month.files("song_data").values()]
    pretty = [text for text in texts if "\n" in text]
    assert all(text == json.dumps(json.loads(text), indent=4 if "\n" in text else None) for text in texts)
    assert 20 <= len(pretty) <= 100


def test_several_files_a_day_split_the_day_by_time(lake: Lake) -> None:
    generate(lake.folder, SampleOptions(days=2, events=400, songs=0, files_per_day=3))
    assert list(lake.files()) == [
        f"log_data/2018/11/2018-11-0{day}-events-{number}.json" for day in (1, 2) for number in (1, 2, 3)
    ]
    times = [json.loads(line)["ts"] for lines in lake.lines().values() for line in lines]
    assert times == sorted(times)
    assert len(times) == 400


def test_several_files_a_day_hold_the_same_lines_as_one(tmp_path: Path) -> None:
    one, three = Lake(tmp_path / "one"), Lake(tmp_path / "three")
    for lake, files_per_day in ((one, 1), (three, 3)):
        generate(lake.folder, SampleOptions(days=1, events=500, songs=0, files_per_day=files_per_day))
    assert one.events() == three.events()


def test_compressed_files_hold_the_same_as_plain_ones(tmp_path: Path) -> None:
    plain, zipped = Lake(tmp_path / "plain"), Lake(tmp_path / "zipped")
    for lake, compress in ((plain, False), (zipped, True)):
        generate(lake.folder, SampleOptions(days=3, events=200, songs=20, compress=compress))
    unpacked = {path.removesuffix(".gz"): unzipped(path, data) for path, data in zipped.files().items()}
    assert unpacked == plain.files()
    assert all(path.endswith(".json.gz") for path in zipped.files())


def test_a_compressed_file_has_neither_name_nor_time_in_its_header(lake: Lake) -> None:
    generate(lake.folder, SampleOptions(days=1, events=10, songs=1, compress=True))
    for data in lake.files().values():
        flags, time = data[3], data[4:8]
        assert (flags, time) == (0, b"\0\0\0\0")


def test_no_temporary_file_is_left(month: Lake) -> None:
    assert not [path for path in month.files() if not path.endswith(".json")]


def test_a_killed_run_can_be_run_again(lake: Lake, tmp_path: Path) -> None:
    options = SampleOptions(days=2, events=50, songs=5)
    generate(lake.folder, options)
    whole = lake.files()
    killed = Lake(tmp_path / "killed")
    for path, data in list(whole.items())[:4]:
        (killed.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (killed.folder / path).write_bytes(data)
    half = killed.folder / (list(whole)[4] + ".partial")
    half.parent.mkdir(parents=True, exist_ok=True)
    half.write_bytes(b'{"half')
    generate(killed.folder, options)
    assert killed.files() == whole


@pytest.mark.parametrize("other", ["log_data/2018/11/2018-11-09-events.json", "song_data/A/A/A/TRAAAAA128F420000.json"])
def test_files_of_another_lake_are_neither_mixed_in_nor_deleted(lake: Lake, other: str) -> None:
    (lake.folder / other).parent.mkdir(parents=True)
    (lake.folder / other).write_text("{}")
    with pytest.raises(FileExistsError, match=f"{other}, which is not of this sample"):
        generate(lake.folder, SampleOptions(days=2, events=50, songs=5))
    assert list(lake.files()) == [other]
