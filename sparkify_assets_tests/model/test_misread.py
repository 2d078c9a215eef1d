"""The table of misread sequences: what Unicode's arithmetic gives, but for what correct text may contain."""

import pytest

from sparkify_assets.model import misread

pytestmark = pytest.mark.check

LATIN = [chr(number) for number in range(0xA0, 0x180)]
TYPOGRAPHIC = list("‘’‚‹›“”„–—…€\ufffd")
CONTROLS = [chr(number) for number in range(0x80, 0xA0)]
LEADS = "ÂÃÄÅâï"
# What may follow a word that ends in Ã (Portuguese, Vietnamese) or Â; and what may also follow Ä (Finnish, German) or Å
# (Danish, Swedish), whose quotations end in these.
AFTER_A_WORD = "\u00a0’”»›–—…•"
NORDIC_CLOSING_QUOTES = "‘“‹«"


def as_latin_1(text: str) -> str:
    """A text's UTF-8, read as Latin-1."""
    return text.encode().decode("latin-1")


def as_cp1252(text: str) -> str:
    """A text's UTF-8, read as CP1252 the way browsers do: bytes that it lacks are read as Latin-1."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())


READINGS = (as_latin_1, as_cp1252)


def is_ambiguous(sequence: str) -> bool:
    if len(sequence) > 2:
        return False
    lead, follower = sequence[0], sequence[1]
    return follower in AFTER_A_WORD or (lead in "ÄÅ" and follower in NORDIC_CLOSING_QUOTES)


def expected() -> dict[str, str]:
    once = {read(text): text for text in LATIN + TYPOGRAPHIC for read in READINGS}
    once |= {as_latin_1(text): text for text in CONTROLS}
    certain = {sequence: text for sequence, text in once.items() if not is_ambiguous(sequence)}
    # A beginning that was read twice becomes one that was read once, and a row for that does the rest.
    beginnings = {read(lead) + "Â": lead for lead in "ÂÃÄÅ" for read in READINGS}
    beginnings[as_latin_1("â\x80") + "Â"] = "â\x80"
    whole = {}
    for text in LATIN + TYPOGRAPHIC:
        for read in READINGS:
            sequence = rest = read(read(text))
            for beginning, instead in beginnings.items():
                rest = rest.replace(beginning, instead)
            rare = read is as_cp1252 and text >= "Ā" and text in LATIN and sequence[2] != "Â"
            if rest not in certain and not rare:
                whole[sequence] = text
    return whole | beginnings | certain


def in_order(sequences: dict[str, str]) -> list[tuple[str, str]]:
    """Longest first. Of the shortest, those whose result could begin a sequence come last: no other takes it."""
    return sorted(sequences.items(), key=lambda row: (-len(row[0]), row[1] in LEADS, row[0]))


def test_the_table_is_what_arithmetic_gives() -> None:
    assert list(misread.sequences()) == in_order(expected())


def test_a_clean_text_is_shorter_so_it_fits_its_column() -> None:
    assert all(len(text.encode()) < len(sequence.encode()) for sequence, text in misread.sequences())


def test_every_sequence_begins_with_one_of_the_letters_by_which_names_are_selected() -> None:
    assert {sequence[0] for sequence, _ in misread.sequences()} == set(LEADS)
