"""The settings: the only reader of the environment and of `.env`.

What a setting means and how it is checked belongs here; what is done with it does not. To add a setting, add a field:
its name gives the variable, and its type, or the parser annotated to it, reads the value. `.env.example` lists them.
"""

import os
import re
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

from dotenv import dotenv_values, set_key

from sparkify_assets.errors import SettingsError

T = TypeVar("T")

# Where `sparkify sample` puts a lake to try, with a warehouse of its own, and the file that says so.
SAMPLE = Path("data/sample")
SAMPLE_SETTINGS = SAMPLE / "settings.env"

# Variables that are not named after their setting. The infrastructure is created in the warehouse's region.
_NAMED_OTHERWISE = {"dagster_home": "DAGSTER_HOME", "cluster_region": "SPARKIFY_REDSHIFT_REGION"}


def _parser(
    convert: Callable[[str], T], pattern: str, expected: str, accept: Callable[[T], bool] = lambda value: True
) -> Callable[[str], T]:
    """Return a function that converts text that matches the pattern; for other text it raises what is expected."""

    def parse(text: str) -> T:
        if re.fullmatch(pattern, text):
            with suppress(ValueError):
                value = convert(text)
                if accept(value):
                    return value
        raise ValueError(expected)

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    return _parser(str, "|".join(choices), " or ".join(choices))


def _number(greatest: int) -> Callable[[str], int]:
    return _parser(int, r"\d{1,9}", f"a number from 1 to {greatest:,}", lambda number: 1 <= number <= greatest)


def _share(text: str) -> float:
    return float(text.rstrip("% ")) / (100 if text.endswith("%") else 1)


def _list(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def _hosts(text: str) -> tuple[str, ...]:
    names = tuple(name.lower() for name in _list(text))
    if all(re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name) for name in names):
        return names
    raise ValueError("names of hosts, such as dagster.example.com, separated by commas, without a port")


_LOCAL = r"(?s:(?!.*://).*)"
_BUCKET = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?"
_PLACE = _parser(str, f"{_LOCAL}|{_BUCKET}", "a folder, or s3://bucket/prefix")
_FOLDER = _parser(Path, _LOCAL, "a folder of this machine")
_DATE = r"\d{4}-\d{2}-\d{2}"
_DAY = _parser(date.fromisoformat, _DATE, "a day as YYYY-MM-DD")
_END = _parser(
    lambda text: None if text == "live" else date.fromisoformat(text), f"{_DATE}|live", "a day as YYYY-MM-DD or live"
)
_SHARE = _parser(_share, r"\d+(\.\d+)? ?%?", "a share such as 5% or 0.05", lambda share: share <= 1)
_MODE = _parser(lambda text: int(text, 8), "0?6[046][046]", "who may read it, as chmod takes it, such as 0640")
_MEMORY = _parser(str, r"\d+(\.\d+)? ?[KMGT]i?B", "an amount such as 2GB")
_QUEUE = _parser(
    str,
    r"https?://[^\s/]+/.+",
    "a queue's address, such as https://sqs.us-west-2.amazonaws.com/123456789012/lake-changes",
)
_ROLE = _parser(
    str,
    r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=,.@/-]+",
    "the ARN of the role that COPY reads with, such as arn:aws:iam::123456789012:role/sparkify-copy",
)


@dataclass(frozen=True)
class Redshift:
    """Where the Redshift warehouse is and how to log in. The reader answers people's questions; without one the loader
    does. `sessions` is how many days are landed at once."""

    host: str = ""
    port: Annotated[int, _number(65_535)] = 5439
    database: str = ""
    user: str = ""
    secret_arn: str = ""
    reader_user: str = ""
    reader_secret_arn: str = ""
    cluster: str = ""
    workgroup: str = ""
    region: str = ""
    iam_role: Annotated[str, _ROLE] = ""
    sessions: Annotated[int, _number(50)] = 4

    @property
    def has_reader(self) -> bool:
        return bool(self.reader_user or self.reader_secret_arn)


