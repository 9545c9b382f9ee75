"""`governance serve` as a process: where it says that it is, whom it answers, how it stops."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

from governance.cli.__main__ import main
from tests.certificates import self_signed
from tests.operations.project import Project

PLACE = re.compile(r"^Serving (\S+) on (https?://\S+); Ctrl-C stops it\.$")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project", tmp_path / "config", clock=lambda: datetime.now(UTC)).start()


@pytest.fixture
def serve(project: Project) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start it; where it says it is."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "governance", "serve", "--port", "0", "--policy", "./policy.yaml", *options],
            cwd=project.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "GOVERNANCE_CONFIG_DIR": str(project.settings.config)},
        )
        started.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        if not (found := PLACE.match(line)):
            process.kill()
            pytest.fail(line + process.communicate()[1])
        assert found[1] == str(project.workspace.trail_path)
        return process, found[2]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    for file, pem in zip(files, self_signed(x509.DNSName("localhost")), strict=True):
        file.write_bytes(pem)
    return files


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_until_it_is_told_to_stop(serve: Any, stop: signal.Signals) -> None:
    process, place = serve()
    assert httpx.get(f"{place}/readyz").text == "ready\n"
    process.send_signal(stop)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    *lines, last = err.splitlines()
    assert last == "stopped: what was answered is recorded"
    assert lines[0].startswith("Nobody has an account yet: `governance account invite NAME --role admin`")
    (request,) = (json.loads(line) for line in lines[1:])
    assert (request["path"], request["status"], request["level"]) == ("/readyz", 200, "info")
    assert datetime.fromisoformat(request["time"]).tzinfo is UTC


def test_a_request_that_is_being_answered_is_answered_to_its_end(serve: Any) -> None:
    process, place = serve("--quiet")
    host, port = place.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n")
        assert httpx.get(f"{place}/healthz").status_code == 200
        connection.sendall(b"Connection: close\r\n\r\n")
        process.send_signal(signal.SIGTERM)
        with connection.makefile("rb") as answer:
            assert answer.read().endswith(b"ready\n")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "{" not in err  # --quiet: no line for a request


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_ends_what_it_began_and_takes_nothing_new(serve: Any, number: int) -> None:
    process, place = serve()
    address = ("127.0.0.1", int(place.rpartition(":")[2]))
    body = b"name=ann&password=wrong"
    with socket.create_connection(address, timeout=60) as idle, socket.create_connection(address, timeout=60) as busy:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        said = b""
        while not said.endswith(b"ok\n"):  # it may come in pieces
            said += idle.recv(65536)
        busy.sendall(
            b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        assert busy.recv(65536).startswith(b"HTTP/1.1 100 ")  # it is being answered
        process.send_signal(number)
        assert idle.recv(65536) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=60)
        assert process.poll() is None
        busy.sendall(body)
        with busy.makefile("rb") as answer:
            said = answer.read()
    assert said.startswith(b"HTTP/1.1 403 ")
    assert process.wait(timeout=60) == 0
    assert process.communicate()[1].endswith("stopped: what was answered is recorded\n")


def test_https(serve: Any, certificate: tuple[Path, Path]) -> None:
    certified, key = map(str, certificate)
    process, place = serve("--host", "localhost", "--certificate", certified, "--private-key", key)
    trusted = ssl.create_default_context(cafile=certified)
    answer = httpx.get(f"{place}/healthz", verify=trusted)
    assert place.startswith("https://localhost:")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    process.terminate()


def test_a_proxy_is_believed_where_it_is_named_only(serve: Any) -> None:
    said = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    for options, client, secure in (((), "127.0.0.1", False), (("--behind-proxy", "127.0.0.1"), "203.0.113.7", True)):
        process, place = serve(*options)
        answer = httpx.get(f"{place}/healthz", headers=said)
        process.terminate()
        (request,) = (json.loads(line) for line in process.communicate(timeout=60)[1].splitlines() if line[0] == "{")
        assert request["client"] == client
        assert ("strict-transport-security" in answer.headers) is secure


@pytest.mark.parametrize(
    "options, said",
    [
        (("--host", "0.0.0.0"), "tokens and passwords would travel in the clear"),
        (("--host", "::"), "tokens and passwords would travel in the clear"),
        (("--host", "governance.example"), "tokens and passwords would travel in the clear"),
        (("--certificate", "policy.yaml"), "https takes a certificate and its key"),
        (("--certificate", "policy.yaml", "--private-key", "nowhere.pem"), "not a certificate and its key"),
        (("--database", "mysql://elsewhere"), "not the address of a PostgreSQL database"),
        (("--policy", "nonsense"), "no such policy"),
        (("--baseline", "nowhere.yaml"), "no baseline there"),
        (("--behind-proxy", "*"), "not the address of a proxy"),
        (("--behind-proxy", "0.0.0.0/0"), "not the address of a proxy"),
        (("--behind-proxy", "127.0.0.1", "--behind-proxy", "nginx"), "not the address of a proxy"),
    ],
)
def test_what_it_refuses(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Any, options: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("GOVERNANCE_CONFIG_DIR", str(project.settings.config))
    assert main(["serve", "--port", "0", *options]) == 2
    out, err = capsys.readouterr()
    assert (out, said in err) == ("", True), err


def test_without_a_trail_or_its_keys(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(project.root)
    assert main(["serve"]) == 2  # the keys are in another folder of configuration
    assert "this machine does not hold the" in capsys.readouterr().err
    monkeypatch.chdir(project.root.parent)
    assert main(["serve"]) == 2
    assert "there is no trail here" in capsys.readouterr().err


def test_a_port_that_is_taken(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("GOVERNANCE_CONFIG_DIR", str(project.settings.config))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["serve", "--port", str(taken.getsockname()[1])]) == 1
    assert "nobody can be answered there" in capsys.readouterr().err


def test_where_the_extra_is_missing(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from governance.cli.extras import SERVER

    for name in [*SERVER, *(name for name in sys.modules if name.startswith("governance.web"))]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.chdir(project.root)
    assert main(["serve"]) == 2
    assert capsys.readouterr().err.endswith("  fix: pip install 'governance[server]'\n")


def test_no_answer_waits_for_its_first_packet_to_be_acknowledged() -> None:
    from governance.cli.serve import _listen

    with (
        _listen("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
