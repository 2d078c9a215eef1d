"""Clients of an AWS without an account, which `moto_here.py` runs, and of one that is only a model of its services."""

from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.loaders import create_loader
from botocore.stub import Stubber

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}


_READ: dict[object, object] = {}


def _loader_that_shares(search_path: str | None = None) -> Any:
    """Read the models of AWS's services once: tests create thousands of clients, each with its own session."""
    loader = create_loader(search_path)
    loader._cache = _READ
    return loader


botocore.session.create_loader = _loader_that_shares


def put_lake(client: Any, bucket: str, prefix: str, lake: Path) -> None:
    """Put the files of a lake into a bucket, which is created if necessary."""
    client.create_bucket(Bucket=bucket)
    for path in sorted(lake.rglob("*.json*")):
        client.put_object(Bucket=bucket, Key=f"{prefix}{path.relative_to(lake).as_posix()}", Body=path.read_bytes())


def s3_client(**settings: object) -> Any:
    return boto3.client("s3", **settings)


@cache
def s3_at(address: str) -> Any:
    """The client of this process for what every test puts into S3 at an address: to make one takes 5 ms."""
    return s3_client(
        endpoint_url=address,
        region_name=ENVIRONMENT["AWS_DEFAULT_REGION"],
        aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
    )


class Stubbed:
    """AWS according to botocore's own model: unknown calls, or calls with other parameters, fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._stubs: dict[str, Stubber] = {}
        self._make: Any = boto3.Session.client
        self.regions: list[str | None] = []
        monkeypatch.setattr(boto3.Session, "client", lambda session, service, **options: self._client(service, options))

    def _client(self, service: str, options: dict[str, Any]) -> Any:
        if service not in self._stubs:
            return self._make(boto3.Session(), service, **options)
        self.regions.append(options["region_name"])
        return self._stubs[service].client

    def of(self, service: str) -> Stubber:
        stub = self._stubs[service] = Stubber(self._make(boto3.Session(), service, region_name="us-west-2"))
        stub.activate()
        return stub

    def assert_all_asked(self) -> None:
        """Fail if an answer was never asked for."""
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()
