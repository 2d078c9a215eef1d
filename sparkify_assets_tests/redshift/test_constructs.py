"""`docs/redshift.md` lists of what the platform's statements consist, and how each part is known. A second grammar
parses them, and what is sent in a load from end to end consists of nothing else.

    UPDATE_DOCS=1 .venv/bin/pytest sparkify_assets_tests/redshift/test_constructs.py
"""

import os
import random
import re

from sqlfluff.core import FluffConfig, Linter

from sparkify_assets.insights.rebuilding import rebuild_insights
from sparkify_assets_tests.documents import ROOT
from sparkify_assets_tests.effort import THOROUGH
from sparkify_assets_tests.lakes import DAY, NEXT_DAY, at, event, song, write_day, write_song
from sparkify_assets_tests.platforms import Platform
from sparkify_assets_tests.redshift.constructs import ASSUMED, DOCUMENTED, Sent, assumed_rows, constructs_of, table
from sparkify_assets_tests.redshift.proxy import StandIn
from sparkify_assets_tests.redshift.rules import RULES
from sparkify_assets_tests.redshift.sent import all_statements

PAGE = ROOT / "docs/redshift.md"
STATEMENTS = list(all_statements())
# What the second grammar does not know, and AWS documents.
UNKNOWN = re.compile(r"(?:GRANT|REVOKE) ASSUMEROLE .+|DROP ROLE \w+ FORCE")
# Of the statements so many are parsed each time by the second grammar, which takes a tenth of a second for one.
PARSED = len(STATEMENTS) if THOROUGH else 12
LINTER = Linter(config=FluffConfig(overrides={"dialect": "redshift", "max_parse_depth": 5_000}))


def page() -> str:
    """The page, with its generated tables as they should be."""
    rules = (f"| {rule.what} | {rule.address} |" for rule in RULES)
    refused = ["| refused | where that is written |", "|---|---|", *rules]
    tables = iter(["\n".join(rows) for rows in (table(STATEMENTS), assumed_rows(), refused)])
    text = PAGE.read_text("utf-8")
    return re.sub(r"(?<=<!-- generated -->\n\n).*?(?=\n\n<!-- end -->)", lambda _: next(tables), text, flags=re.DOTALL)


def test_the_page_lists_every_construct_and_every_assumption() -> None:
    expected = page()
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(expected, "utf-8")
    assert PAGE.read_text("utf-8") == expected


def test_every_construct_is_documented_or_assumed() -> None:
    found = {construct for statement in STATEMENTS for construct in constructs_of(statement.sql)}
    assert found == {*DOCUMENTED, *ASSUMED}


def unparsable(statement: Sent) -> list[str]:
    problems = LINTER.parse_string(statement.sql + "\n").violations
    return [f"{statement.name}: {problem.desc()}: {statement.sql[:80]}" for problem in problems]


def test_a_second_grammar_parses_the_statements(chance: random.Random) -> None:
    problems = [
        problem
        for statement in chance.sample(STATEMENTS, PARSED)
        for problem in unparsable(statement)
        if not UNKNOWN.fullmatch(statement.sql)
    ]
    assert not problems, "\n".join(problems)


def test_the_second_grammar_finds_what_is_wrong() -> None:
    assert unparsable(Sent("wrong", "DELETE sparkify.users JOIN affected_users"))
    assert all(unparsable(statement) for statement in STATEMENTS if UNKNOWN.fullmatch(statement.sql))


def test_what_is_sent_from_end_to_end_consists_of_nothing_else(
    redshift_without_tables: Platform, stand_in: StandIn
) -> None:
    platform = redshift_without_tables
    write_song(platform.lake, song())
    for name in ("a", "b.gz"):
        write_day(platform.lake, DAY, [event(), "{"], name)
    write_day(platform.lake, NEXT_DAY, [event(ts=at(DAY), itemInSession=1)])
    with stand_in.recording() as recorded:
        platform.warehouse.apply_schema()
        platform.load(DAY)
        platform.load(NEXT_DAY)
        platform.load_songs()
        platform.load(DAY, force=True)
        rebuild_insights(platform.warehouse)
        write_day(platform.lake, DAY, [event(), event(page="Home", itemInSession=2)])
        platform.load(DAY)
        rebuild_insights(platform.warehouse)
        assert platform.warehouse.plan_schema() == []
    known = {*DOCUMENTED, *ASSUMED}
    sent = {statement.sql: constructs_of(re.sub(r"\$\d+", "'x'", statement.sql)) - known for statement in recorded}
    assert len(sent) > 150
    assert {sql: strange for sql, strange in sent.items() if strange} == {}
