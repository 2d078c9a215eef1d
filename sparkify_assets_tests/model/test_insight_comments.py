"""The comments in an insight's statement declare its table."""

import pytest

from sparkify_assets import model
from sparkify_assets.errors import ContractError
from sparkify_assets_tests.contracts import Contract

pytestmark = pytest.mark.check

GOOD = """-- Plays by browser,
-- the user's own words.
-- Key: user_agent, day
-- Affected: day =
--     changed.start_date
-- Affected: agents.plays = 0
SELECT
    user_agent,  -- VARCHAR(1024): The browser.
    start_date AS day,  -- DATE NOT NULL: The day.
    -- Half of them, for a reason.
    COUNT(songplay_id) / 2
        AS plays  -- DOUBLE PRECISION NOT NULL: Half of the plays; it's a half.
FROM sparkify.songplays
GROUP BY 1, 2
"""


def test_a_statement_declares_everything_about_its_table(contract: Contract) -> None:
    contract.write("insights/agents.sql", GOOD)
    insight = model.insights()["agents"]
    table = model.table("insights.agents")
    assert insight.table is table
    assert table.meaning == "Plays by browser, the user's own words."
    assert table.primary_key == ("user_agent", "day")
    assert [(column.name, column.type, column.nullable, column.meaning) for column in table.columns] == [
        ("user_agent", "VARCHAR(1024)", True, "The browser."),
        ("day", "DATE", False, "The day."),
        ("plays", "DOUBLE PRECISION", False, "Half of the plays; it's a half."),
    ]
    assert [condition.split() for condition in insight.affected] == [
        ["day", "=", "changed.start_date"],
        ["agents.plays", "=", "0"],
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("-- Key: user_agent, day\n", "", "expected lines like `-- What it holds.` and `-- Key: column, column`"),
        (GOOD[: GOOD.index("SELECT")], "", "it does not begin with what it holds and its key"),
        ("  -- DATE NOT NULL: The day.", "", "the column day has no comment like `-- BIGINT NOT NULL: what it means`"),
        ("DATE NOT NULL: The day.", "The day.", "the column day has no comment"),
        ("SELECT\n", "DELETE FROM sparkify.songplays; SELECT\n", "agents.sql"),
    ],
)
def test_what_is_missing_is_reported_with_the_file(contract: Contract, old: str, new: str, message: str) -> None:
    assert old in GOOD
    contract.write("insights/agents.sql", GOOD.replace(old, new, 1))
    with pytest.raises(ContractError, match=r"queries/insights/agents\.sql: ") as error:
        model.tables()
    assert message in str(error.value)


def test_insights_do_not_change_the_version_of_the_contract(contract: Contract) -> None:
    loaded, made = model.contract_version(), model.insights_version()
    contract.write("insights/agents.sql", GOOD)
    assert model.contract_version() == loaded
    assert model.insights_version() != made
