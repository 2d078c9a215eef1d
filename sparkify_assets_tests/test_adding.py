"""What it takes to add something: the edits that CONTRIBUTING names, made in a copy, and their result."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypedDict

import pytest

from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, write_day

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

folder, days, questions = Path(sys.argv[1]), map(date.fromisoformat, sys.argv[2].split()), json.loads(sys.argv[3])
warehouse = DuckDBWarehouse(folder / "added.duckdb", folder / "work")
states = [result.state for result in load_days(warehouse, FolderLake(folder / "lake"), list(days))]
insights = {insight.name: insight.problem or insight.state for insight in rebuild_insights(warehouse)}
with warehouse.reader() as session:
    rows = {name: session.fetch(Query("asked", sql)) for name, sql in questions.items()}
specs = {spec.key.to_user_string(): spec for spec in build_definitions().resolve_all_asset_specs()}
columns = [column.name for column in specs["staging_events"].metadata["dagster/column_schema"].columns]
found = {"states": states, "rows": rows, "columns": columns, "assets": sorted(specs), "insights": insights}
print(json.dumps(found))
"""


class Found(TypedDict):
    """What the copy shows: the state of each day, the answers, the columns of staging, the assets and insights."""

    states: list[str]
    rows: dict[str, list[dict[str, object]]]
    columns: list[str]
    assets: list[str]
    insights: dict[str, str]


class Copy:
    """A copy of the package that a test may edit, and a lake to load with it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.package = folder, folder / "sparkify_assets"
        shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__"))

    def edit(self, path: str, *replacements: tuple[str, str]) -> None:
        file = self.package / path
        text = file.read_text("utf-8")
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new, 1)
        file.write_text(text, "utf-8")

    def write(self, path: str, text: str) -> None:
        """Write a new file."""
        assert not (self.package / path).exists()
        (self.package / path).parent.mkdir(exist_ok=True)
        (self.package / path).write_text(text, "utf-8")

    def load_and_ask(self, days: Sequence[date], questions: Mapping[str, str]) -> Found:
        """Load the days, build the insights, and answer each question."""
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONSAFEPATH": "1"}
        arguments = [str(self.folder), " ".join(map(str, days)), json.dumps(questions)]
        asked = [sys.executable, "-c", LOOK, *arguments]
        done = subprocess.run(asked, capture_output=True, text=True, cwd=self.folder, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        found: Found = json.loads(done.stdout)
        return found


def add_column(copy: Copy) -> None:
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


def add_audit(copy: Copy) -> None:
    """Nobody is on the Moon on the first day; on the next day somebody is."""
    copy.write(
        "queries/audits/songplays/no_gramophones.sql",
        "-- blocking: Nobody plays on the Moon's gramophones.\n"
        "SELECT location FROM audited_songplays WHERE location = 'Moon'\n",
    )


VISITS = """
CREATE TABLE sparkify.visits (
    session_id BIGINT NOT NULL,
    start_date DATE NOT NULL,
    plays BIGINT,
    PRIMARY KEY (session_id, start_date)
);

COMMENT ON TABLE sparkify.visits IS 'Dimension: the sessions of each day.';

COMMENT ON COLUMN sparkify.visits.session_id IS 'The session.';
COMMENT ON COLUMN sparkify.visits.start_date IS 'The UTC day.';
COMMENT ON COLUMN sparkify.visits.plays IS 'Plays of the session on that day.';
"""
DELETE_VISITS = "DELETE FROM sparkify.visits\nWHERE start_date IN (SELECT start_date FROM affected_days)\n"
INSERT_VISITS = """INSERT INTO sparkify.visits (session_id, start_date, plays)
SELECT session_id, start_date, COUNT(*) AS plays
FROM sparkify.songplays
WHERE start_date IN (SELECT start_date FROM affected_days)
GROUP BY session_id, start_date
"""


def add_table(copy: Copy) -> None:
    copy.write("model/sparkify/visits.sql", VISITS)
    copy.write("queries/load/log_days/delete_visits.sql", DELETE_VISITS)
    copy.write("queries/load/log_days/insert_visits.sql", INSERT_VISITS)
    copy.edit("load/log_days.py", ('"insert_time",\n', '"insert_time",\n    "delete_visits",\n    "insert_visits",\n'))
    copy.edit("load/partitions.py", ('"sparkify.time",', '"sparkify.time", "sparkify.visits",'))


INSIGHT = re.compile(r"## Add an insight.*?```sql\n(.*?)```", re.DOTALL)


def add_insight(copy: Copy) -> None:
    (sql,) = INSIGHT.findall((PACKAGE.parent / "CONTRIBUTING.md").read_text("utf-8"))
    copy.write("queries/insights/browsers.sql", sql)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What a copy with all the additions makes of two days."""
    copy = Copy(tmp_path_factory.mktemp("copy"))
    for add in (add_column, add_audit, add_table, add_insight):
        add(copy)
    write_day(copy.folder / "lake", DAY, [event(device="gramophone", page="NextSong")])
    write_day(copy.folder / "lake", NEXT_DAY, [event(location="Moon", ts=at(NEXT_DAY))])
    questions = {
        "column": "SELECT device FROM staging.staging_events",
        "audit": "SELECT audit, failing_rows FROM ops.audits WHERE NOT passed",
        "table": "SELECT session_id, plays, (SELECT COUNT(*) FROM ops.audits "
        f"WHERE table_name = 'visits' AND log_date = '{DAY}') AS audits FROM sparkify.visits",
        "insight": "SELECT * FROM insights.browsers",
    }
    return copy.load_and_ask([DAY, NEXT_DAY], questions)


def test_a_column_is_one_edit_in_the_model_and_one_in_a_query(found: Found) -> None:
    assert found["states"][0] == "loaded"
    assert found["rows"]["column"] == [{"device": "gramophone"}]
    assert "device" in found["columns"]


def test_an_audit_is_one_file(found: Found) -> None:
    assert found["states"] == ["loaded", "refused"]
    assert found["rows"]["audit"] == [{"audit": "no_gramophones", "failing_rows": 1}]


def test_a_daily_table_is_its_contract_its_statements_and_its_name_in_two_lists(found: Found) -> None:
    assert found["states"][0] == "loaded"
    assert found["rows"]["table"] == [{"session_id": 100, "plays": 1, "audits": 2}]
    assert "visits" in found["assets"]


def test_an_insight_is_one_file(found: Found) -> None:
    assert found["rows"]["insight"] == [{"user_agent": '"Mozilla/5.0"', "plays": 1}]
    assert "browsers" in found["assets"]
    assert {"browsers"} < {*found["insights"]}
    assert {*found["insights"].values()} == {"rebuilt"}
