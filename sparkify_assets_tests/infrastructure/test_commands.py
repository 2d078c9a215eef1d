"""`sparkify cluster`: what a person sees, and what it ends with."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sparkify_assets.cli import main
from sparkify_assets.errors import SettingsError
from sparkify_assets.infrastructure.create import create
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.report.terminal.infrastructure_plan import offer_settings
from sparkify_assets.settings import read_settings
from sparkify_assets_tests.infrastructure.account import Account
from sparkify_assets_tests.infrastructure.conftest import ignore, wanting
from sparkify_assets_tests.infrastructure.control_plane import Refused, change

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


@pytest.fixture
def made(settings: None) -> Environment:
    """A cluster."""
    create(wanting(), ignore)
    return wanting()


def test_a_plan_shows_every_resource_and_the_cost(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["cluster", "plan"]) == 0
    shown = capsys.readouterr().out
    assert re.findall(r"^\+ create (\w+) AWS::", shown, re.MULTILINE) == [
        "WorkBucket", "WorkBucketPolicy", "CopyRole", "SecurityGroup", "ConnectionLog", "UserLog", "UserActivityLog",
        "SubnetGroup", "ParameterGroup", "Cluster",
    ]  # fmt: skip
    assert "Cluster AWS::Redshift::Cluster\n      Encrypted: true\n" in shown
    assert "10 to create" in shown
    assert "Cost: 2 x ra3.large: $1.09 an hour while it is not paused, $793 a month, by the list prices of" in shown
    assert "has no S3 endpoint" in shown
    assert account.stack is None


def test_a_plan_shows_what_differs_and_what_stays(
    made: Environment, account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.updates = [change(replacement="True")]
    assert main.main(["cluster", "plan"]) == 0
    shown = capsys.readouterr().out
    assert "~ replace Cluster AWS::Redshift::Cluster sparkify-dev\n      NumberOfNodes: 2 -> 4\n" in shown
    assert "= keep WorkBucket AWS::S3::Bucket sparkify-dev-workbucket-" in shown
    assert "1 to replace, 9 to keep\nCluster: `create` refuses that: it would lose data." in shown


@pytest.mark.parametrize(
    ("name", "value", "cost"),
    [
        ("RPUS", "8", "Cost: 8 RPUs: $3.00 an hour while it computes, at most $274 a month"),
        ("NODE_TYPE", "rg.large", "has no price of 2 x rg.large in us-west-2"),
    ],
)
def test_the_cost_is_by_the_table_or_not_made_up(
    name: str, value: str, cost: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"SPARKIFY_CLUSTER_{name}", value)
    assert main.main(["cluster", "plan"]) == 0
    assert cost in capsys.readouterr().out


def test_status_shows_what_is_there_and_what_it_has_cost(
    made: Environment, account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.shows = {"ClusterCreateTime": datetime.now(UTC)}
    assert main.main(["cluster", "status"]) == 0
    shown = capsys.readouterr().out
    assert "stack: CREATE_COMPLETE" in shown
    assert re.search(r"Cluster +sparkify-dev +ready", shown)
    assert "2 x ra3.large at warehouse.example:5439" in shown
    assert "created 0.0 hours ago, at most $0.00 so far by the list prices of 2025-06-01" in shown
    account.drifted = {"SubnetGroup": []}
    assert main.main(["cluster", "status"]) == 1


def test_status_of_nothing_ends_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["cluster", "status"]) == 1
    assert capsys.readouterr().out == "stack: missing\n"


def test_destroying_wants_the_name(made: Environment, account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["cluster", "destroy"]) == 2
    assert "sparkify cluster destroy --yes dev" in capsys.readouterr().err
    assert account.stack
    assert main.main(["cluster", "destroy", "--yes", "dev", "--no-snapshot"]) == 0
    assert "nothing with the tags of dev is left but 0 snapshots: none" in capsys.readouterr().err


def test_pausing_resuming_and_snapshots_are_commands(made: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    for command, words in (
        ("pause", "is paused: its nodes cost nothing until `sparkify cluster resume`"),
        ("resume", "sparkify-dev runs"),
        ("snapshot", "the snapshot sparkify-dev-"),
    ):
        assert main.main(["cluster", command]) == 0
        assert words in capsys.readouterr().err


def test_what_aws_refuses_is_one_line_and_ends_with_two(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.refuses["cloudformation.DescribeStacks"] = Refused("AccessDenied", "as AWS says it")
    assert main.main(["cluster", "status"]) == 2
    error = capsys.readouterr().err
    assert re.fullmatch(r"sparkify: .+: AWS says AccessDenied: .+ask for the right that AWS names.+\n", error)


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
