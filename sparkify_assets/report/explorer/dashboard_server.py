"""`sparkify dashboard`: our pages at an address of this machine, behind the guard, without Dagster."""

import gc
import socket
from collections.abc import Callable, MutableMapping
from contextlib import closing, suppress
from typing import Any

import uvicorn

from sparkify_assets.report.addresses import DASHBOARD, PAGES
from sparkify_assets.report.guard import Application, Guard, Receive, Send
from sparkify_assets.report.loopback import HOST, check_free
from sparkify_assets.report.pages.serving import ServedPages
from sparkify_assets.settings import Settings


def serve_dashboard(settings: Settings, port: int, on_start: Callable[[str], object] | None = None) -> None:
    """Serve the pages until the process is interrupted. `on_start` is given the address once it answers."""
    check_free(port)
    # A command that ends soon does without; this one goes on.
    gc.enable()
    with closing(ServedPages(settings)) as pages:
        pages.prepare()
        config = uvicorn.Config(
            Guard(at_their_address(pages), settings.ui_hosts),
            host=HOST,
            port=port,
            log_level="warning",
            server_header=False,
            lifespan="off",
            # Whoever still waits for an answer does not keep it from ending.
            timeout_graceful_shutdown=1,
        )
        with suppress(KeyboardInterrupt):
            _Announced(config, f"http://{HOST}:{port}{DASHBOARD}", on_start).run()


def at_their_address(pages: Application) -> Application:
    """Return an application that leads to the dashboard from everywhere else."""

    async def serving(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["path"].startswith(PAGES):
            await pages(scope, receive, send)
            return
        headers = [(b"location", DASHBOARD.encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 307, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return serving


class _Announced(uvicorn.Server):
    """A server that says where it is once it answers."""

    def __init__(self, config: uvicorn.Config, address: str, on_start: Callable[[str], object] | None) -> None:
        super().__init__(config)
        self._address, self._on_start = address, on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(f"The dashboard is at {self._address}: Ctrl-C ends it.", flush=True)
        if self._on_start:
            self._on_start(self._address)