@dataclass(frozen=True)
class Infrastructure:
    """What `sparkify cluster` creates in AWS, for whom, and who can reach it. With `rpus`, it creates a serverless
    workgroup instead of a cluster. Whether AWS can create it is checked when it is planned."""

    environment: str = ""
    owner: str = ""
    region: str = ""
    cidr: str = ""
    subnets: Annotated[tuple[str, ...], _list] = ()
    node_type: str = "ra3.large"
    nodes: Annotated[int, _number(100)] = 2
    rpus: Annotated[int, _number(1024)] = 0
    rpu_hours: Annotated[int, _number(1_000_000)] = 24
    kms_key: str = ""
    lake_kms_key: str = ""
    permissions_boundary: str = ""


@dataclass(frozen=True)
class Settings:
    """All settings, checked. They hold no secret."""

    warehouse: Annotated[str, _one_of("duckdb", "redshift")] = "duckdb"
    lake: Annotated[str, _PLACE] = "data/lake"
    work: Annotated[str, _PLACE] = "data/work"
    duckdb: Path = Path("data/sparkify.duckdb")
    published: Annotated[Path | None, Path] = None
    published_mode: Annotated[int, _MODE] = 0o600
    forgotten: Annotated[Path | None, _FOLDER] = None
    duckdb_memory: Annotated[str, _MEMORY] = ""
    start_date: Annotated[date, _DAY] = date(2018, 11, 1)
    end_date: Annotated[date | None, _END] = date(2018, 11, 30)
    acceptance: Annotated[Path, _FOLDER] = Path("acceptance")
    dagster_home: Path = Path("data/dagster")
    max_rejected: Annotated[float, _SHARE] = 0.05
    s3_access: Annotated[str, _one_of("signed", "unsigned", "requester-pays")] = "signed"
    ui_hosts: Annotated[tuple[str, ...], _hosts] = ()
    look_seconds: Annotated[int, _number(86_400)] = 60
    sqs_queue: Annotated[str, _QUEUE] = ""
    redshift: Redshift = Redshift()
    cluster: Infrastructure = Infrastructure()

    @property
    def published_file(self) -> Path:
        """The file that people read: by default in a folder beside the embedded warehouse."""
        return self.published or self.duckdb.parent / "published" / self.duckdb.name

    @property
    def forgotten_file(self) -> Path:
        """The list of forgotten users: by default beside the embedded warehouse. On Redshift it is a table."""
        return self.forgotten or self.duckdb.parent / "forgotten.csv"

    @property
    def is_sample(self) -> bool:
        """Whether the lake is the sample."""
        return Path(self.lake) == SAMPLE / "lake"

    @property
    def acceptance_folders(self) -> tuple[Path, ...]:
        """Where acceptance queries are: one's own, and while the sample is the lake, those that come with it."""
        return (self.acceptance, Path(self.lake) / "acceptance") if self.is_sample else (self.acceptance,)

    @property
    def scratch(self) -> Path:
        """The local folder for temporary files: the work folder, unless that is in S3."""
        return Path(tempfile.gettempdir()) / f"sparkify-{os.geteuid()}" if "://" in self.work else Path(self.work)

    @property
    def loads_at_once(self) -> int:
        """How many days are landed at once; DuckDB's file has one writer."""
        return self.redshift.sessions if self.warehouse == "redshift" else 1

    @property
    def bytes_together(self) -> int:
        """How many bytes of consecutive days are landed and published together: on Redshift a month of 100 million
        events."""
        return 50_000_000_000 if self.warehouse == "redshift" else 380_000_000

    @property
    def last_day(self) -> date:
        """The last log day: today at the latest, since a day that has not begun has no log."""
        return min(self.end_date or date.max, _today())

    def days(self, start: date | None = None, end: date | None = None) -> list[date]:
        """Return the log days from start to end, by default all of them."""
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
    """Return the settings of this process: its environment, and below it the `.env` of the working folder; those of the
    sample, where nothing is set and there is one."""
    given = _given(environ)
    settings = _read(Settings, given)
    _check_engine(settings, has_password="SPARKIFY_REDSHIFT_PASSWORD" in given)
    if settings.warehouse == "redshift":
        _check_reader(settings.redshift, has_password="SPARKIFY_REDSHIFT_READER_PASSWORD" in given)
    if settings.end_date and settings.end_date < settings.start_date:
        raise SettingsError(
            f"SPARKIFY_START_DATE is {settings.start_date} and SPARKIFY_END_DATE {settings.end_date}: expected the "
            "start no later than the end"
        )
    if settings.last_day < settings.start_date:
        raise SettingsError(
            f"SPARKIFY_START_DATE is {settings.start_date}, but this machine's clock says that today is "
            f"{settings.last_day} (UTC): set the clock, or an earlier day"
        )
    return settings


