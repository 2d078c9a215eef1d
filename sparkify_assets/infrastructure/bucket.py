"""The work bucket: private, encrypted, over TLS only, and what is no longer needed in it expires."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.infrastructure import Seen, Setting
from sparkify_assets.infrastructure.aws import OfService, code_of, read_tags, unless
from sparkify_assets.infrastructure.policies import same, tls_only, written

# What the platform writes lies under this prefix; the role may read it and nothing beside it.
WORK = "work/"
_DAYS = 30
_BLOCK = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
_ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
_LIFECYCLE = {
    "Rules": [
        {
            "ID": "work-expires",
            "Status": "Enabled",
            "Filter": {"Prefix": WORK},
            "Expiration": {"Days": _DAYS},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        }
    ]
}
_NOT_SET = "not set"


class WorkBucket(OfService):
    """The bucket that the platform writes to, named also by account and region: such names are shared by the world."""

    kind, slow, service = "bucket", False, "s3"

    @property
    def name(self) -> str:
        return f"{self._aws.name}-{self._aws.account}-{self._aws.region}"

    def settings(self) -> Mapping[str, Setting]:
        return {
            "tags": Setting("set", lambda seen: self._tag()),
            "public access": Setting("blocked", self._block),
            "encryption": Setting("AES256", self._encrypt),
            "connections": Setting("over TLS only", self._want_tls),
            f"objects under {WORK}": Setting(f"expire after {_DAYS} days", self._expire),
        }

    def look(self) -> Seen | None:
        try:
            # Whoever knows the account can take the name first, and would then be given what is written.
            self._client.head_bucket(Bucket=self.name, ExpectedBucketOwner=self._aws.account)
        except ClientError as error:
            code = code_of(error)
            if code in ("404", "NoSuchBucket"):
                return None
            if code in ("403", "AccessDenied"):
                raise InfrastructureError(
                    f"the bucket {self.name} is there, and these credentials may not look at it: it is another "
                    "account's, or they lack s3:ListBucket: choose another SPARKIFY_CLUSTER_ENVIRONMENT, or ask for "
                    "that"
                ) from error
            raise
        tags = self._tags(self.name)
        # What is left where making it was stopped between two calls: no name but ours has this account in it.
        unfinished = not tags and self._is_empty()
        return Seen(
            self.name,
            self._aws.mark if unfinished else tags,
            {
                "tags": "set" if self._aws.made(tags) else _NOT_SET,
                "public access": self._public_access(),
                "encryption": self._encryption(),
                "connections": self._connections(),
                f"objects under {WORK}": self._expiry(),
            },
        )

    def make(self) -> None:
        where = {"CreateBucketConfiguration": {"LocationConstraint": self._aws.region}}
        with unless("BucketAlreadyOwnedByYou"):
            self._client.create_bucket(Bucket=self.name, **({} if self._aws.region == "us-east-1" else where))
        self._tag()

    def remove(self, seen: Seen, snapshot: str | None) -> None:
        """Remove it with all that is in it, which is ours."""
        with unless("NoSuchBucket"):
            for page in self._client.get_paginator("list_object_versions").paginate(Bucket=self.name):
                self._empty([*page.get("Versions", ()), *page.get("DeleteMarkers", ())])
            self._client.delete_bucket(Bucket=self.name)

    def _empty(self, entries: Sequence[Mapping[str, Any]]) -> None:
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        if not objects:
            return
        answer = self._client.delete_objects(Bucket=self.name, Delete={"Objects": objects, "Quiet": True})
        if failed := answer.get("Errors"):
            raise InfrastructureError(
                f"{len(failed)} objects of the bucket {self.name} cannot be removed, {failed[0]['Key']} because of "
                f"{failed[0].get('Message')}: see that, then run the same command again"
            )

    def search(self) -> list[str]:
        listed = self._client.list_buckets(Prefix=f"{self._aws.name}-", BucketRegion=self._aws.region)["Buckets"]
        names = [str(bucket["Name"]) for bucket in listed]
        return [f"s3://{name}" for name in names if self._aws.made(self._tags(name))]

    def _tags(self, name: str) -> dict[str, str]:
        found = self._ask(lambda: self._client.get_bucket_tagging(Bucket=name)["TagSet"])
        return read_tags(found)

    def _is_empty(self) -> bool:
        return not self._client.list_object_versions(Bucket=self.name, MaxKeys=1).get("Versions")

    def _public_access(self) -> str:
        found = self._ask(lambda: self._client.get_public_access_block(Bucket=self.name))
        return "blocked" if found and found["PublicAccessBlockConfiguration"] == _BLOCK else "not blocked"

    def _encryption(self) -> str:
        found = self._ask(lambda: self._client.get_bucket_encryption(Bucket=self.name))
        if not found:
            return _NOT_SET
        rule = found["ServerSideEncryptionConfiguration"]["Rules"][0]
        return str(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])

    def _connections(self) -> str:
        found = self._ask(lambda: self._client.get_bucket_policy(Bucket=self.name))
        if not found:
            return "of any kind"
        meant = tls_only(self._aws.partition, self.name)
        return "over TLS only" if same(found["Policy"], meant) else "by another policy"

    def _expiry(self) -> str:
        found = self._ask(lambda: self._client.get_bucket_lifecycle_configuration(Bucket=self.name))
        if not found:
            return "stay"
        return f"expire after {_DAYS} days" if found["Rules"] == _LIFECYCLE["Rules"] else "by other rules"

    def _ask(self, question: Callable[[], Any]) -> Any:
        """The answer; None where AWS says that nothing of the kind is set."""
        try:
            return question()
        except ClientError as error:
            if code_of(error).startswith(("NoSuch", "ServerSideEncryptionConfigurationNotFound")):
                return None
            raise

    def _tag(self) -> None:
        self._client.put_bucket_tagging(Bucket=self.name, Tagging={"TagSet": self._aws.tags})

    def _block(self, seen: Seen) -> None:
        self._client.put_public_access_block(Bucket=self.name, PublicAccessBlockConfiguration=_BLOCK)

    def _encrypt(self, seen: Seen) -> None:
        self._client.put_bucket_encryption(Bucket=self.name, ServerSideEncryptionConfiguration=_ENCRYPTION)

    def _want_tls(self, seen: Seen) -> None:
        self._client.put_bucket_policy(Bucket=self.name, Policy=written(tls_only(self._aws.partition, self.name)))

    def _expire(self, seen: Seen) -> None:
        self._client.put_bucket_lifecycle_configuration(Bucket=self.name, LifecycleConfiguration=_LIFECYCLE)
