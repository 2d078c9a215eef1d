"""Whether a warehouse that AWS calls available can be used, and the settings that use it. No secret is among them."""

from sparkify_assets.errors import ConnectionLost, InfrastructureError, WarehouseUnreachable
from sparkify_assets.infrastructure.aws import Notify, wait
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.lake.places import open_lake
from sparkify_assets.settings import read_settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.redshift.connection import StatementFailed
from sparkify_assets.warehouse.redshift.redshift_warehouse import RedshiftWarehouse

_MINUTES = 15


def settings_of(environment: Environment) -> dict[str, str]:
    """Return what to put into `.env` to use the warehouse: the stack's outputs."""
    seen = environment.stack.look()
    if seen is None or not seen.outputs.get("SPARKIFY_REDSHIFT_HOST"):
        raise InfrastructureError(
            f"there is no warehouse {environment.aws.name} that can be reached yet: see `sparkify cluster status`, "
            "create it with `sparkify cluster create`, or start it with `sparkify cluster resume`"
        )
    settings = {**seen.outputs, "SPARKIFY_LAKE": environment.lake}
    if "SPARKIFY_REDSHIFT_WORKGROUP" in settings:
        # A template cannot return it.
        namespace = environment.namespace() or {}
        settings["SPARKIFY_REDSHIFT_SECRET_ARN"] = str(namespace.get("adminPasswordSecretArn", ""))
    return settings


def probe(environment: Environment, notify: Notify) -> RedshiftWarehouse:
    """Log in and have the role COPY one object, until it works: AWS says available before it does."""
    settings = read_settings(settings_of(environment))
    warehouse, lake = open_warehouse(settings), open_lake(settings)
    assert isinstance(warehouse, RedshiftWarehouse)

    def question() -> str | None:
        try:
            warehouse.probe(lake, ())
        except (WarehouseUnreachable, ConnectionLost, StatementFailed) as error:
            return str(error)
        return None

    wait(notify, "probe", question, _MINUTES)
    notify(f"probe: {environment.aws.name} answers, and its role reads")
    return warehouse


def make_ready(environment: Environment, notify: Notify) -> None:
    """Wait until the warehouse can be used, and create its tables and roles."""
    changes = probe(environment, notify).apply_schema()
    notify(f"schema: {sum(not change.refused for change in changes)} statements were run")
