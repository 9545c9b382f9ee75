"""Whatever stands at the other end: one clear message, and the token goes nowhere else."""

import json
import os
import socket
import struct
from collections.abc import Iterator

import pytest

from governance.canonical import sha256
from governance.client import transport
from governance.client.transport import LIMIT, PREFIX, ServiceClient
from governance.client.upload import BINARY, Part
from governance.errors import (
    BadInput,
    Broken,
    ExitCode,
    GovernanceError,
    MachineFault,
    NotThere,
    Refused,
    Stale,
    TooMany,
    VerificationFailed,
)
from governance.settings import Token, service_url
from tests.client.hostile import HANG, Hostile, answer, endless

SECRET = "gvt_" + "s" * 43
PROBLEM = "application/problem+json"


@pytest.fixture
def at() -> Iterator[object]:
    """A hostile server with a script, and a client of it that does not really wait."""
    opened: list[Hostile] = []

    def make(*script, token=SECRET, sleep=None):
        server = Hostile(*script)
        opened.append(server)
        waited: list[float] = []
        client = ServiceClient(server.url, Token(token), os.urandom, sleep=sleep or waited.append)
        return server, client, waited

    yield make
    for server in opened:
        server.close()


def refused(client, **options) -> GovernanceError:
    with pytest.raises(GovernanceError) as caught:
        client.get("/me", **options)
    assert SECRET not in str(caught.value)
    return caught.value