def read_password() -> str | None:
    """Return the password of SPARKIFY_REDSHIFT_USER, if set. Read it as a session opens, and keep it nowhere."""
    return _given().get("SPARKIFY_REDSHIFT_PASSWORD")


def read_reader_password() -> str | None:
    """Return the password of SPARKIFY_REDSHIFT_READER_USER, if set. Read it as a session opens, and keep it nowhere."""
    return _given().get("SPARKIFY_REDSHIFT_READER_PASSWORD")


def read_webhook() -> str | None:
    """Return where alerts go, if anywhere. Read it as an alert is sent: whoever has the address can post there."""
    return _given().get("SPARKIFY_ALERT_WEBHOOK")


def is_webhook_set() -> bool:
    """Return whether alerts go anywhere."""
    return "SPARKIFY_ALERT_WEBHOOK" in _given()


def with_lake(settings: Settings, lake: str) -> Settings:
    """Return the settings with a lake as a user names it."""
    return replace(settings, lake=_parse(_PLACE, os.path.expanduser(lake), "LAKE"))


def write_env(lake: str, first: str, last: str) -> None:
    """Write a lake and its log days into `.env`; its other lines stay."""
    _parse(_DAY, first, "the first log day")
    _parse(_END, last, "the last log day")
    Path(".env").touch(mode=0o600)
    for name, value in (("LAKE", lake), ("START_DATE", first), ("END_DATE", last)):
        set_key(".env", f"SPARKIFY_{name}", value, quote_mode="auto")


def variable_of(setting: str) -> str:
    """Return the environment variable that a setting is read from."""
    return _NAMED_OTHERWISE.get(setting, f"SPARKIFY_{setting.upper()}")


def parse_day(value: str, name: str) -> date:
    """Return a day as users write it, YYYY-MM-DD; `name` is the option or variable it came from."""
    return _parse(_DAY, value, name)


def is_anything_set() -> bool:
    """Return whether there is a setting in the environment, or a `.env`."""
    return os.path.lexists(".env") or any(name.startswith("SPARKIFY_") and value for name, value in os.environ.items())


