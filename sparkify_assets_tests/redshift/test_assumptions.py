"""The table of assumptions, the stand-in's code and the live tests name each other."""

import re
from pathlib import Path

from sparkify_assets_tests.redshift.assumptions import ASSUMPTIONS

FOLDER = Path(__file__).parent


def test_every_assumption_is_named_where_the_stand_in_relies_on_it() -> None:
    code = [path.read_text("utf-8") for path in FOLDER.glob("*") if path.suffix in (".py", ".sql")]
    marked = [name for text in code for names in re.findall(r"assumes: ([\w, ]+)", text) for name in names.split(", ")]
    assert sorted(set(marked)) == sorted(assumption.name for assumption in ASSUMPTIONS)


def test_every_assumption_has_a_live_test_and_every_live_test_an_assumption() -> None:
    live = [path.read_text("utf-8") for path in FOLDER.glob("test_live*.py")]
    tests = [name for text in live for name in re.findall(r"^def test_(\w+)\(", text, re.MULTILINE)]
    assert sorted(tests) == sorted(assumption.name for assumption in ASSUMPTIONS)


def test_an_assumption_is_one_sentence_and_says_where_it_is_documented() -> None:
    offenders = [
        assumption.name
        for assumption in ASSUMPTIONS
        if not re.fullmatch(r"[a-z][a-z0-9_]+", assumption.name)
        or not assumption.what.endswith(".")
        or (assumption.basis == "documented") != assumption.link.startswith("https://docs.aws.amazon.com/redshift/")
    ]
    assert not offenders, "\n".join(offenders)
