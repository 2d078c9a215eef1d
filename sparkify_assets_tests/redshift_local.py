"""`make redshift-local`: the stand-in for Redshift on this machine, without an AWS account, until it is stopped.

It prints its settings as `export` lines; all other output goes to stderr.
"""

import argparse
import os
import secrets
import shlex
import signal
import stat
import sys
import tempfile
from dataclasses import fields, replace
from pathlib import Path

from sparkify_assets.model.roles import PREFIX
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.redshift.connection import connect
from sparkify_assets.warehouse.redshift.copy import literal
from sparkify_assets_tests import moto_here
from sparkify_assets_tests.aws import put_lake, s3_client
from sparkify_assets_tests.engines import Engine
from sparkify_assets_tests.redshift.proxy import running_redshift

DATABASE, BUCKET = "sparkify", "sparkify-local"
READER_PASSWORD = "SPARKIFY_REDSHIFT_READER_PASSWORD"  # noqa: S105


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lake", type=Path, help="folder that holds log_data/ and song_data/ (default: a sample)")
    lake: Path | None = parser.parse_args().lake
    if lake and not lake.is_dir():
        parser.error(f"there is no folder {lake}: expected one that holds log_data/ and song_data/")
    with moto_here.serving() as moto, running_redshift(moto) as stand_in, tempfile.TemporaryDirectory() as folder:
        engine = Engine(stand_in, moto)
        os.environ.update(engine.environment)
        stand_in.create_database(DATABASE)
        if lake is None:
            lake = Path(folder)
            # Fewer songs than usual, since each is a file, and moto takes its time for one.
            generate(lake, SampleOptions(songs=200))
        put_lake(s3_client(), BUCKET, "lake/", lake)
        password = secrets.token_urlsafe()
        settings = with_reader(engine.settings(DATABASE, BUCKET), password)
        if stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode):
            # The settings hold passwords.
            os.fchmod(sys.stdout.fileno(), 0o600)
        for name, value in (engine.environment | {READER_PASSWORD: password} | variables(settings)).items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        note("In another shell, in this folder, run these lines, then `.venv/bin/sparkify load` or `make ui`.")
        note("This is a stand-in: PostgreSQL that speaks as Redshift does, and moto for S3. It is empty when it ends.")
        note("Ctrl-C ends it.")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            signal.pause()
        except KeyboardInterrupt:
            note("Ended.")


def with_reader(settings: Settings, password: str) -> Settings:
    """Create the tables, the roles, and a user with an analyst's rights; return the settings with that reader."""
    warehouse = open_warehouse(settings)
    with warehouse.session():
        pass
    warehouse.apply_schema()
    with connect(settings.redshift, str(warehouse.location)) as connection:
        connection.execute("creating the reader", f"CREATE USER reader PASSWORD {literal(password)}")
        connection.execute("giving it its role", f"GRANT ROLE {PREFIX}analyst TO reader")
    return replace(settings, redshift=replace(settings.redshift, reader_user="reader"))


def variables(settings: Settings) -> dict[str, str]:
    """Return the settings as environment variables, with a Dagster instance of their own, apart from DuckDB's runs."""
    redshift = {
        f"SPARKIFY_REDSHIFT_{field.name.upper()}": str(getattr(settings.redshift, field.name))
        for field in fields(settings.redshift)
    }
    return {
        "SPARKIFY_WAREHOUSE": settings.warehouse,
        "SPARKIFY_LAKE": settings.lake,
        "SPARKIFY_WORK": settings.work,
        **redshift,
        "DAGSTER_HOME": "data/dagster-redshift",
    }


def note(text: str) -> None:
    print(f"# {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
