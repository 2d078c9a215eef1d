"""A page of another origin that tries to drive the UI in its reader's browser, in every way that a page has."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

RESUME = "mutation { setAutoMaterializePaused(paused: false) }"
LAUNCH = """mutation { launchRun(executionParams: {selector: {repositoryLocationName: "sparkify_assets",
  repositoryName: "__repository__", jobName: "make_insights"}, runConfigData: {}, mode: "default"}) { __typename } }"""
# Each attempt ends by itself, whatever comes of it. `OUTCOMES` is what the page may learn.
_PAGE = """<!doctype html><title>Win a prize</title><body><script>
const ui = UI, mutations = MUTATIONS, outcomes = {};
const ended = (element, name) => new Promise(resolve => {
  element.onload = () => resolve(outcomes[name] = "loaded");
  element.onerror = () => resolve(outcomes[name] = "failed");
});
const added = (kind, attributes) => document.body.appendChild(Object.assign(document.createElement(kind), attributes));
const image = query => ended(added("img", {src: `${ui}/graphql?query=${encodeURIComponent(query)}`}), "image");
const framed = () => ended(added("iframe", {src: ui, name: "shown"}), "frame");
const form = (query, enctype) => {
  const target = `target${Math.random()}`, frame = added("iframe", {name: target});
  const end = ended(frame, `form as ${enctype}`);
  const sent = added("form", {action: `${ui}/graphql`, method: "POST", target, enctype});
  sent.appendChild(Object.assign(document.createElement("input"), {name: "query", value: query}));
  sent.submit();
  return end;
};
const fetched = (name, options, path = "/graphql") => fetch(ui + path, {method: "POST", ...options}).then(
  answer => outcomes[name] = answer.type, () => outcomes[name] = "failed");
const json = query => JSON.stringify({query});
const socket = query => new Promise(resolve => {
  const opened = new WebSocket(ui.replace("http", "ws") + "/graphql", "graphql-ws");
  opened.onopen = () => {
    opened.send(JSON.stringify({type: "start", id: 1, payload: {query}}));
    resolve(outcomes.socket = "opened");
  };
  opened.onerror = () => resolve(outcomes.socket = "failed");
});
Promise.all([framed(), ...mutations.flatMap(query => [
  image(query),
  ...["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"].map(type => form(query, type)),
  fetched("fetch as text", {mode: "no-cors", body: json(query)}),
  fetched("fetch as JSON", {body: json(query), headers: {"Content-Type": "application/json"}}),
  fetched("report", {mode: "no-cors"}, "/report_asset_materialization/songs"),
  socket(query),
])]).then(() => window.outcomes = outcomes);
</script>"""


@contextmanager
def hostile_page(ui: str) -> Iterator[str]:
    """The address of the page, on a port of its own."""
    page = _PAGE.replace("UI,", f"{json.dumps(ui)},").replace("MUTATIONS,", f"{json.dumps([RESUME, LAUNCH])},")

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def asked(ui: str, query: str) -> dict[str, Any]:
    """What the UI answers to a program, which sends no origin."""
    with closing(http.client.HTTPConnection(urlsplit(ui).netloc)) as connection:
        connection.request("POST", "/graphql", json.dumps({"query": query}), {"Content-Type": "application/json"})
        answer = json.load(connection.getresponse())
    assert "errors" not in answer, answer
    data: dict[str, Any] = answer["data"]
    return data
