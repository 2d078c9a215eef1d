"""The platform on Redshift, as tests have it: a database on the stand-in and a bucket on moto, each new and empty."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sparkify_assets.settings import Redshift, Settings
from sparkify_assets_tests.aws import ENVIRONMENT, s3_client
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn

ROLE = "arn:aws:iam::123456789012:role/sparkify-copy"
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Engine:
    """The stand-in and moto, and how their clients are told of them."""

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
    def platform(self, folder: Path) -> Iterator[Platform]:
        """A platform whose database is gone with the context."""
        number = next(_NUMBERS)
        database, bucket = f"sparkify{number}", f"sparkify-{number}"
        self.stand_in.create_database(database)
        s3_client().create_bucket(Bucket=bucket)
        try:
            yield Platform.on_redshift(folder, self.settings(database, bucket))
        finally:
            self.stand_in.drop_database(database)
