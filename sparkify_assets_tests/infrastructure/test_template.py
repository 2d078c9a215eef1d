"""The template: AWS's schemas, the security scanners, the controls, the rights of operators; and what the guide shows
of them.

`UPDATE_DOCS=1 pytest` on this file rewrites docs/guide/aws.md and docs/aws/*.json.
"""

import json
import os
import subprocess
from typing import Any

import boto3
import pytest
from cfnlint.api import ManualArgs, lint

from sparkify_assets.infrastructure.create import create, plan
from sparkify_assets.infrastructure.destroy import destroy
from sparkify_assets.infrastructure.environment_status import read_status
from sparkify_assets.infrastructure.power import pause, resume, snapshot
from sparkify_assets.infrastructure.stack import TEMPLATE
from sparkify_assets_tests.documents import ROOT, text_of
from sparkify_assets_tests.infrastructure.account import Account
from sparkify_assets_tests.infrastructure.conftest import ignore, wanting
from sparkify_assets_tests.infrastructure.control_plane import change, template
from sparkify_assets_tests.infrastructure.rights import policy_of

GUIDE = ROOT / "docs/guide/aws.md"
# Checkov brings a hundred packages: it has an environment of its own, which `make test` sets up.
SCANNER = ROOT / ".venv/scan/bin/python"
SCAN = """
import json, sys
from checkov.cloudformation.runner import Runner
from checkov.runner_filter import RunnerFilter
found = Runner().run(None, files=sys.argv[1:], runner_filter=RunnerFilter(framework=["cloudformation"]))
checks = (found.failed_checks, found.skipped_checks, found.passed_checks)
named = [sorted(f"{check.check_id} {check.resource}" for check in some) for some in checks]
print(json.dumps([found.parsing_errors, *named]))
"""
CONTROLS = {
    *(f"Redshift.{number}" for number in range(1, 19) if number != 5),
    *(f"RedshiftServerless.{number}" for number in range(1, 8)),
    *(f"CT.REDSHIFT.PR.{number}" for number in range(1, 10)),
}


def test_aws_schemas_find_nothing() -> None:
    config = ManualArgs(include_checks=["I"], regions=["us-west-2"])
    assert [str(match) for match in lint(TEMPLATE.read_text("utf-8"), config=config)] == []


def test_the_scanner_finds_nothing_that_is_not_explained() -> None:
    if not SCANNER.exists():
        assert not os.environ.get("CI"), "make .venv/ready-to-scan"
        pytest.skip("make .venv/ready-to-scan")
    scan = subprocess.run([SCANNER, "-c", SCAN, str(TEMPLATE)], capture_output=True, text=True, check=True)
    errors, failed, skipped, passed = json.loads(scan.stdout.splitlines()[-1])
    assert (errors, failed) == ([], [])
    assert skipped == ["CKV_AWS_18 AWS::S3::Bucket.WorkBucket", "CKV_AWS_71 AWS::Redshift::Cluster.Cluster"]
    assert len(passed) > 20


def test_every_parameter_is_described_and_every_output_is_a_setting() -> None:
    assert all(each["Description"] for each in template()["Parameters"].values())
    example = text_of(ROOT / ".env.example")
    assert all(f"{each['Description']}=" in example for each in template()["Outputs"].values())


def test_data_outlives_its_resource() -> None:
    resources = template()["Resources"]
    assert {resources["Cluster"][policy] for policy in ("DeletionPolicy", "UpdateReplacePolicy")} == {"Snapshot"}
    assert "FinalSnapshotName" in resources["Namespace"]["Properties"]
    assert resources["Workgroup"]["Properties"]["MaxCapacity"] == {"Ref": "Rpus"}


def test_only_s3_is_reached_and_only_one_port_is_open() -> None:
    group = template()["Resources"]["SecurityGroup"]["Properties"]
    (inwards,), (outwards,) = group["SecurityGroupIngress"], group["SecurityGroupEgress"]
    assert (inwards["FromPort"], inwards["ToPort"], inwards["CidrIp"]) == (5439, 5439, {"Ref": "Cidr"})
    assert outwards["DestinationPrefixListId"] == {"Ref": "S3PrefixList"}


def test_every_control_is_met_by_a_property_or_explained() -> None:
    met, not_met = template()["Metadata"]["Met"], template()["Metadata"]["NotMet"]
    assert {*met, *not_met} == CONTROLS
    assert not {*met} & {*not_met}
    for where in met.values():
        resource, _, name = where.partition(".")
        assert " " in where or name in template()["Resources"][resource]["Properties"], where


def table_of_controls() -> str:
    met, not_met = template()["Metadata"]["Met"], template()["Metadata"]["NotMet"]
    lines = ["| control | met where, or why not |", "|---|---|"]
    for control in [*met, *not_met]:
        where = met.get(control, f"**not met**: {not_met.get(control)}")
        lines.append(f"| {control} | {where if ' ' in where else f'`{where}`'} |")
    return "\n".join(lines)


def test_the_guide_has_the_table_of_controls() -> None:
    begin, end = "<!-- controls -->\n", "\n<!-- end of controls -->"
    before, _, rest = text_of(GUIDE).partition(begin)
    shown, _, after = rest.partition(end)
    if os.environ.get("UPDATE_DOCS"):
        GUIDE.write_text(f"{before}{begin}{table_of_controls()}{end}{after}", "utf-8")
    else:
        assert shown == table_of_controls()


def recorded(account: Account) -> dict[str, set[str]]:
    """What each command asks of AWS, of a cluster and of a workgroup."""
    found: dict[str, set[str]] = {}
    for rpus in (0, 8):
        environment = wanting(rpus=rpus)

        def note(name: str, command: Any, environment: Any = environment) -> None:
            account.calls.clear()
            command(environment, ignore)
            found[name] = found.get(name, set()) | {call.name for call in account.calls}

        note("plan", lambda environment, notify: plan(environment))
        note("create", create)
        account.updates = [change()]
        note("plan", lambda environment, notify: plan(environment))
        note("create", create)
        note("status", read_status)
        note("snapshot", snapshot)
        if not rpus:
            note("pause", pause)
            note("resume", resume)
        note("destroy", lambda environment, notify: destroy(environment, "dev", notify))
        create(environment, ignore)
        boto3.client("s3", region_name="us-west-2").put_object(Bucket=account.names["WorkBucket"], Key="work/object")
        note("destroy", lambda environment, notify: destroy(environment, "dev", notify, snapshot=False))
    found["probe"] = {"cloudformation.DescribeStacks", "redshift-serverless.GetNamespace"}
    return found


def test_the_rights_that_each_command_needs_are_those_of_its_calls(account: Account) -> None:
    calls = recorded(account)
    assert {f"{command}.json" for command in calls} >= {file.name for file in (ROOT / "docs/aws").iterdir()}
    for command, asked in calls.items():
        file, policy = ROOT / f"docs/aws/{command}.json", policy_of(command, asked)
        # What AWS allows for the policy of a role, without white space.
        assert len(json.dumps(policy, separators=(",", ":"))) <= 10_240
        if os.environ.get("UPDATE_DOCS"):
            file.write_text(json.dumps(policy, indent=2) + "\n", "utf-8")
        assert json.loads(text_of(file)) == policy, command
