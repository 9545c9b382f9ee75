"""HEAD is answered as GET is, without the body (RFC 9110, section 9.3.2): by every route of the API and the portal."""

import re
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from governance.operations.sessions import session
from governance.operations.tokens import create_token
from governance.permissions import Scope
from governance.web.openapi import PREFIX, document
from governance.web.portal import routes_account, routes_cases, routes_entry, routes_records, routes_waiting
from tests.web.house import House
from tests.web.server import Server

PAGES = (routes_account, routes_cases, routes_entry, routes_records, routes_waiting)
# What is different each time, and what the server adds by itself.
_OWN = ("x-request-id", "date", "set-cookie", "transfer-encoding")


@pytest.fixture(scope="module")
def clients(
    house: Callable[[str], House], running: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """A program's, and a browser's."""
    kept = house("sqlite")
    with kept.copy(tmp_path_factory.mktemp("head")) as project, running.of(project.workspace):
        project.check()
        caller = session(project.workspace, kept.sessions["max"])
        assert caller is not None
        expires = project.clock() + timedelta(days=1)
        token = create_token(project.workspace, caller, tuple(Scope), "tests", expires, "ci").secret
        with (
            httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {token}"}) as program,
            httpx.Client(base_url=running.url, cookies={"governance": kept.sessions["max"]}) as browser,
        ):
            yield program, browser


def paths(server: Server) -> set[str]:
    """Each route that answers GET, with something in the place of its parameters."""
    said = {path for path, methods in document(server.app)["paths"].items() if "get" in methods}
    pages = {route.path for part in PAGES for route in part.router.routes if "GET" in route.methods}
    made = {re.sub(r"\{\w+(:\w+)?\}", "1.10", path) for path in said | pages}
    return made | {"/models/credit", "/static/app.css", "/nowhere", f"{PREFIX}/models/credit", f"{PREFIX}/nowhere"}


def test_every_route(running: Server, clients: tuple[httpx.Client, httpx.Client]) -> None:
    asked = paths(running)
    assert len(asked) > 25
    seen = set()
    for path in sorted(asked):
        client = clients[0] if path.startswith(PREFIX) else clients[1]
        got, head = client.get(path), client.head(path)
        assert head.status_code == got.status_code, path
        assert head.content == b"", path
        said = [{name: text for name, text in one.headers.items() if name not in _OWN} for one in (head, got)]
        if "request_id" in got.text or got.status_code >= 400:
            for one in said:
                one.pop("content-length", None)  # a problem names its request
        assert said[0] == said[1], path
        seen.add(got.status_code)
    assert {200, 404} <= seen
    assert 405 not in seen


def test_it_may_have_changed(clients: tuple[httpx.Client, httpx.Client]) -> None:
    program, _ = clients
    got = program.get(f"{PREFIX}/policies")
    again = program.head(f"{PREFIX}/policies", headers={"If-None-Match": got.headers["etag"]})
    assert (again.status_code, again.headers["etag"]) == (304, got.headers["etag"])
    assert program.head(f"{PREFIX}/policies").headers["content-length"] == str(len(got.content))


def test_where_there_is_no_get(clients: tuple[httpx.Client, httpx.Client]) -> None:
    program, _ = clients
    path = f"{PREFIX}/evidence"
    assert program.head(path).status_code == program.get(path).status_code == 404  # the portal knows no such page
    assert program.post(f"{PREFIX}/models").headers["allow"] == "GET, HEAD"
    assert program.delete("/healthz").headers["allow"] == "GET, HEAD"


def test_without_a_name(running: Server) -> None:
    stranger = httpx.head(f"{running.url}{PREFIX}/models")
    assert (stranger.status_code, stranger.content) == (401, b"")


def test_the_next_request_of_the_connection_is_not_its_body(
    running: Server, clients: tuple[httpx.Client, httpx.Client]
) -> None:
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"HEAD /api/v1/problems/stale HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        with connection.makefile("rb") as answered:
            first, _, second = answered.read().partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 ")
    assert second.startswith(b"HTTP/1.1 200 ")
    assert second.endswith(b"ok\n")


def test_the_log_says_head(
    running: Server, clients: tuple[httpx.Client, httpx.Client], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "governance.web")
    clients[0].head(f"{PREFIX}/policies")
    found: list[Any] = []
    while not found:  # a line is written once its answer is out, by the thread that serves
        found = [record.args for record in caplog.records if isinstance(record.args, dict)]
    (line,) = found
    assert (line["method"], line["status"], line["bytes"]) == ("HEAD", 200, 0)
