"""What S3 tells a queue of the lake's bucket: the objects that came, changed or went. Which days they are is not known
here.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import boto3
from botocore.config import Config

from sparkify_assets.lake.s3 import S3Place, explained

_BATCH, _MOST = 10, 1_000


@dataclass(frozen=True)
class Notices:
    """The paths in the lake that were told of, and by which each message is known to the queue."""

    paths: tuple[str, ...]
    receipts: tuple[str, ...]


class Queue:
    """A queue of SQS that the lake's bucket notifies. A message that nobody has acted on comes again."""

    def __init__(self, url: str, place: S3Place) -> None:
        self._url, self._place = url, place
        # The queue may be in another region than anything else: its address says which.
        region = url.split(".")[1] if url.startswith("https://sqs.") else None
        self._client = boto3.Session().client(
            "sqs", region_name=region, config=Config(retries={"mode": "standard", "total_max_attempts": 4})
        )

    def receive(self) -> Notices:
        """What has come since; nothing is waited for."""
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
        return Notices(tuple(dict.fromkeys(paths)), tuple(receipts))

    def done(self, notices: Notices) -> None:
        """Have messages not come again."""
        with explained(self._url, setting="SPARKIFY_SQS_QUEUE"):
            for begin in range(0, len(notices.receipts), _BATCH):
                some = notices.receipts[begin : begin + _BATCH]
                self._client.delete_message_batch(
                    QueueUrl=self._url,
                    Entries=[{"Id": str(n), "ReceiptHandle": receipt} for n, receipt in enumerate(some)],
                )

    def _paths(self, body: str) -> Iterator[str]:
        for bucket, key in _objects(body):
            if bucket == self._place.bucket and key.startswith(self._place.prefix):
                yield key.removeprefix(self._place.prefix)


def _objects(body: str) -> Iterator[tuple[str, str]]:
    """The objects that a message is about: as S3 sends it, by way of SNS too. Anything else is about none."""
    try:
        said: Any = json.loads(body)
        if "Message" in said:
            said = json.loads(said["Message"])
        for record in said.get("Records", ()):
            yield record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return
