"""Dagster's webserver in a process of our own, behind the guard. `sparkify ui` and `deploy/` start it.

python -m sparkify_assets.orchestration.webserver --workspace FILE [--host HOST] [--port N]
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import dagster as dg
import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from dagster_webserver.version import __version__

from sparkify_assets.orchestration.own_pages import with_own_pages
from sparkify_assets.report.guard import Guard
from sparkify_assets.settings import read_settings


def serve(workspace: Path, host: str, port: int) -> None:
    """Serve the UI of the instance in DAGSTER_HOME until the process is ended."""
    settings = read_settings()
    with (
        dg.DagsterInstance.get() as instance,
        WorkspaceProcessContext(
            instance, version=__version__, workspace_load_target=WorkspaceFileTarget([str(workspace)])
        ) as context,
    ):
        # Otherwise a query of the UI could keep PostgreSQL busy for ever.
        instance.optimize_for_webserver(statement_timeout=15_000, pool_recycle=3_600, max_overflow=20)
        app = with_own_pages(create_app_from_workspace_process_context(context, lifespan=_until_cancelled), settings)
        uvicorn.run(Guard(app, settings.ui_hosts), host=host, port=port, log_level="warning", server_header=False)


@asynccontextmanager
async def _until_cancelled(_: Any) -> AsyncIterator[None]:
    # Ctrl-C cancels it, which is no error: https://github.com/encode/uvicorn/issues/1160
    with suppress(asyncio.CancelledError):
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the Dagster UI, behind a guard.")
    parser.add_argument("--workspace", required=True, type=Path, metavar="FILE", help="the workspace file")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: the loopback)")
    parser.add_argument("--port", default=3000, type=int, metavar="N", help="the port (default: 3000)")
    options = parser.parse_args()
    serve(options.workspace, options.host, options.port)


if __name__ == "__main__":
    main()
