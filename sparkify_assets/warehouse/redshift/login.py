"""The user and password of a session: fetched when it opens, stored nowhere, shown nowhere.

They come from the first of these that the settings name: a secret in Secrets Manager, a user and a password, or IAM,
which needs neither. The reader, who answers questions, has settings of its own. The log-in itself is in
`connection.py`.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError, NoCredentialsError

from sparkify_assets.errors import WarehouseError
from sparkify_assets.settings import Redshift, read_password, read_reader_password
from sparkify_assets.warehouse.retries import ATTEMPTS, attempts

# The shortest validity that AWS offers: an open session outlives its credentials.
_SECONDS = 900
_EXPIRED = "the AWS credentials have expired: log in again, or see AWS_PROFILE and AWS_SESSION_TOKEN"
_THROTTLED = "AWS has asked to slow down, and still did after all attempts: try later, or with fewer days at once"
_REMEDIES = {
    "ClusterNotFound": "there is no such cluster in this region: see SPARKIFY_REDSHIFT_CLUSTER and REGION",
    "ClusterNotFoundFault": "there is no such cluster in this region: see SPARKIFY_REDSHIFT_CLUSTER and REGION",
    "ResourceNotFoundException": "there is no such workgroup or secret in this region: see SPARKIFY_REDSHIFT_REGION, "
    "WORKGROUP and SECRET_ARN",
    "AccessDenied": "your AWS credentials do not allow that: they need redshift:GetClusterCredentialsWithIAM, "
    "and redshift:GetClusterCredentials for the reader",
    "AccessDeniedException": "your AWS credentials do not allow that: they need redshift-serverless:GetCredentials, or "
    "secretsmanager:GetSecretValue",
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "Throttling": _THROTTLED,
    "ThrottlingException": _THROTTLED,
    "UnrecognizedClientException": "there is no such access key: see AWS_ACCESS_KEY_ID",
    "InvalidClientTokenId": "there is no such access key: see AWS_ACCESS_KEY_ID",
}

# The logger of a load's attempts as well.
_log = logging.getLogger("sparkify_assets.attempts")


class _CredentialsMissing(WarehouseError):
    """There are no AWS credentials. A machine or a container gets its own a moment after it starts."""


@dataclass(frozen=True)
class Login:
    """A user and a password for one log-in."""

    user: str
    password: str = field(repr=False)


def log_in(settings: Redshift, *, as_reader: bool = False) -> Login:
    """Fetch the loader's or the reader's user and password; wait for AWS credentials if they are missing."""
    for attempt in attempts(first_seconds=1.0):
        try:
            return _fetch_reader(settings) if as_reader else _fetch_loader(settings)
        except _CredentialsMissing as error:
            if attempt == ATTEMPTS:
                raise
            _log.warning("log-in: attempt %d of %d: %s", attempt + 1, ATTEMPTS, error)
    raise AssertionError


def _fetch_loader(settings: Redshift) -> Login:
    if settings.secret_arn:
        return _by_secret(settings, settings.secret_arn, "SPARKIFY_REDSHIFT_SECRET_ARN")
    password = read_password()
    if password is not None:
        return Login(settings.user, password)
    return _by_workgroup(settings) if settings.workgroup else _by_cluster(settings)


def _fetch_reader(settings: Redshift) -> Login:
    if settings.reader_secret_arn:
        return _by_secret(settings, settings.reader_secret_arn, "SPARKIFY_REDSHIFT_READER_SECRET_ARN")
    password = read_reader_password()
    if password is not None:
        return Login(settings.reader_user, password)
    return _by_cluster_and_user(settings, settings.reader_user)


def state_of_cluster(settings: Redshift) -> str:
    """Return the state that AWS gives of the cluster: available, paused, resuming, ..."""
    with _explained(f"the state of the cluster {settings.cluster}"):
        answer = _client("redshift", settings).describe_clusters(ClusterIdentifier=settings.cluster)
        return str(answer["Clusters"][0]["ClusterStatus"])


def _by_secret(settings: Redshift, arn: str, variable: str) -> Login:
    with _explained(f"the secret {variable}"):
        text = _client("secretsmanager", settings).get_secret_value(SecretId=arn)["SecretString"]
    try:
        secret = json.loads(text)
        return Login(secret["username"], secret["password"])
    except (ValueError, KeyError, TypeError):
        # The cause is left out, because it would show a part of the secret.
        raise WarehouseError(f"the secret {variable} is not as expected: JSON with username and password") from None


def _by_workgroup(settings: Redshift) -> Login:
    with _explained(f"credentials for the workgroup {settings.workgroup}"):
        answer = _client("redshift-serverless", settings).get_credentials(
            workgroupName=settings.workgroup, dbName=settings.database, durationSeconds=_SECONDS
        )
        return Login(answer["dbUser"], answer["dbPassword"])


def _by_cluster(settings: Redshift) -> Login:
    with _explained(f"credentials for the cluster {settings.cluster}"):
        answer = _client("redshift", settings).get_cluster_credentials_with_iam(
            ClusterIdentifier=settings.cluster, DbName=settings.database, DurationSeconds=_SECONDS
        )
        return Login(answer["DbUser"], answer["DbPassword"])


def _by_cluster_and_user(settings: Redshift, user: str) -> Login:
    """Log in as another user than that of the AWS identity, who has to exist. Workgroups have no such log-in."""
    with _explained(f"credentials of {user} for the cluster {settings.cluster}"):
        answer = _client("redshift", settings).get_cluster_credentials(
            ClusterIdentifier=settings.cluster,
            DbName=settings.database,
            DbUser=user,
            AutoCreate=False,
            DurationSeconds=_SECONDS,
        )
        return Login(answer["DbUser"], answer["DbPassword"])


def _client(service: str, settings: Redshift) -> Any:
    # botocore repeats throttled requests, each time after a longer pause.
    config = Config(retries={"mode": "standard", "total_max_attempts": 6}, connect_timeout=10, read_timeout=20)
    return boto3.Session().client(service, region_name=settings.region or None, config=config)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Add to an error of AWS what cannot be had and what to do."""
    try:
        yield
    except ClientError as error:
        answer = error.response.get("Error", {})
        code = str(answer.get("Code", ""))
        raise WarehouseError(
            f"{what} cannot be had: {code}: {_REMEDIES.get(code, answer.get('Message', ''))}"
        ) from error
    except BotoCoreError as error:
        words = " ".join(str(error).split())
        missing = isinstance(error, NoCredentialsError | CredentialRetrievalError)
        raise (_CredentialsMissing if missing else WarehouseError)(
            f"{what} cannot be had: {words}: see AWS_PROFILE, AWS_REGION, SPARKIFY_REDSHIFT_REGION and "
            "AWS_ENDPOINT_URL; or set SPARKIFY_REDSHIFT_USER and PASSWORD"
        ) from error
