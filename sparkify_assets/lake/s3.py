"""A lake in S3: listed by prefix, fingerprinted by ETag and size, downloaded many requests at once.

An object is asked for by the ETag that it was listed with, so that one that has changed since is never read.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError

from sparkify_assets.errors import FileUnreadable, LakeError
from sparkify_assets.lake.listing import CHANGED, File, ListedLake, log_day
from sparkify_assets.lake.work import working

REQUESTS = 32
# How often a request is tried when S3 asks to slow down, or does not answer.
ATTEMPTS = 8
PART_BYTES = 16_000_000
_EXPIRED = "the credentials have expired: log in again, or see AWS_PROFILE and AWS_SESSION_TOKEN"
_REMEDIES = {
    "NoSuchBucket": "there is no such bucket: see {setting}",
    "AccessDenied": "these credentials may not do that: they need s3:ListBucket and s3:GetObject there, and for "
    "SPARKIFY_WORK s3:PutObject; for a public "
    "bucket set SPARKIFY_S3_ACCESS=unsigned, for one whose readers pay, requester-pays",
    "403": "these credentials may not use the bucket: see AWS_PROFILE, AWS_ACCESS_KEY_ID and SPARKIFY_S3_ACCESS",
    "404": "there is no such bucket or object: see {setting}",
    "PreconditionFailed": CHANGED,
    "NoSuchKey": "it has gone since it was listed",
    "ExpiredToken": _EXPIRED,
    # What is asked without an answer's body gets no more than this.
    "400": f"S3 does not accept the request; most likely {_EXPIRED}",
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it",
    "SlowDown": "S3 has asked to slow down for as long as it was tried: load fewer days at once, or later",
    "InvalidAccessKeyId": "there is no such access key: see AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "the secret key is not that of the access key: see AWS_SECRET_ACCESS_KEY",
}


# What says something of one object, and nothing of the others.
_OF_ONE_FILE = {"PreconditionFailed", "NoSuchKey", "AccessDenied", "InvalidObjectState"}


@dataclass(frozen=True)
class S3Place:
    """A bucket and a prefix in it, which is empty or ends with a slash."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, url: str) -> "S3Place":
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        return cls(bucket, prefix if not prefix or prefix.endswith("/") else f"{prefix}/")

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


def open_client(bucket: str, access: str, setting: str = "SPARKIFY_LAKE") -> Any:
    """A client for the bucket of a setting, in the region that the bucket is in."""
    config = Config(
        retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS},
        max_pool_connections=REQUESTS,
        signature_version=UNSIGNED if access == "unsigned" else None,
    )
    session = boto3.Session()
    client = session.client("s3", config=config)
    region = _region_of(client, bucket, setting)
    return client if region == client.meta.region_name else session.client("s3", config=config, region_name=region)


def _region_of(client: Any, bucket: str, setting: str) -> str:
    with explained(f"s3://{bucket}", setting=setting):
        try:
            answer = client.head_bucket(Bucket=bucket)
        except ClientError as error:
            # Of a bucket elsewhere the answer is an error, which says where.
            answer = error.response
            if "x-amz-bucket-region" not in _headers(answer):
                raise
    return str(_headers(answer).get("x-amz-bucket-region") or client.meta.region_name)


