"""From the sample to a lake of one's own: each has a place of its own, and `sparkify init` says what a lake holds."""

import io
from pathlib import Path

import pytest

from sparkify_assets.cli import main
from sparkify_assets.settings import read_settings
from sparkify_assets_tests.cli.conftest import unset_everything
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

SAMPLE = ["sample", "--days", "2", "--events", "50", "--songs", "5"]


@pytest.fixture
def bare(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with nothing in it, and nothing set."""
    unset_everything(monkeypatch)
    return home


@pytest.fixture
def own(bare: Path) -> Path:
    """A lake elsewhere."""
    lake = bare / "elsewhere/my lake"
    write_song(lake, song())
    write_day(lake, DAY, [event(), event(itemInSession=1)])
    write_day(lake, NEXT_DAY, [event(ts=at(NEXT_DAY))])
    return lake


def test_where_nothing_is_set_every_command_uses_the_sample_and_says_so(
    bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not read_settings().is_sample
    assert main.main([*SAMPLE, "--start", "2019-03-01"]) == 0
    capsys.readouterr()
    settings = read_settings()
    assert (settings.lake, settings.work, str(settings.duckdb), str(settings.dagster_home)) == (
        "data/sample/lake",
        "data/sample/work",
        "data/sample/sparkify.duckdb",
        "data/sample/dagster",
    )
    assert [str(day) for day in settings.days()] == ["2019-03-01", "2019-03-02"]
    assert main.main(["status"]) == 0
    assert capsys.readouterr().err.startswith("The sample in data/sample is used: ")
    assert main.main(["init", settings.lake]) == 0
    assert "The sample" not in capsys.readouterr().err


@pytest.mark.parametrize("how", [".env", "environment"])
def test_where_a_lake_is_set_the_sample_is_neither_made_nor_used(
    own: Path, how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main.main(SAMPLE)
    if how == ".env":
        Path(".env").write_text(f"SPARKIFY_LAKE='{own}'\n", "utf-8")
    else:
        monkeypatch.setenv("SPARKIFY_LAKE", str(own))
    capsys.readouterr()
    assert main.main(["sample", "--if-missing", "--days", "3"]) == 0
    assert main.main(["status"]) == 0
    assert capsys.readouterr().err == ""
    assert read_settings().duckdb == Path("data/sparkify.duckdb")
    assert len([*Path("data/sample/lake/log_data").rglob("*.json")]) == 2


def test_the_samples_queries_and_ones_own_are_both_checked_while_the_sample_is_the_lake(bare: Path) -> None:
    main.main(SAMPLE)
    assert read_settings().acceptance_folders == (Path("acceptance"), Path("data/sample/lake/acceptance"))
    Path(".env").write_text("SPARKIFY_LAKE=elsewhere\n", "utf-8")
    assert read_settings().acceptance_folders == (Path("acceptance"),)


def test_init_shows_a_lake_and_writes_its_settings(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_day(own, DAY, [event(newKey=1)], name="b")
    (own / "log_data/readme.txt").write_text("nothing")
    assert main.main(["init", str(own)]) == 0
    shown = capsys.readouterr().out
    for part in (
        f"{own}\n",
        "days: 15 to 16 Nov 2018",
        "3 log files, ",
        '{"artist": ',
        "1 song file, 0.2 kB",
        "1 file not read, since their names do not fit the layout: log_data/readme.txt",
        "unknown keys, which are ignored (newKey)",
        "Next: sparkify load",
    ):
        assert part in shown, part
    assert oct(Path(".env").stat().st_mode)[-3:] == "600"
    settings = read_settings()
    assert (settings.lake, settings.start_date, settings.end_date) == (str(own), DAY, NEXT_DAY)


def test_init_leaves_an_env_file_as_it_is(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path(".env").write_text("SPARKIFY_LAKE=elsewhere\n", "utf-8")
    assert main.main(["init", str(own)]) == 2
    assert "there is a .env already" in capsys.readouterr().err
    assert Path(".env").read_text("utf-8") == "SPARKIFY_LAKE=elsewhere\n"


def test_init_asks_on_a_terminal_and_keeps_the_other_settings(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("# mine\nSPARKIFY_MAX_REJECTED=10%\n", "utf-8")
    answers = iter(["y", str(own), "", "live"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    assert main.main(["init"]) == 0
    settings = read_settings()
    assert (settings.lake, settings.start_date, settings.end_date) == (str(own), DAY, None)
    assert settings.max_rejected == 0.1
    assert "# mine" in Path(".env").read_text("utf-8")


def test_init_without_an_answer_on_the_terminal_writes_nothing(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", StdinOfATerminal())
    assert main.main(["init", str(own)]) == 2
    assert "no answer was given, and nothing was written" in capsys.readouterr().err
    assert not Path(".env").exists()
    Path(".env").write_text("# mine\n", "utf-8")
    assert main.main(["init", str(own)]) == 2
    assert Path(".env").read_text("utf-8") == "# mine\n"


class StdinOfATerminal(io.StringIO):
    """A terminal on which the end of the input was typed."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([], "no lake is given: expected `sparkify init LAKE`"),
        (["nowhere"], "there is no lake at nowhere"),
        (["."], "has no log file: expected log_data/YYYY/MM"),
        (["ftp://somewhere"], "LAKE is 'ftp://somewhere': expected a folder, or s3://bucket/prefix"),
    ],
)
def test_init_of_no_lake_writes_nothing(
    bare: Path, given: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["init", *given]) == 2
    assert problem in capsys.readouterr().err
    assert not Path(".env").exists()


