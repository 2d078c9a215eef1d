"""Data versions of what loads log: what a materialization was made from, so that Dagster knows when it is outdated.

Dagster adds them to what a step yields, and not to what is logged while it runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import dagster as dg
from dagster._core.definitions.data_version import (
    CODE_VERSION_TAG,
    DATA_VERSION_TAG,
    DEFAULT_DATA_VERSION,
    NULL_EVENT_POINTER,
    DataVersion,
    compute_logical_data_version,
    get_input_data_version_tag,
    get_input_event_pointer_tag,
)


@dataclass(frozen=True)
class DataVersions:
    """The tags of the materializations that a step logs."""

    context: dg.AssetExecutionContext
    _made: dict[dg.AssetKey, DataVersion] = field(default_factory=dict)

    def forget(self, key: dg.AssetKey) -> None:
        """Forget what was there before the step, since another version has been observed."""
        self.context.op_execution_context.get_step_execution_context().wipe_input_asset_version_info(key)

    def tags(self, key: dg.AssetKey, written: Mapping[dg.AssetKey, int]) -> dict[str, str]:
        """Return the tags of a table's materialization, which was made from materializations that have just been
        written, by their storage ids, and from what was there before the step. Tables come in their order."""
        step = self.context.op_execution_context.get_step_execution_context()
        asset = step.job_def.asset_layer.get(key)
        versions, pointers = dict[dg.AssetKey, DataVersion](), dict[dg.AssetKey, int | None]()
        for parent in asset.parent_keys:
            if parent in self._made:
                versions[parent], pointers[parent] = self._made[parent], written.get(parent)
            else:
                before = step.maybe_fetch_and_get_input_asset_version_info(parent)
                versions[parent] = (before and before.data_version) or DEFAULT_DATA_VERSION
                pointers[parent] = before.storage_id if before else None
        code_version = asset.code_version or self.context.run.run_id
        self._made[key] = compute_logical_data_version(code_version, versions)
        return {
            CODE_VERSION_TAG: code_version,
            DATA_VERSION_TAG: self._made[key].value,
            **{get_input_data_version_tag(parent): version.value for parent, version in versions.items()},
            **{get_input_event_pointer_tag(parent): str(at or NULL_EVENT_POINTER) for parent, at in pointers.items()},
        }
