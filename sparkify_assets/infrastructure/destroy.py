"""Deleting an environment, and proving that nothing is left."""

from collections.abc import Callable

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure.aws import Notify, read_tags, wait
from sparkify_assets.infrastructure.environment import Environment, refuse_lake_in
from sparkify_assets.infrastructure.power import AVAILABLE, PAUSED, is_broken, snapshots, state_of, until

# Somebody may write to the bucket after it was emptied.
_ATTEMPTS = 3
# How long AWS's search still finds what was just deleted.
_MINUTES = 10


def destroy(environment: Environment, name: str, notify: Notify, *, snapshot: bool = True) -> list[str]:
    """Delete everything, and return the snapshots that stay."""
    if name != environment.name:
        raise InfrastructureError(
            f"the environment is {environment.name}, and {name or 'nothing'!r} was confirmed: to remove all of it, "
            f"confirm its name: sparkify cluster destroy --yes {environment.name}"
        )
    stack = environment.stack
    seen = stack.settled(notify)
    if seen:
        refuse_lake_in(seen.outputs.get("SPARKIFY_WORK", ""), environment.lake)
        _make_deletable(environment, notify)
        if not snapshot:
            _delete_data(environment, notify)
    for _ in range(_ATTEMPTS):
        if seen is None:
            break
        for resource in stack.resources():
            if resource.kind == "AWS::S3::Bucket" and resource.name:
                _empty(environment, resource.name)
        notify(f"stack {environment.aws.name}: deleting it{', after a snapshot' if snapshot else ''}")
        stack.delete()
        seen = stack.settled(notify)
    if seen:
        raise stack.failure(seen)
    kept = list(snapshots(environment, tag=True))
    _prove(environment, notify)
    notify(f"nothing with the tags of {name} is left but {len(kept)} snapshots: {', '.join(kept) or 'none'}")
    return kept


def leftovers(environment: Environment) -> list[str]:
    """Return everything that has the environment's tags, except snapshots, which are kept."""
    aws = environment.aws
    filters = [{"Key": key, "Values": [value]} for key, value in aws.own_tags.items()]
    tagged = aws.pages("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", TagFilters=filters)
    found = [each["ResourceARN"] for each in tagged if not each["ResourceARN"].split(":")[5].startswith("snapshot")]
    # That search knows no roles. They belong to the account: a tag says of which region each is.
    wanted = {**aws.own_tags, "region": aws.region}
    for role in aws.pages("iam", "list_roles", "Roles", PathPrefix="/sparkify/"):
        tags = aws.ask("iam", "list_role_tags", ("NoSuchEntity",), RoleName=role["RoleName"])
        if tags and wanted.items() <= read_tags(tags["Tags"]).items():
            found.append(role["Arn"])
    return found


def _make_deletable(environment: Environment, notify: Notify) -> None:
    """Have the warehouse in a state in which AWS deletes it."""
    aws, name = environment.aws, environment.aws.name
    state = state_of(environment.cluster())
    if state in (PAUSED, "pausing"):
        # AWS does not delete a cluster that is paused.
        until(environment, PAUSED, notify)
        notify(f"cluster {name}: resuming it")
        aws.ask("redshift", "resume_cluster", ClusterIdentifier=name)
    if state not in ("not there", "deleting", "final-snapshot") and not is_broken(state):
        until(environment, AVAILABLE, notify)
    if workgroup := environment.workgroup():
        asked = {"resourceArn": workgroup["workgroupArn"]}
        for limit in aws.pages("redshift-serverless", "list_usage_limits", "usageLimits", **asked):
            aws.ask("redshift-serverless", "delete_usage_limit", usageLimitId=limit["usageLimitId"])


def _delete_data(environment: Environment, notify: Notify) -> None:
    """Delete what holds the data. AWS takes a snapshot when it deletes the stack, but not of what is gone by then."""
    aws, name, gone = environment.aws, environment.aws.name, ("ClusterNotFound", "ResourceNotFound")

    def delete(kind: str, look: Callable[[], object], service: str, call: str, **asked: object) -> None:
        if look():
            notify(f"{kind} {name}: deleting it, without a snapshot")
            aws.ask(service, call, gone, **asked)
            wait(notify, f"{kind} {name}", lambda: "deleting" if look() else None)

    cluster = {"ClusterIdentifier": name, "SkipFinalClusterSnapshot": True}
    delete("cluster", environment.cluster, "redshift", "delete_cluster", **cluster)
    delete("workgroup", environment.workgroup, "redshift-serverless", "delete_workgroup", workgroupName=name)
    delete("namespace", environment.namespace, "redshift-serverless", "delete_namespace", namespaceName=name)


def _empty(environment: Environment, bucket: str) -> None:
    """Delete every version of every object of the work bucket."""
    while page := environment.aws.ask("s3", "list_object_versions", ("NoSuchBucket",), Bucket=bucket):
        entries = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        if not entries:
            return
        objects = {"Objects": [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in entries], "Quiet": True}
        if failed := environment.aws.ask("s3", "delete_objects", Bucket=bucket, Delete=objects).get("Errors"):
            raise InfrastructureError(
                f"{len(failed)} objects of the bucket {bucket} cannot be deleted, {failed[0]['Key']} because of "
                f"{failed[0].get('Message')}: fix that, then run the same command again"
            )


def _prove(environment: Environment, notify: Notify) -> None:
    """Search until nothing is left. AWS's search still finds for a while what is gone."""

    def question() -> str | None:
        left = leftovers(environment)
        return f"{len(left)} things are still there: {', '.join(left)}" if left else None

    wait(notify, f"search for the tags of {environment.name}", question, _MINUTES)
