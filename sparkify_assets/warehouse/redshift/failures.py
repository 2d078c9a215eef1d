"""What can be done about a failure on Redshift, each code with its reason. Who does it is said elsewhere."""

import re
import socket
import ssl
from enum import Enum

from redshift_connector.error import Error, InterfaceError


class Kind(Enum):
    """What can be done about a failure."""

    CONFLICT = "the whole transaction again"
    LOST = "a new connection, then see what was committed"
    LOGIN = "nothing: repeated failures lock the account"
    DENIED = "nothing: somebody else has to do it, or to allow it"
    OTHER = "nothing but to say it"


# SQLSTATEs. Redshift gives XX000 for much of its own: that is told by the words below.
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
        "see SPARKIFY_REDSHIFT_USER and PASSWORD, or SECRET_ARN",
    ),
    "28P01": (Kind.LOGIN, "the password is not accepted: see SPARKIFY_REDSHIFT_PASSWORD, or SECRET_ARN"),
    "3D000": (Kind.LOGIN, "there is no such database: see SPARKIFY_REDSHIFT_DATABASE"),
    "42501": (
        Kind.DENIED,
        "this user may not do that: to load takes the role sparkify_loader, or the tables' owner; to read sparkify and "
        "insights, and nothing else, the role sparkify_analyst; to make roles and masks, a superuser",
    ),
}
_WORDS: tuple[tuple[re.Pattern[str], Kind, str], ...] = (
    (
        re.compile(r"\b1023\b|serializable isolation violation", re.IGNORECASE),
        Kind.CONFLICT,
        "error 1023: transactions that read and wrote the same tables had no order",
    ),
    (
        re.compile(r"conflict with concurrent transaction|concurrent transaction on the same table", re.IGNORECASE),
        Kind.CONFLICT,
        "under SNAPSHOT isolation another transaction changed the same rows first",
    ),
    (re.compile(r"\b1018\b.*relation|deadlock detected", re.IGNORECASE), Kind.CONFLICT, "a lock could not be had"),
)


def kind_of(error: Exception) -> Kind:
    """What can be done about a driver's error."""
    said = error.args[0] if error.args else None
    if isinstance(said, dict):
        words = f"{said.get('M', '')} {said.get('D', '')}"
        found = next((kind for pattern, kind, _ in _WORDS if pattern.search(words)), None)
        return found or _CODES.get(str(said.get("C")), (Kind.OTHER, ""))[0]
    # Without an answer of the server's there is no server any more. The driver says so in two ways.
    return Kind.LOST if isinstance(error, OSError | InterfaceError) else Kind.OTHER


def words_of(error: Exception) -> str:
    """Redshift's own words, in a line."""
    said = error.args[0] if error.args else ""
    if isinstance(said, dict):
        parts = [str(said[key]) for key in ("M", "D", "H") if said.get(key)]
        return " ".join(f"{': '.join(parts)} ({said.get('C', '')})".split())
    # The driver says beside it what it met itself.
    text = ": ".join(map(str, error.args)) if isinstance(error, Error) else str(error)
    return " ".join(text.split())


def remedy_of(error: Exception) -> str:
    """What to do about a connection that could not be had, or something that was not allowed."""
    said = error.args[0] if error.args else None
    if isinstance(said, dict):
        return _CODES.get(str(said.get("C")), (Kind.OTHER, "see SPARKIFY_REDSHIFT_HOST and PORT"))[1]
    # The driver puts what it met itself beside its own words.
    met = next((each for each in (error, *error.args) if isinstance(each, OSError)), None)
    for kind, remedy in _NETWORK_REMEDIES:
        if isinstance(met, kind):
            return remedy
    return "see SPARKIFY_REDSHIFT_HOST and PORT"


# From the particular to the general.
_NETWORK_REMEDIES: tuple[tuple[type[OSError], str], ...] = (
    (
        ssl.SSLCertVerificationError,
        "the certificate is not that of this host, or signed by nobody known here: set SPARKIFY_REDSHIFT_HOST to the "
        "cluster's own endpoint, not to an address or another name; behind an authority of your own set SSL_CERT_FILE",
    ),
    (socket.gaierror, "there is no host of this name: see SPARKIFY_REDSHIFT_HOST, and which DNS this machine asks"),
    (
        TimeoutError,
        "there is no answer: is the cluster paused? Does its security group let this machine in on this port? Is the "
        "cluster publicly accessible, or this machine in its VPC?",
    ),
    (ConnectionRefusedError, "nothing listens there: see SPARKIFY_REDSHIFT_PORT, and whether the cluster is running"),
)
