"""The notebook, run as a user runs it, in a kernel of its own, on both engines: its answers equal the oracle's."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sparkify_assets import model
from sparkify_assets.load.loading import load_days
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.engines import Engine
from sparkify_assets_tests.lakes import at, event, song, write_day, write_song
from sparkify_assets_tests.oracle import Rows, least
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.processes import environment_without_settings
from sparkify_assets_tests.redshift_local import variables

NOTEBOOK = Path(__file__).parent.parent / "notebooks/explore.ipynb"
FIRST = date(2018, 11, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(12)]
SECONDS = 120
# Prints the answers as JSON, missing values as null.
PRINT_ANSWERS = """
import json

def rows(frame):
    frame = frame.reset_index().astype(object)
    return frame.where(frame.notna(), None).to_numpy().tolist()

print(json.dumps({{name: rows(globals()[name]) for name in {names}}}, default=str))
"""


def songs(insights: Rows) -> list[list[object]]:
    rows = sorted(insights["insights.song_popularity"], key=lambda row: least(row[:3]))[:10]
    return [[place, *row[:6]] for place, row in enumerate(rows)]


def hours(insights: Rows) -> list[list[object]]:
    plays = {(hour, weekday): plays for weekday, hour, plays, *_ in insights["insights.peak_usage"]}
    weekdays = sorted({weekday for _, weekday in plays}, key=str)
    return [
        [h, *(plays.get((h, weekday), 0) for weekday in weekdays)] for h in sorted({h for h, _ in plays}, key=int_of)
    ]


def weeks(insights: Rows) -> list[list[object]]:
    rows = sorted(row for row in insights["insights.user_activity"] if row[0] == "week")
    return [
        [str(week), users, plays, per_user, float(str(seconds)) / 3600]
        for _, week, users, _, plays, per_user, seconds, *_ in rows
    ]


def cohorts(insights: Rows) -> list[list[object]]:
    shares: dict[tuple[str | None, object], dict[int, object]] = defaultdict(dict)
    for week, later, users, _, retained, _ in insights["insights.retention"]:
        shares[None if week is None else str(week), users][int_of(later)] = retained
    most = max(later for some in shares.values() for later in some)
    return [[*cohort, *(shares[cohort].get(n) for n in range(most + 1))] for cohort in sorted(shares, key=str)]


def levels(insights: Rows) -> list[list[object]]:
    sums: dict[object, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for _, level, *counts in insights["insights.subscription_levels"]:
        sums[level] = [a + int_of(b) for a, b in zip(sums[level], counts[:4], strict=True)]
    return [[level, *some, some[1] / some[0]] for level, some in sorted(sums.items(), key=lambda item: least(item[:1]))]


def int_of(value: object) -> int:
    assert isinstance(value, int)
    return value


ANSWERS: dict[str, Callable[[Rows], list[list[object]]]] = {
    "songs": songs,
    "hours": hours,
    "weeks": weeks,
    "cohorts": cohorts,
    "levels": levels,
}


def read_notebook(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def cells_of(notebook: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


@pytest.fixture
def environment(platform: Platform, request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of a notebook on this platform, without the settings of whoever runs the tests."""
    common = environment_without_settings() | {"HOME": str(platform.folder)}
    if platform.settings.warehouse == "duckdb":
        return common | {"SPARKIFY_DUCKDB": "sparkify.duckdb"}
    engine: Engine = request.getfixturevalue("redshift_engine")
    return common | engine.environment | variables(platform.settings)


@pytest.fixture
def loaded(platform: Platform) -> Platform:
    """Two weeks of a sample, with plays that match the song catalog and a user who starts to pay."""
    generate(platform.lake, SampleOptions(start=FIRST, days=len(DAYS), events=500, songs=10))
    write_song(platform.lake, song())
    mine = {"userId": "990001", "sessionId": 990001}
    extra = [event(**mine, ts=at(FIRST) + n, itemInSession=n, level="paid" if n else "free") for n in range(30)]
    write_day(platform.lake, FIRST, extra, "extra")
    platform.load_songs()
    together = platform.settings.bytes_together
    load_days(platform.warehouse, platform.open_lake(), DAYS, run_id="a run", bytes_together=together)
    platform.make_insights()
    return platform


def run(notebook: dict[str, Any], folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """The notebook, executed in the folder `notebooks` of a project."""
    folder.mkdir()
    (folder / "asked.ipynb").write_text(json.dumps(notebook), "utf-8")
    program = Path(sys.executable).parent / "jupyter-execute"
    done = subprocess.run(
        [str(program), "--output=answered", "asked.ipynb"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return read_notebook(folder / "answered.ipynb")


def test_every_question_is_answered_as_the_oracle_does(loaded: Platform, environment: dict[str, str]) -> None:
    notebook = read_notebook(NOTEBOOK)
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "printing",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    notebook["cells"].append(cell | {"source": PRINT_ANSWERS.format(names=list(ANSWERS))})
    *cells, printed = cells_of(run(notebook, loaded.folder / "notebooks", environment), "code")
    insights = loaded.expected_insights(DAYS)
    assert json.loads("".join(printed["outputs"][0]["text"])) == {name: of(insights) for name, of in ANSWERS.items()}
    opened, standing, *answered = cells
    assert opened["outputs"] == []
    assert "".join(standing["outputs"][0]["text"]) == "Every insight is current.\n"
    for cell in answered:
        (output,) = cell["outputs"]
        assert "<table" in "".join(output["data"]["text/html"]), cell["id"]


# The code is Python, the same on both engines.
@pytest.mark.parametrize("platform", ["embedded"], indirect=True)
def test_outdated_insights_are_named(platform: Platform, environment: dict[str, str]) -> None:
    write_day(platform.lake, FIRST, [event(ts=at(FIRST))])
    platform.load(FIRST)
    platform.make_insights("user_activity")
    notebook = read_notebook(NOTEBOOK)
    notebook["cells"] = notebook["cells"][:4]
    _, standing = cells_of(run(notebook, platform.folder / "notebooks", environment), "code")
    behind = [name for name in model.insights() if name != "user_activity"]
    common = f"Behind the star: {', '.join(behind)}: run `sparkify load`.\n"
    assert "".join(standing["outputs"][0]["text"]) == common


def test_the_notebook_asks_five_questions_each_with_a_cell() -> None:
    cells = read_notebook(NOTEBOOK)["cells"]
    asked = [n for n, cell in enumerate(cells) if "".join(cell["source"]).startswith("## ")]
    assert len(asked) == len(ANSWERS) == 5
    assert [cells[n + 1]["cell_type"] for n in asked] == ["code"] * 5
    assert all("".join(cells[n]["source"]).splitlines()[0].endswith("?") for n in asked)


def test_the_notebook_is_stored_without_outputs_or_traces_of_a_machine() -> None:
    notebook = read_notebook(NOTEBOOK)
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert all(cell["metadata"] == {} for cell in notebook["cells"])
    assert all((cell["outputs"], cell["execution_count"]) == ([], None) for cell in cells_of(notebook, "code"))
