"""AWS as the commands use it: clients, the environment's name and tags, and errors that say how to go on."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sparkify_assets.errors import InfrastructureError
from sparkify_assets.warehouse import retries

PROJECT = "sparkify"
EVERY_SECONDS = 15
# How long the longest of all takes, with a snapshot of a large warehouse.
_MINUTES = 60

# Who is notified of how it goes.
Notify = Callable[[str], None]

_AGAIN = "run the same command again: it goes on where it stopped"
_RIGHTS = f"these credentials may not do that: ask for the right that AWS names (docs/guide/aws.md), then {_AGAIN}"
_KEY = "there is no such access key: see AWS_PROFILE and AWS_ACCESS_KEY_ID"
# How listings say that there is more, and are asked for it.
_TOKENS = ("NextToken", "nextToken", "PaginationToken", "Marker")
# By AWS's code, or the beginning of it: what a person can do.
_REMEDIES = {
    "AccessDenied": _RIGHTS,
    "UnauthorizedOperation": _RIGHTS,
    "ExpiredToken": f"the AWS credentials have expired: log in again, then {_AGAIN}",
    "RequestExpired": f"the AWS credentials have expired: log in again, then {_AGAIN}",
    "InvalidClientTokenId": _KEY,
    "UnrecognizedClient": _KEY,
    "InvalidAccessKeyId": _KEY,
    "AuthFailure": "AWS does not know these credentials in this region: see AWS_PROFILE and AWS_REGION",
    "OptInRequired": "this account does not have the service: enable it in AWS's console",
    "Throttl": f"AWS asks to slow down: {_AGAIN}",
    "RequestLimitExceeded": f"AWS asks to slow down: {_AGAIN}",
    "SlowDown": f"AWS asks to slow down: {_AGAIN}",
    "InvalidSubnet": "see SPARKIFY_CLUSTER_SUBNETS",
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it",
    "SignatureDoesNotMatch": "the secret key is not that of the access key: see AWS_SECRET_ACCESS_KEY",
}


class Aws:
    """An account's services in a region, as one environment of the project uses them."""

    def __init__(self, region: str, environment: str, owner: str = "") -> None:
        with explained("AWS cannot be asked"):
            self._session = boto3.Session(region_name=region or None)
        self.environment, self.owner = environment, owner
        if not self._session.region_name:
            raise InfrastructureError("no region is set: set AWS_REGION, or SPARKIFY_REDSHIFT_REGION")
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str:
        return str(self._session.region_name)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            # Throttled requests are tried again, each time later.
            config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10, read_timeout=60)
            self._clients[service] = self._session.client(service, config=config)
        return self._clients[service]

    @cached_property
    def account(self) -> str:
        return str(self.ask("sts", "get_caller_identity")["Account"])

    @property
    def name(self) -> str:
        """The name of the stack, and of the cluster or the namespace and workgroup."""
        return f"{PROJECT}-{self.environment}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of everything that is created."""
        return {**self.own_tags, "owner": self.owner}

    @property
    def own_tags(self) -> dict[str, str]:
        """The tags by which the environment's resources are recognized."""
        return {"project": PROJECT, "environment": self.environment}

    def ask(self, service: str, call: str, unless: Sequence[str] = (), /, **asked: object) -> Any:
        """Return AWS's answer to a call, or None where it is an error with one of these codes."""
        try:
            with explained(f"{service} {call.replace('_', '-')} for {self.name}"):
                return getattr(self.client(service), call)(**asked)
        except InfrastructureError as error:
            if isinstance(error.__cause__, ClientError) and code_of(error.__cause__) in unless:
                return None
            raise

    def pages(self, service: str, call: str, field: str, unless: Sequence[str] = (), /, **asked: object) -> list[Any]:
        """Return everything that a listing returns, all pages of it."""
        found: list[Any] = []
        while answer := self.ask(service, call, unless, **asked):
            found += answer.get(field, ())
            goes_on = {name: answer[name] for name in _TOKENS if answer.get(name)}
            if not goes_on:
                break
            asked |= goes_on
        return found


def read_tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def write_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def code_of(error: ClientError) -> str:
    """Return AWS's code for an error, without the `Fault` or `Exception` that some services end it with."""
    return str(error.response.get("Error", {}).get("Code", "")).removesuffix("Fault").removesuffix("Exception")


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Raise AWS's errors as ours: what could not be done, AWS's message, and how to go on."""
    try:
        yield
    except ClientError as error:
        code, message = code_of(error), str(error.response.get("Error", {}).get("Message", ""))
        remedy = next(
            (words for known, words in _REMEDIES.items() if code.startswith(known)), f"fix that, then {_AGAIN}"
        )
        raise InfrastructureError(f"{what}: AWS says {code}: {message}: {remedy}") from error
    except BotoCoreError as error:
        message = " ".join(str(error).split())
        raise InfrastructureError(
            f"{what}: {message}: see AWS_PROFILE, AWS_REGION and the connection; it may have taken effect: {_AGAIN}"
        ) from error


def wait(notify: Notify, doing: str, question: Callable[[], str | None], minutes: int = _MINUTES) -> None:
    """Ask until nothing is in the way. Notify of what is in the way when it changes, and every minute."""
    seen, rounds = "", minutes * 60 // EVERY_SECONDS
    for round_ in range(rounds):
        in_the_way = question()
        if in_the_way is None:
            return
        if in_the_way != seen or not round_ % (60 // EVERY_SECONDS):
            seconds = round_ * EVERY_SECONDS
            notify(f"{doing}: {in_the_way}, after {seconds // 60}:{seconds % 60:02}")
            seen = in_the_way
        retries.pause(EVERY_SECONDS)
    raise InfrastructureError(
        f"{doing}: {seen}, after {minutes} minutes, which is longer than it takes: see what AWS's console says of it, "
        "then run the same command again"
    )
