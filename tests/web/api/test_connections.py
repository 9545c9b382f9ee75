"""Callers that keep others waiting, and what is strange but allowed: over sockets, byte for byte."""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import uvicorn

from governance.operations.people import AccountPeople
from governance.web.app import create_app
from governance.web.connection import configured
from governance.web.limits import Limits
from governance.web.portal import add_portal
from governance.web.served import Served
from tests.web.api.serving import Serving, on_a_file

pytestmark = on_a_file
SHORT = Limits(
    header_bytes=4096, header_seconds=0.6, body_idle=0.4, body_seconds=1.2, body_slowest=1000, answer_seconds=0.6,
    connections=5, retry_seconds=3, idle_seconds=30,
)  # fmt: skip
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def port(serving: Serving) -> Iterator[int]:
    """The service with its portal, under limits that a test can wait for."""
    workspace = serving.project.at()
    app = create_app(Served(workspace, AccountPeople(workspace), serving.policies), add_portal, SHORT)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # of each connection, so that little fits in
    server = uvicorn.Server(configured(app, SHORT))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def connect(port: int) -> Iterator[Callable[[], socket.socket]]:
    made: list[socket.socket] = []

    def connected() -> socket.socket:
        made.append(socket.create_connection(("127.0.0.1", port), timeout=30))
        return made[-1]

    yield connected
    for one in made:
        one.close()


def rest(connection: socket.socket) -> bytes:
    """What comes until the other side is done."""
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


def heard(connection: socket.socket) -> bytes:
    """One whole answer: it may come in pieces."""
    found = b""
    while b"\r\n\r\n" not in found or not found.endswith(b"ok\n"):
        found += connection.recv(65536)
    return found


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def problem(answer: bytes) -> Any:
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def drip(connection: socket.socket, seconds: float, part: bytes = b"a") -> None:
    """A byte at a time, until nobody takes them."""
    try:
        while True:
            connection.sendall(part)
            time.sleep(seconds)
    except OSError:
        return


def dripping(connection: socket.socket, part: bytes = b"a") -> bytes:
    """What is answered to somebody who sends a byte at a time and never pauses for long."""
    thread = threading.Thread(target=drip, args=(connection, 0.1, part), daemon=True)
    thread.start()
    return rest(connection)


def post(serving: Serving, length: int) -> bytes:
    head = f"POST /api/v1/decisions/{'0' * 64}/acts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    return f"{head}Authorization: Bearer {serving.token('bo')}\r\nContent-Length: {length}\r\n\r\n".encode()


@pytest.mark.parametrize("pause, sent", [(True, b"{"), (True, b""), (False, b"{")])
def test_a_slow_body_is_cut(serving: Serving, connect: Any, caplog: Any, pause: bool, sent: bytes) -> None:
    """One that pauses, and one that only never ends."""
    caplog.set_level(logging.INFO, "governance.web")
    connection = connect()
    connection.sendall(post(serving, 100_000) + sent)
    answer = rest(connection) if pause else dripping(connection)
    assert status(answer) == 408
    assert (problem(answer)["type"], problem(answer)["detail"]) == (
        "/api/v1/problems/too-slow", "the body did not come in time",
    )  # fmt: skip
    assert b"connection: close" in answer.lower()
    (line,) = [record.args for record in caplog.records if isinstance(record.args, dict)]
    assert (line["status"], line["principal"]) == (408, "local|bo")


def test_a_form_of_the_portal_is_cut_too(connect: Any) -> None:
    connection = connect()
    head = (
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n"
    )
    connection.sendall(head + b"\r\nname=")
    assert status(rest(connection)) == 408


def test_a_body_that_comes_steadily_may_take_longer(serving: Serving, connect: Any) -> None:
    """Twice as long as an empty one may: it is the pace that counts."""
    connection = connect()
    connection.sendall(post(serving, 8000))
    for _ in range(16):
        connection.sendall(b"a" * 500)
        time.sleep(0.15)
    connection.shutdown(socket.SHUT_WR)
    assert status(rest(connection)) in (400, 422, 428)


