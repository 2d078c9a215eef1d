"""The state of each day, and how a terminal shows it."""

from datetime import date, timedelta

import pytest

from sparkify_assets.errors import WarehouseMissing
from sparkify_assets.lake.listing import File
from sparkify_assets.load.kinds import Load
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.load.song_catalog import SONG_CATALOG
from sparkify_assets.load.state import Ledger, State, fingerprints
from sparkify_assets.load.status import LoadStatus, Status, read_status
from sparkify_assets.report.doctor import NOTE, PROBLEM, Diagnosis
from sparkify_assets.report.terminal.failed_audits import KEPT
from sparkify_assets.report.terminal.status_table import print_status
from sparkify_assets.warehouse.session import Row
from sparkify_assets_tests.copies import copies_of
from sparkify_assets_tests.lakes import DAY, FLOOD, event, write_day, write_song
from sparkify_assets_tests.platforms import Platform

pytestmark = pytest.mark.check

DAYS = [DAY + timedelta(days=n) for n in range(6)]


def status_of(platform: Platform, days: list[date] | None = None) -> Status:
    return read_status(platform.warehouse, platform.open_lake(), days or DAYS, days or DAYS)


@pytest.mark.parametrize(
    ("in_lake", "in_ledger", "refused", "state"),
    [
        ({}, {}, False, "empty"),
        ({"a": "1"}, {}, False, "new"),
        ({"a": "2"}, {"a": "1"}, False, "changed"),
        ({"a": "1", "b": "1"}, {"a": "1"}, False, "changed"),
        ({}, {"a": "1"}, False, "vanished"),
        ({"a": "1"}, {"a": "1"}, False, "loaded"),
        ({"a": "1"}, {}, True, "refused"),
        ({"a": "1"}, {"a": "1"}, True, "refused"),
    ],
)
def test_a_day_is_new_changed_vanished_loaded_refused_or_empty(
    in_lake: dict[str, str], in_ledger: dict[str, str], refused: bool, state: str
) -> None:
    def listed(versions: dict[str, str]) -> list[File]:
        return [File(path, DAY, version, 1) for path, version in versions.items()]

    day: Load = LogDays.of(DAY)
    failed: list[Row] = [{"table_name": "staging_events", "audit": "files_loadable"}] if refused else []
    ledger = Ledger({day: fingerprints(listed(in_ledger))}, {day: failed})
    assert ledger.state(day, listed(in_lake)) == state


def load_mixed(platform: Platform) -> None:
    """A day in each state: loaded, changed, vanished, refused, new and empty. There are no songs."""
    for n in range(3):
        write_day(platform.lake, DAYS[n], [event(level="gold" if n == 0 else "free")])
        platform.load(DAYS[n])
    write_day(platform.lake, DAYS[1], [event(), event()])
    write_day(platform.lake, DAYS[2], []).unlink()
    write_day(platform.lake, DAYS[3], FLOOD)
    platform.load(DAYS[3])
    write_day(platform.lake, DAYS[4], [event()])


mixed = copies_of(load_mixed)


def test_states_figures_and_failed_audits_are_read_day_by_day(mixed: Platform) -> None:
    status = status_of(mixed)
    assert [day.state for day in status.days] == ["loaded", "changed", "vanished", "refused", "new", "empty"]
    assert status.catalog.state == "empty"
    assert status.days[0].figures["records"] == 1
    assert [row["audit"] for row in status.days[0].failed_audits] == ["known_level", "known_level"]
    assert [row["audit"] for row in status.days[3].failed_audits] == ["files_loadable"]


def test_before_the_first_load_every_day_with_a_file_is_new(new_platform: Platform) -> None:
    write_day(new_platform.lake, DAY, [event()])
    assert [day.state for day in status_of(new_platform).days] == ["new", *["empty"] * 5]
    with pytest.raises(WarehouseMissing), new_platform.warehouse.reader():
        pass


def test_ignored_files_are_listed(platform: Platform) -> None:
    outside = write_day(platform.lake, DAYS[-1] + timedelta(days=1), [event()])
    (platform.lake / "log_data/2018-11-15-events.json").write_text("")
    write_song(platform.lake, "{}").with_suffix(".txt").write_text("")
    status = status_of(platform)
    assert status.outside == (outside.relative_to(platform.lake).as_posix(),)
    assert status.misplaced == ("log_data/2018-11-15-events.json", "song_data/A/A/A/TRAAA1.txt")


def test_the_table_shows_each_day_and_what_to_do(mixed: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    print_status(status_of(mixed))
    output = capsys.readouterr().out
    for state in ("loaded", "changed", "vanished", "refused", "new", "empty"):
        assert f" {state} " in output
    assert f"✗ {DAYS[3]} was refused: log_data/2018/11/{DAYS[3]}-events.json, line 1 (byte 0)\n    101 of" in output
    assert output.endswith(
        f"Next: follow the → at each ✗, then run sparkify load. It also loads what is new or changed. {KEPT}\n"
    )
    assert max(len(line) for line in output.splitlines() if line.startswith(" " + str(DAY)[:4])) <= 80


@pytest.mark.parametrize(
    ("states", "behind", "said"),
    [
        ([State.LOADED, State.EMPTY], [], "Nothing to do: all of these are up to date with the lake."),
        ([State.LOADED], [NOTE], "Nothing to do: all of these are up to date with the lake."),
        ([State.LOADED], [PROBLEM], "Next: sparkify load brings up to date what follows the loads."),
        ([State.CHANGED], [PROBLEM], "Next: sparkify load brings the warehouse up to date."),
        ([State.VANISHED], [], "Next: sparkify load brings the warehouse up to date."),
        ([State.REFUSED], [PROBLEM], f"Next: follow the → at each ✗, then run sparkify load. {KEPT}"),
        (
            [State.REFUSED, State.NEW],
            [],
            f"Next: follow the → at each ✗, then run sparkify load. It also loads what is new or changed. {KEPT}",
        ),
    ],
)
def test_what_to_do_next_depends_on_what_is_left(
    states: list[State], behind: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    days = tuple(LoadStatus(LogDays.of(DAY), state) for state in states)
    status = Status(LoadStatus(SONG_CATALOG, State.LOADED), days, (), ())
    print_status(status, [Diagnosis("what follows", state, "1", "see") for state in behind])
    assert capsys.readouterr().out.splitlines()[-1] == said


def test_of_many_days_only_those_that_need_attention_are_shown(
    mixed: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [DAY + timedelta(days=n) for n in range(100)]
    print_status(status_of(mixed, days))
    output = capsys.readouterr().out
    assert str(DAYS[1]) in output
    assert f"{DAYS[0]}  loaded" not in output
    assert "(96 not shown)" in output