def sample_settings(start: date, days: int) -> str:
    """Return the text of the file with the sample's settings."""
    values = {
        "SPARKIFY_LAKE": SAMPLE / "lake",
        "SPARKIFY_WORK": SAMPLE / "work",
        "SPARKIFY_DUCKDB": SAMPLE / "sparkify.duckdb",
        "SPARKIFY_START_DATE": start,
        "SPARKIFY_END_DATE": start + timedelta(days=days - 1),
        "DAGSTER_HOME": SAMPLE / "dagster",
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _today() -> date:
    return datetime.now(UTC).date()


def _given(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables that are set and not empty."""
    if environ is None:
        file = Path(".env") if is_anything_set() else SAMPLE_SETTINGS
        environ = {**_in_file(file), **os.environ}
    return {name: environ[name] for name in environ if environ[name] != ""}


def _in_file(file: Path) -> dict[str, str]:
    """Return the variables of a file, none if there is no file. One that cannot be read is an error: without it, other
    data would be loaded than was meant."""
    try:
        text = file.read_text("utf-8-sig")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be read: {error.strerror}: expected a file that this user may read, or none; rename it, or "
            "change its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} is not UTF-8 at byte {error.start:,}: save it as UTF-8") from error
    return {name: value for name, value in dotenv_values(stream=StringIO(text)).items() if value is not None}


def _read(kind: type[T], given: Mapping[str, str], prefix: str = "") -> T:
    """Return an object of a settings class: each field from its variable where that is set, else its default."""
    values: dict[str, Any] = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        variable = variable_of(prefix + name)
        if isinstance(hint, type) and is_dataclass(hint):
            values[name] = _read(hint, given, f"{name}_")
        elif variable in given:
            parser = hint.__metadata__[0] if hasattr(hint, "__metadata__") else hint
            values[name] = _parse(parser, given[variable], variable)
    return kind(**values)


def _parse(parser: Callable[[str], T], value: str, name: str) -> T:
    try:
        return parser(value)
    except ValueError as error:
        raise SettingsError(f"{name} is {value!r}: expected {error}") from None


def _check_engine(settings: Settings, has_password: bool) -> None:
    """Raise an error if the engine cannot work with the places and the log-in that are set."""
    if settings.warehouse == "duckdb":
        if "://" in settings.work:
            raise SettingsError(f"SPARKIFY_WORK is {settings.work!r}: DuckDB works in a folder of this machine")
        if settings.published_file.absolute() == settings.duckdb.absolute():
            raise SettingsError(
                f"SPARKIFY_PUBLISHED and SPARKIFY_DUCKDB are both {str(settings.duckdb)!r}: expected two files; people "
                "read the first, loads write the second"
            )
        return
    for name, place in (("SPARKIFY_LAKE", settings.lake), ("SPARKIFY_WORK", settings.work)):
        if "://" not in place:
            raise SettingsError(f"{name} is {place!r}: Redshift reads from S3, expected s3://bucket/prefix")
    redshift = settings.redshift
    missing = [name for name in ("host", "database", "iam_role") if not getattr(redshift, name)]
    if missing:
        names = ", ".join(variable_of(f"redshift_{name}") for name in missing)
        raise SettingsError(f"SPARKIFY_WAREHOUSE is redshift, but these are not set: {names}")
    if redshift.cluster and redshift.workgroup:
        raise SettingsError("SPARKIFY_REDSHIFT_CLUSTER and SPARKIFY_REDSHIFT_WORKGROUP are set: expected one of them")
    if not (redshift.secret_arn or (redshift.user and has_password) or redshift.cluster or redshift.workgroup):
        raise SettingsError(
            "there is no way to log in to Redshift: set SPARKIFY_REDSHIFT_SECRET_ARN, or SPARKIFY_REDSHIFT_USER and "
            "PASSWORD, or, for IAM, SPARKIFY_REDSHIFT_CLUSTER or WORKGROUP"
        )


def _check_reader(redshift: Redshift, has_password: bool) -> None:
    """Raise an error if the reader cannot log in: questions must not be asked as the loader by mistake."""
    if has_password and not redshift.reader_user:
        raise SettingsError(
            "SPARKIFY_REDSHIFT_READER_PASSWORD is set, and SPARKIFY_REDSHIFT_READER_USER is not: set both or neither"
        )
    if redshift.reader_user and not (redshift.reader_secret_arn or has_password or redshift.cluster):
        raise SettingsError(
            f"there is no way to log in to Redshift as {redshift.reader_user}: set SPARKIFY_REDSHIFT_READER_PASSWORD "
            "or READER_SECRET_ARN, or, for IAM, SPARKIFY_REDSHIFT_CLUSTER; by IAM a workgroup has no second user"
        )
