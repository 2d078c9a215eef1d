"""The least IAM policy for a command: what its calls need, and what AWS needs for the template's resources on its
behalf."""

from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from sparkify_assets_tests.infrastructure.control_plane import REGION, template

# The names of services, and of a few actions, are others in policies.
_SERVICES = {"resourcegroupstaggingapi": "tag"}
_ACTIONS = {
    "s3:ListObjectVersions": ["s3:ListBucketVersions"],
    "s3:DeleteObjects": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
    # Every identity may ask who it is.
    "sts:GetCallerIdentity": [],
}
# What AWS does for a resource on behalf of whoever runs a command.
_HANDLERS = {
    "plan": ["read"],
    "create": ["create", "read", "update", "delete"],
    "status": ["read"],
    "destroy": ["read", "delete"],
}
# What logging in and COPY of a test object need.
_PROBE = ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject", "secretsmanager:GetSecretValue"]
# Only these actions can be held to resources by name; the others list, or read what has no name.
_NAMED = {
    "cloudformation": ["arn:aws:cloudformation:*:*:stack/sparkify-*/*"],
    "redshift": ["arn:aws:redshift:*:*:cluster:sparkify-*", "arn:aws:redshift:*:*:snapshot:sparkify-*/*"],
    "s3": ["arn:aws:s3:::sparkify-*"],
}
_UNNAMED = ("cloudformation:DescribeStackDriftDetectionStatus", "redshift:Describe")


def policy_of(command: str, calls: set[str]) -> dict[str, Any]:
    """Return the least policy for a command that makes these calls."""
    direct = {action for call in calls for action in _actions_of(call)}
    named: dict[str, list[str]] = {}
    for action in sorted(direct):
        service = action.partition(":")[0]
        named.setdefault("*" if service not in _NAMED or action.startswith(_UNNAMED) else service, []).append(action)
    statements = [_allow(actions, _NAMED.get(service, "*")) for service, actions in sorted(named.items())]
    handled = _handled(command) - direct
    if "iam:PassRole" in handled:
        passed = {"StringLike": {"iam:PassedToService": "redshift*"}}
        statements.append(_allow(["iam:PassRole"], "arn:aws:iam::*:role/sparkify/*", passed))
    if handled:
        through = {"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}
        statements.append(_allow(sorted(handled - {"iam:PassRole"}), "*", through))
    if command in ("probe", "create"):
        statements.append(_allow(_PROBE, "*"))
    return {"Version": "2012-10-17", "Statement": statements}


def _actions_of(call: str) -> list[str]:
    service, _, operation = call.partition(".")
    action = f"{_SERVICES.get(service, service)}:{operation}"
    return _ACTIONS.get(action, [action])


def _handled(command: str) -> set[str]:
    """The actions of AWS's own handlers for the types of resources in the template, by its schemas."""
    found: set[str] = set()
    for kind in {resource["Type"] for resource in template()["Resources"].values()}:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
        for handler in _HANDLERS.get(command, ()):
            found |= set(schema["handlers"].get(handler, {}).get("permissions", ()))
    everything = tuple(action[:-1] for action in found if action.endswith("*"))
    return {action for action in found if action.endswith("*") or not action.startswith(everything)}


def _allow(actions: list[str], resources: Any, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})