def test_a_load_of_days_that_the_lake_does_not_have_says_which_it_has_and_fails(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPARKIFY_LAKE", str(own))
    monkeypatch.setenv("SPARKIFY_START_DATE", "2020-01-01")
    monkeypatch.setenv("SPARKIFY_END_DATE", "2020-01-02")
    assert main.main(["load"]) == 1
    assert (
        f"nothing was loaded: neither the lake nor the warehouse has a log file of 2020-01-01 to 2020-01-02; the lake "
        f"has those of {DAY} to {NEXT_DAY}" in capsys.readouterr().err
    )
    assert not Path("data/sparkify.duckdb").exists()


def test_a_load_says_first_which_days_of_the_lake_are_outside_its_days(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPARKIFY_LAKE", str(own))
    monkeypatch.setenv("SPARKIFY_START_DATE", str(DAY))
    monkeypatch.setenv("SPARKIFY_END_DATE", str(DAY))
    assert main.main(["load"]) == 0
    first = capsys.readouterr().err.splitlines()[0]
    assert first.startswith(f"sparkify: 1 of the lake's days are not loaded, since they are outside the log days {DAY}")


class TestAWarehouseOfAnotherLake:
    @pytest.fixture
    def another(self, warehouse: Platform, own: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A loaded warehouse, and then another lake."""
        write_day(own, DAY, [event(userId="77", sessionId=7)])
        Path(".env").write_text(f"SPARKIFY_LAKE='{own}'\nSPARKIFY_START_DATE={DAY}\nSPARKIFY_END_DATE={DAY}\n", "utf-8")
        return own

    def test_it_is_left_as_it_is(self, another: Path, warehouse: Platform, capsys: pytest.CaptureFixture[str]) -> None:
        before = warehouse.star()
        for command in (["load"], ["load", "--force"], ["load", "--replace-lake"], ["status"]):
            assert main.main(command) == 2, command
            assert str(another) in capsys.readouterr().err
        assert warehouse.star() == before

    def test_it_is_emptied_and_loaded_once_that_is_confirmed(self, another: Path, warehouse: Platform) -> None:
        assert main.main(["load", "--replace-lake", "--yes"]) == 0
        assert warehouse.values("SELECT user_id FROM sparkify.users") == [(77,)]
        assert main.main(["load"]) == 0
