"""Users of the roles: what each may read and write, tested by logging in as they do."""

import re
from pathlib import Path

import pytest

from sparkify_assets import model
from sparkify_assets.cli import main
from sparkify_assets.cli.command import DONE, NOTHING_DONE
from sparkify_assets.errors import QueryError, WarehouseError
from sparkify_assets.insights.rebuilding import rebuild_insights
from sparkify_assets.load.loading import load_days, load_songs
from sparkify_assets.queries import Query
from sparkify_assets.report.answers import ask
from sparkify_assets.sample import SampleOptions, generate
from sparkify_assets_tests.contracts import Contract
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.redshift_local import variables
from sparkify_assets_tests.roles import ANALYST, INSIGHT, LOADER, administer, as_user

GUIDE = Path(__file__).parents[3] / "docs/guide/redshift.md"
READ = ("sparkify", "insights")


def tables_of(*schemas: str) -> list[str]:
    return [name for name, table in model.tables().items() if table.schema in schemas]


def test_users_are_made_as_the_guide_says(governed: Platform) -> None:
    blocks = "".join(re.findall(r"```sql\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL))
    statements = [statement for statement in re.sub("--.*", "", blocks).split(";") if statement.strip()]
    administer(governed, *(statement.strip() for statement in statements))
    assert governed.values("SELECT usename FROM pg_user WHERE usename IN ('ana', 'reader') ORDER BY 1") == [
        ("ana",),
        ("reader",),
    ]


class TestAnalysts:
    @pytest.fixture
    def analyst(self, redshift: Platform, stand_in: StandIn, contract: Contract) -> Platform:
        """The platform as an analyst sees it; one insight has a column that is masked for them."""
        contract.write("insights/agents.sql", INSIGHT)
        redshift.warehouse.apply_schema()
        write_song(redshift.lake, song())
        write_day(redshift.lake, DAY, [event(), event(page="Home")])
        redshift.load_songs()
        redshift.load(DAY)
        rebuild_insights(redshift.warehouse)
        return as_user(redshift, stand_in, "ana", ANALYST)

    def test_they_read_every_table_of_the_star_and_the_insights(self, analyst: Platform) -> None:
        assert "insights.agents" in tables_of(*READ)
        for name in tables_of(*READ):
            rows = ask(analyst.warehouse, f"SELECT * FROM {name}").rows
            assert len(rows) == {"insights.user_activity": 3, "insights.funnel": 2}.get(name, 1), name

    def test_they_are_refused_staging_and_ops_with_a_remedy(self, analyst: Platform) -> None:
        for name in tables_of("staging", "ops"):
            with pytest.raises(QueryError, match=r"permission denied .* \(42501\): .* the role sparkify_analyst"):
                ask(analyst.warehouse, f"SELECT * FROM {name}", staging=True)

    def test_they_write_nothing(self, analyst: Platform) -> None:
        with analyst.warehouse.session() as session:
            for name in model.tables():
                column = model.table(name).columns[0].name
                for statement in (
                    f"INSERT INTO {name} ({column}) SELECT {column} FROM {name}",
                    f"UPDATE {name} SET {column} = NULL",
                    f"DELETE FROM {name}",
                    f"DROP TABLE {name}",
                    f"CREATE TABLE {name}_of_mine (a INTEGER)",
                ):
                    with pytest.raises(WarehouseError, match=r"permission denied|must be owner"):
                        session.run(Query("written by an analyst", statement))

    def test_they_cannot_load(self, analyst: Platform) -> None:
        with pytest.raises(WarehouseError, match=r"permission denied .* loading takes the role sparkify_loader"):
            analyst.load(DAY, force=True)

    def test_they_ask_from_the_shell(
        self,
        analyst: Platform,
        stand_in: StandIn,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(tmp_path)
        for name, value in variables(analyst.settings).items():
            monkeypatch.setenv(name, value)
        assert main.main(["query", "SELECT song_title FROM sparkify.songplays", "--format", "csv"]) == DONE
        assert capsys.readouterr().out.splitlines() == ["song_title", "Leuchtturm"]
        assert main.main(["query", "--staging", "SELECT first_name FROM staging.staging_events"]) == NOTHING_DONE
        assert "permission denied" in capsys.readouterr().err


class TestLoaders:
    def test_they_load_days_and_songs_whole(self, governed: Platform, stand_in: StandIn) -> None:
        days = [DAY, NEXT_DAY]
        generate(governed.lake, SampleOptions(start=DAY, days=2, events=200, songs=20, dirt=0.02))
        loader = as_user(governed, stand_in, "night_run", LOADER)
        assert load_songs(loader.warehouse, loader.open_lake()).state == "loaded"
        # Late events and corrections too, so that every statement of a load has something to do.
        for _ in range(2):
            results = load_days(loader.warehouse, loader.open_lake(), days, force=True, at_once=2)
            assert [result.state for result in results] == ["loaded", "loaded"]
            write_day(governed.lake, DAY, [event(ts=at(NEXT_DAY)), "[]"])
            write_song(governed.lake, song())
        assert load_songs(loader.warehouse, loader.open_lake()).state == "loaded"
        assert loader.star() == governed.expected(days)

    def test_they_make_neither_roles_nor_tables(self, governed: Platform, stand_in: StandIn) -> None:
        loader = as_user(governed, stand_in, "night_run", LOADER)
        ((policy,), *_) = governed.values("SELECT policy_name FROM svv_masking_policy ORDER BY policy_name")
        for statement in (
            "CREATE ROLE sparkify_friends",
            "CREATE USER friend PASSWORD 'Abcdefg1'",
            "GRANT ROLE sparkify_analyst TO night_run",
            f"DROP MASKING POLICY {policy}",
            "CREATE TABLE sparkify.mine (a INTEGER)",
        ):
            with pytest.raises(WarehouseError, match="42501"):
                administer(loader, statement)
