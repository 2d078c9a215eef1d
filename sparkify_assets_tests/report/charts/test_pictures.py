"""Pictures are drawn by another process: it may die, and the others are drawn all the same."""

from typing import Any

import pytest

from sparkify_assets.report.charts.pictures import LARGE, SMALL, draw

PNG = b"\x89PNG"


def spec(title: str, **more: object) -> dict[str, Any]:
    return {"title": title, "data": {"values": [{"a": 1}]}, "mark": "bar", "encoding": {"x": {"field": "a"}}} | more


def test_every_chart_is_drawn_at_each_scale() -> None:
    pictures = draw({"one": spec("One"), "two": spec("Two")}, LARGE, SMALL)
    assert pictures.problem == ""
    assert pictures.of(LARGE).keys() == pictures.of(SMALL).keys() == {"one", "two"}
    assert all(picture.startswith(PNG) for picture in pictures.drawn.values())
    assert all(len(pictures.of(LARGE)[name]) > len(pictures.of(SMALL)[name]) for name in ("one", "two"))


def test_where_the_renderer_aborts_the_other_charts_are_drawn_and_the_reason_is_one_line() -> None:
    # A control character, which spec_of would have replaced, makes the renderer panic.
    pictures = draw({"one": spec("One"), "bad": spec("\a"), "two": spec("Two")}, LARGE, SMALL)
    assert pictures.of(LARGE).keys() == pictures.of(SMALL).keys() == {"one", "two"}
    assert pictures.failed.keys() == {"bad"}
    assert pictures.problem.startswith("1 chart could not be drawn (bad: the renderer ended with SIGABRT, ")
    assert "`sparkify insight bad` shows the chart's rows" in pictures.problem
    assert "\n" not in pictures.problem


def test_a_chart_that_the_renderer_refuses_is_reported_with_what_it_said() -> None:
    pictures = draw({"bad": spec("\ud800"), "good": spec("Good")}, SMALL)
    assert pictures.of(SMALL).keys() == {"good"}
    assert pictures.failed["bad"].startswith("the renderer ended with exit code 1, ValueError: ")


def test_without_charts_no_process_is_started() -> None:
    assert not draw({}, LARGE).drawn


def test_the_working_folder_has_no_say_in_what_is_imported(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vl_convert.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    assert draw({"one": spec("One")}, SMALL).problem == ""
