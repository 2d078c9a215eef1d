"""`sparkify dashboard`: the pages at an address of this machine, until Ctrl-C."""

import http.client
import os
import signal
import socket
import threading
import webbrowser
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sparkify_assets.cli import main
from sparkify_assets_tests.processes import free_port

pytestmark = pytest.mark.check


def test_the_dashboard_is_served_behind_the_guard_until_it_is_interrupted(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port, answers = free_port(), dict[str, tuple[int, str | None]]()

    def visit(address: str) -> None:
        for host in (f"127.0.0.1:{port}", "elsewhere.example"):
            with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
                for path in (urlsplit(address).path, "/"):
                    connection.request("GET", path, headers={"Host": host})
                    answer = connection.getresponse()
                    answers[f"{host} {path}"] = (answer.status, answer.getheader("location"))
                    answer.read()
        os.kill(os.getpid(), signal.SIGINT)

    def in_a_thread(address: str) -> None:
        threading.Thread(target=visit, args=(address,)).start()

    monkeypatch.setattr(webbrowser, "open", in_a_thread)
    assert main.main(["dashboard", "--port", str(port), "--open"]) == 0
    assert answers == {
        # Nothing is loaded yet, which the page says.
        f"127.0.0.1:{port} /sparkify/dashboard": (503, None),
        f"127.0.0.1:{port} /": (307, "/sparkify/dashboard"),
        "elsewhere.example /sparkify/dashboard": (403, None),
        "elsewhere.example /": (403, None),
    }
    assert f"The dashboard is at http://127.0.0.1:{port}/sparkify/dashboard" in capsys.readouterr().out


def test_a_port_that_is_taken_is_an_error_with_a_remedy(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main.main(["dashboard", "--port", str(port)]) == 2
    assert f"port {port} of 127.0.0.1 cannot be used" in capsys.readouterr().err
