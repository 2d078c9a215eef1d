"""Titles, artists, names and browsers, composed from the vocabulary, with the oddities of real text.

This module returns plain text; writing it as JSON does not belong here.
"""

from collections.abc import Callable
from random import Random

from sparkify_assets.sample import vocabulary as words

# As long as the longest in the real data: 159 and 101 bytes.
LONGEST_TITLE = (
    'The "Slow" Train That Was Late for the Last Ferry to the Island of the Seven Quiet Lighthouses, '
    "and What the Stranger at the Station Said about It to My Sister"
)
LONGEST_ARTIST = "The Velvet Harbour Orchestra & Choir; Odette Penhallow; Viggo Stonebridge; The Copper Sparrow Quintet"

ACCENTED_SHARE = 0.026
OPENING_SHARE = 0.012
VERSION_SHARE = 0.12
ODD_SHARE = 0.02
# Two users share a name and differ only in their ids.
NAMED_ALIKE = {7: 2}
# Double quotes, leading and trailing spaces, leading brackets, and the remains of careless conversions: a form feed, a
# C1 control character, U+FFFD.
ODDITIES: tuple[Callable[[str], str], ...] = (
    lambda text: f'"{text}"',
    lambda text: f'The "Real" {text}',
    lambda text: f"{text} ",
    lambda text: f" {text}",
    lambda text: f"({text})",
    lambda text: f"[{text}]",
    lambda text: f"{text[:3]}\x0c{text[3:]}",
    lambda text: f"{text[:3]}\x96{text[3:]}",
    lambda text: f"{text[:3]}\ufffd{text[3:]}",
)


def title(chance: Random) -> str:
    text = _plain_title(chance)
    if chance.random() < OPENING_SHARE:
        text = chance.choice(words.OPENINGS) + text
    if chance.random() < VERSION_SHARE:
        text = f"{text} {chance.choice(words.VERSIONS)}"
    return _with_oddities(chance, text)


def artist(chance: Random) -> str:
    return _with_oddities(chance, _plain_artist(chance))


def odd(text: str, number: int) -> str:
    """Return the text with one of the oddities, which take turns by number."""
    return ODDITIES[number % len(ODDITIES)](text)


def mis_encoded(text: str) -> str:
    """Return the text as the app logs it: UTF-8 read as Latin-1, twice. ASCII is unchanged."""
    if text.isascii():
        return text
    return text.encode().decode("latin-1").encode().decode("latin-1")


def full_name(number: int) -> tuple[str, str, str]:
    """Return the first name, last name and gender of the user with this number."""
    number = NAMED_ALIKE.get(number, number)
    gender, firsts = (("M", words.FIRST_NAMES_M), ("F", words.FIRST_NAMES_F), ("F", words.FIRST_NAMES_F))[number % 3]
    last, first = divmod(number * 1009, len(firsts))
    return firsts[first], words.LAST_NAMES[(last + number) % len(words.LAST_NAMES)], gender


def browser(chance: Random, with_comma: bool) -> str:
    """Return a user agent; the app wraps those that contain a comma in literal quotes."""
    system = chance.choice(words.DESKTOPS).format(minor=chance.randint(0, 5))
    if not with_comma:
        release = f"{chance.randint(27, 34)}.0"
        return f"Mozilla/5.0 ({system}; rv:{release}) Gecko/20100101 Firefox/{release}"
    if chance.random() < 0.66:
        chrome = f"{chance.randint(33, 38)}.0.{chance.randint(1750, 2130)}.{chance.randint(10, 160)}"
        return f'"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome} Safari/537.36"'
    webkit = f"{chance.randint(534, 538)}.{chance.randint(10, 80)}.{chance.randint(1, 9)}"
    version = f"{chance.randint(5, 8)}.{chance.randint(0, 1)}.{chance.randint(1, 6)}"
    return f'"Mozilla/5.0 ({system}) AppleWebKit/{webkit} (KHTML, like Gecko) Version/{version} Safari/{webkit}"'


def _plain_title(chance: Random) -> str:
    adjective, noun, other = chance.choice(words.ADJECTIVES), chance.choice(words.NOUNS), chance.choice(words.NOUNS)
    verb = chance.choice(words.VERBS)
    return chance.choice(
        (
            f"{adjective} {noun}",
            f"{noun} {other}",
            f"The {noun} And The {other}",
            f"{verb} Me To The {noun}",
            f"{noun} Of {other}",
            f"{adjective} {noun} Blues",
            f"Don't {verb} My {noun}",
            f"I {verb} Your {adjective} {noun}",
            f"{verb} / {noun}",
            f"{noun} In {adjective} {other}",
        )
    )


def _plain_artist(chance: Random) -> str:
    adjective, noun, crew = chance.choice(words.ADJECTIVES), chance.choice(words.NOUNS), chance.choice(words.CREW)
    first = chance.choice(words.FIRST_NAMES_F + words.FIRST_NAMES_M)
    last = chance.choice(words.LAST_NAMES)
    return chance.choice(
        (
            f"The {adjective} {noun}s",
            f"{noun} {crew}",
            f"{first} {last}",
            f"{adjective} {crew}",
            f"{first} & The {noun} {crew}",
            f"{last} / {noun}",
            f"DJ {adjective} {noun}",
            f"{first} {last} featuring {noun} {crew}",
        )
    )


def _with_oddities(chance: Random, text: str) -> str:
    """Return the text, one time in twenty with an oddity that breaks a careless loader."""
    draw = chance.random()
    if draw < ACCENTED_SHARE:
        return f"{chance.choice(words.ACCENTED)} {text}"
    return odd(text, chance.randrange(len(ODDITIES))) if draw < ACCENTED_SHARE + ODD_SHARE else text
