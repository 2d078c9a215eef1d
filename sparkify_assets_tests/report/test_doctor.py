"""The doctor says what is wrong, and what to do about it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from sparkify_assets.report.doctor import GOOD, NOTE, PROBLEM, Diagnosis, examine
from sparkify_assets.report.terminal.diagnosis_list import print_diagnoses
from sparkify_assets.settings import Settings
from sparkify_assets_tests.lakes import DAY, FLOOD, event, write_day
from sparkify_assets_tests.platforms import Platform


def settings_of(embedded: Platform) -> Settings:
    return Settings(
        lake=str(embedded.lake),
        work=str(embedded.folder / "work"),
        duckdb=embedded.folder / "sparkify.duckdb",
        start_date=DAY,
        end_date=DAY,
        dagster_home=embedded.folder / "dagster",
    )


def examined(settings: Settings) -> dict[str, Diagnosis]:
    return {diagnosis.subject: diagnosis for diagnosis in examine(settings)}


def test_every_setting_and_version_is_shown_by_the_name_that_one_sets(embedded: Platform) -> None:
    found = examined(settings_of(embedded))
    assert found["SPARKIFY_LAKE"].seen == str(embedded.lake)
    assert found["SPARKIFY_PUBLISHED"].seen == str(embedded.folder / "published/sparkify.duckdb")
    assert found["SPARKIFY_PUBLISHED_MODE"].seen == "0600"
    assert {"SPARKIFY_END_DATE", "DAGSTER_HOME", "python", "dagster", "duckdb"} <= set(found)


def test_a_platform_that_is_up_to_date_has_no_problem(embedded: Platform) -> None:
    write_day(embedded.lake, DAY, [event()])
    embedded.load(DAY)
    found = examined(settings_of(embedded))
    assert not [diagnosis for diagnosis in found.values() if diagnosis.state == PROBLEM]
    assert found["days"].seen == "the warehouse is up to date with the lake"


def test_what_other_users_may_read_is_a_note_with_a_remedy(embedded: Platform) -> None:
    embedded.load(DAY)
    settings = settings_of(embedded)
    settings.duckdb.chmod(0o644)
    found = examined(settings)[str(settings.duckdb)]
    assert (found.state, found.remedy) == (NOTE, f"`chmod -R go= {settings.duckdb}`")
    settings.duckdb.chmod(0o600)
    assert str(settings.duckdb) not in examined(settings)


def test_rejects_are_a_note_that_says_where_to_see_them(embedded: Platform) -> None:
    write_day(embedded.lake, DAY, [event(), "[]"])
    embedded.load(DAY)
    assert examined(settings_of(embedded))["rejects"].seen == "1 in quarantine"


def test_what_is_not_there_yet_is_a_note(embedded: Platform) -> None:
    assert examined(settings_of(embedded))["warehouse"].state == NOTE


def test_a_lake_that_cannot_be_reached_is_a_problem_with_a_remedy(embedded: Platform) -> None:
    embedded.lake.rmdir()
    lake = examined(settings_of(embedded))["lake"]
    assert lake.state == PROBLEM
    assert "set SPARKIFY_LAKE" in lake.seen


def test_a_bucket_that_cannot_be_reached_is_a_problem_with_a_remedy(embedded: Platform, aws: str) -> None:
    lake = examined(replace(settings_of(embedded), lake="s3://nowhere/lake"))["lake"]
    assert lake.state == PROBLEM
    assert lake.seen == "s3://nowhere: 404: there is no such bucket or object: see SPARKIFY_LAKE"


def test_a_warehouse_that_is_no_warehouse_is_a_problem_with_a_remedy(embedded: Platform) -> None:
    (embedded.folder / "sparkify.duckdb").write_text("no warehouse")
    warehouse = examined(settings_of(embedded))["warehouse"]
    assert (warehouse.state, warehouse.remedy) == (PROBLEM, "check SPARKIFY_DUCKDB")


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-9_000] + b"damaged" + data[-8_993:]])
def test_a_damaged_warehouse_is_a_problem_with_a_remedy_and_the_rest_is_examined(
    embedded: Platform, damage: Callable[[bytes], bytes]
) -> None:
    embedded.load(DAY)
    settings = settings_of(embedded)
    for _ in range(2):
        # The second time, the last block holds values, and the file can be opened without it.
        with duckdb.connect(settings.duckdb) as bare:
            bare.execute(
                "CREATE OR REPLACE TABLE staging.notes AS SELECT md5(range::VARCHAR) AS note FROM range(20000)"
            )
    assert examined(settings)["warehouse"].state == GOOD
    settings.duckdb.write_bytes(damage(settings.duckdb.read_bytes()))
    found = examined(settings)
    assert (found["warehouse"].state, found["lake"].state) == (PROBLEM, GOOD)
    assert "move it away, then `sparkify load` rebuilds it from the lake" in found["warehouse"].seen


def test_what_the_system_refuses_is_a_problem_with_a_remedy_and_the_rest_is_examined(embedded: Platform) -> None:
    found = examined(replace(settings_of(embedded), duckdb=embedded.folder / ("long" * 100)))
    problems = {name: diagnosis for name, diagnosis in found.items() if diagnosis.state == PROBLEM}
    assert set(problems) == {"access", "warehouse"}
    assert all("File name too long: check the path" in each.seen for each in problems.values())
    assert found["acceptance"].state == NOTE


def test_days_to_load_and_files_that_nobody_reads_are_problems_with_remedies(embedded: Platform) -> None:
    write_day(embedded.lake, DAY, [event()])
    (embedded.lake / "log_data/notes.txt").write_text("")
    found = examined(settings_of(embedded))
    assert (found["new days"].seen, found["new days"].remedy) == (f"1: {DAY}", "load them: `sparkify load`")
    assert found["misplaced files"].seen == "1: log_data/notes.txt"
    assert all(diagnosis.remedy for diagnosis in found.values() if diagnosis.state == PROBLEM)


def test_a_refused_day_is_a_problem_with_its_file_place_reason_and_remedy(embedded: Platform) -> None:
    write_day(embedded.lake, DAY, FLOOD)
    embedded.load(DAY)
    refused = examined(settings_of(embedded))[f"{DAY} was refused"]
    assert refused.state == PROBLEM
    assert refused.seen.startswith(f"log_data/2018/11/{DAY}-events.json, line 1 (byte 0): 101 of 101 records are rej")
    assert refused.remedy.startswith("fix the file, or ")


def test_problems_are_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = [Diagnosis("lake", PROBLEM, "not there", "make one"), Diagnosis("python", GOOD, "3.11")]
    assert print_diagnoses(found) == 1
    printed = capsys.readouterr().out
    assert "✗ lake: not there\n    → make one\n" in printed
    assert printed.endswith("1 problem\n")
