"""`sparkify cluster`: the warehouse in AWS, which costs money from `create` to `destroy`."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sparkify_assets.cli.command import DONE, SOME_FAILED, Commands, declare

if TYPE_CHECKING:
    from sparkify_assets.settings import Settings


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    cluster = declare(commands, "cluster", None, "plan, create, watch and destroy the warehouse in AWS")
    steps = cluster.add_subparsers(title="commands", required=True, metavar="COMMAND")
    declare(steps, "plan", _plan, "show what would be created or changed, and what it costs")
    create = declare(steps, "create", _create, "create what is missing, and the tables; wait until it is ready")
    create.add_argument("--write", action="store_true", help="write the settings into .env without asking")
    declare(steps, "status", _status, "show state, endpoint, cost so far, drift and leftovers")
    for name, what in (
        ("probe", "log in and let the role read from S3, until both work"),
        ("pause", "stop paying for the nodes until they are resumed"),
        ("resume", "start a paused cluster again"),
        ("snapshot", "take a snapshot, which stays until somebody deletes it"),
    ):
        declare(steps, name, partial(_change, name), what)
    destroy = declare(steps, "destroy", _destroy, "delete all that was created, and prove that nothing is left")
    destroy.add_argument("--yes", metavar="NAME", default="", help="the environment's name, to confirm it")
    destroy.add_argument("--no-snapshot", action="store_true", help="take no final snapshot: the data is lost")


def _plan(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.infrastructure.create import plan
    from sparkify_assets.infrastructure.environment import open_environment
    from sparkify_assets.report.terminal.infrastructure_plan import print_plan

    environment = open_environment(settings)
    print_plan(environment, *plan(environment))
    return DONE


def _create(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.infrastructure.create import create
    from sparkify_assets.infrastructure.environment import open_environment
    from sparkify_assets.infrastructure.ready import make_ready, settings_of
    from sparkify_assets.report.terminal.infrastructure_plan import describe_cost, offer_settings, print_step

    environment = open_environment(settings)
    print_step(describe_cost(environment))
    create(environment, print_step, lambda: make_ready(environment, print_step))
    offer_settings(settings_of(environment), Path(".env"), write=options.write)
    return DONE


def _status(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.infrastructure.environment import open_environment
    from sparkify_assets.infrastructure.environment_status import read_status
    from sparkify_assets.report.terminal.infrastructure_plan import print_environment, print_step

    return DONE if print_environment(read_status(open_environment(settings), print_step)) else SOME_FAILED


def _change(name: str, options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.infrastructure import power, ready
    from sparkify_assets.infrastructure.environment import open_environment
    from sparkify_assets.report.terminal.infrastructure_plan import print_step

    change = ready.probe if name == "probe" else getattr(power, name)
    change(open_environment(settings), print_step)
    return DONE


def _destroy(options: argparse.Namespace, settings: "Settings") -> int:
    from sparkify_assets.infrastructure.destroy import destroy
    from sparkify_assets.infrastructure.environment import open_environment
    from sparkify_assets.report.terminal.infrastructure_plan import print_step

    destroy(open_environment(settings), options.yes, print_step, snapshot=not options.no_snapshot)
    if settings.warehouse == "redshift":
        print_step("SPARKIFY_WAREHOUSE is still redshift: remove it and SPARKIFY_REDSHIFT_* from .env")
    return DONE
