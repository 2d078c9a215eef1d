"""Law 7: what a run is given cannot change what the platform opens, imports or stores."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from sparkify_assets.definitions import build_definitions
from sparkify_assets.settings import Settings
from sparkify_assets_tests.documents import ROOT, text_of

pytestmark = pytest.mark.check

ENGINES = {
    "duckdb": Settings(),
    "redshift": Settings(warehouse="redshift", lake="s3://lake/", work="s3://work/"),
}
# Each was accepted once, or is by Dagster's own executors, I/O managers and resources.
ATTACKS: dict[str, dict[str, Any]] = {
    "another host": {"resources": {"warehouse": {"config": {"settings": {"redshift": {"host": "elsewhere"}}}}}},
    "another host, flat": {"resources": {"warehouse": {"config": {"host": "elsewhere"}}}},
    "another lake": {"resources": {"lake": {"config": {"lake": "/etc"}}}},
    "another account": {"resources": {"aws": {"config": {"region": "elsewhere"}}}},
    "a folder for pickles": {"resources": {"io_manager": {"config": {"base_dir": "/"}}}},
    "modules to import": {
        "execution": {"config": {"start_method": {"forkserver": {"preload_modules": ["antigravity"]}}}}
    },
}


@pytest.fixture(scope="module", params=ENGINES)
def jobs(request: pytest.FixtureRequest) -> dict[str, dg.JobDefinition]:
    definitions = build_definitions(ENGINES[request.param])
    return {job.name: job for job in definitions.resolve_all_job_defs()}


def keys(type_: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The keys of a run-config schema, down to those that hold a value."""
    if fields := getattr(type_, "fields", None):
        for name, field in fields.items():
            yield from keys(field.config_type, (*path, name))
    elif takes_something(type_):
        yield ".".join(path)


def takes_something(type_: Any) -> bool:
    """Whether a type takes a value: a shape without fields takes none."""
    return getattr(type_, "fields", None) is None


def listed() -> set[str]:
    """The keys in the table of SECURITY.md."""
    table = text_of(ROOT / "SECURITY.md").partition("## What a run may be given")[2].partition("\n## ")[0]
    return {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}


def test_only_the_keys_of_the_security_page_are_taken_from_run_config(jobs: dict[str, dg.JobDefinition]) -> None:
    assert jobs
    found = {key for job in jobs.values() for key in keys(job.run_config_schema.config_type)}
    assert found == listed()


@pytest.mark.parametrize("attack", ATTACKS)
def test_run_config_that_would_redirect_a_run_is_refused(attack: str, jobs: dict[str, dg.JobDefinition]) -> None:
    for job in jobs.values():
        with pytest.raises(dg.DagsterInvalidConfigError):
            dg.validate_run_config(job, ATTACKS[attack])


def test_a_value_that_a_step_returns_is_stored_nowhere() -> None:
    @dg.op
    def returning() -> int:
        return 1

    resources = build_definitions(Settings()).resources
    job = dg.GraphDefinition("returning_job", node_defs=[returning]).to_job(resource_defs=dict(resources or {}))
    with pytest.raises(dg.DagsterInvariantViolationError, match="returning returns a value: expected none"):
        job.execute_in_process()