def reset(connection: socket.socket) -> None:
    """The connection is gone, with no word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_what_both_sides_write_down_is_the_same():
    from governance.client.problems import MEDIA_TYPE
    from governance.web import openapi, problems

    assert (PREFIX, MEDIA_TYPE) == (openapi.PREFIX, problems.MEDIA_TYPE)


def test_what_is_sent(at):
    server, client, _ = at(answer(200, b"{}"))
    got = client.get("/models/a%2Fb%20c", query={"name": "ä&b"})
    assert (got.status, got.data, got.headers["content-type"]) == (200, b"{}", "application/json")
    head = server.requests[0].decode().split("\r\n")
    assert head[0] == "GET /api/v1/models/a%2Fb%20c?name=%C3%A4%26b HTTP/1.1"
    assert f"Authorization: Bearer {SECRET}" in head
    assert "Accept-Encoding: identity" in head and "Accept: application/json" in head


class TestAnswers:
    @pytest.mark.parametrize(
        "said, what",
        [
            (answer(200, b"<html>sign in</html>", "text/html"), "this is no answer of a governance service"),
            (answer(200, b"{}", "text/plain"), "this is no answer of a governance service"),
            (answer(200, b"\x1f\x8b", "application/json", "Content-Encoding: gzip"), "no answer of a governance"),
            (answer(200, b"{}", "application/json", f'ETag: "{"0" * 64}"'), "the answer is not what the service sent"),
            (b"HTTP/1.1 200 OK\r\nContent-", "this is no answer of a governance service"),
            (answer(500, b"<html>", "text/html"), "this is no answer of a governance service"),
            (answer(500, b"not json", PROBLEM), "this is no answer of a governance service"),
            (answer(500, b"[" * 100_000, PROBLEM), "this is no answer of a governance service"),
            (answer(500, b"[]", PROBLEM), "this is no answer of a governance service"),
        ],
    )  # fmt: skip
    def test_of_something_else(self, at, said, what):
        server, client, _ = at(said)
        error = refused(client)
        assert isinstance(error, MachineFault) and what in error.what
        assert error.where == server.url

    @pytest.mark.parametrize(
        "said",
        [
            answer(200, b"{}")[:-1],
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"",
            b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 200 + b"\r\n",
            b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 70_000 + b"\r\n\r\n",
        ],
        ids=["short", "chunk", "no chunk", "no http", "nothing", "many headers", "long header"],
    )
    def test_that_break_off(self, at, said):
        _, client, waited = at(said)
        error = refused(client)
        assert isinstance(error, MachineFault)
        assert error.what == "the connection to the service broke off"
        assert waited == list(transport.PAUSES)

    def test_too_large(self, at):
        size = 10 << 30
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n".encode()
        _, client, _ = at(endless(head, b" " * 65536))
        error = refused(client, limit=1 << 20)
        assert error.what == "the answer is too large" and "1048576" in error.expected
        assert size > LIMIT

    def test_a_problem_without_end(self, at):
        head = f"HTTP/1.1 500 X\r\nContent-Type: {PROBLEM}\r\n\r\n".encode()
        _, client, _ = at(endless(head, b" " * 65536))
        assert refused(client, limit=1 << 20).what == "the answer is too large"

    def test_one_byte_after_the_other(self, at):
        server = Hostile(answer(200, b"{}"))
        ticks = iter(range(0, 10**9, 1000))
        client = ServiceClient(server.url, Token(SECRET), os.urandom, clock=lambda: next(ticks))
        assert refused(client).what == "the answer does not end"
        server.close()

    def test_silence(self, at, monkeypatch):
        monkeypatch.setattr(transport, "READ", 0.05)
        _, client, waited = at(HANG)
        assert "said nothing" in refused(client).what
        assert len(waited) == 3


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_none_is_followed(self, at, status):
        elsewhere = Hostile(answer(200, b"{}"))
        server, client, _ = at(answer(status, b"", "text/html", f"Location: {elsewhere.url}/api/v1/me"))
        error = refused(client)
        assert isinstance(error, BadInput) and elsewhere.url in error.got
        assert (len(server.requests), elsewhere.requests) == (1, [])
        elsewhere.close()

    def test_nor_a_loop(self, at):
        server, client, _ = at(answer(302, b"", "text/html", "Location: /api/v1/me"))
        assert refused(client).exit_code is ExitCode.USAGE
        assert len(server.requests) == 1


class TestProblems:
    @pytest.mark.parametrize(
        "status, kind, code",
        [
            (400, BadInput, 2),
            (401, Refused, 2),
            (403, Refused, 2),
            (404, NotThere, 2),
            (409, Stale, 2),
            (412, Stale, 2),
            (413, BadInput, 2),
            (422, BadInput, 2),
            (428, BadInput, 2),
            (429, TooMany, 2),
            (500, MachineFault, 1),
            (501, MachineFault, 1),
            (503, MachineFault, 1),
            (504, MachineFault, 1),
        ],
    )
    def test_each_is_ours(self, at, status, kind, code):
        said = {
            "detail": "so it is",
            "got": "this",
            "expected": "that",
            "fix": "so",
            "latest": "a" * 64,
            "request_id": "r1",
        }
        _, client, _ = at(answer(status, json.dumps(said).encode(), PROBLEM, "Retry-After: 99"))
        error = refused(client)
        assert type(error) is kind and error.exit_code == code and error.what == "so it is"
        if status < 500 and status != 429:
            assert (error.got, error.expected, error.fix) == ("this", "that", "so")
        if status >= 500:
            assert "r1" in error.fix
        if isinstance(error, Stale):
            assert error.latest == "a" * 64
        if isinstance(error, TooMany):
            assert error.wait == 99

    def test_a_trail_that_does_not_verify(self, at):
        said = json.dumps({"detail": "entry 3 was changed", "verdict": "TAMPERED"}).encode()
        _, client, _ = at(answer(500, said, PROBLEM))
        error = refused(client)
        assert isinstance(error, VerificationFailed) and error.verdict is Broken.TAMPERED

    @pytest.mark.parametrize("detail", [None, 7, ["x"], {"a": 1}, ""])
    def test_of_other_types(self, at, detail):
        said = {"detail": detail, "got": detail, "fix": detail, "latest": detail, "verdict": detail, "title": "Oh"}
        for status in (404, 412, 500):
            _, client, _ = at(answer(status, json.dumps(said).encode(), PROBLEM))
            assert refused(client).what == "Oh"

    def test_no_more_than_one_can_read(self, at):
        said = json.dumps({"detail": "x" * 1_000_000}).encode()
        _, client, _ = at(answer(422, said, PROBLEM))
        assert len(str(refused(client))) < 10_000


class TestAgain:
    OK = answer(200, b"{}")

    @pytest.mark.parametrize("lost", [reset, b"", answer(503, b"", "text/html"), answer(502), answer(504)])
    def test_a_get(self, at, lost):
        server, client, waited = at(lost, lost, self.OK)
        assert client.get("/me").data == b"{}"
        assert (len(server.requests), waited) == (3, list(transport.PAUSES[:2]))

    def test_when_the_service_says_when(self, at):
        _, client, waited = at(answer(503, b"", "text/html", "Retry-After: 7"), self.OK)
        client.get("/me")
        assert waited == [7]

    @pytest.mark.parametrize("after", ["31", "99999", "9" * 400, "-1", "Fri, 31 Dec 2027 23:59:59 GMT", "x"])
    def test_not_for_ever(self, at, after):
        _, client, waited = at(answer(503, b"", "text/html", f"Retry-After: {after}"))
        refused(client)
        assert waited == ([] if after in ("31", "99999") else list(transport.PAUSES))

    def test_a_post_with_a_key_the_same_each_time(self, at):
        server, client, _ = at(reset, self.OK)
        client.post("/acts", b"{}", "application/json", key=client.new_key(), if_match="a" * 64)
        first, second = server.requests
        assert first == second and b"\r\nIdempotency-Key: " in first and f'\r\nIf-Match: "{"a" * 64}"'.encode() in first

    def test_a_post_without_a_key_never(self, at):
        server, client, waited = at(reset)
        with pytest.raises(MachineFault):
            client.post("/acts", b"{}", "application/json")
        assert (len(server.requests), waited) == (1, [])

    @pytest.mark.parametrize("status", [400, 401, 404, 412, 422, 500])
    def test_what_is_answered_is_answered(self, at, status):
        server, client, _ = at(answer(status, b"{}", PROBLEM))
        refused(client)
        assert len(server.requests) == 1

    def test_nobody_is_there(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        waited: list[float] = []
        error = refused(ServiceClient(url, Token(SECRET), os.urandom, sleep=waited.append))
        assert isinstance(error, MachineFault) and error.what == "the service cannot be reached"
        assert "refused" in error.got and "HTTPConnection" not in error.got
        assert "GOVERNANCE_URL" in error.fix and len(waited) == 3


class TestForms:
    def test_files_are_sent_whole_and_again(self, at, tmp_path):
        table = tmp_path / 'naïve "table".bin'
        table.write_bytes(os.urandom(300_000))
        server, client, _ = at(reset, answer(201, b"{}"))
        parts = [Part("evidence", b"{}", "application/json"), Part("table", table)]
        client.post_form("/evidence", parts, key="k")
        assert server.requests[0] == server.requests[1]
        head, _, body = server.requests[1].partition(b"\r\n\r\n")
        assert sha256(table.read_bytes()) == sha256(body.split(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0])
        assert f"Content-Length: {len(body)}".encode() in head
        assert "naïve".encode() not in body

    def test_a_service_reads_it(self, tmp_path):
        """As python-multipart, which the service uses, reads it."""
        from python_multipart.multipart import parse_options_header

        from governance.client.upload import Form

        (tmp_path / "f").write_bytes(b"--x\r\n--")
        form = Form([Part("one", b""), Part("two", tmp_path / "f", "text/plain")], "x" * 32)
        data = b"".join(form.chunks())
        assert len(data) == form.length and parse_options_header(form.media_type)[1] == {b"boundary": b"x" * 32}
        assert data.count(b"\r\n--" + b"x" * 32) == 2

    @pytest.mark.parametrize("change", [b"", b"longer than before", None])
    def test_a_file_that_changes_meanwhile(self, at, tmp_path, change):
        from governance.client.upload import Form

        table = tmp_path / "table"
        table.write_bytes(b"before")
        form = Form([Part("table", table)], "b")
        table.unlink() if change is None else table.write_bytes(change)
        with pytest.raises(GovernanceError) as caught:
            b"".join(form.chunks())
        assert str(table) in str(caught.value)

    def test_a_name_is_sent_where_it_is_given(self):
        from governance.client.upload import Form

        data = b"".join(Form([Part("file", b"", filename="data/prüfung.csv")], "b").chunks())
        assert 'name="file"; filename="data/prüfung.csv"\r\n'.encode() in data

    @pytest.mark.parametrize("name", ['a"b', "a\\b", "a\r\nX: 1", "a\0", "a\ud800"])
    def test_and_refused_where_it_could_be_read_in_two_ways(self, name):
        from governance.client.upload import Form

        with pytest.raises(BadInput):
            Form([Part("file", b"", filename=name)], "b")

    def test_no_such_file(self, at, tmp_path):
        server, client, _ = at(answer(201, b"{}"))
        with pytest.raises(BadInput):
            client.post_form("/evidence", [Part("table", tmp_path / "gone")])
        assert server.requests == []


class TestTokens:
    @pytest.mark.parametrize(
        "text", [f"{SECRET}\n", f"{SECRET}\r\nX-Evil: 1", f" {SECRET}", "", "gvt_ä", "a" * 201, "\0"]
    )
    def test_none_with_what_a_header_would_take_for_more(self, text):
        with pytest.raises(BadInput) as caught:
            Token(text)
        assert SECRET not in str(caught.value)

    def test_it_is_never_shown(self):
        assert SECRET not in repr(Token(SECRET)) + str(Token(SECRET))

    @pytest.mark.parametrize(
        "url",
        [
            "http://governance.example",
            "http://127.0.0.1.example",
            "http://localhost.example:80",
            "http://0.0.0.0:8000",
            "http://user:pw@127.0.0.1",
            "https://user@governance.example",
            "https://",
            "https://:::",
            "https://host:99999",
            "https://host:port",
            "ftp://host",
            "file:" + "/" * 3 + "etc/passwd",
            "https://host?x",
            "https://host#x",
            "https://host\n",
            "governance.example",
        ],
    )
    def test_no_other_address(self, url):
        with pytest.raises(BadInput) as caught:
            service_url(url, "GOVERNANCE_URL")
        assert caught.value.where == "GOVERNANCE_URL"

    @pytest.mark.parametrize(
        "url",
        [
            "https://governance.example",
            "https://h:8443/below",
            "http://localhost:1",
            "http://127.1.2.3",
            "http://[::1]:80",
        ],
    )
    def test_these_are(self, url):
        assert service_url(url + "/", "GOVERNANCE_URL") == url


def test_below_a_path(at):
    server, _, _ = at(answer(200, b"x", BINARY))
    client = ServiceClient(f"{server.url}/tools/governance", Token(SECRET), os.urandom)
    client.get("/me", media_type=BINARY)
    assert server.requests[0].startswith(b"GET /tools/governance/api/v1/me HTTP/1.1\r\n")
