"""`sparkify cluster`: what a person sees, and what it ends with."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sparkify_assets.cli import main
from sparkify_assets.errors import SettingsError
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.report.terminal.infrastructure_plan import offer_settings
from sparkify_assets.settings import read_settings
from sparkify_assets_tests.infrastructure.account import DENIED, Account, everything

GIVEN = {
    "SPARKIFY_LAKE": "s3://music/lake",
    "SPARKIFY_REDSHIFT_REGION": "us-west-2",
    "SPARKIFY_CLUSTER_ENVIRONMENT": "dev",
    "SPARKIFY_CLUSTER_OWNER": "data@example.com",
    "SPARKIFY_CLUSTER_CIDR": "10.0.0.0/16",
}


@pytest.fixture(autouse=True)
def settings(account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def test_a_plan_shows_every_resource_its_settings_and_the_cost(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["cluster", "plan"]) == 0
    said = capsys.readouterr().out
    assert re.findall(r"^\+ make (.+)$", said, re.MULTILINE) == [
        "bucket sparkify-dev-123456789012-us-west-2",
        "role sparkify-dev-copy-us-west-2",
        "security group sparkify-dev",
        "subnet group sparkify-dev",
        "parameter group sparkify-dev",
        "cluster sparkify-dev",
    ]
    for setting in ("lets in: tcp 5439 from 10.0.0.0/16", "require_ssl: true", "encrypted: yes", "public: no"):
        assert f"      {setting}\n" in said
    assert "Cost: 2 x ra3.large: $1.09 an hour" in said
    assert "$793 a month, by the list prices of 2025-06-01" in said
    assert "has no S3 endpoint" in said
    assert not account.changes()


def test_a_plan_of_what_is_there_has_nothing_to_do(made: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["cluster", "plan"]) == 0
    assert "\n6 to keep\n" in capsys.readouterr().out


def test_a_plan_shows_what_differs(
    made: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPARKIFY_CLUSTER_CIDR", "10.1.0.0/16")
    monkeypatch.setenv("SPARKIFY_CLUSTER_NODES", "4")
    assert main.main(["cluster", "plan"]) == 0
    said = capsys.readouterr().out
    assert (
        "~ change security group sparkify-dev\n      lets in: tcp 5439 from 10.0.0.0/16 -> tcp 5439 from 10.1" in said
    )
    assert "! left to you cluster sparkify-dev\n      nodes: 2 x ra3.large -> 4 x ra3.large\n" in said
    assert "1 difference in what cannot be changed later: left to you" in said


def test_the_price_of_serverless_is_at_most_what_its_limit_lets_through(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPARKIFY_CLUSTER_RPUS", "8")
    monkeypatch.setenv("SPARKIFY_CLUSTER_RPU_HOURS", "16")
    assert main.main(["cluster", "plan"]) == 0
    assert "Cost: 8 RPUs: $3.00 an hour while it computes, at most $182 a month" in capsys.readouterr().out


def test_a_price_that_is_not_in_the_table_is_not_made_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPARKIFY_CLUSTER_NODE_TYPE", "rg.large")
    assert main.main(["cluster", "plan"]) == 0
    assert "the table of 2025-06-01 has no price of 2 x rg.large in us-west-2" in capsys.readouterr().out


def test_status_shows_what_is_there_and_what_it_has_cost(
    made: Environment, account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.shows = {"ClusterCreateTime": datetime.now(UTC)}
    assert main.main(["cluster", "status"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"cluster +sparkify-dev +ready", said)
    assert re.search(r"2 x ra3.large at sparkify-dev\.\w+\.us-west-2\.redshift\.amazonaws\.com:5439", said)
    assert "created 0.0 hours ago, at most $0.00 so far by the list prices of 2025-06-01" in said


def test_status_of_nothing_ends_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["cluster", "status"]) == 1
    assert len(re.findall("missing", capsys.readouterr().out)) == 6


def test_destroying_without_the_name_says_how(made: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    there = everything()
    assert main.main(["cluster", "destroy"]) == 2
    assert "sparkify cluster destroy --yes dev" in capsys.readouterr().err
    assert everything() == there


def test_destroying_tells_what_it_removes_last_made_first(
    made: Environment, account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["cluster", "destroy", "--yes", "dev"]) == 0
    said = capsys.readouterr().err
    assert re.findall("^(.+) sparkify-.+: removing it", said, re.MULTILINE) == [
        "cluster",
        "parameter group",
        "subnet group",
        "security group",
        "role",
        "bucket",
    ]
    assert "nothing with the tags of dev is left but 1 snapshots: sparkify-dev-final-" in said


def test_a_snapshot_is_left_out_only_if_asked(made: Environment, account: Account) -> None:
    assert main.main(["cluster", "destroy", "--yes", "dev", "--no-snapshot"]) == 0
    (deleted,) = [call.asked for call in account.calls if call.name == "redshift.DeleteCluster"]
    assert deleted == {"ClusterIdentifier": "sparkify-dev", "SkipFinalClusterSnapshot": True}


def test_pausing_resuming_and_snapshots_are_commands(made: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    for command, said in (
        ("pause", "is paused: its nodes cost nothing until `sparkify cluster resume`"),
        ("resume", "sparkify-dev runs"),
        ("snapshot", "the snapshot sparkify-dev-"),
    ):
        assert main.main(["cluster", command]) == 0
        assert said in capsys.readouterr().err


def test_what_aws_refuses_is_one_line_and_ends_with_two(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    with account.failing(0, DENIED):
        assert main.main(["cluster", "status"]) == 2
    said = capsys.readouterr().err
    assert re.fullmatch(r"sparkify: .+: AWS says AccessDenied: .+ask for the right that AWS names.+\n", said)


def test_the_settings_are_written_among_those_that_are_there(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# mine\nSPARKIFY_WORK=elsewhere\nOTHER=1\n")
    offer_settings({"SPARKIFY_WORK": "s3://new/work/", "SPARKIFY_REDSHIFT_PORT": "5439"}, file, write=True)
    assert file.read_text() == "# mine\nSPARKIFY_WORK=s3://new/work/\nOTHER=1\nSPARKIFY_REDSHIFT_PORT=5439\n"


def test_settings_are_only_shown_where_nobody_can_be_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    offer_settings({"SPARKIFY_WORK": "s3://new/work/"}, tmp_path / ".env", write=False)
    assert capsys.readouterr().out == "SPARKIFY_WORK=s3://new/work/\n"
    assert not (tmp_path / ".env").exists()


def test_a_file_of_settings_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    offer_settings({"SPARKIFY_WORK": "s3://new/work/"}, tmp_path / ".env", write=True)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("name", "value"), [("NODES", "0"), ("RPUS", "many"), ("RPU_HOURS", "-1")])
def test_numbers_are_numbers(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = f"SPARKIFY_CLUSTER_{name}"
    with pytest.raises(SettingsError, match=f"{variable} is '{value}': expected a number from 1"):
        read_settings({**GIVEN, variable: value})
