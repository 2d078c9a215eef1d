"""Event notifications: S3 reports to a queue which objects of the lake's bucket were created, changed or deleted.

Which log days these belong to is not known here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import boto3
from botocore.config import Config

from sparkify_assets.lake.parsing import parse
from sparkify_assets.lake.s3 import S3Place, explained

_BATCH, _MOST = 10, 1_000


@dataclass(frozen=True)
class Notifications:
    """The paths in the lake that messages were about, and the receipts that identify these messages to the queue."""

    paths: tuple[str, ...]
    receipts: tuple[str, ...]


class Queue:
    """The SQS queue that the lake's bucket notifies. It delivers a message again until it is acknowledged."""

    def __init__(self, url: str, place: S3Place) -> None:
        self._url, self._place = url, place
        # The queue's address names its region, which may differ from all others.
        region = url.split(".")[1] if url.startswith("https://sqs.") else None
        self._client = boto3.Session().client(
            "sqs", region_name=region, config=Config(retries={"mode": "standard", "total_max_attempts": 4})
        )

    def receive(self) -> Notifications:
        """Return the notifications that are in the queue now, without waiting for more."""
        paths: list[str] = []
        receipts: list[str] = []
        with explained(self._url, setting="SPARKIFY_SQS_QUEUE"):
            while len(receipts) < _MOST:
                answer = self._client.receive_message(QueueUrl=self._url, MaxNumberOfMessages=_BATCH)
                messages = answer.get("Messages", [])
                for message in messages:
                    paths += self._paths(message["Body"])
                    receipts.append(message["ReceiptHandle"])
                if not messages:
                    break
        return Notifications(tuple(dict.fromkeys(paths)), tuple(receipts))

    def acknowledge(self, notifications: Notifications) -> None:
        """Delete messages from the queue, so that they are not delivered again."""
        with explained(self._url, setting="SPARKIFY_SQS_QUEUE"):
            for begin in range(0, len(notifications.receipts), _BATCH):
                some = notifications.receipts[begin : begin + _BATCH]
                self._client.delete_message_batch(
                    QueueUrl=self._url,
                    Entries=[{"Id": str(n), "ReceiptHandle": receipt} for n, receipt in enumerate(some)],
                )

    def _paths(self, body: str) -> Iterator[str]:
        for bucket, key in _objects(body):
            if bucket == self._place.bucket and key.startswith(self._place.prefix):
                yield key.removeprefix(self._place.prefix)


def _objects(body: str) -> Iterator[tuple[str, str]]:
    """Yield bucket and key of each object that a message from S3, sent directly or through SNS, is about."""
    try:
        message: Any = parse(body.encode())
        if "Message" in message:
            message = parse(message["Message"].encode())
        for record in message.get("Records", ()):
            yield record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return
