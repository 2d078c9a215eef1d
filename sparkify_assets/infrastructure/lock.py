"""One at a time changes an environment: a lease, which is an object in the work bucket that S3 lets one of two write.

Whoever holds it writes it again as they go on; where nobody has for a while, they are gone, and the next may take it.
"""

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sparkify_assets.errors import InfrastructureBusy
from sparkify_assets.infrastructure.aws import Aws, code_of, explained

KEY = "changing"
LEASE = timedelta(minutes=3)
# S3's answers where another one wrote first; a conflict is two at the same moment.
_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409")


class Lease:
    """The right to change an environment, for as long as it is renewed."""

    def __init__(self, aws: Aws, bucket: str, doing: str) -> None:
        self._aws, self._bucket = aws, bucket
        self._body = f"{doing}, by {_who()}".encode()
        self._etag = ""

    @property
    def _client(self) -> Any:
        return self._aws.client("s3")

    def take(self) -> None:
        try:
            self._write(IfNoneMatch="*")
        except ClientError as error:
            if code_of(error) not in _TAKEN:
                raise
            self._take_over()

    def renew(self) -> None:
        """Say that whoever holds it is still there."""
        with explained("the lease cannot be renewed"):
            try:
                self._write(IfMatch=self._etag)
            except ClientError as error:
                if code_of(error) not in _TAKEN:
                    raise
                raise InfrastructureBusy(
                    "somebody else is changing this environment now, because this command was not heard of for a "
                    "while: see `sparkify cluster status`, then run it again"
                ) from error

    def give_back(self) -> None:
        # If it cannot be, it ends by itself; if it was lost, it is another's.
        with suppress(ClientError, BotoCoreError):
            self._client.delete_object(Bucket=self._bucket, Key=KEY, IfMatch=self._etag)

    def _take_over(self) -> None:
        """Take it from somebody who is gone."""
        try:
            held = self._client.get_object(Bucket=self._bucket, Key=KEY)
            # Both by S3's clock: this machine's may be another.
            now = parsedate_to_datetime(held["ResponseMetadata"]["HTTPHeaders"]["date"])
            left = held["LastModified"] + LEASE - now
            if left > timedelta():
                who = held["Body"].read().decode(errors="replace")
                raise InfrastructureBusy(
                    f"somebody is changing this environment: {who}. If that was stopped, it can be gone on with in "
                    f"{max(1, round(left.total_seconds()))} seconds"
                )
            self._write(IfMatch=held["ETag"])
        except ClientError as error:
            if code_of(error) not in _TAKEN:
                raise
            raise InfrastructureBusy(
                "somebody has just begun to change this environment: try again in a moment"
            ) from error

    def _write(self, **condition: str) -> None:
        answer = self._client.put_object(Bucket=self._bucket, Key=KEY, Body=self._body, **condition)
        self._etag = str(answer["ETag"])


@contextmanager
def changing(aws: Aws, bucket: str, doing: str) -> Iterator[Lease]:
    """The right to change an environment, for as long as the context lasts."""
    lease = Lease(aws, bucket, doing)
    with explained(f"the lease in s3://{bucket} cannot be taken"):
        lease.take()
    try:
        yield lease
    finally:
        lease.give_back()


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "somebody"
    return f"{user} on {socket.gethostname()}, process {os.getpid()}"
