"""Law 2: whatever happened to the lake, and in whichever order it was loaded, the rows are those of one clean load."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from sparkify_assets_tests.laws.histories import DAYS, HISTORIES, LAST_LOADS, Step
from sparkify_assets_tests.platforms import MemoryWarehouse, Platform


@settings(
    max_examples=200,
    deadline=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=HISTORIES, last=LAST_LOADS)
def test_any_history_of_edits_and_loads_ends_in_the_rows_of_one_clean_load(
    history: list[Step], last: list[Step]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform.in_memory(Path(folder))
        for step in (*history, *last):
            step.happen(platform)
        clean = Platform(platform.folder, MemoryWarehouse(platform.folder))
        clean.load_songs()
        for day in DAYS:
            clean.load(day)
        assert platform.everything() == clean.everything()
        assert platform.star() == platform.expected(DAYS)
