"""How the steps of a run are executed. Run configuration cannot change it: an executor that it could configure would
import any module that a caller names.
"""

import dagster as dg

from sparkify_assets.settings import Settings

# A step's process is forked from one that has this imported, which takes longer than most steps.
_IMPORTED = ["sparkify_assets.definitions"]


def build_executor(settings: Settings) -> dg.ExecutorDefinition:
    """The embedded warehouse has one writer, so that a run is one process. On Redshift each step has its own."""
    if settings.warehouse == "duckdb":
        return dg.in_process_executor.configured(lambda _: {}, name="in_process", config_schema={})
    forked = {"start_method": {"forkserver": {"preload_modules": _IMPORTED}}}
    return dg.multiprocess_executor.configured(lambda _: forked, name="multiprocess", config_schema={})
