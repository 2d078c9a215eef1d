"""What it takes to add something: the edits that CONTRIBUTING names, made in a copy, and their result."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sparkify_assets_tests.lakes import DAY, event, write_day

PACKAGE = Path(__file__).parent.parent / "sparkify_assets"

LOOK = """
import json, sys
from datetime import date
from pathlib import Path
from sparkify_assets.definitions import build_definitions
from sparkify_assets.insights.rebuilding import rebuild_insights
from sparkify_assets.lake.folder import FolderLake
from sparkify_assets.load.loading import load_days
from sparkify_assets.queries import Query
from sparkify_assets.warehouse.duckdb.duckdb_warehouse import DuckDBWarehouse

folder, day, sql = Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), sys.argv[3]
warehouse = DuckDBWarehouse(folder / "added.duckdb", folder / "work")
(result,) = load_days(warehouse, FolderLake(folder / "lake"), [day])
insights = {insight.name: insight.problem or insight.state for insight in rebuild_insights(warehouse)}
with warehouse.reader() as session:
    rows = session.fetch(Query("asked", sql))
specs = {spec.key.to_user_string(): spec for spec in build_definitions().resolve_all_asset_specs()}
columns = [column.name for column in specs["staging_events"].metadata["dagster/column_schema"].columns]
found = {"state": result.state, "rows": rows, "columns": columns, "assets": sorted(specs), "insights": insights}
print(json.dumps(found))
"""


class Copy:
    """A copy of the package that a test may edit, and a lake to load with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(PACKAGE, folder / "sparkify_assets", ignore=shutil.ignore_patterns("__pycache__"))

    def edit(self, path: str, *replacements: tuple[str, str]) -> None:
        file = self.folder / "sparkify_assets" / path
        text = file.read_text("utf-8")
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new, 1)
        file.write_text(text, "utf-8")

    def load_and_ask(self, sql: str) -> dict[str, object]:
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONSAFEPATH": "1"}
        asked = [sys.executable, "-c", LOOK, str(self.folder), str(DAY), sql]
        done = subprocess.run(asked, capture_output=True, text=True, cwd=self.folder, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        return found


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    write_day(tmp_path / "lake", DAY, [event(device="gramophone", page="NextSong")])
    return Copy(tmp_path)


def test_a_column_is_one_edit_in_the_model_and_one_in_a_query(copy: Copy) -> None:
    copy.edit(
        "model/staging/staging_events.sql",
        ("    start_time TIMESTAMP", "    device VARCHAR(64),\n    start_time TIMESTAMP"),
        (
            "COMMENT ON COLUMN",
            "COMMENT ON COLUMN staging.staging_events.device IS '$.device: the device.';\nCOMMENT ON COLUMN",
        ),
    )
    copy.edit(
        "queries/load/log_days/insert_staging_events.sql",
        ("start_time, start_date", "device, start_time, start_date"),
        ("    user_id,\n", "    user_id,\n    device,\n"),
        (
            "user_agent || CHR(1) NULLS LAST",
            "user_agent || CHR(1) NULLS LAST,\n            device || CHR(1) NULLS LAST",
        ),
    )
    found = copy.load_and_ask("SELECT device FROM staging.staging_events")
    assert (found["state"], found["rows"]) == ("loaded", [{"device": "gramophone"}])
    assert "device" in str(found["columns"])


def test_an_audit_is_one_file(copy: Copy) -> None:
    audit = copy.folder / "sparkify_assets/queries/audits/songplays/no_gramophones.sql"
    audit.write_text(
        "-- blocking: Nobody plays on Fargo's gramophones.\nSELECT location FROM audited_songplays\n", "utf-8"
    )
    found = copy.load_and_ask("SELECT audit, failing_rows FROM ops.audits WHERE NOT passed")
    assert (found["state"], found["rows"]) == ("refused", [{"audit": "no_gramophones", "failing_rows": 1}])


SESSIONS = """
CREATE TABLE sparkify.sessions (
    session_id BIGINT NOT NULL,
    start_date DATE NOT NULL,
    plays BIGINT,
    PRIMARY KEY (session_id, start_date)
);

COMMENT ON TABLE sparkify.sessions IS 'Dimension: the sessions of each day.';

COMMENT ON COLUMN sparkify.sessions.session_id IS 'The session.';
COMMENT ON COLUMN sparkify.sessions.start_date IS 'The UTC day.';
COMMENT ON COLUMN sparkify.sessions.plays IS 'Plays of the session on that day.';
"""
DELETE_SESSIONS = "DELETE FROM sparkify.sessions\nWHERE start_date IN (SELECT start_date FROM affected_days)\n"
INSERT_SESSIONS = """INSERT INTO sparkify.sessions (session_id, start_date, plays)
SELECT session_id, start_date, COUNT(*) AS plays
FROM sparkify.songplays
WHERE start_date IN (SELECT start_date FROM affected_days)
GROUP BY session_id, start_date
"""


def test_a_daily_table_is_its_contract_its_statements_and_its_name_in_two_lists(copy: Copy) -> None:
    package = copy.folder / "sparkify_assets"
    (package / "model/sparkify/sessions.sql").write_text(SESSIONS, "utf-8")
    (package / "queries/load/log_days/delete_sessions.sql").write_text(DELETE_SESSIONS, "utf-8")
    (package / "queries/load/log_days/insert_sessions.sql").write_text(INSERT_SESSIONS, "utf-8")
    copy.edit(
        "load/log_days.py", ('"insert_time",\n', '"insert_time",\n    "delete_sessions",\n    "insert_sessions",\n')
    )
    copy.edit("load/partitions.py", ('"sparkify.time")', '"sparkify.time", "sparkify.sessions")'))
    found = copy.load_and_ask(
        "SELECT session_id, plays, (SELECT COUNT(*) FROM ops.audits WHERE table_name = 'sessions') AS audits "
        "FROM sparkify.sessions"
    )
    assert (found["state"], found["rows"]) == ("loaded", [{"session_id": 100, "plays": 1, "audits": 2}])
    assert "sessions" in str(found["assets"])


INSIGHT = re.compile(r"## Add an insight.*?```sql\n(.*?)```", re.DOTALL)


def test_an_insight_is_one_file(copy: Copy) -> None:
    (sql,) = INSIGHT.findall((PACKAGE.parent / "CONTRIBUTING.md").read_text("utf-8"))
    (copy.folder / "sparkify_assets/queries/insights/browsers.sql").write_text(sql, "utf-8")
    found = copy.load_and_ask("SELECT * FROM insights.browsers")
    assert found["rows"] == [{"user_agent": '"Mozilla/5.0"', "plays": 1}]
    assert "browsers" in str(found["assets"])
    assert found["insights"] == dict.fromkeys(dict(found["insights"]), "rebuilt")  # type: ignore[call-overload]