@pytest.mark.parametrize("sent", [b"G", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: "])
@pytest.mark.parametrize("earlier", [b"", GET])
def test_slow_headers_are_cut(connect: Any, caplog: Any, earlier: bytes, sent: bytes) -> None:
    """As the first request of a connection, and as a later one; each byte in time, all of them not."""
    connection = connect()
    if earlier:
        connection.sendall(earlier)
        assert status(connection.recv(65536)) == 200
    connection.sendall(sent)
    answer = dripping(connection)
    assert (status(answer), b"connection: close" in answer.lower()) == (408, True)
    assert "The headers of a request did not come in time." in caplog.text


def test_a_connection_without_a_request_is_closed(connect: Any) -> None:
    assert rest(connect()) == b""


def test_a_body_that_nobody_reads_is_not_awaited(connect: Any) -> None:
    """Refused at once; then the rest of it comes, and never ends."""
    connection = connect()
    connection.sendall(b"POST /api/v1/evidence HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
    answer = dripping(connection)
    assert status(answer) == 401
    assert answer.count(b"HTTP/1.1 ") == 1


def test_one_connection_too_many(port: int, connect: Any, caplog: Any) -> None:
    caplog.set_level(logging.INFO, "governance.web")
    open_ = [connect() for _ in range(SHORT.connections)]
    for one in open_:
        one.sendall(GET)
        assert status(heard(one)) == 200
    answer = httpx.get(f"http://127.0.0.1:{port}/readyz")
    assert (answer.status_code, answer.headers["retry-after"], answer.headers["connection"]) == (503, "3", "close")
    assert answer.json()["detail"] == "too many connections are open"
    assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    assert httpx.head(f"http://127.0.0.1:{port}/readyz").content == b""
    open_[0].sendall(GET)  # who is in stays in
    assert status(heard(open_[0])) == 200
    open_.pop().close()
    for _ in range(100):
        if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
            break
        time.sleep(0.01)
    else:
        pytest.fail("it does not take anybody in again")
    lines = [record.args for record in caplog.records if isinstance(record.args, dict)]
    assert [line["status"] for line in lines if line.get("path") == "/readyz" and line["status"] != 503] == [200]


def test_many_connections_that_close(port: int) -> None:
    """Each for one request, from several sides at once: all are answered, and none is left open."""

    def once(number: int) -> int:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return status(rest(connection))

    with ThreadPoolExecutor(SHORT.connections - 1) as pool:
        assert set(pool.map(once, range(200))) == {200}
    assert httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200


def test_pipelined_requests_are_answered_in_order(connect: Any, caplog: Any) -> None:
    caplog.set_level(logging.INFO, "governance.web")
    connection = connect()
    paths = ["/healthz", "/nowhere", "/readyz", "/api/v1/problems/stale", "/healthz"]
    asked = [f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: {n}\r\n\r\n" for n, path in enumerate(paths)]
    asked.append("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: last\r\nConnection: close\r\n\r\n")
    connection.sendall("".join(asked).encode())
    answer = rest(connection).decode()
    identifiers = [line.partition(": ")[2] for line in answer.splitlines() if line.lower().startswith("x-request-id: ")]
    assert identifiers == ["0", "1", "2", "3", "4", "last"]
    lines = [record.args for record in caplog.records if isinstance(record.args, dict)]
    assert [line["request"] for line in lines] == identifiers


@pytest.mark.parametrize(
    "head, said",
    [
        (b"X-A: " + b"a" * 5000 + b"\r\n\r\n", 431),
        (b"\r\n".join([b"X-A: aaaaaaaa"] * 500) + b"\r\n\r\n", 431),
        (b"X-A: " + b"a" * 5000, 431),  # and no end of them
        (b"X-A\r\n\r\n", 400),
        (b"X-A: \x00\r\n\r\n", 400),
    ],
)
def test_headers_that_are_too_long_or_none(connect: Any, caplog: Any, head: bytes, said: int) -> None:
    caplog.set_level(logging.INFO)
    connection = connect()
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + head)
    answer = rest(connection)
    assert status(answer) == said
    assert b"connection: close" in answer.lower()
    kept = [one for one in caplog.records if one.name == "governance.web" or one.levelno >= logging.WARNING]
    assert len(kept) == 1


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 1\r\nContent-Length: 2\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Content-Length: 5 \r\n Transfer-Encoding: chunked\r\n",
    ],
)
def test_a_body_of_two_lengths_is_refused(connect: Any, framing: bytes) -> None:
    """Where a proxy before us reads another length, a second request could be smuggled in behind the first."""
    connection = connect()
    connection.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n0\r\n\r\n" + GET)
    answer = rest(connection)
    assert status(answer) in (400, 501)
    assert answer.count(b"HTTP/1.1 ") == 1


def answered(connection: socket.socket) -> int:
    """To somebody who reads, after a while."""
    time.sleep(0.1)
    connection.sendall(b"GET /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return status(rest(connection))


def test_who_does_not_read_the_answers_keeps_no_connection(connect: Any, port: int) -> None:
    """Before: anybody, without a token, could take up each connection for good by asking and never reading."""
    with ExitStack() as held:
        for _ in range(SHORT.connections):
            connection = held.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            connection.connect(("127.0.0.1", port))
            connection.sendall(GET.replace(b"healthz", b"login") * 40)
        assert answered(connect()) == 503
        assert any(answered(connect()) == 200 for _ in range(300)), "each connection is still taken"