def _headers(answer: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = answer["ResponseMetadata"].get("HTTPHeaders", {})
    return found


class S3Lake(ListedLake):
    """A lake under a prefix of a bucket. Files are spooled in a folder of this machine."""

    def __init__(self, place: S3Place, client: Any, spool: Path, access: str = "signed") -> None:
        self.place, self._client, self._spool = place, client, spool
        self._asked = {"RequestPayer": "requester"} if access == "requester-pays" else {}

    @property
    def region(self) -> str:
        """Where the bucket is."""
        return str(self._client.meta.region_name)

    def url(self, file: File) -> str:
        return f"{self.place}{file.path}"

    def _files(self, under: str, beginning: str = "") -> Iterator[File]:
        """Objects that stand for folders left out."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.place.bucket, Prefix=f"{self.place.prefix}{under}{beginning}", **self._asked
        )
        with explained(f"{self.place}{under}"):
            found = [self._file(entry) for page in pages for entry in page.get("Contents", ())]
        yield from sorted((file for file in found if _is_file(file.path)), key=lambda file: file.path)

    def _file(self, entry: dict[str, Any]) -> File:
        path = entry["Key"].removeprefix(self.place.prefix)
        return File(path, log_day(path), f"{entry['ETag'].strip(chr(34))}-{entry['Size']}", entry["Size"])

    def head(self, file: File, size: int) -> bytes:
        with explained(f"{self.place}{file.path}", file):
            # Of nothing no part can be asked for.
            return b"".join(chunk for _, chunk in self._chunks(file, 0, min(size, file.size))) if file.size else b""

    @contextmanager
    def spool(self, files: Sequence[File]) -> Iterator[list[Path]]:
        with working(self._spool):
            self._spool.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="spool-", dir=self._spool) as folder:
            # Numbered, since keys may be longer than names; absolute, as DuckDB gives paths back.
            paths = [
                Path(os.path.abspath(folder)) / f"{number}.json{'.gz' if file.path.endswith('.gz') else ''}"
                for number, file in enumerate(files)
            ]
            with ThreadPoolExecutor(REQUESTS) as pool:
                for _ in pool.map(self._download_part, *zip(*_parts(files, paths), strict=True)) if files else ():
                    pass
            yield paths

    def _download_part(self, file: File, path: Path, begin: int, end: int) -> None:
        """Write the bytes of an object from begin to end into their place; again, if the answer breaks off."""
        with working(self._spool):
            spooled = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT), "wb")
        with spooled, explained(f"{self.place}{file.path}", file):
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    for at, chunk in self._chunks(file, begin, end):
                        with working(self._spool):
                            spooled.seek(at)
                            spooled.write(chunk)
                    return
                except (HTTPClientError, IncompleteReadError):
                    if attempt == ATTEMPTS:
                        raise

    def _chunks(self, file: File, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
        """The bytes of an object from begin to end, each chunk with its place."""
        some = {"Range": f"bytes={begin}-{end - 1}"} if end - begin < file.size else {}
        answer = self._client.get_object(
            Bucket=self.place.bucket,
            Key=f"{self.place.prefix}{file.path}",
            IfMatch=f'"{file.fingerprint.rpartition("-")[0]}"',
            **some,
            **self._asked,
        )
        for chunk in answer["Body"].iter_chunks(1 << 20):
            yield begin, chunk
            begin += len(chunk)


def _parts(files: Sequence[File], paths: Sequence[Path]) -> Iterator[tuple[File, Path, int, int]]:
    """What is asked for at once: of a large file a part."""
    for file, path in zip(files, paths, strict=True):
        for begin in range(0, max(file.size, 1), PART_BYTES):
            yield file, path, begin, min(begin + PART_BYTES, file.size)


def _is_file(path: str) -> bool:
    return not path.endswith("/") and not any(part.startswith(".") for part in path.split("/"))


@contextmanager
def explained(what: str, file: File | None = None, setting: str = "SPARKIFY_LAKE") -> Iterator[None]:
    """Say what failed and what to do, where S3 only says why."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        remedy = _REMEDIES.get(code, "").format(setting=setting)
        said = f"{code}: {remedy or error.response.get('Error', {}).get('Message', '')}"
        if file and code in _OF_ONE_FILE:
            raise FileUnreadable(file, said) from error
        raise LakeError(f"{what}: {said}") from error
    except BotoCoreError as error:
        said = " ".join(str(error).split())
        raise LakeError(f"{what}: {said}: see AWS_PROFILE, AWS_REGION and AWS_ENDPOINT_URL") from error
