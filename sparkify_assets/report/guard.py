"""What stands in front of every page that is served: it lets in requests for the hosts that are configured, and from
pages of the same address. Dagster's webserver checks neither, and takes changes by GET.

It is plain ASGI around another application, and knows nothing of what that serves. What it refuses, and why, is in
SECURITY.md.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_READING, _CHANGING = frozenset({"GET", "HEAD"}), frozenset({"POST"})
_HEADERS = {
    # No page may show this one in a frame, and have its user click in it.
    "content-security-policy": "frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """An application that passes on what it does not refuse. `hosts` are the names that it answers to besides those of
    the loopback."""

    def __init__(self, guarded: Application, hosts: Iterable[str] = ()) -> None:
        self._guarded, self._hosts = guarded, frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._guarded(scope, receive, send)
        elif reason := why_refused(scope, self._hosts):
            await _refuse(scope, reason, send)
        else:
            await self._guarded(scope, receive, _with_headers(send))


def why_refused(scope: Mapping[str, Any], hosts: frozenset[str]) -> str | None:
    """Return why a request or a WebSocket is refused, or None."""
    given: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        given.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1").strip())
    if double := [name for name in ("host", "origin", "content-type") if len(given.get(name, ())) > 1]:
        return f"the request has more than one header {double[0]}"
    headers = {name: values[0] for name, values in given.items()}
    host = headers.get("host", "")
    if _name(host) not in LOOPBACK | hosts:
        return f"this is not the host {host!r}: expected localhost, or a host named in SPARKIFY_UI_HOSTS"
    return _why_changing_is_refused(scope, headers, host, hosts)


def _why_changing_is_refused(
    scope: Mapping[str, Any], headers: Mapping[str, str], host: str, hosts: frozenset[str]
) -> str | None:
    """Return why a request is refused that could change something. Reading is never refused here, since a page of
    another origin cannot see the answer."""
    if scope["type"] == "http" and scope["method"] in _READING:
        # Dagster's GraphQL runs whatever is in the query string, under any name that decodes to the parameter's.
        asks = scope.get("query_string") and "graphql" in scope["path"].lower()
        return "GraphQL by GET is refused: POST it as application/json" if asks else None
    if scope["type"] == "http":
        if scope["method"] not in _CHANGING:
            return f"the method {scope['method']} is refused: expected GET or POST"
        # A form or a script of another page can send every type but this without asking first.
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return f"the type {headers.get('content-type', '')!r} is refused: expected application/json"
    # Programs send no origin, browsers always do.
    origin = headers.get("origin")
    if origin is not None and not _is_own(origin, host, hosts):
        return f"the origin {origin!r} is refused: expected the address of this server"
    return None


def _is_own(origin: str, host: str, hosts: frozenset[str]) -> bool:
    """Return whether an origin is this server: the host that was asked, port included, or a host that is configured,
    whose proxy may have another port. Another port of the loopback is another program."""
    found = re.fullmatch(r"https?://(.+)", origin.lower())
    return found is not None and (found[1] == host.lower() or _name(found[1]) in hosts)


def _name(host: str) -> str:
    """Return a host without its port and brackets, or nothing if it is not one."""
    try:
        return (urlsplit(f"//{host}").hostname or "") if host and not set(host) & set("/?#@\\") else ""
    except ValueError:
        return ""


def _with_headers(send: Send) -> Send:
    """Add the headers that keep other pages out to every answer."""

    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            kept = [header for header in message.get("headers", ()) if header[0].decode().lower() not in _HEADERS]
            message["headers"] = [*kept, *((name.encode(), value.encode()) for name, value in _HEADERS.items())]
        await send(message)

    return sending


async def _refuse(scope: Mapping[str, Any], reason: str, send: Send) -> None:
    if scope["type"] == "websocket":
        # Closed before it is accepted, which a browser gets as 403.
        await send({"type": "websocket.close", "code": 1008, "reason": reason[:120]})
        return
    body = f"Refused: {reason}.\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await _with_headers(send)({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})
