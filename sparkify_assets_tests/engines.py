"""The platform on Redshift in tests: a database on the stand-in and a bucket on moto, both new and empty."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from redshift_connector import core

from sparkify_assets.settings import Redshift, Settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets_tests.aws import ENVIRONMENT, s3_at
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn

ROLE = "arn:aws:iam::123456789012:role/sparkify-copy"
_NUMBERS = itertools.count(1)
# The driver searches statements for parameters letter by letter, in each connection again.
core.convert_paramstyle = cache(core.convert_paramstyle)
# By port of the stand-in; a test run has one.
_TEMPLATES: dict[int, str] = {}


@dataclass(frozen=True)
class Engine:
    """The stand-in and moto, and the settings with which clients reach them."""

    stand_in: StandIn
    moto: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **ENVIRONMENT,
            "AWS_ENDPOINT_URL": self.moto,
            "SSL_CERT_FILE": str(self.stand_in.ca_file),
            "SPARKIFY_REDSHIFT_PASSWORD": self.stand_in.password,
        }

    def settings(self, database: str, bucket: str) -> Settings:
        return Settings(
            warehouse="redshift",
            lake=f"s3://{bucket}/lake",
            work=f"s3://{bucket}/work",
            redshift=Redshift(
                host=self.stand_in.host,
                port=self.stand_in.port,
                database=database,
                user=self.stand_in.user,
                iam_role=ROLE,
            ),
        )

    @contextmanager
    def platform(self, folder: Path, *, tables: bool = True) -> Iterator[Platform]:
        """A platform whose database lives as long as the context, with empty tables or none."""
        number = next(_NUMBERS)
        database, bucket = f"sparkify{number}", f"sparkify-{number}"
        s3_at(self.moto).create_bucket(Bucket=bucket)
        self.stand_in.create_database(database, self._template(bucket) if tables else "template1")
        try:
            yield Platform.on_redshift(folder, self.settings(database, bucket))
        finally:
            self.stand_in.drop_database(database)

    def _template(self, bucket: str) -> str:
        """A database with the contract's tables, created once: a copy takes a tenth of the time."""
        if self.stand_in.port not in _TEMPLATES:
            self.stand_in.create_database("with_tables")
            # A first session creates the tables but no roles, which all databases of a server share.
            with open_warehouse(self.settings("with_tables", bucket)).session():
                pass
            _TEMPLATES[self.stand_in.port] = "with_tables"
        return _TEMPLATES[self.stand_in.port]
