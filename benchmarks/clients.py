"""Whether other clients read the published file: DuckDB of two years ago, and SQLAlchemy, which Superset uses.

python -m benchmarks.clients   makes an environment of its own for each of them, by pip, below a temporary folder
"""

import subprocess
import sys
import tempfile
import venv
from datetime import date
from pathlib import Path

from sparkify_assets.insights.rebuilding import rebuild_insights
from sparkify_assets.lake.places import open_lake
from sparkify_assets.load.loading import load_days, load_songs
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets.settings import Settings
from sparkify_assets.warehouse.engines import open_warehouse

_CLIENTS = {
    "DuckDB 1.1.3, of November 2024": (
        ["duckdb==1.1.3"],
        "import duckdb, sys\n"
        "db = duckdb.connect(sys.argv[1], read_only=True)\n"
        "assert db.execute('SELECT count(*) FROM sparkify.songplays').fetchone()[0] > 0\n"
        "assert db.execute('SELECT max(first_name) FROM sparkify.users').fetchone() == ('***',)\n"
        "named = 'SELECT comment FROM duckdb_columns() WHERE column_name = $$listeners$$'\n"
        "assert all(comment for (comment,) in db.execute(named).fetchall())\n",
    ),
    "SQLAlchemy 1.4, DuckDB 1.1.3": (["duckdb==1.1.3", "duckdb-engine==0.17.0", "sqlalchemy<2"], "engine"),
    "SQLAlchemy 2.0, DuckDB 2.0.0": (["duckdb==2.0.0", "duckdb-engine==0.17.0", "sqlalchemy<2.1"], "engine"),
}
_ENGINE = (
    "import sys\n"
    "from sqlalchemy import create_engine, inspect, text\n"
    "engine = create_engine('duckdb:///' + sys.argv[1], connect_args={'read_only': True})\n"
    "found = inspect(engine)\n"
    "assert 'data_status' in found.get_table_names(schema='insights')\n"
    "columns = found.get_columns('data_status', schema='insights')\n"
    "assert [c['name'] for c in columns][:2] == ['log_date', 'records'] and all(c['comment'] for c in columns)\n"
    "with engine.connect() as connection:\n"
    "    assert connection.execute(text('SELECT count(*) FROM sparkify.songplays')).scalar() > 0\n"
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = _publish(Path(folder))
        for number, (name, (packages, script)) in enumerate(_CLIENTS.items()):
            home = Path(folder) / str(number)
            venv.create(home, with_pip=True)
            python = str(home / "bin/python")
            subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
            done = subprocess.run([python, "-W", "ignore", "-c", _ENGINE if script == "engine" else script, str(file)])
            print(f"{name}: {'reads it' if done.returncode == 0 else 'FAILS'}", flush=True)


def _publish(folder: Path) -> Path:
    settings = Settings(lake=str(folder / "lake"), work=str(folder / "work"), duckdb=folder / "sparkify.duckdb")
    generate(Path(settings.lake), SampleOptions(days=2, events=500, songs=50))
    warehouse, lake = open_warehouse(settings), open_lake(settings)
    load_songs(warehouse, lake)
    load_days(warehouse, lake, [date(2018, 11, day) for day in (1, 2)])
    rebuild_insights(warehouse)
    warehouse.publish()
    return settings.published_file


if __name__ == "__main__":
    sys.exit(main())
