"""Names that were encoded twice: undone in the clean columns, the same on both engines, and nothing else is changed."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparkify_assets.load.loading import load_days
from sparkify_assets.queries.undoing import undo_misreadings
from sparkify_assets.warehouse import dialect
from sparkify_assets_tests.effort import number_of_examples
from sparkify_assets_tests.lakes import DAY, event, write_day
from sparkify_assets_tests.model.test_misread import LATIN, READINGS, TYPOGRAPHIC, as_cp1252, as_latin_1, is_ambiguous
from sparkify_assets_tests.oracle import clean
from sparkify_assets_tests.platforms import Platform

NAMES = "SELECT song_title, song_title_clean FROM sparkify.songplays"
CORRECT = [
    "Björk",
    "Sigur Rós",
    "“MANHÃ”",
    "HYVÄ…",
    "AMANHÃ…",
    "»BLÅ«",
    "„GRÅ“",
    "IRMÃ\u00a0JOANA",
    "PÂ’",
    "AMANHÃ – JÁ",
    "Ångström",
    "Âme",
    "l'âge",
    "Naïve",
    "日本語 🎵",
    "a\tb\u2028",
    "\u00a0x\u00a0",
    "Fr\x96hling",
    "50 °C",
]


def load(platform: Platform, names: Sequence[str | None]) -> dict[object, object]:
    """Load a play of each title, and return the clean ones."""
    write_day(platform.lake, DAY, [event(song=name, artist=name, itemInSession=n) for n, name in enumerate(names)])
    load_days(platform.warehouse, platform.open_lake(), [DAY], run_id="a run")
    return clean_names(platform)


def clean_names(platform: Platform) -> dict[object, object]:
    return {name: found for name, found in platform.values(NAMES)}  # noqa: C416


def test_every_character_that_was_read_wrongly_is_undone_on_both_engines(
    embedded: Platform, redshift: Platform
) -> None:
    wrong: dict[object, object] = {}
    for character in LATIN + TYPOGRAPHIC:
        for read in READINGS:
            once, twice = read(character), read(read(character))
            if not is_ambiguous(once):
                wrong[f"x{once}y"] = f"x{character}y"
            if not (read is as_cp1252 and "\u0100" <= character < "\u0180" and twice[2] != "Â"):
                wrong[f"x{twice}y"] = f"x{character}y"
    assert len(wrong) > 700
    assert load(embedded, [str(name) for name in wrong]) == wrong
    load(redshift, [str(name) for name in wrong])
    assert embedded.star() == redshift.star() == embedded.expected([DAY])


def test_correct_text_stays_as_it_is_on_both_engines(embedded: Platform, redshift: Platform) -> None:
    assert load(embedded, [*CORRECT]) == {name: name for name in CORRECT}
    load(redshift, [*CORRECT])
    assert embedded.star() == redshift.star() == embedded.expected([DAY])


def test_blanks_at_the_ends_are_trimmed_and_null_stays_null(embedded: Platform, redshift: Platform) -> None:
    wrong = as_latin_1(as_latin_1("Frühling"))
    names = [
        None,
        "",
        "   ",
        "  a  b ",
        "\ta ",
        "MANHÃ",
        "MANHÃ ",
        "a",
        "a ",
        f" {wrong}  ",
        wrong,
        f"{wrong} ",
        f"{wrong}{as_cp1252('’')} {wrong}",
    ]
    meant = [
        None,
        "",
        "",
        "a  b",
        "\ta",
        "MANHÃ",
        "MANHÃ",
        "a",
        "a",
        "Frühling",
        "Frühling",
        "Frühling",
        "Frühling’ Frühling",
    ]
    assert load(embedded, names) == dict(zip(names, meant, strict=True))
    load(redshift, names)
    assert embedded.star() == redshift.star() == embedded.expected([DAY])


def test_the_raw_names_stay(embedded: Platform) -> None:
    title, artist = f" {as_latin_1('Frühling')} ", as_cp1252(as_cp1252("Björk’s"))
    write_day(embedded.lake, DAY, [event(song=title, artist=artist)])
    load_days(embedded.warehouse, embedded.open_lake(), [DAY], run_id="a run")
    names = "SELECT song_title, artist_name, song_title_clean, artist_name_clean FROM sparkify.songplays"
    assert embedded.values(names) == [(title, artist, "Frühling", "Björk’s")]


def test_plays_are_counted_by_the_clean_names(embedded: Platform) -> None:
    load(embedded, ["Björk", "Björk ", as_latin_1("Björk"), as_latin_1(as_latin_1("Björk")), "Other"])
    embedded.make_insights()
    songs = "SELECT song_title, artist_name, plays FROM insights.song_popularity ORDER BY plays DESC NULLS LAST"
    assert embedded.values(songs) == [("Björk", "Björk", 4), ("Other", "Other", 1)]
    assert embedded.insights() == embedded.expected_insights([DAY])


def test_a_play_that_another_day_brings_is_clean_too(embedded: Platform) -> None:
    """Its partition is another day's, whose names were not in the files of this load."""
    wrong = as_latin_1("Björk")
    load(embedded, [wrong])
    late = event(song="Late", itemInSession=99)
    write_day(embedded.lake, DAY.replace(day=DAY.day + 1), [late])
    load_days(embedded.warehouse, embedded.open_lake(), [DAY.replace(day=DAY.day + 1)], run_id="a run")
    assert clean_names(embedded) == {wrong: "Björk", "Late": "Late"}


# No letter that a sequence begins with: before one of these signs it is what the table calls certain.
WORDS = st.text(st.sampled_from("aeZ .'éüñàØřłşĞ’”…–€«»\u00a0"), min_size=1, max_size=6)
MISREAD = st.builds(
    lambda word, read, times: (word, read(word), read(read(word)))[times],
    WORDS,
    st.sampled_from(READINGS),
    st.integers(0, 2),
)


@settings(
    max_examples=number_of_examples(2, thorough=20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.lists(MISREAD, min_size=1, max_size=3).map(" ".join), min_size=100, max_size=100))
def test_any_mixture_is_undone_as_plain_python_does(embedded: Platform, names: list[str]) -> None:
    assert load(embedded, names) == {name: clean(name) for name in names}


def test_no_statement_is_nested_deeper_than_the_parser_reads() -> None:
    for statement in undo_misreadings():
        assert dialect.translate(statement.sql).count("REPLACE(") <= 24
        assert len(statement.sql) < 2_000
