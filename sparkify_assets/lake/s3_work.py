"""The work prefix in S3: objects that the platform writes and Redshift reads, each named by its content.

No object ever changes, so two loads that need the same one may both write it. Another load may be
about to read one, so only `sparkify forget` deletes some: leave the rest to a lifecycle rule of the bucket.
"""

import hashlib
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from sparkify_assets.errors import LakeError, WorkError
from sparkify_assets.lake.s3 import S3Place, explained

# What is made of log files, and of rows of the ledger and the audits. Bundles of songs name nobody.
_OF_PEOPLE = ("clean", "rejected", "rows")
_DELETED_AT_ONCE = 1000


class S3Work:
    """The objects under a prefix of a bucket."""

    packed = True

    def __init__(self, place: S3Place, client: Any) -> None:
        self.place, self._client = place, client
        self._kept: set[str] = set()

    @property
    def region(self) -> str:
        """The region of the bucket."""
        return str(self._client.meta.region_name)

    def keep(self, folder: str, data: bytes) -> str:
        """Write an object named by its content, unless this session has written it, and return its URL."""
        name = f"{folder}/{hashlib.sha256(data).hexdigest()}.json"
        if name not in self._kept:
            self.write(name, data)
            self._kept.add(name)
        return f"{self.place}{name}"

    def write(self, name: str, data: bytes) -> str:
        with self._working(name):
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            key = f"{self.place.prefix}{name}"
            self._client.put_object(Bucket=self.place.bucket, Key=key, Body=data, ContentType=kind)
        return f"{self.place}{name}"

    def upload(self, name: str, path: Path) -> str:
        """Write a file as an object, in parts if it is large, and return its URL."""
        with self._working(name), path.open("rb") as stream:
            self._client.upload_fileobj(stream, self.place.bucket, f"{self.place.prefix}{name}")
        return f"{self.place}{name}"

    def read(self, name: str) -> bytes | None:
        """Return the content of an object; None if there is no such object."""
        with self._working(name):
            try:
                answer = self._client.get_object(Bucket=self.place.bucket, Key=f"{self.place.prefix}{name}")
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                    return None
                raise
            data: bytes = answer["Body"].read()
            return data

    def newest(self, folder: str, ending: str) -> str | None:
        """Return the name of the object in a folder that was written last, among those with this ending."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.place.bucket, Prefix=f"{self.place.prefix}{folder}/"
        )
        with self._working(folder):
            found = [entry for page in pages for entry in page.get("Contents", ()) if entry["Key"].endswith(ending)]
        latest = max(found, key=lambda entry: (entry["LastModified"], entry["Key"]), default=None)
        return latest["Key"].removeprefix(self.place.prefix) if latest else None

    def erase(self, before: datetime) -> int:
        """Delete what was made of log files, and of rows, before a moment, every version of it. Return how many objects
        that were. A load that began before and has not published yet fails, and is repeated."""
        found = list[dict[str, str]]()
        for kind in _OF_PEOPLE:
            prefix = f"{self.place.prefix}{kind}/"
            with self._working(kind):
                versions = self._client.get_paginator("list_object_versions")
                for page in versions.paginate(Bucket=self.place.bucket, Prefix=prefix):
                    found += [
                        {"Key": entry["Key"], "VersionId": entry["VersionId"]}
                        for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
                        if entry["LastModified"] < before
                    ]
        for begin in range(0, len(found), _DELETED_AT_ONCE):
            some = found[begin : begin + _DELETED_AT_ONCE]
            with self._working(some[0]["Key"]):
                done = self._client.delete_objects(Bucket=self.place.bucket, Delete={"Objects": some, "Quiet": True})
                if errors := done.get("Errors"):
                    raise WorkError(
                        f"{self.place}{errors[0]['Key']} cannot be deleted: {errors[0]['Message']}; allow "
                        "s3:DeleteObject and s3:DeleteObjectVersion below the work prefix"
                    )
        return len(found)

    def of_people(self) -> Iterator[tuple[str, bytes]]:
        """Yield what was made of log files and of rows: the name and the content of each object."""
        for kind in _OF_PEOPLE:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.place.bucket, Prefix=f"{self.place.prefix}{kind}/"
            )
            with self._working(kind):
                names = [
                    entry["Key"].removeprefix(self.place.prefix) for page in pages for entry in page.get("Contents", ())
                ]
            for name in names:
                yield name, self.read(name) or b""

    @contextmanager
    def _working(self, name: str) -> Iterator[None]:
        """Turn an error of AWS into one about the work prefix: no file of the lake is to blame."""
        try:
            with explained(f"{self.place}{name}", setting="SPARKIFY_WORK"):
                yield
        except LakeError as error:
            raise WorkError(f"the work prefix cannot be used; it must be readable and writable: {error}") from error
