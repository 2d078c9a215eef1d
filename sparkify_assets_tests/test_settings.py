"""What a variable sets, and the error when its value cannot be used."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sparkify_assets.errors import SettingsError
from sparkify_assets.settings import Redshift, Settings, parse_day, read_password, read_reader_password, read_settings

pytestmark = pytest.mark.check

TODAY = datetime.now(UTC).date()
ROLE = "arn:aws:iam::123456789012:role/team/sparkify-copy"
ON_REDSHIFT = {
    "SPARKIFY_WAREHOUSE": "redshift",
    "SPARKIFY_LAKE": "s3://music/lake",
    "SPARKIFY_WORK": "s3://music-work/sparkify",
    "SPARKIFY_REDSHIFT_HOST": "music.abc123.us-west-2.redshift.amazonaws.com",
    "SPARKIFY_REDSHIFT_DATABASE": "music",
    "SPARKIFY_REDSHIFT_USER": "loader",
    "SPARKIFY_REDSHIFT_PASSWORD": "a secret",
    "SPARKIFY_REDSHIFT_IAM_ROLE": ROLE,
}


def test_every_setting_has_a_default() -> None:
    assert read_settings({}) == Settings(
        warehouse="duckdb",
        lake="data/lake",
        work="data/work",
        duckdb=Path("data/sparkify.duckdb"),
        start_date=date(2018, 11, 1),
        end_date=date(2018, 11, 30),
        acceptance=Path("acceptance"),
        dagster_home=Path("data/dagster"),
        max_rejected=0.05,
        s3_access="signed",
    )


@pytest.mark.parametrize(
    ("variable", "value", "setting", "expected"),
    [
        ("SPARKIFY_WAREHOUSE", "duckdb", "warehouse", "duckdb"),
        ("SPARKIFY_LAKE", "/some/lake", "lake", "/some/lake"),
        ("SPARKIFY_LAKE", "s3://bucket", "lake", "s3://bucket"),
        ("SPARKIFY_LAKE", "s3://my.bucket-1/some/prefix/", "lake", "s3://my.bucket-1/some/prefix/"),
        ("SPARKIFY_S3_ACCESS", "unsigned", "s3_access", "unsigned"),
        ("SPARKIFY_S3_ACCESS", "requester-pays", "s3_access", "requester-pays"),
        ("SPARKIFY_WORK", "elsewhere", "work", "elsewhere"),
        ("SPARKIFY_DUCKDB", "other.duckdb", "duckdb", Path("other.duckdb")),
        ("SPARKIFY_DUCKDB_MEMORY", "2GB", "duckdb_memory", "2GB"),
        ("SPARKIFY_DUCKDB_MEMORY", "1.5 GiB", "duckdb_memory", "1.5 GiB"),
        ("SPARKIFY_START_DATE", "2018-11-05", "start_date", date(2018, 11, 5)),
        ("SPARKIFY_END_DATE", "2019-02-28", "end_date", date(2019, 2, 28)),
        ("SPARKIFY_ACCEPTANCE", "agreed/rows", "acceptance", Path("agreed/rows")),
        ("DAGSTER_HOME", "/home/of/dagster", "dagster_home", Path("/home/of/dagster")),
        ("SPARKIFY_MAX_REJECTED", "12.5%", "max_rejected", 0.125),
        ("SPARKIFY_MAX_REJECTED", "0.2", "max_rejected", 0.2),
        ("SPARKIFY_MAX_REJECTED", "0", "max_rejected", 0.0),
        ("SPARKIFY_MAX_REJECTED", "100 %", "max_rejected", 1.0),
        ("SPARKIFY_UI_HOSTS", "Dagster.example.com, ui.local", "ui_hosts", ("dagster.example.com", "ui.local")),
    ],
)
def test_a_variable_sets_its_setting_and_no_other(variable: str, value: str, setting: str, expected: object) -> None:
    settings = read_settings({variable: value})
    assert getattr(settings, setting) == expected
    changed = {name for name in vars(settings) if getattr(settings, name) != getattr(Settings(), name)}
    assert changed <= {setting}


def test_an_empty_variable_counts_as_unset() -> None:
    assert read_settings({"SPARKIFY_LAKE": "", "SPARKIFY_END_DATE": "", "SPARKIFY_MAX_REJECTED": ""}) == Settings()


class TestTheEnvFileOfTheWorkingFolder:
    @pytest.fixture(autouse=True)
    def _in_a_folder_with_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("SPARKIFY_LAKE", raising=False)
        monkeypatch.delenv("SPARKIFY_WORK", raising=False)
        Path(".env").write_text("SPARKIFY_LAKE=from-the-file\nSPARKIFY_WORK=from-the-file\nSPARKIFY_DUCKDB\n")

    def test_it_is_read(self) -> None:
        assert read_settings().lake == "from-the-file"

    def test_the_environment_wins_over_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SPARKIFY_LAKE", "from-the-environment")
        settings = read_settings()
        assert (settings.lake, settings.work) == ("from-the-environment", "from-the-file")

    def test_a_name_without_a_value_sets_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SPARKIFY_DUCKDB", raising=False)
        assert read_settings().duckdb == Settings().duckdb

    def test_it_is_not_read_if_an_environment_is_passed(self) -> None:
        assert read_settings({}).lake == Settings().lake


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("SPARKIFY_WAREHOUSE", "oracle", "duckdb or redshift"),
        ("SPARKIFY_REDSHIFT_PORT", "https", "1 to 65,535"),
        ("SPARKIFY_REDSHIFT_SESSIONS", "0", "1 to 50"),
        ("SPARKIFY_REDSHIFT_IAM_ROLE", "sparkify-copy", "the ARN of the role"),
        ("SPARKIFY_LAKE", "gopher://lake", "a folder"),
        ("SPARKIFY_WORK", "gopher://work", "a folder"),
        ("SPARKIFY_START_DATE", "1.11.2018", "YYYY-MM-DD"),
        ("SPARKIFY_START_DATE", "2018-11-31", "YYYY-MM-DD"),
        ("SPARKIFY_START_DATE", "20181101", "YYYY-MM-DD"),
        ("SPARKIFY_START_DATE", "live", "YYYY-MM-DD"),
        ("SPARKIFY_END_DATE", "tomorrow", "YYYY-MM-DD or live"),
        ("SPARKIFY_MAX_REJECTED", "many", "5% or 0.05"),
        ("SPARKIFY_MAX_REJECTED", "5", "5% or 0.05"),
        ("SPARKIFY_MAX_REJECTED", "101%", "5% or 0.05"),
        ("SPARKIFY_MAX_REJECTED", "-1%", "5% or 0.05"),
        ("SPARKIFY_MAX_REJECTED", "nan", "5% or 0.05"),
        ("SPARKIFY_UI_HOSTS", "https://dagster.example.com", "names of hosts"),
        ("SPARKIFY_UI_HOSTS", "dagster.example.com:3000", "without a port"),
        ("SPARKIFY_UI_HOSTS", "*", "names of hosts"),
    ],
)
def test_an_invalid_value_is_an_error_of_one_line_that_says_what_is_expected(
    variable: str, value: str, expected: str
) -> None:
    with pytest.raises(SettingsError) as error:
        read_settings({variable: value})
    message = str(error.value)
    assert message.startswith(f"{variable} is {value!r}: expected ")
    assert expected in message
    assert "\n" not in message


def test_every_example_sets_what_it_is_an_example_of() -> None:
    example = (Path(__file__).parent.parent / ".env.example").read_text("utf-8")
    shown = re.findall(r"^# (\w+)=(.+)$", example, re.MULTILINE)
    assert shown
    for variable, value in shown:
        settings = read_settings({variable: value})
        changed = {name for name in vars(settings) if getattr(settings, name) != getattr(Settings(), name)}
        # The region of the warehouse is that of the infrastructure too.
        assert len(changed) == (2 if variable == "SPARKIFY_REDSHIFT_REGION" else 1), variable


def test_redshift_has_variables_of_its_own() -> None:
    settings = read_settings({**ON_REDSHIFT, "SPARKIFY_REDSHIFT_PORT": "5440", "SPARKIFY_REDSHIFT_SESSIONS": "8"})
    assert settings.redshift == Redshift(
        "music.abc123.us-west-2.redshift.amazonaws.com", 5440, "music", "loader", iam_role=ROLE, sessions=8
    )
    assert (read_settings(ON_REDSHIFT).redshift.port, read_settings(ON_REDSHIFT).loads_at_once) == (5439, 4)


def test_redshift_needs_the_lake_and_the_work_prefix_in_s3() -> None:
    for name in ("SPARKIFY_LAKE", "SPARKIFY_WORK"):
        with pytest.raises(SettingsError, match=f"{name} is 'data/here': Redshift reads from S3"):
            read_settings({**ON_REDSHIFT, name: "data/here"})


def test_one_error_names_everything_that_redshift_lacks() -> None:
    given = {name: value for name, value in ON_REDSHIFT.items() if not name.endswith(("HOST", "DATABASE"))}
    with pytest.raises(SettingsError, match="not set: SPARKIFY_REDSHIFT_HOST, SPARKIFY_REDSHIFT_DATABASE"):
        read_settings(given)


@pytest.mark.parametrize(
    "ways",
    [
        {"USER": "loader", "PASSWORD": "a secret"},
        {"SECRET_ARN": "arn:aws:secretsmanager:us-west-2:123456789012:secret:music-loader"},
        {"CLUSTER": "music"},
        {"WORKGROUP": "music", "REGION": "us-west-2"},
    ],
    ids=lambda ways: " and ".join(ways),
)
def test_there_are_four_ways_to_log_in(ways: dict[str, str]) -> None:
    without = {name: value for name, value in ON_REDSHIFT.items() if not name.endswith(("USER", "PASSWORD"))}
    with pytest.raises(SettingsError, match="no way to log in to Redshift: set SPARKIFY_REDSHIFT_SECRET_ARN"):
        read_settings(without)
    settings = read_settings(without | {f"SPARKIFY_REDSHIFT_{name}": value for name, value in ways.items()})
    assert "a secret" not in repr(settings)


def test_a_warehouse_is_a_cluster_or_a_workgroup_but_not_both() -> None:
    with pytest.raises(SettingsError, match="expected one of them"):
        read_settings({**ON_REDSHIFT, "SPARKIFY_REDSHIFT_CLUSTER": "a", "SPARKIFY_REDSHIFT_WORKGROUP": "b"})


def test_duckdb_works_in_a_folder() -> None:
    with pytest.raises(SettingsError, match="SPARKIFY_WORK is 's3://music': DuckDB works in a folder"):
        read_settings({"SPARKIFY_WORK": "s3://music"})


def test_temporary_files_go_to_the_work_folder_or_to_that_of_the_system() -> None:
    assert read_settings({"SPARKIFY_WORK": "elsewhere"}).scratch == Path("elsewhere")
    assert read_settings(ON_REDSHIFT).scratch.is_absolute()


@pytest.mark.parametrize(
    ("variable", "read"),
    [
        ("SPARKIFY_REDSHIFT_PASSWORD", read_password),
        ("SPARKIFY_REDSHIFT_READER_PASSWORD", read_reader_password),
    ],
)
def test_a_password_is_read_when_it_is_needed_and_is_not_a_setting(
    monkeypatch: pytest.MonkeyPatch, variable: str, read: Callable[[], str | None]
) -> None:
    monkeypatch.setenv(variable, "a secret")
    assert read() == "a secret"
    assert "a secret" not in repr(read_settings())
    monkeypatch.delenv(variable)
    assert read() is None


@pytest.mark.parametrize(
    "reader",
    [
        {"USER": "reader", "PASSWORD": "a secret"},
        {"USER": "reader", "SECRET_ARN": "an ARN"},
        {"SECRET_ARN": "an ARN"},
    ],
)
def test_a_reader_has_a_log_in_of_its_own(reader: dict[str, str]) -> None:
    given = {f"SPARKIFY_REDSHIFT_READER_{name}": value for name, value in reader.items()}
    assert read_settings({**ON_REDSHIFT, **given}).redshift.has_reader
    assert not read_settings(ON_REDSHIFT).redshift.has_reader


def test_a_reader_without_a_log_in_is_an_error() -> None:
    by_iam = {**ON_REDSHIFT, "SPARKIFY_REDSHIFT_READER_USER": "reader"}
    assert read_settings({**by_iam, "SPARKIFY_REDSHIFT_CLUSTER": "music-1"}).redshift.has_reader
    for without in ({}, {"SPARKIFY_REDSHIFT_WORKGROUP": "music-1"}):
        with pytest.raises(
            SettingsError, match="no way to log in to Redshift as reader: set SPARKIFY_REDSHIFT_READER_PA"
        ):
            read_settings({**by_iam, **without})


def test_a_readers_password_without_a_user_is_an_error_and_not_the_loaders() -> None:
    with pytest.raises(SettingsError, match="SPARKIFY_REDSHIFT_READER_USER is not: set both or neither"):
        read_settings({**ON_REDSHIFT, "SPARKIFY_REDSHIFT_READER_PASSWORD": "a secret"})


def test_the_range_cannot_end_before_it_starts() -> None:
    with pytest.raises(SettingsError, match=r"SPARKIFY_START_DATE is 2018-12-01 and SPARKIFY_END_DATE 2018-11-30"):
        read_settings({"SPARKIFY_START_DATE": "2018-12-01"})


@pytest.mark.parametrize("end", ["live", "9999-12-31"])
def test_a_clock_before_the_first_day_is_an_error_that_names_both(end: str) -> None:
    with pytest.raises(SettingsError, match=rf"START_DATE is 9999-01-01, but .*clock says .* is {TODAY} .*: set"):
        read_settings({"SPARKIFY_START_DATE": "9999-01-01", "SPARKIFY_END_DATE": end})


def test_a_live_range_ends_today() -> None:
    settings = read_settings({"SPARKIFY_END_DATE": "live"})
    assert settings.end_date is None
    assert settings.last_day == TODAY


def test_a_day_that_has_not_begun_is_no_log_day_yet() -> None:
    assert read_settings({"SPARKIFY_END_DATE": "9999-12-31"}).days()[-1] == TODAY


def test_the_working_folder_s_file_is_read_below_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARKIFY_WORK", "from the environment")
    text = "\ufeffSPARKIFY_DUCKDB='é.duckdb'  # a comment\nexport SPARKIFY_WORK=from-the-file\n"
    (tmp_path / ".env").write_text(text, "utf-8")
    settings = read_settings()
    assert (settings.duckdb, settings.work) == (Path("é.duckdb"), "from the environment")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda file: file.write_bytes(b"SPARKIFY_LAKE=caf\xe9"), "not UTF-8 at byte 17: save it as UTF-8"),
        (lambda file: file.mkdir(), "cannot be read: Is a directory: expected a file that this user may read, or none"),
        (lambda file: file.symlink_to(file), "cannot be read: Too many levels of symbolic links"),
    ],
    ids=["not UTF-8", "a folder", "unreadable"],
)
def test_a_file_that_cannot_be_read_is_an_error_with_a_remedy(
    make: Callable[[Path], object], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path / ".env")
    with pytest.raises(SettingsError, match=re.escape(f".env {'is ' * problem.startswith('not')}{problem}")):
        read_settings()


def test_both_ends_of_the_range_are_in_it() -> None:
    days = Settings().days()
    assert (days[0], days[-1], len(days)) == (date(2018, 11, 1), date(2018, 11, 30), 30)
    assert Settings().days(date(2018, 11, 30)) == [date(2018, 11, 30)]
    assert Settings().days(end=date(2018, 11, 1)) == [date(2018, 11, 1)]


@pytest.mark.parametrize("day", [date(2018, 10, 31), date(2018, 12, 1)])
def test_a_day_outside_the_range_is_an_error_that_names_the_range(day: date) -> None:
    with pytest.raises(SettingsError, match=f"{day} is outside the log days 2018-11-01 to 2018-11-30"):
        Settings().days(day, day)


def test_days_are_requested_in_order() -> None:
    with pytest.raises(SettingsError, match="expected the earlier day first"):
        Settings().days(date(2018, 11, 3), date(2018, 11, 2))


def test_a_day_is_accepted_only_as_yyyy_mm_dd() -> None:
    assert parse_day("2018-11-04", "a day") == date(2018, 11, 4)
    with pytest.raises(SettingsError, match="a day is '2018-W44-7'"):
        parse_day("2018-W44-7", "a day")
