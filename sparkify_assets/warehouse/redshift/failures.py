"""What a failure on Redshift means and what can be done about it, each code with its reason. Acting on it is the
caller's.
"""

import re
import socket
import ssl
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from redshift_connector.error import Error, InterfaceError


class Kind(Enum):
    """What can be done about a failure."""

    CONFLICT = "repeat the whole transaction"
    LOST = "connect again, then see what was committed"
    LOGIN = "nothing: repeated failures lock the account"
    DENIED = "nothing: somebody else has to do it, or to allow it"
    OTHER = "nothing but to report it"


class Failure(NamedTuple):
    """A failure: what can be done about it in general, Redshift's own words in one line, and what the user can do."""

    kind: Kind
    words: str
    remedy: str


# SQLSTATEs. Redshift gives XX000 to many errors of its own, which are known by their words instead.
_CODES: dict[str, tuple[Kind, str]] = {
    "40001": (Kind.CONFLICT, "another transaction changed what this one read or wrote"),
    "40P01": (Kind.CONFLICT, "two transactions waited for each other"),
    "55P03": (Kind.CONFLICT, "a lock could not be had"),
    "57P01": (Kind.LOST, "an administrator, a restart or maintenance ended the session"),
    "57P02": (Kind.LOST, "the cluster crashed, and is starting again"),
    "57P03": (Kind.LOST, "the cluster is starting"),
    "08000": (Kind.LOST, "the connection broke"),
    "08003": (Kind.LOST, "the connection broke"),
    "08006": (Kind.LOST, "the connection broke"),
    "28000": (
        Kind.LOGIN,
        "the user, its password or its credentials are not accepted; it is not tried again, since accounts get locked: "
        "see SPARKIFY_REDSHIFT_USER and PASSWORD, or SECRET_ARN; for queries READER_USER and so on",
    ),
    "28P01": (
        Kind.LOGIN,
        "the password is not accepted: see SPARKIFY_REDSHIFT_PASSWORD, or SECRET_ARN; for queries READER_PASSWORD and "
        "so on",
    ),
    "3D000": (Kind.LOGIN, "there is no such database: see SPARKIFY_REDSHIFT_DATABASE"),
    "42501": (
        Kind.DENIED,
        "this user may not do that: loading takes the role sparkify_loader, or the tables' owner; reading sparkify and "
        "insights, and nothing else, the role sparkify_analyst; creating roles and masks, a superuser",
    ),
}
# The words of conflicts that have the code XX000.
_CONFLICTS = re.compile(
    # Error 1023: transactions that read and wrote the same tables cannot be put in an order.
    r"\b1023\b|serializable isolation violation"
    # Under SNAPSHOT isolation: another transaction changed the same rows first.
    r"|conflict with concurrent transaction|concurrent transaction on the same table"
    # A lock could not be had.
    r"|\b1018\b.*relation|deadlock detected",
    re.IGNORECASE,
)
# COPY's words, without a code of their own, for a role that the user may not use.
_NOT_ASSUMED = re.compile(r"does not have ASSUMEROLE permission")
_MAY_NOT_ASSUME = (
    "loading takes the role sparkify_loader, which may use the cluster's IAM role once a superuser has run `sparkify "
    "schema apply`"
)
_ADDRESS = "see SPARKIFY_REDSHIFT_HOST and PORT"
# Special cases come before general ones.
_NETWORK_REMEDIES: tuple[tuple[type[OSError], str], ...] = (
    (
        ssl.SSLCertVerificationError,
        "the certificate is for another host, or from an unknown authority: set SPARKIFY_REDSHIFT_HOST to the "
        "cluster's own endpoint, not to an address or another name; for an authority of your own set SSL_CERT_FILE",
    ),
    (socket.gaierror, "there is no host of this name: see SPARKIFY_REDSHIFT_HOST, and which DNS this machine asks"),
    (
        TimeoutError,
        "there is no answer: is the cluster paused? Does its security group let this machine in on this port? Is the "
        "cluster publicly accessible, or this machine in its VPC?",
    ),
    (ConnectionRefusedError, "nothing listens there: see SPARKIFY_REDSHIFT_PORT, and whether the cluster is running"),
)


def failure_of(error: Exception) -> Failure:
    """Return what the driver's error means. Its first argument is the server's answer, if the server gave one."""
    answer = error.args[0] if error.args else None
    return _from_server(answer) if isinstance(answer, dict) else _from_driver(error)


def _from_server(answer: Mapping[str, object]) -> Failure:
    """Read an answer's fields: C is the code, M the message, D the detail, H a hint."""
    code = answer.get("C", "")
    kind, remedy = _CODES.get(str(code), (Kind.OTHER, _ADDRESS))
    if _CONFLICTS.search(f"{answer.get('M', '')} {answer.get('D', '')}"):
        kind = Kind.CONFLICT
    elif _NOT_ASSUMED.search(str(answer.get("M", ""))):
        kind, remedy = Kind.DENIED, _MAY_NOT_ASSUME
    words = ": ".join(str(answer[field]) for field in ("M", "D", "H") if answer.get(field))
    return Failure(kind, _one_line(f"{words} ({code})"), remedy)


def _from_driver(error: Exception) -> Failure:
    """Read an error without an answer: the connection is gone, which the driver reports by either of two classes. The
    driver puts the system's error beside its own words."""
    kind = Kind.LOST if isinstance(error, OSError | InterfaceError) else Kind.OTHER
    words = ": ".join(map(str, error.args)) if isinstance(error, Error) else str(error)
    cause = next((each for each in (error, *error.args) if isinstance(each, OSError)), None)
    remedy = next((remedy for type_, remedy in _NETWORK_REMEDIES if isinstance(cause, type_)), _ADDRESS)
    return Failure(kind, _one_line(words), remedy)


def _one_line(text: str) -> str:
    return " ".join(text.split())
