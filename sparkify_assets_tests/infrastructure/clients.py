"""Clients of AWS that the tests of a process share: a client takes longer to create than a call takes."""

import os
from typing import Any, Protocol

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

_create = boto3.Session.client


class Listener(Protocol):
    """Whoever follows the calls of the clients, and may answer them."""

    def note(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None: ...

    def before(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None: ...

    def after(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None: ...


class SharedClients:
    """One client for the same settings and the same AWS variables. Its calls go to the listener of the running test."""

    listener: Listener

    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}

    def get(self, session: boto3.Session, *asked: Any, **said: Any) -> Any:
        variables = sorted(item for item in os.environ.items() if item[0].startswith("AWS_"))
        settings = [vars(value) if isinstance(value, Config) else value for value in said.values()]
        key = repr((session.region_name, variables, asked, list(said), settings))
        if key not in self._clients:
            created = self._clients[key] = _create(session, *asked, **said)
            events = created.meta.events
            events.register_first("before-parameter-build", lambda **given: self.listener.note(**given))
            events.register_first("before-call", lambda **given: self.listener.before(**given))
            events.register_last("after-call", lambda **given: self.listener.after(**given))
        return self._clients[key]


CLIENTS = SharedClients()
