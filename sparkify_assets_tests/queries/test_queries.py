"""The statements: one per file, valid on both engines, with the names of the columns that they fill."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlglot import exp

from sparkify_assets import model, queries
from sparkify_assets.errors import TranslationError
from sparkify_assets.queries import model_version, query
from sparkify_assets.warehouse import dialect

pytestmark = pytest.mark.check

STATEMENTS = [
    path.relative_to(queries.FOLDER).with_suffix("").as_posix() for path in sorted(queries.FOLDER.rglob("*.sql"))
]


def test_a_file_is_one_statement_that_runs_on_both_engines() -> None:
    offenders = [f"{name}: {problem}" for name in STATEMENTS if (problem := problem_with(name))]
    assert not offenders, "\n".join(offenders)


def problem_with(name: str) -> str | None:
    try:
        return None if dialect.translate(query(name).sql) else "nothing is left of it"
    except TranslationError as error:
        return str(error)


def test_every_statement_is_found_by_its_folder() -> None:
    folders = {name.split("/")[0] for name in STATEMENTS}
    assert sorted(name for folder in folders for name in queries.names(folder)) == STATEMENTS


@pytest.fixture(scope="module")
def parsed() -> dict[str, exp.Expr]:
    """Every statement of the project, by name."""
    return {name: dialect.parse(query(name).sql) for name in STATEMENTS}


def test_an_insert_names_every_column_of_its_table_in_order(parsed: dict[str, exp.Expr]) -> None:
    inserts = {name: statement for name, statement in parsed.items() if isinstance(statement, exp.Insert)}
    assert inserts
    offenders = [f"{name}: {problem}" for name, insert in inserts.items() for problem in wrong_columns(name, insert)]
    assert not offenders, "\n".join(offenders)


def wrong_columns(name: str, insert: exp.Insert) -> Iterator[str]:
    target = insert.this.this
    if target.db:
        expected = [column.name for column in model.table(f"{target.db}.{target.name}").columns]
    else:
        created = dialect.parse(query(f"{name.rpartition('/')[0]}/create_{target.name}").sql)
        expected = [column.name for column in created.this.expressions]
    named = [column.name for column in insert.this.expressions]
    selected = [select.alias_or_name for select in insert.expression.selects]
    if named != expected:
        yield f"names {named}, expected {expected}"
    if selected != named:
        yield f"selects {selected}, expected {named}"


def test_loads_write_only_tables_of_the_contract_and_temporary_ones(parsed: dict[str, exp.Expr]) -> None:
    targets = {name: statement.find(exp.Table) for name, statement in parsed.items() if name.startswith("load/")}
    assert targets
    offenders = [
        f"{name} writes {target}"
        for name, target in targets.items()
        if target is None
        or (f"{target.db}.{target.name}" not in model.tables() and not target.name.startswith("affected_"))
    ]
    assert not offenders, "\n".join(offenders)


def test_no_table_is_made_by_a_select(parsed: dict[str, exp.Expr]) -> None:
    """The driver forgets prepared statements after CREATE, DROP, ALTER and ROLLBACK, and not after CREATE TABLE AS."""
    made = [name for name, statement in parsed.items() if isinstance(statement, exp.Create) and statement.expression]
    assert made == []
    assert any(isinstance(statement, exp.Create) for statement in parsed.values())


def test_every_order_states_where_nulls_go(parsed: dict[str, exp.Expr]) -> None:
    orders = {name: len(list(statement.find_all(exp.Ordered))) for name, statement in parsed.items()}
    stated = {name: len(re.findall("NULLS (?:LAST|FIRST)", query(name).sql)) for name in parsed}
    offenders = [
        f"{name}: {orders[name]} orders, {stated[name]} say so" for name in parsed if orders[name] != stated[name]
    ]
    assert not offenders, "\n".join(offenders)


class TestTheModelVersion:
    """A new version rebuilds the warehouse, so it changes with what decides the rows, and with nothing else."""

    @pytest.fixture
    def contract(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
        """A copy of the contract and of the statements that tests may change."""
        monkeypatch.setattr(model, "FOLDER", Path(shutil.copytree(model.FOLDER, tmp_path / "model")))
        monkeypatch.setattr(queries, "FOLDER", Path(shutil.copytree(queries.FOLDER, tmp_path / "queries")))
        forget()
        yield tmp_path
        forget()

    def test_it_is_the_same_while_nothing_changes(self, contract: Path) -> None:
        before = model_version()
        forget()
        assert model_version() == before
        assert len(before) == 12

    @pytest.mark.parametrize(
        "file",
        ["model/staging/staging_events.sql", "model/misread.csv", "queries/load/log_days/insert_songplays.sql"],
    )
    def test_it_changes_with_the_contract_and_the_statements_that_load(self, contract: Path, file: str) -> None:
        before = model_version()
        (contract / file).write_text((contract / file).read_text() + "\n-- changed\n")
        forget()
        assert model_version() != before

    @pytest.mark.parametrize("file", ["model/sparkify/new.sql", "queries/load/new.sql"])
    def test_it_changes_with_a_new_file(self, contract: Path, file: str) -> None:
        before = model_version()
        (contract / file).write_text("")
        forget()
        assert model_version() != before

    @pytest.mark.parametrize(
        "file", ["queries/audits/users/known_level.sql", "queries/read/ledger.sql", "model/__init__.py"]
    )
    def test_it_is_the_same_when_something_else_changes(self, contract: Path, file: str) -> None:
        before = model_version()
        (contract / file).write_text((contract / file).read_text() + "\n-- changed\n")
        forget()
        assert model_version() == before


def forget() -> None:
    """Clear the cached versions."""
    query.cache_clear()
    model_version.cache_clear()
    model.contract_version.cache_clear()
