"""The running stand-in, as tests hold it: how to log in, its databases, a record of what was sent, and faults."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sparkify_assets_tests.faults import Fault
from sparkify_assets_tests.redshift.copy import Files
from sparkify_assets_tests.redshift.plain import FORGET_ROLES
from sparkify_assets_tests.redshift.postgres import Postgres
from sparkify_assets_tests.redshift.statements import Statement


# assumes: the_platform_runs_from_end_to_end
@dataclass
class StandIn:
    """A running stand-in for Redshift, and how to log in to it."""

    port: int
    ca_file: Path
    password: str
    postgres: Postgres
    files: Files
    host: str = "localhost"
    user: str = "loader"
    # The ids of COPYs in SYS views, and those in STL views.
    query_ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    stl_ids: Iterator[int] = field(default_factory=lambda: itertools.count(1_000_000_001))
    faults: dict[str, tuple[Fault, ...]] = field(default_factory=dict)
    _recordings: list[list[Statement]] = field(default_factory=list)

    def create_database(self, name: str, template: str = "template1") -> None:
        """Create a database that `user` owns: an empty one, or a copy of another."""
        with self.postgres.administer("postgres") as connection:
            connection.query(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER {self.user} STRATEGY file_copy')

    def drop_database(self, name: str) -> None:
        """Drop a database and the roles that only it used; its connections are closed."""
        with self.postgres.administer("postgres") as connection:
            connection.query(f'DROP DATABASE "{name}" WITH (FORCE)')
            connection.query(FORGET_ROLES)

    @contextmanager
    def recording(self) -> Iterator[list[Statement]]:
        """Record the statements that clients send while the context lasts."""
        recording: list[Statement] = []
        self._recordings.append(recording)
        try:
            yield recording
        finally:
            # By identity, because two recordings may be equal.
            self._recordings[:] = [each for each in self._recordings if each is not recording]

    @contextmanager
    def failing(self, database: str, *faults: Fault) -> Iterator[None]:
        """Make these faults happen in the sessions of a database while the context lasts."""
        self.faults[database] = faults
        try:
            yield
        finally:
            del self.faults[database]
            for fault in faults:
                fault.over.set()

    def record(self, statement: Statement) -> None:
        for recording in tuple(self._recordings):
            recording.append(statement)
