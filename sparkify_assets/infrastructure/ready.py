"""Whether a warehouse that AWS calls available can be used, and the settings that use it. No secret is among them."""

from sparkify_assets.errors import ConnectionLost, InfrastructureError, WarehouseUnreachable
from sparkify_assets.infrastructure import Tell
from sparkify_assets.infrastructure.aws import explained
from sparkify_assets.infrastructure.bucket import WORK
from sparkify_assets.infrastructure.environment import Environment
from sparkify_assets.infrastructure.lock import Lease
from sparkify_assets.infrastructure.waiting import wait
from sparkify_assets.lake.places import open_lake
from sparkify_assets.settings import read_settings
from sparkify_assets.warehouse.engines import open_warehouse
from sparkify_assets.warehouse.redshift.connection import StatementFailed
from sparkify_assets.warehouse.redshift.redshift_warehouse import RedshiftWarehouse

_MINUTES = 15


def settings_of(environment: Environment) -> dict[str, str]:
    """What to put into `.env` to use the warehouse."""
    with explained(f"the warehouse {environment.aws.name} cannot be looked at"):
        host, port, database, secret = _login(environment)
    return {
        "SPARKIFY_WAREHOUSE": "redshift",
        "SPARKIFY_LAKE": environment.lake,
        "SPARKIFY_WORK": f"s3://{environment.bucket.name}/{WORK}",
        "SPARKIFY_REDSHIFT_HOST": host,
        "SPARKIFY_REDSHIFT_PORT": port,
        "SPARKIFY_REDSHIFT_DATABASE": database,
        "SPARKIFY_REDSHIFT_SECRET_ARN": secret,
        "SPARKIFY_REDSHIFT_WORKGROUP"
        if environment.is_serverless
        else "SPARKIFY_REDSHIFT_CLUSTER": environment.aws.name,
        "SPARKIFY_REDSHIFT_REGION": environment.aws.region,
        "SPARKIFY_REDSHIFT_IAM_ROLE": environment.role.arn,
    }


def _login(environment: Environment) -> tuple[str, str, str, str]:
    """Host, port, database, and the secret that the administrator's password is in."""
    if environment.is_serverless:
        workgroup, namespace = environment.workgroup.describe(), environment.namespace.describe()
        if workgroup and namespace and (place := workgroup.get("endpoint")):
            secret = str(namespace.get("adminPasswordSecretArn", ""))
            return str(place["address"]), str(place["port"]), str(namespace["dbName"]), secret
    elif (cluster := environment.cluster.describe()) and (place := cluster.get("Endpoint")):
        secret = str(cluster.get("MasterPasswordSecretArn", ""))
        return str(place["Address"]), str(place["Port"]), str(cluster["DBName"]), secret
    raise InfrastructureError(
        f"there is no warehouse {environment.aws.name} that can be reached yet: see `sparkify cluster status`, make it "
        "with `sparkify cluster create`, or wake it with `sparkify cluster resume`"
    )


def probe(environment: Environment, tell: Tell, lease: Lease | None = None) -> RedshiftWarehouse:
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

    wait(lease, tell, "probe", question, _MINUTES)
    tell(f"probe: {environment.aws.name} answers, and its role reads")
    return warehouse


def make_ready(environment: Environment, tell: Tell, lease: Lease) -> None:
    """Wait until the warehouse can be used, and make its tables and roles."""
    warehouse = probe(environment, tell, lease)
    lease.renew()
    changes = warehouse.apply_schema()
    tell(f"schema: {sum(not change.refused for change in changes)} statements were run")
