"""How a production instance starts runs and finds dead ones. `deploy/dagster.yaml` names it.

Without a daemon, `dead_runs.py` finds them.
"""

from dagster import DagsterRun, deserialize_value
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult


class WatchedRunLauncher(DefaultRunLauncher):
    """Starts runs in the code server, as Dagster's launcher does, and asks that server whether it still has them.

    A code server notices when a run's process dies. When the server itself dies, Dagster's launcher shows its runs as
    started for ever (docs/adr/0016).
    """

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        # The server that the run's tags name, as for its termination.
        client = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        if client is None:
            # Started from the command line, or finished by now.
            return CheckRunHealthResult(WorkerStatus.RUNNING, "no code server has this run")
        try:
            answer = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id))
        except DagsterUserCodeUnreachableError:
            # The server may be out of reach and the run alive: the next check decides.
            return CheckRunHealthResult(WorkerStatus.RUNNING, "the code server does not answer")
        if deserialize_value(answer, CanCancelExecutionResult).can_cancel:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "its code server was killed or restarted meanwhile")
