"""The role that COPY reads with: Redshift alone may take it on, and it reads the lake and the work prefix alone."""

from collections.abc import Mapping

from sparkify_assets.infrastructure import PROJECT, Seen, Setting
from sparkify_assets.infrastructure.aws import Aws, OfService, read_tags, unless
from sparkify_assets.infrastructure.policies import Policy, reading, same, trust, written

# Roles are the account's, not a region's, and cannot be searched by tag: a path of their own is where to look.
_PATH = f"/{PROJECT}/"
_POLICY = "read-lake-and-work"


class CopyRole(OfService):
    """An IAM role with one policy of its own."""

    kind, slow, service = "role", False, "iam"

    def __init__(self, aws: Aws, services: tuple[str, ...], places: list[tuple[str, str]]) -> None:
        super().__init__(aws)
        self._places = places
        self._trust = trust(services)

    @property
    def name(self) -> str:
        return f"{self._aws.name}-copy-{self._aws.region}"

    @property
    def arn(self) -> str:
        return f"arn:{self._aws.partition}:iam::{self._aws.account}:role{_PATH}{self.name}"

    @property
    def _policy(self) -> Policy:
        return reading(self._aws.partition, self._places)

    @property
    def _reads(self) -> str:
        return " and ".join(f"s3://{bucket}/{prefix}" for bucket, prefix in self._places)

    def settings(self) -> Mapping[str, Setting]:
        return {
            "taken on by": Setting("Redshift alone", self._trust_redshift),
            "reads": Setting(self._reads, self._let_read),
            "other policies": Setting("none"),
        }

    def look(self) -> Seen | None:
        with unless("NoSuchEntity"):
            role = self._client.get_role(RoleName=self.name)["Role"]
            reads, others = "nothing", [*self._attached()]
            for policy in self._own():
                if policy == _POLICY:
                    found = self._client.get_role_policy(RoleName=self.name, PolicyName=policy)["PolicyDocument"]
                    reads = self._reads if same(found, self._policy) else "by another policy"
                else:
                    others.append(policy)
            return Seen(
                self.arn,
                read_tags(role.get("Tags")),
                {
                    "taken on by": "Redshift alone"
                    if same(role["AssumeRolePolicyDocument"], self._trust)
                    else "others",
                    "reads": reads,
                    "other policies": ", ".join(sorted(others)) or "none",
                },
            )
        return None

    def make(self) -> None:
        with unless("EntityAlreadyExists"):
            self._client.create_role(
                Path=_PATH,
                RoleName=self.name,
                AssumeRolePolicyDocument=written(self._trust),
                Description=f"COPY of the Sparkify warehouse {self._aws.environment}",
                Tags=self._aws.tags,
            )

    def remove(self, seen: Seen, snapshot: str | None) -> None:
        with unless("NoSuchEntity"):
            for arn in self._attached():
                self._client.detach_role_policy(RoleName=self.name, PolicyArn=arn)
            for policy in self._own():
                self._client.delete_role_policy(RoleName=self.name, PolicyName=policy)
            self._client.delete_role(RoleName=self.name)

    def search(self) -> list[str]:
        roles = self._aws.pages("iam", "list_roles", "Roles", PathPrefix=_PATH)
        return [
            str(role["Arn"])
            for role in roles
            if not self._is_of_another_region(role["RoleName"])
            and self._aws.made(read_tags(self._client.list_role_tags(RoleName=role["RoleName"])["Tags"]))
        ]

    def _is_of_another_region(self, name: str) -> bool:
        """Whether an environment of this name in another region has made it."""
        return name != self.name and name.startswith(f"{self._aws.name}-copy-")

    def _attached(self) -> list[str]:
        found = self._aws.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=self.name)
        return [str(policy["PolicyArn"]) for policy in found]

    def _own(self) -> list[str]:
        return list(self._aws.pages("iam", "list_role_policies", "PolicyNames", RoleName=self.name))

    def _trust_redshift(self, seen: Seen) -> None:
        self._client.update_assume_role_policy(RoleName=self.name, PolicyDocument=written(self._trust))

    def _let_read(self, seen: Seen) -> None:
        self._client.put_role_policy(RoleName=self.name, PolicyName=_POLICY, PolicyDocument=written(self._policy))
