"""What a load on Redshift sends, counted on the stand-in and on moto: statements, commits and requests to S3.

These are counts, not seconds, because the stand-in is not Redshift: of a day, of a range of 30 days, and of the same
with a year loaded.
"""

import os
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import botocore.client

from sparkify_assets.load.loading import load_days
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.aws import running_moto
from sparkify_assets_tests.engines import Engine
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn, running_redshift

_FIRST = date(2018, 1, 1)
_YEAR = [_FIRST + timedelta(days=n) for n in range(365)]


def counts() -> str:
    """Return the counts as a table."""
    rows = [
        "| on Redshift, counted | statements | of these COPY | commits | requests to S3 |",
        "|---|---:|---:|---:|---:|",
    ]
    with tempfile.TemporaryDirectory() as folder, running_moto() as moto, running_redshift(moto) as stand_in:
        engine = Engine(stand_in, moto)
        os.environ.update(engine.environment)
        for name, _ in (("AWS_PROFILE", ""), ("AWS_SESSION_TOKEN", "")):
            os.environ.pop(name, None)
        tempfile.tempdir = folder
        with engine.platform(Path(folder)) as platform:
            generate(platform.lake, SampleOptions(start=_FIRST, days=365, events=7300, songs=100))
            platform.open_lake()
            rows.append(_row("the song catalog, 100 files, for the first time", stand_in, platform.load_songs))
            rows.append(_row("the same, unchanged", stand_in, platform.load_songs))
            rows.append(_row("a clean day", stand_in, lambda: _load(platform, _YEAR[:1])))
            rows.append(_row("the same again", stand_in, lambda: _load(platform, _YEAR[:1])))
            rows.append(_row("a range of 30 days", stand_in, lambda: _load(platform, _YEAR[:30])))
            _load(platform, _YEAR[30:])
            rows.append(_row("a clean day, a year loaded", stand_in, lambda: _load(platform, _YEAR[:1])))
            rows.append(_row("a range of 30 days, a year loaded", stand_in, lambda: _load(platform, _YEAR[:30])))
        tempfile.tempdir = None
    return "\n".join(rows)


def _load(platform: Platform, days: list[date]) -> None:
    results = load_days(platform.warehouse, platform.open_lake(), days, force=True, at_once=4)
    assert all(result.state == "loaded" for result in results)


def _row(name: str, stand_in: StandIn, work: object) -> str:
    assert callable(work)
    with stand_in.recording() as statements, _requests() as asked:
        work()
    sent = [statement.sql for statement in statements]
    copies = sum(sql.startswith("COPY") for sql in sent)
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(asked.items()))
    return f"| {name} | {len(sent)} | {copies} | {sent.count('COMMIT')} | {sum(asked.values())}: {kinds} |"


@contextmanager
def _requests() -> Iterator[Counter[str]]:
    """Count the loaders' requests to S3 by name. COPY's own requests come from the stand-in's threads."""
    asked: Counter[str] = Counter()
    call = botocore.client.BaseClient._make_api_call

    def counted(self: object, operation: str, arguments: object) -> object:
        if threading.current_thread().name.startswith(("MainThread", "ThreadPoolExecutor")):
            asked[operation] += 1
        return call(self, operation, arguments)

    botocore.client.BaseClient._make_api_call = counted
    try:
        yield asked
    finally:
        botocore.client.BaseClient._make_api_call = call
