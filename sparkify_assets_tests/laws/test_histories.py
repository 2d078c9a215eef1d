"""Law 2: whatever happened to the lake, and in whatever order it was loaded, the rows equal those of a clean load.

On Redshift the clean load runs on DuckDB, so that the same histories also test law 1.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from sparkify_assets_tests.effort import number_of_examples
from sparkify_assets_tests.engines import Engine
from sparkify_assets_tests.laws.histories import DAYS, HISTORIES, LAST_LOADS, Step
from sparkify_assets_tests.laws.readers import Readers
from sparkify_assets_tests.platforms import MemoryWarehouse, Platform, forgotten
from sparkify_assets_tests.published import assert_published, file_of

_USUAL = settings(
    deadline=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        # All examples share the engine; each has a database of its own.
        HealthCheck.function_scoped_fixture,
    ],
)


def assert_published_like_a_clean_load(platform: Platform, steps: Sequence[Step], readers: Readers) -> None:
    """On DuckDB, where what people read is published: they read committed states all the while."""
    with readers.reading(platform) as commit:
        for step in (*steps, Step("make insights", assert_insights_follow)):
            step.happen(platform)
            if file_of(platform).path.exists():
                commit()
    assert_published(platform)
    assert_like_a_clean_load(platform)


def assert_like_a_clean_load(platform: Platform) -> None:
    embedded = Platform.at(platform.folder)
    assert embedded.warehouse.forgotten_file
    embedded.warehouse.forgotten_file.write([forgotten(user) for user in platform.forgotten])
    clean = replace(embedded, warehouse=MemoryWarehouse(platform.folder))
    clean.load_songs()
    for day in DAYS:
        clean.load(day)
    assert_insights_follow(clean)
    assert platform.everything() == clean.everything()
    assert platform.star() == platform.expected(DAYS)
    assert platform.insights() == platform.expected_insights(DAYS)


def assert_insights_follow(platform: Platform) -> None:
    assert not [result.problem for result in platform.make_insights().values() if result.problem]


@settings(_USUAL, max_examples=number_of_examples(6, thorough=200))
@given(history=HISTORIES, last=LAST_LOADS)
def test_any_history_of_edits_and_loads_ends_in_the_rows_of_one_clean_load(
    readers: Readers, history: list[Step], last: list[Step]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_published_like_a_clean_load(Platform.in_memory(Path(folder)), [*history, *last], readers)


@settings(_USUAL, max_examples=number_of_examples(2, thorough=20))
@given(history=HISTORIES, last=LAST_LOADS)
def test_any_history_on_redshift_ends_in_the_rows_of_one_clean_load_on_duckdb(
    redshift_engine: Engine, history: list[Step], last: list[Step]
) -> None:
    with tempfile.TemporaryDirectory() as folder, redshift_engine.platform(Path(folder)) as platform:
        for step in (*history, *last):
            step.happen(platform)
        assert_insights_follow(platform)
        assert_like_a_clean_load(platform)
