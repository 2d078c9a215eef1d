"""The settings: the only reader of the environment and of `.env`.

What a setting means and how it is checked belongs here; what is done with it does not.
"""

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from dotenv import dotenv_values

from sparkify_assets.errors import SettingsError


@dataclass(frozen=True)
class Redshift:
    """Where the Redshift warehouse is, and as whom it is used. `sessions` is how many days are landed at once."""

    host: str = ""
    port: int = 5439
    database: str = ""
    user: str = ""
    secret_arn: str = ""
    cluster: str = ""
    workgroup: str = ""
    region: str = ""
    iam_role: str = ""
    sessions: int = 4


@dataclass(frozen=True)
class Infrastructure:
    """What `sparkify cluster` makes in AWS, for whom, and who may reach it. Every name derives from the environment's.
    With `rpus`, a serverless workgroup instead of a cluster."""

    environment: str = ""
    owner: str = ""
    region: str = ""
    cidr: str = ""
    subnets: tuple[str, ...] = ()
    node_type: str = "ra3.large"
    nodes: int = 2
    rpus: int = 0
    rpu_hours: int = 24


@dataclass(frozen=True)
class Settings:
    """What the environment says, checked. Holds no secret."""

    warehouse: str = "duckdb"
    lake: str = "data/lake"
    work: str = "data/work"
    duckdb: Path = Path("data/sparkify.duckdb")
    duckdb_memory: str = ""
    start_date: date = date(2018, 11, 1)
    end_date: date | None = date(2018, 11, 30)
    acceptance: Path = Path("acceptance")
    dagster_home: Path = Path("data/dagster")
    max_rejected: float = 0.05
    s3_access: str = "signed"
    look_seconds: int = 60
    sqs_queue: str = ""
    redshift: Redshift = Redshift()
    cluster: Infrastructure = Infrastructure()

    @property
    def scratch(self) -> Path:
        """The folder of this machine that files may be put in for a while: the work folder, unless it is in S3."""
        return Path(tempfile.gettempdir()) / "sparkify" if "://" in self.work else Path(self.work)

    @property
    def loads_at_once(self) -> int:
        """How many days are landed at once; DuckDB's file has one writer."""
        return self.redshift.sessions if self.warehouse == "redshift" else 1

    @property
    def bytes_together(self) -> int:
        """Days of so many bytes are landed and published together. On Redshift each is for itself: COPY does not say
        which file a row is from."""
        return 0 if self.warehouse == "redshift" else 512_000_000

    @property
    def last_day(self) -> date:
        """The last log day; today where the range is live."""
        return self.end_date or datetime.now(UTC).date()

    def days(self, start: date | None = None, end: date | None = None) -> list[date]:
        """The log days from start to end, by default all of them."""
        first, last = start or self.start_date, end or self.last_day
        for day in (first, last):
            if not self.start_date <= day <= self.last_day:
                raise SettingsError(
                    f"{day} is outside the log days {self.start_date} to {self.last_day}: choose a day among them, or "
                    "set SPARKIFY_START_DATE and SPARKIFY_END_DATE"
                )
        if first > last:
            raise SettingsError(f"the range begins on {first} and ends on {last}: expected the earlier day first")
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process: its environment, and under it the `.env` of the working folder."""
    given = _given(environ)
    default = Settings()
    settings = Settings(
        warehouse=_choice(given, "SPARKIFY_WAREHOUSE", ("duckdb", "redshift"), default.warehouse),
        lake=_place(given, "SPARKIFY_LAKE", default.lake),
        work=_place(given, "SPARKIFY_WORK", default.work),
        duckdb=Path(given.get("SPARKIFY_DUCKDB", default.duckdb)),
        duckdb_memory=_memory(given, "SPARKIFY_DUCKDB_MEMORY"),
        start_date=_day(given, "SPARKIFY_START_DATE", default.start_date),
        end_date=None
        if given.get("SPARKIFY_END_DATE") == "live"
        else _day(given, "SPARKIFY_END_DATE", date(2018, 11, 30), " or live"),
        acceptance=_folder(given, "SPARKIFY_ACCEPTANCE", default.acceptance),
        dagster_home=Path(given.get("DAGSTER_HOME", default.dagster_home)),
        max_rejected=_share(given, "SPARKIFY_MAX_REJECTED", default.max_rejected),
        s3_access=_choice(given, "SPARKIFY_S3_ACCESS", ("signed", "unsigned", "requester-pays"), default.s3_access),
        look_seconds=_number(given, "SPARKIFY_LOOK_SECONDS", default.look_seconds, 86_400),
        sqs_queue=_queue(given),
        redshift=_redshift(given, default.redshift),
        cluster=_infrastructure(given, default.cluster),
    )
    _check_engine(settings, has_password="SPARKIFY_REDSHIFT_PASSWORD" in given)
    if settings.last_day < settings.start_date:
        raise SettingsError(
            f"SPARKIFY_START_DATE is {settings.start_date} and SPARKIFY_END_DATE {settings.end_date or 'live'}: "
            "expected the start no later than the end"
        )
    return settings


def read_password() -> str | None:
    """The password of SPARKIFY_REDSHIFT_USER, if it is set, for the moment in which a session opens; kept nowhere."""
    return _given().get("SPARKIFY_REDSHIFT_PASSWORD")


def read_webhook() -> str | None:
    """Where alerts go, if anywhere, for the moment in which one is sent: who has the address may write there."""
    return _given().get("SPARKIFY_ALERT_WEBHOOK")


def _given(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """What is set and not empty."""
    if environ is None:
        in_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
        environ = {**in_file, **os.environ}
    return {name: environ[name] for name in environ if environ[name] != ""}


def variable_of(setting: str) -> str:
    """The environment variable that a setting is read from."""
    return setting.upper() if setting == "dagster_home" else f"SPARKIFY_{setting.upper()}"


def _queue(given: Mapping[str, str]) -> str:
    value = given.get("SPARKIFY_SQS_QUEUE", "")
    if value and not re.fullmatch(r"https?://[^\s/]+/.+", value):
        raise SettingsError(
            f"SPARKIFY_SQS_QUEUE is {value!r}: expected a queue's address, such as "
            "https://sqs.us-west-2.amazonaws.com/123456789012/lake-changes"
        )
    return value


def _redshift(given: Mapping[str, str], default: Redshift) -> Redshift:
    role = given.get("SPARKIFY_REDSHIFT_IAM_ROLE", default.iam_role)
    if role and not re.fullmatch(r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]+", role):
        raise SettingsError(
            f"SPARKIFY_REDSHIFT_IAM_ROLE is {role!r}: expected the ARN of the role that COPY reads with, such as "
            "arn:aws:iam::123456789012:role/sparkify-copy"
        )
    return Redshift(
        host=given.get("SPARKIFY_REDSHIFT_HOST", default.host),
        port=_number(given, "SPARKIFY_REDSHIFT_PORT", default.port, 65_535),
        database=given.get("SPARKIFY_REDSHIFT_DATABASE", default.database),
        user=given.get("SPARKIFY_REDSHIFT_USER", default.user),
        secret_arn=given.get("SPARKIFY_REDSHIFT_SECRET_ARN", default.secret_arn),
        cluster=given.get("SPARKIFY_REDSHIFT_CLUSTER", default.cluster),
        workgroup=given.get("SPARKIFY_REDSHIFT_WORKGROUP", default.workgroup),
        region=given.get("SPARKIFY_REDSHIFT_REGION", default.region),
        iam_role=role,
        sessions=_number(given, "SPARKIFY_REDSHIFT_SESSIONS", default.sessions, 50),
    )


def _infrastructure(given: Mapping[str, str], default: Infrastructure) -> Infrastructure:
    """What is to be made; whether AWS can make it is said where it is planned."""
    subnets = given.get("SPARKIFY_CLUSTER_SUBNETS", "")
    return Infrastructure(
        environment=given.get("SPARKIFY_CLUSTER_ENVIRONMENT", default.environment),
        owner=given.get("SPARKIFY_CLUSTER_OWNER", default.owner),
        region=given.get("SPARKIFY_REDSHIFT_REGION", default.region),
        cidr=given.get("SPARKIFY_CLUSTER_CIDR", default.cidr),
        subnets=tuple(subnet.strip() for subnet in subnets.split(",") if subnet.strip()),
        node_type=given.get("SPARKIFY_CLUSTER_NODE_TYPE", default.node_type),
        nodes=_number(given, "SPARKIFY_CLUSTER_NODES", default.nodes, 128),
        rpus=_number(given, "SPARKIFY_CLUSTER_RPUS", default.rpus, 1024),
        rpu_hours=_number(given, "SPARKIFY_CLUSTER_RPU_HOURS", default.rpu_hours, 1_000_000),
    )


def _check_engine(settings: Settings, has_password: bool) -> None:
    """Whether the engine can work with the places that are set."""
    if settings.warehouse == "duckdb":
        if "://" in settings.work:
            raise SettingsError(f"SPARKIFY_WORK is {settings.work!r}: DuckDB works in a folder of this machine")
        return
    for name, place in (("SPARKIFY_LAKE", settings.lake), ("SPARKIFY_WORK", settings.work)):
        if "://" not in place:
            raise SettingsError(f"{name} is {place!r}: Redshift reads from S3, expected s3://bucket/prefix")
    redshift = settings.redshift
    missing = [name for name in ("host", "database", "iam_role") if not getattr(redshift, name)]
    if missing:
        names = ", ".join(f"SPARKIFY_REDSHIFT_{name.upper()}" for name in missing)
        raise SettingsError(f"SPARKIFY_WAREHOUSE is redshift, but not set: {names}")
    if redshift.cluster and redshift.workgroup:
        raise SettingsError("SPARKIFY_REDSHIFT_CLUSTER and SPARKIFY_REDSHIFT_WORKGROUP are set: expected one of them")
    if not (redshift.secret_arn or (redshift.user and has_password) or redshift.cluster or redshift.workgroup):
        raise SettingsError(
            "there is no way to log in to Redshift: set SPARKIFY_REDSHIFT_SECRET_ARN, or SPARKIFY_REDSHIFT_USER and "
            "PASSWORD, or, for IAM, SPARKIFY_REDSHIFT_CLUSTER or WORKGROUP"
        )


def _number(given: Mapping[str, str], name: str, default: int, greatest: int) -> int:
    value = given.get(name)
    if value is None:
        return default
    if not re.fullmatch(r"\d{1,9}", value) or not 1 <= int(value) <= greatest:
        raise SettingsError(f"{name} is {value!r}: expected a number from 1 to {greatest:,}")
    return int(value)


def _choice(given: Mapping[str, str], name: str, choices: tuple[str, ...], default: str) -> str:
    value = given.get(name, default)
    if value not in choices:
        raise SettingsError(f"{name} is {value!r}: expected {' or '.join(choices)}")
    return value


def _place(given: Mapping[str, str], name: str, default: str) -> str:
    """A folder, or a prefix in a bucket."""
    value = given.get(name, default)
    if "://" in value and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", value):
        raise SettingsError(f"{name} is {value!r}: expected a folder, or s3://bucket/prefix")
    return value


def _folder(given: Mapping[str, str], name: str, default: Path) -> Path:
    value = given.get(name, str(default))
    if "://" in value:
        raise SettingsError(f"{name} is {value!r}: expected a folder of this machine")
    return Path(value)


def _day(given: Mapping[str, str], name: str, default: date, otherwise: str = "") -> date:
    value = given.get(name)
    if value is None:
        return default
    return parse_day(value, name, otherwise)


def parse_day(value: str, name: str, otherwise: str = "") -> date:
    """A day as users write it, YYYY-MM-DD."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise SettingsError(f"{name} is {value!r}: expected a day as YYYY-MM-DD{otherwise}")


def _memory(given: Mapping[str, str], name: str) -> str:
    value = given.get(name, "")
    if value and not re.fullmatch(r"\d+(\.\d+)? ?[KMGT]i?B", value):
        raise SettingsError(f"{name} is {value!r}: expected an amount such as 2GB")
    return value


def _share(given: Mapping[str, str], name: str, default: float) -> float:
    value = given.get(name)
    if value is None:
        return default
    number = re.fullmatch(r"(\d+(?:\.\d+)?) ?(%?)", value)
    share = float(number[1]) / (100 if number[2] else 1) if number else -1.0
    if not 0 <= share <= 1:
        raise SettingsError(f"{name} is {value!r}: expected a share such as 5% or 0.05")
    return share
