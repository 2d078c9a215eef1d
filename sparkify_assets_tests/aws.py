"""AWS without an account: moto's server in a process of its own, reached over loopback like the real one."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.loaders import create_loader
from botocore.stub import Stubber

_SERVER = """
import sys
from moto import backends
from moto.server import ThreadedMotoServer
from werkzeug.serving import WSGIRequestHandler
# It would list its folders for each request, which is a third of the time.
services = list(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: services
# Clients keep their connections, as with AWS; and nobody reads a log of requests.
WSGIRequestHandler.protocol_version = "HTTP/1.1"
WSGIRequestHandler.log_request = lambda *_: None
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
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


@contextmanager
def running_moto() -> Iterator[str]:
    """The address of a server that lives as long as the context."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        # Nobody needs the list of machine images, and every reset would read it again.
        env={**os.environ, "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.stdin.close()


def forget_all(moto: str) -> None:
    """Reset a server to its state at the start."""
    server = http.client.HTTPConnection(moto.removeprefix("http://"))
    server.request("POST", "/moto-api/reset")
    server.getresponse().read()
    server.close()


def put_lake(client: Any, bucket: str, prefix: str, lake: Path) -> None:
    """Put the files of a lake into a bucket, which is created if necessary."""
    client.create_bucket(Bucket=bucket)
    for path in sorted(lake.rglob("*.json*")):
        client.put_object(Bucket=bucket, Key=f"{prefix}{path.relative_to(lake).as_posix()}", Body=path.read_bytes())


def s3_client(**settings: object) -> Any:
    return boto3.client("s3", **settings)


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
