"""Law 7: only the configured hosts are answered, and only pages of the same address can change anything."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from sparkify_assets.report.guard import Guard, Receive, Send

pytestmark = pytest.mark.check

HERE = {"host": "127.0.0.1:3000"}
JSON = {"content-type": "application/json"}
OWN, ELSEWHERE = "http://127.0.0.1:3000", "http://evil.example"


async def served(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """An application that accepts everything."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    headers = [(b"content-type", b"text/plain"), (b"X-Frame-Options", b"ALLOWALL")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"served"})


def ask(
    method: str, path: str, *headers: tuple[str, str], hosts: tuple[str, ...] = (), kind: str = "http"
) -> list[Any]:
    """The messages that answer a request."""
    answers: list[Any] = []
    path, _, query = path.partition("?")
    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }

    async def send(message: MutableMapping[str, Any]) -> None:
        answers.append(message)

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("the guard reads no body")

    asyncio.run(Guard(served, hosts)(scope, receive, send))
    return answers


def passes(method: str, path: str, headers: dict[str, str], hosts: tuple[str, ...] = ()) -> bool:
    start, body = ask(method, path, *headers.items(), hosts=hosts)
    assert (start["status"] == 200) == (body["body"] == b"served")
    return bool(start["status"] == 200)


def opens(headers: dict[str, str], hosts: tuple[str, ...] = ()) -> bool:
    (answer,) = ask("GET", "/graphql", *headers.items(), hosts=hosts, kind="websocket")
    assert answer["type"] in ("websocket.accept", "websocket.close")
    return bool(answer["type"] == "websocket.accept")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST:3000"])
def test_the_loopback_is_answered(host: str) -> None:
    assert passes("GET", "/", {"host": host})


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:3000",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "evil.example/localhost",
        "[::1",
        "0.0.0.0:3000",
    ],
)
def test_other_hosts_are_refused(host: str) -> None:
    # Such as a name of a stranger that now leads to this machine.
    assert not passes("GET", "/", {"host": host})
    assert not opens({"host": host})


def test_a_request_without_a_host_or_with_two_is_refused() -> None:
    assert ask("GET", "/")[0]["status"] == 403
    assert ask("GET", "/", ("host", "localhost"), ("host", "evil.example"))[0]["status"] == 403


def test_a_configured_host_is_answered_and_may_have_any_port() -> None:
    host = "dagster.example.com"
    for given in (host, f"{host}:8443", host.upper()):
        assert passes("GET", "/", {"host": given}, hosts=(host,))
    # A proxy that asks for the loopback has its own name in the origin.
    assert passes("POST", "/graphql", HERE | JSON | {"origin": f"https://{host}"}, hosts=(host,))
    assert opens(HERE | {"origin": f"https://{host}"}, hosts=(host,))
    assert not passes("POST", "/graphql", HERE | JSON | {"origin": f"https://other.{host}"}, hosts=(host,))


@pytest.mark.parametrize("path", ["/", "/assets/songplays?view=partitions", "/server_info", "/graphql"])
def test_pages_are_read(path: str) -> None:
    assert passes("GET", path, HERE)


@pytest.mark.parametrize(
    "path",
    [
        "/graphql?query=mutation",
        "/graphql?%71uery=mutation",
        "/graphql/?query=mutation",
        "//graphql?query={version}",
        "/GraphQL?anything",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nothing_is_asked_of_graphql_by_get(method: str, path: str) -> None:
    assert ask(method, path, *HERE.items())[0]["status"] == 403


def test_a_page_of_this_address_changes_things() -> None:
    assert passes("POST", "/graphql", HERE | JSON | {"origin": OWN})
    assert opens(HERE | {"origin": OWN})


def test_a_program_without_an_origin_changes_things_with_json() -> None:
    assert passes("POST", "/graphql", HERE | JSON)
    assert passes(
        "POST", "/report_asset_materialization/songs", HERE | {"content-type": "application/json; charset=utf-8"}
    )
    assert opens(HERE)


@pytest.mark.parametrize(
    "type_",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "application/json-patch+json",
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/report_asset_materialization/songs", "/report_asset_check/songs"])
def test_every_other_type_is_refused(path: str, type_: str) -> None:
    # A form, or a script without asking first, can send these from any page.
    assert not passes("POST", path, HERE | ({"content-type": type_} if type_ else {}))


@pytest.mark.parametrize(
    "origin",
    [
        ELSEWHERE,
        "null",
        "",
        "http://127.0.0.1:8000",
        "http://localhost:3000",
        "http://127.0.0.1:3000.evil.example",
        "http://127.0.0.1:3000@evil.example",
        "file://127.0.0.1:3000",
        "http://[::1",
    ],
)
def test_pages_of_another_origin_change_nothing(origin: str) -> None:
    # Another port of this machine is another program.
    assert not passes("POST", "/graphql", HERE | JSON | {"origin": origin})
    assert not opens(HERE | {"origin": origin})


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(method: str) -> None:
    assert not passes(method, "/graphql", HERE | JSON)


def test_every_answer_keeps_other_pages_from_framing_it() -> None:
    for headers in (HERE, {"host": "evil.example"}):
        start, _ = ask("GET", "/", *headers.items())
        given = [(name.decode().lower(), value.decode()) for name, value in start["headers"]]
        assert dict(given)["x-frame-options"] == "DENY"
        assert dict(given)["content-security-policy"] == "frame-ancestors 'none'"
        assert len(given) == len(dict(given))


def test_a_refusal_says_why_and_what_was_expected() -> None:
    _, body = ask("GET", "/", ("host", "evil.example"))
    assert b"'evil.example'" in body["body"]
    assert b"SPARKIFY_UI_HOSTS" in body["body"]


def test_what_starts_and_ends_the_application_reaches_it() -> None:
    scope: dict[str, Any] = {"type": "lifespan"}
    seen: list[object] = []

    async def application(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        seen.append(scope)

    async def nothing(*_: object) -> Any:
        raise AssertionError

    asyncio.run(Guard(application)(scope, nothing, nothing))
    assert seen == [scope]
