"""Acceptance queries: each pair has a check that asks a real warehouse, and fails alone with a reason."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from sparkify_assets import model
from sparkify_assets.acceptance.pairs import MOST_ROWS, Pair, assets_of, examine, find_pairs, read_agreed_question
from sparkify_assets.definitions import build_definitions
from sparkify_assets.errors import AcceptanceError, QueryError
from sparkify_assets.load.log_days import LogDays
from sparkify_assets.orchestration.jobs import LOAD, LOAD_DAYS, RANGE_END, RANGE_START, assets_with_insights
from sparkify_assets.report.doctor import PROBLEM, Diagnosis
from sparkify_assets.report.doctor import examine as look
from sparkify_assets.report.visible import markdown
from sparkify_assets.warehouse.questions import read_question
from sparkify_assets_tests.lakes import DAY, FLOOD, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
PLAYS = "SELECT start_date, COUNT(*) AS plays FROM sparkify.songplays GROUP BY 1"
# Runs longer than anybody waits, on any engine: a join of every row with every other, four times over.
ENDLESS = (
    "SELECT COUNT(*) AS n FROM sparkify.songplays AS a, sparkify.songplays AS b, sparkify.songplays AS c, "
    "sparkify.songplays AS d, sparkify.songplays AS e "
    "WHERE MD5(a.songplay_id || b.songplay_id || c.songplay_id || d.songplay_id || e.songplay_id) = 'x'"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "acceptance"
    made.mkdir()
    return made


@pytest.fixture
def loaded(platform: Platform) -> Platform:
    """Load two days and a song on each engine."""
    return load(platform)


def load(platform: Platform) -> Platform:
    write_song(platform.lake, song())
    write_day(platform.lake, DAY, [event(itemInSession=n, level="paid" if n else "free") for n in range(2)])
    write_day(platform.lake, NEXT_DAY, [event(ts=at(NEXT_DAY, n / 100), userId="8", location=None) for n in range(60)])
    platform.load_songs()
    for day in (DAY, NEXT_DAY):
        platform.load(day)
    platform.warehouse.publish()
    return platform


def write_pair(folder: Path, name: str, sql: str | None, csv: str | bytes | None) -> Pair:
    pair = Pair(folder, name)
    if sql is not None:
        pair.sql_file.write_text(sql, "utf-8")
    if csv is not None:
        pair.csv_file.write_bytes(csv if isinstance(csv, bytes) else csv.encode())
    return pair


def checks_run(platform: Platform, folder: Path) -> Mapping[str, dg.AssetCheckEvaluation]:
    """Run every acceptance check of a folder, and nothing else."""
    definitions = build_definitions(replace(platform.settings, acceptance=folder))
    return run_checks(definitions)


def run_checks(definitions: dg.Definitions) -> Mapping[str, dg.AssetCheckEvaluation]:
    keys = [spec.key for check in definitions.asset_checks or () for spec in _specs(check)]
    asked = [key for key in keys if key.name.startswith("acceptance_")]
    job = dg.define_asset_job("accept", selection=dg.AssetSelection.checks(*asked))
    found = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job])).resolve_job_def("accept")
    with dg.DagsterInstance.ephemeral() as instance:
        result = found.execute_in_process(instance=instance, run_config=QUIET)
        return {e.check_name.removeprefix("acceptance_"): e for e in result.get_asset_check_evaluations()}


def _specs(check: Any) -> list[dg.AssetCheckSpec]:
    return list(check.check_specs)


def rows_of(evaluation: dg.AssetCheckEvaluation, which: str) -> list[object]:
    return [record.data for record in evaluation.metadata[f"rows {which} (first 20)"].value.records]  # type: ignore[union-attr]


class TestChecks:
    def test_agreed_rows_pass_and_others_are_shown(self, loaded: Platform, folder: Path) -> None:
        write_pair(folder, "right", PLAYS, f"start_date,plays\n{NEXT_DAY},60\n{DAY},2\n")
        write_pair(folder, "wrong", f"-- Plays by day.\n{PLAYS};", f"start_date,plays\n{DAY},3\n{NEXT_DAY},60\n")
        write_pair(folder, "columns", PLAYS, f"day,plays\n{DAY},2\n")
        write_pair(
            folder,
            "nulls",
            "SELECT location, COUNT(*) AS n FROM sparkify.songplays GROUP BY 1 ORDER BY 2",
            'location,n\n"Fargo, ND-MN",2\n,60\n',
        )
        found = checks_run(loaded, folder)
        assert {name: check.passed for name, check in found.items()} == {
            "right": True,
            "wrong": False,
            "columns": False,
            "nulls": True,
        }
        wrong = found["wrong"]
        assert wrong.asset_key.path == ["songplays"]
        assert (wrong.severity, wrong.blocking) == (dg.AssetCheckSeverity.ERROR, False)
        assert wrong.description == "1 row missing, 1 row too many"
        assert rows_of(wrong, "missing") == [{"start_date": str(DAY), "plays": "3"}]
        assert rows_of(wrong, "too many") == [{"start_date": str(DAY), "plays": 2}]
        assert markdown("missing: day; too many: start_date") in str(found["columns"].description)

    def test_an_unusable_pair_fails_its_own_check_with_a_reason(self, loaded: Platform, folder: Path) -> None:
        one = "n\n1\n"
        write_pair(folder, "right", "SELECT COUNT(*) AS n FROM sparkify.songs", one)
        problems = {
            "alone": (PLAYS, None, "there is alone.sql and no alone.csv: expected both"),
            "answer": (None, one, "there is answer.csv and no answer.sql: expected both"),
            "deletes": ("DELETE FROM sparkify.users", one, "the statement is DELETE: expected one SELECT"),
            "two": (f"{PLAYS}; {PLAYS}", one, "2 statements were given: expected one"),
            "empty": ("", one, "0 statements were given: expected one"),
            "nonsense": ("SELECT FROM WHERE", one, "this is not a statement of Redshift's dialect"),
            "no_table": ("SELECT 1 AS n", one, "the query reads no table"),
            "unknown": ("SELECT * FROM songplays", one, "the query reads songplays: expected tables of the warehouse"),
            "a_file": ("SELECT * FROM read_csv('/etc/passwd')", one, "the question calls READ_CSV: expected"),
            "no_column": ("SELECT plays AS n FROM sparkify.songs", one, "the question cannot be answered"),
            "twice": ("SELECT year, year FROM sparkify.songs", one, "more than one column is named year"),
            "many": ("SELECT COUNT(*) AS n FROM sparkify.songs", "n\n" + "1\n" * (MOST_ROWS + 1), "100,001 rows"),
            "ragged": (PLAYS, "start_date,plays\n2018-11-15,1,2\n", "ragged.csv has 3 cells in its row 1, and 2 col"),
            "no_csv": (PLAYS, 'start_date,plays\n"2018', "no_csv.csv, line 2 has"),
            "nothing": (PLAYS, "\n", "nothing.csv is empty: expected a line with the names of the columns"),
            "latin": (PLAYS, b"start_date,plays\n\xff", "latin.csv is not UTF-8 at byte 17"),
            "markup": ("SELECT CAST('[a](b)' AS INTEGER) AS n FROM sparkify.songs", one, "[a](b)"),
            "brackets": (f"SELECT {'(' * 9999}1{')' * 9999} AS n FROM sparkify.songs", one, "nested too deeply"),
        }  # fmt: skip
        for name, (sql, csv, _) in problems.items():
            write_pair(folder, name, sql, csv)
        (folder / "a_folder.sql").mkdir()
        problems["a_folder"] = (None, None, "a_folder.sql cannot be read: Is a directory")
        before = loaded.values("SELECT user_id FROM sparkify.users ORDER BY 1")
        found = checks_run(loaded, folder)
        assert {name for name, check in found.items() if check.passed} == {"right"}
        for name, (_, _, problem) in problems.items():
            assert markdown(problem) in str(found[name].description), name
        assert loaded.values("SELECT user_id FROM sparkify.users ORDER BY 1") == before

    def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_runs(self, loaded: Platform, folder: Path) -> None:
        endless = write_pair(folder, "endless", ENDLESS, "n\n0\n")
        outcome = examine(loaded.warehouse, endless, seconds=0.2)
        assert outcome.problem.startswith("the question was stopped, since it took longer than 0.2 s: ask it of fewer")
        right = write_pair(folder, "right", "SELECT COUNT(*) AS n FROM sparkify.songs", "n\n1\n")
        assert examine(loaded.warehouse, right, seconds=60).passed

    def test_each_query_of_a_session_has_its_own_time_limit(self, loaded: Platform) -> None:
        with loaded.warehouse.session() as session:
            with pytest.raises(QueryError, match=r"longer than 0\.2 s"):
                session.ask(read_question(ENDLESS), 0.2)
            few = ENDLESS.replace("sparkify.songplays AS e", "(SELECT 'x' AS songplay_id) AS e").replace(
                "sparkify.songplays AS d", "(SELECT 'x' AS songplay_id) AS d"
            )
            assert session.ask(read_question(few)).rows == [(0,)]

    def test_an_answer_has_no_more_rows_than_were_allowed(self, loaded: Platform) -> None:
        rows = "SELECT start_time FROM sparkify.songplays ORDER BY 1 DESC, 1"
        with loaded.warehouse.reader() as session:
            assert len(session.ask(read_question(rows, most=62)).rows) == 62
            assert session.ask(read_question(f"{rows} LIMIT 2", most=2)).rows == loaded.values(f"{rows} LIMIT 2")
            with pytest.raises(QueryError, match="the answer has more than 61 rows: expected 61 at most; ask for sums"):
                session.ask(read_question(rows, most=61))


class TestLoading:
    @pytest.mark.parametrize("name", ["nowhere", "a file"])
    def test_without_a_folder_there_are_no_checks(self, embedded: Platform, folder: Path, name: str) -> None:
        (folder / "a file").touch()
        definitions = build_definitions(replace(embedded.settings, acceptance=folder / name))
        keys = [spec.key.name for check in definitions.asset_checks or () for spec in _specs(check)]
        assert keys
        assert not [key for key in keys if key.startswith("acceptance_")]

    def test_the_code_location_loads_whatever_the_folder_holds(self, embedded: Platform, folder: Path) -> None:
        write_pair(folder, "a b", PLAYS, "n\n")
        write_pair(folder, "a-b", PLAYS, "n\n")
        write_pair(folder, "é", "(" * 50_000, b"\xff")
        write_pair(folder, "\udcff", "SELECT", None)
        for other in (".hidden.sql", "README.md", "notes", ".DS_Store"):
            (folder / other).write_text("SELECT")
        (folder / "deeper").mkdir()
        write_pair(folder / "deeper", "c", PLAYS, "n\n")
        definitions = build_definitions(replace(embedded.settings, acceptance=folder))
        dg.Definitions.validate_loadable(definitions)
        load(embedded)
        assert set(run_checks(definitions)) == {"a_b", "a_b_2", "_", "__2"}

    def test_a_check_belongs_to_the_table_built_last_and_depends_on_the_others(
        self, embedded: Platform, folder: Path
    ) -> None:
        joined = "SELECT t.weekday FROM sparkify.time AS t JOIN Sparkify.SongPlays AS p ON p.start_time = t.start_time"
        write_pair(folder, "joined", joined, None)
        definitions = build_definitions(replace(embedded.settings, acceptance=folder))
        (spec,) = (s for c in definitions.asset_checks or () for s in _specs(c) if s.name == "acceptance_joined")
        assert spec.asset_key.path == ["songplays"]
        deps = [dep.asset_key.path[0] for dep in spec.additional_deps]
        # Once they have followed, what is loaded is published.
        assert (deps[0], set(deps[1:])) == ("time", set(model.insights()))
        assert spec.description == "joined.sql returns the rows of joined.csv."

    def test_an_edited_pair_takes_effect_without_a_reload(self, embedded: Platform, folder: Path) -> None:
        load(embedded)
        pair = write_pair(folder, "plays", PLAYS, "n\n1\n")
        definitions = build_definitions(replace(embedded.settings, acceptance=folder))
        assert not run_checks(definitions)["plays"].passed
        write_pair(folder, "plays", "SELECT COUNT(*) AS n FROM sparkify.songplays", "n\n62\n")
        assert run_checks(definitions)["plays"].passed
        pair.csv_file.unlink()
        assert "no plays.csv" in str(run_checks(definitions)["plays"].description)
        pair.sql_file.unlink()
        assert "no plays.sql" in str(run_checks(definitions)["plays"].description)

    def test_checks_follow_a_load_whichever_table_it_was_asked_for_and_whether_it_refused_a_day(
        self, embedded: Platform, folder: Path
    ) -> None:
        write_day(embedded.lake, DAY, [event()])
        write_pair(folder, "plays", PLAYS, f"start_date,plays\n{DAY},2\n")
        definitions = build_definitions(replace(embedded.settings, acceptance=folder))
        with dg.DagsterInstance.ephemeral() as instance:

            def load(*assets: str, job: str = LOAD_DAYS) -> tuple[bool, list[bool]]:
                """Load two days; return whether all was loaded, and whether the check passed, each time it was run."""
                days = {RANGE_START: str(DAY), RANGE_END: str(NEXT_DAY)}
                selection = [dg.AssetKey(name) for name in assets] or None
                result = definitions.resolve_job_def(job).execute_in_process(
                    instance=instance, tags=days, run_config=QUIET, raise_on_error=False, asset_selection=selection
                )
                logged = instance.all_logs(result.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
                found = [check for entry in logged if (check := entry.asset_check_evaluation)]
                return result.success, [check.passed for check in found if check.check_name == "acceptance_plays"]

            # What was loaded stays, whatever they find.
            assert load() == (True, [False])
            assert embedded.values("SELECT COUNT(*) AS n FROM sparkify.songplays") == [(1,)]
            write_day(embedded.lake, DAY, [event(), event(itemInSession=1)])
            assert load("users") == (True, [True])
            write_day(embedded.lake, DAY, [event()])
            write_day(embedded.lake, NEXT_DAY, FLOOD)
            # What was loaded is published, though the step of the insights does not begin.
            every = [key.to_user_string() for key in assets_with_insights(LogDays.of(DAY))]
            assert load(*every, job=LOAD) == (False, [False])


class TestReading:
    @pytest.mark.parametrize(
        ("sql", "tables"),
        [
            ("SELECT 1 FROM sparkify.users", ["sparkify.users"]),
            ("WITH users AS (SELECT * FROM sparkify.time) SELECT * FROM users", ["sparkify.time"]),
            (
                "SELECT 1 FROM sparkify.songs UNION ALL SELECT 2 FROM insights.retention",
                ["sparkify.songs", "insights.retention"],
            ),
            (
                "SELECT (SELECT MAX(year) FROM sparkify.songs) FROM SPARKIFY.USERS AS u",
                ["sparkify.users", "sparkify.songs"],
            ),
        ],
    )
    def test_a_querys_tables_are_found(self, sql: str, tables: list[str]) -> None:
        assert sorted(read_agreed_question(sql).tables) == sorted(tables)

    @pytest.mark.parametrize("name", ["temp.sparkify.users", "pg_class", "sparkify.none"])
    def test_other_tables_than_the_warehouses_are_refused(self, name: str) -> None:
        with pytest.raises(AcceptanceError, match=r"expected tables of the warehouse, with their schema.*: ops"):
            read_agreed_question(f"SELECT * FROM {name}")

    @pytest.mark.parametrize(
        ("tables", "assets"),
        [
            (["sparkify.songs", "sparkify.songplays"], ["songplays", "songs"]),
            (["staging.staging_songs", "sparkify.artists"], ["artists", "staging_songs"]),
            (["ops.load_ledger"], ["songplays"]),
            (["staging.rejected_records", "staging.staging_events"], ["staging_events"]),
            ([], ["songplays"]),
        ],
    )
    def test_checks_belong_to_tables_that_are_assets(self, tables: list[str], assets: list[str]) -> None:
        assert assets_of(tables) == assets

    @pytest.mark.parametrize(
        ("sql", "ordered"),
        [
            (PLAYS, False),
            (f"{PLAYS} ORDER BY 2", True),
            (f"SELECT * FROM ({PLAYS} ORDER BY 2) AS p", False),
            (f"{PLAYS} UNION ALL {PLAYS} ORDER BY 1", True),
            ("SELECT ROW_NUMBER() OVER (ORDER BY year) AS n FROM sparkify.songs", False),
        ],
    )
    def test_order_counts_if_the_query_has_its_own(self, sql: str, ordered: bool) -> None:
        assert read_agreed_question(sql).is_ordered == ordered

    def test_a_query_has_no_more_rows_than_can_be_compared(self) -> None:
        assert read_agreed_question("SELECT 1 FROM sparkify.songs").most == MOST_ROWS
        with pytest.raises(AcceptanceError, match="expected LIMIT with a number of 100,000 at most"):
            read_agreed_question("SELECT 1 FROM sparkify.songs LIMIT 100001")


class TestDoctor:
    def findings(self, embedded: Platform, folder: Path) -> dict[str, Diagnosis]:
        return {found.subject: found for found in look(replace(embedded.settings, acceptance=folder))}

    def test_unusable_pairs_are_problems_and_the_others_are_counted(self, embedded: Platform, folder: Path) -> None:
        write_pair(folder, "plays", PLAYS, "n\n")
        write_pair(folder, "alone", PLAYS, None)
        found = self.findings(embedded, folder)
        assert found["acceptance"].seen == f"1 query with expected rows in {folder}"
        assert (found["acceptance alone"].state, bool(found["acceptance alone"].remedy)) == (PROBLEM, True)

    def test_an_unreadable_folder_is_a_problem_and_a_missing_one_a_note(self, embedded: Platform, folder: Path) -> None:
        (folder / "a file").touch()
        assert self.findings(embedded, folder / "a file")["acceptance"].state == PROBLEM
        assert self.findings(embedded, folder / "nowhere")["acceptance"].state == "note"
        assert find_pairs(folder / "nowhere") == []
