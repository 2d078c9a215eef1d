"""What the laws' tests share."""

from collections.abc import Iterator

import pytest

from sparkify_assets_tests.laws.readers import Readers


@pytest.fixture(scope="session")
def readers() -> Iterator[Readers]:
    """Readers of what is published, whom each test gives another file to read."""
    many = Readers()
    yield many
    many.end()
