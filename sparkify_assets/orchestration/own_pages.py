"""Our own pages beside Dagster's: where the webserver serves them, and how it opens."""

import base64
import hashlib
import json
from collections.abc import MutableMapping
from typing import Any

from sparkify_assets.report.addresses import PAGES
from sparkify_assets.report.guard import Application, Receive, Send
from sparkify_assets.report.pages.serving import ServedPages
from sparkify_assets.settings import Settings

GROUPS = ("lake", "staging", "star", "insights")
# Where Dagster's UI keeps which groups of its lineage are open. It opens with none, and has no setting for it.
_KEPT_AT = "asset-graph-open-graph-nodes-global-__GLOBAL__"
_OPEN = json.dumps({"expanded": ",".join(f"global@global:{group}" for group in GROUPS)})
_SCRIPT = (
    f"if (!localStorage.getItem({json.dumps(_KEPT_AT)})) localStorage.setItem({json.dumps(_KEPT_AT)}, "
    f'{json.dumps(_OPEN)});\nlocation.replace("/assets");'
)
_POLICY = (
    f"default-src 'none'; script-src 'sha256-{base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()}'"
)
# Leads to the page of assets instead of the overview, which is empty on the first day.
_OPENING = (
    f'<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    f'<title>Sparkify</title><script>{_SCRIPT}</script><noscript><a href="/assets">Assets</a></noscript>\n'
)


def with_own_pages(app: Application, settings: Settings) -> Application:
    """Return Dagster's application with our pages beside it, and with a first page of our own."""
    pages = ServedPages(settings)

    async def serving(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
        elif scope["path"] == "/":
            headers = [(b"content-type", b"text/html; charset=utf-8")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": _OPENING.encode()})
        elif scope["path"] == PAGES or scope["path"].startswith(f"{PAGES}/"):
            await pages(scope, receive, send)
        else:
            await app(scope, receive, send)

    return serving
