"""A lake in S3: listed by prefix, fingerprinted by ETag and size, downloaded with many requests at once.

A request names the ETag that the object was listed with, so an object that has changed since is never read.
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
from sparkify_assets.lake.listing import CHANGED, File, Lake, log_day
from sparkify_assets.lake.work import working

REQUESTS = 32
# How often a request is tried while S3 asks to slow down or does not answer.
ATTEMPTS = 8
PART_BYTES = 16_000_000
_EXPIRED = "the credentials have expired: log in again, or see AWS_PROFILE and AWS_SESSION_TOKEN"
_REMEDIES = {
    "NoSuchBucket": "there is no such bucket: see {setting}",
    "AccessDenied": "these credentials lack a permission: they need s3:ListBucket and s3:GetObject, and for "
    "SPARKIFY_WORK s3:PutObject; for a public bucket set SPARKIFY_S3_ACCESS=unsigned, and for one whose readers pay, "
    "requester-pays",
    "403": "these credentials may not use the bucket: see AWS_PROFILE, AWS_ACCESS_KEY_ID and SPARKIFY_S3_ACCESS",
    "404": "there is no such bucket or object: see {setting}",
    "PreconditionFailed": CHANGED,
    "NoSuchKey": "it was deleted after it was listed",
    "ExpiredToken": _EXPIRED,
    # A HEAD request gets no more detail than this.
    "400": f"S3 does not accept the request; most likely {_EXPIRED}",
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it",
    "SlowDown": "S3 kept asking to slow down: load fewer days at once, or try later",
    "InvalidAccessKeyId": "there is no such access key: see AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "the secret key does not match the access key: see AWS_SECRET_ACCESS_KEY",
}
# Codes that concern one object, and no other.
_OF_ONE_FILE = {"PreconditionFailed", "NoSuchKey", "AccessDenied", "InvalidObjectState"}


@dataclass(frozen=True)
class S3Place:
    """A bucket and a prefix in it; the prefix is empty or ends with a slash."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, url: str) -> "S3Place":
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        return cls(bucket, prefix if not prefix or prefix.endswith("/") else f"{prefix}/")

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


def open_client(bucket: str, access: str, setting: str = "SPARKIFY_LAKE") -> Any:
    """Return a client in the region of a bucket; an error names the setting that the bucket is from."""
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
            # The error for a bucket in another region names that region.
            answer = error.response
            if not _region_in(answer):
                raise
    return _region_in(answer) or str(client.meta.region_name)


def _region_in(answer: Any) -> str:
    return str(answer["ResponseMetadata"].get("HTTPHeaders", {}).get("x-amz-bucket-region", ""))


class S3Lake(Lake):
    """A lake under a prefix of a bucket. Files are spooled to a local folder."""

    def __init__(self, place: S3Place, client: Any, spool: Path, access: str = "signed") -> None:
        self.place, self._client, self._spool = place, client, spool
        self._payer = {"RequestPayer": "requester"} if access == "requester-pays" else {}

    @property
    def address(self) -> str:
        return str(self.place).rstrip("/")

    @property
    def region(self) -> str:
        """The region of the bucket."""
        return str(self._client.meta.region_name)

    def url(self, file: File) -> str:
        return f"{self.place}{file.path}"

    def _files(self, under: str, beginning: str = "") -> Iterator[File]:
        """Yield the files, without objects that stand for folders."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.place.bucket, Prefix=f"{self.place.prefix}{under}{beginning}", **self._payer
        )
        with explained(f"{self.place}{under}"):
            found = [self._file(entry) for page in pages for entry in page.get("Contents", ())]
        yield from sorted((file for file in found if _is_file(file.path)), key=lambda file: file.path)

    def _file(self, entry: dict[str, Any]) -> File:
        path = entry["Key"].removeprefix(self.place.prefix)
        return File(path, log_day(path), f"{entry['ETag'].strip(chr(34))}-{entry['Size']}", entry["Size"])

    def head(self, file: File, size: int) -> bytes:
        with explained(f"{self.place}{file.path}", file):
            # S3 refuses a range of an empty object.
            return b"".join(chunk for _, chunk in self._chunks(file, 0, min(size, file.size))) if file.size else b""

    @contextmanager
    def spool(self, files: Sequence[File]) -> Iterator[list[Path]]:
        with working(self._spool):
            self._spool.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="spool-", dir=self._spool) as folder:
            # Numbered, since a key may be longer than a file name; absolute, as DuckDB returns paths.
            paths = [
                Path(os.path.abspath(folder)) / f"{number}.json{'.gz' if file.path.endswith('.gz') else ''}"
                for number, file in enumerate(files)
            ]
            with ThreadPoolExecutor(REQUESTS) as pool:
                list(pool.map(lambda part: self._download_part(*part), _parts(files, paths)))
            yield paths

    def replace(self, file: File, content: Path) -> None:
        with content.open("rb") as stream, explained(f"{self.place}{file.path}", file):
            self._client.put_object(
                Bucket=self.place.bucket,
                Key=f"{self.place.prefix}{file.path}",
                Body=stream,
                IfMatch=f'"{file.fingerprint.rpartition("-")[0]}"',
                **self._payer,
            )

    def _download_part(self, file: File, path: Path, begin: int, end: int) -> None:
        """Write the bytes of an object from begin to end to their place, starting over if the response breaks off."""
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
        """Yield the bytes of an object from begin to end, in chunks, each with its offset."""
        some = {"Range": f"bytes={begin}-{end - 1}"} if end - begin < file.size else {}
        answer = self._client.get_object(
            Bucket=self.place.bucket,
            Key=f"{self.place.prefix}{file.path}",
            IfMatch=f'"{file.fingerprint.rpartition("-")[0]}"',
            **some,
            **self._payer,
        )
        for chunk in answer["Body"].iter_chunks(1 << 20):
            yield begin, chunk
            begin += len(chunk)


def _parts(files: Sequence[File], paths: Sequence[Path]) -> Iterator[tuple[File, Path, int, int]]:
    """Yield the requests for files and their paths: one for each part of a large file."""
    for file, path in zip(files, paths, strict=True):
        for begin in range(0, max(file.size, 1), PART_BYTES):
            yield file, path, begin, min(begin + PART_BYTES, file.size)


def _is_file(path: str) -> bool:
    return not path.endswith("/") and not any(part.startswith(".") for part in path.split("/"))


@contextmanager
def explained(what: str, file: File | None = None, setting: str = "SPARKIFY_LAKE") -> Iterator[None]:
    """Turn an error of AWS into one that says what failed and what to do about it."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        remedy = _REMEDIES.get(code, "").format(setting=setting)
        reason = f"{code}: {remedy or error.response.get('Error', {}).get('Message', '')}"
        if file and code in _OF_ONE_FILE:
            raise FileUnreadable(file, reason) from error
        raise LakeError(f"{what}: {reason}") from error
    except BotoCoreError as error:
        reason = " ".join(str(error).split())
        raise LakeError(f"{what}: {reason}: see AWS_PROFILE, AWS_REGION and AWS_ENDPOINT_URL") from error
