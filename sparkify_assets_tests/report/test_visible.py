"""Text that becomes something to look at steers nothing, and is otherwise as it was delivered."""

import pytest

from sparkify_assets.report.visible import REPLACEMENT, all_visible, markdown, on_one_line, visible
from sparkify_assets_tests.lakes import MARKUP, UNFIT

pytestmark = pytest.mark.check


def test_each_character_that_steers_is_replaced_and_the_text_keeps_its_length() -> None:
    assert visible(f"a{UNFIT}\0\ud800\udfffz") == f"a{REPLACEMENT * (len(UNFIT) + 3)}z"


@pytest.mark.parametrize("sequence", ["\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;https://example.com\x1b\\", "\x9b31m"])
def test_no_escape_sequence_is_left(sequence: str) -> None:
    assert visible(sequence)[0] == REPLACEMENT
    assert visible(sequence).isprintable()


@pytest.mark.parametrize(
    "text",
    ["Björk", "東京事変", "שלום עולם", "🎵👩\u200d🎤", "e\u0301", "a\tb\nc\r\nd", "\ufeff", "\u200f", "\U0010ffff", ""],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_a_carriage_return_that_would_overwrite_its_line_is_replaced() -> None:
    assert visible("good\rbad") == f"good{REPLACEMENT}bad"


def test_an_error_is_one_line() -> None:
    assert on_one_line("a\nb\r\n c\x1b[1A\u2028d\x85e") == f"a b c{REPLACEMENT}[1A d{REPLACEMENT}e"


def test_texts_are_found_wherever_they_are() -> None:
    assert all_visible({"a\a": ["b\a", {"c": "d\a"}, 1, None]}) == {
        f"a{REPLACEMENT}": [f"b{REPLACEMENT}", {"c": f"d{REPLACEMENT}"}, 1, None]
    }


def test_in_markdown_no_character_is_markup() -> None:
    shown = "\\[bold red\\]a\\[/\\] !\\[b\\](https://example.com/c.png) \\<img src=x\\> \\<!channel\\> :smile: \\`d\\`"
    assert markdown(f"{MARKUP}\n\a") == f"{shown} {REPLACEMENT}"
