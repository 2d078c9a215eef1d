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
# The overview is empty on the first day: the first page is that of assets.
_SCRIPT = f"""const key = {json.dumps(_KEPT_AT)};
try {{ localStorage.getItem(key) || localStorage.setItem(key, {json.dumps(_OPEN)}); }}
finally {{ location.replace(location.pathname === "/" ? "/assets" : location.href.split("#")[0]); }}"""
_POLICY = (
    f"default-src 'none'; script-src 'sha256-{base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()}'"
)
_OPENING = (
    f'<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    f'<title>Sparkify</title><script>{_SCRIPT}</script><noscript><a href="/assets">Assets</a></noscript>\n'
)


def with_own_pages(app: Application, settings: Settings) -> Application:
    """Return Dagster's application with our pages beside it, and a page of our own before the first of its."""
    pages = ServedPages(settings, beside=(("Dagster", "/"),))

    async def serving(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
        elif scope["path"] == PAGES or scope["path"].startswith(f"{PAGES}/"):
            await pages(scope, receive, send)
        elif scope["path"] == "/" or _is_opened_from_elsewhere(scope):
            headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": _OPENING.encode()})
        else:
            await app(scope, receive, send)

    return serving


def _is_opened_from_elsewhere(scope: MutableMapping[str, Any]) -> bool:
    """Return whether a browser opens a page that no page of this server led to, such as a bookmark."""
    headers = dict(scope["headers"])
    return headers.get(b"sec-fetch-dest") == b"document" and headers.get(b"sec-fetch-site") != b"same-origin"
