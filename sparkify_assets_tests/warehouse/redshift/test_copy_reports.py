"""What Redshift reports about COPYs: without a report nothing is loaded, and only this session's COPYs count."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from sparkify_assets.errors import WarehouseError
from sparkify_assets.lake.listing import File
from sparkify_assets.lake.s3 import S3Lake
from sparkify_assets.load.loading import load_days
from sparkify_assets.warehouse.redshift.connection import Connection
from sparkify_assets.warehouse.redshift.copy_reports import WAITS, CopyReports
from sparkify_assets_tests.lakes import DAY, event, write_day
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn

HIDE = "CREATE RULE hide AS ON INSERT TO pg_catalog.sys_load_detail DO INSTEAD NOTHING"
# What other COPYs of this user have left in the views: one of another session, and an earlier one by the same process.
LEFTOVERS = """
INSERT INTO pg_catalog.sys_load_history (query_id, session_id, start_time)
VALUES (900001, -1, '2999-01-01'), (900002, {process}, '2018-11-01');
INSERT INTO pg_catalog.sys_load_detail (query_id, file_name, lines_scanned)
SELECT id, '{url}', 77 FROM (VALUES (900001), (900002)) AS left_over (id);
INSERT INTO pg_catalog.sys_load_error_detail (query_id, session_id, start_time, file_name, line_number)
VALUES (900002, {process}, '2018-11-01', '{url}', 1)
"""


def leave_reports(platform: Platform, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Have the views hold reports about a file by other COPYs, whenever a load begins to look for its own."""
    url = f"{platform.settings.lake}/{path.relative_to(platform.lake)}"
    report = CopyReports.__init__

    def report_among_others(reports: CopyReports, connection: Connection) -> None:
        connection.execute("asking", "SELECT PG_BACKEND_PID() AS process")
        ((process,),) = connection.rows()
        with stand_in.postgres.administer(platform.settings.redshift.database) as administrator:
            administrator.query(LEFTOVERS.format(process=process, url=url))
        report(reports, connection)

    monkeypatch.setattr(CopyReports, "__init__", report_among_others)


def test_without_a_report_the_load_fails_and_says_so(
    redshift: Platform, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_day(redshift.lake, DAY, [event()])
    with stand_in.postgres.administer(redshift.settings.redshift.database) as connection:
        connection.query(HIDE)
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    with pytest.raises(WarehouseError, match=r"COPY has made 1 rows of 1 files, and SYS_LOAD_HISTORY with"):
        load_days(redshift.warehouse, redshift.open_lake(), [DAY])
    assert waited == list(WAITS)
    assert not any(redshift.star().values())


def test_reports_of_other_sessions_and_of_other_times_do_not_count(
    redshift: Platform, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_day(redshift.lake, DAY, [event()])
    leave_reports(redshift, stand_in, monkeypatch, path)
    with stand_in.recording() as statements:
        result = redshift.load(DAY)
    assert (result.records, result.rows["staging_events"]) == (1, 1)
    # Had another number of lines counted, the validator would have made a clean copy.
    assert sum(statement.sql.startswith("COPY landed_") for statement in statements) == 1


def test_what_another_copy_refused_before_is_not_held_against_a_file(
    redshift: Platform, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_day(redshift.lake, DAY, [event()], "a")
    write_day(redshift.lake, DAY, [event(itemInSession=1), "{"], "b")
    read, spool = list[str](), S3Lake.spool

    def spool_noted(lake: S3Lake, files: Sequence[File]) -> AbstractContextManager[list[Path]]:
        read.extend(file.path for file in files)
        return spool(lake, files)

    leave_reports(redshift, stand_in, monkeypatch, path)
    monkeypatch.setattr(S3Lake, "spool", spool_noted)
    result = redshift.load(DAY)
    assert (result.records, result.rejected) == (3, 1)
    assert {name.rsplit("-", 1)[1] for name in read} == {"b.json"}
