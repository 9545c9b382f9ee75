"""What nobody should send: each is refused with a problem that says so, and nothing is written."""

import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from governance.web.requests import BODY, EVIDENCE_BODY
from tests.web.api.serving import Serving, on_a_file

JSON = "application/json"
ZERO = "0" * 64


@pytest.fixture(autouse=True)
def _nothing_is_written(serving: Serving) -> Any:
    with serving.client("di") as client:
        before = client.get("/trail/checkpoint").content
        yield
        assert client.get("/trail/checkpoint").content == before


def refused(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert (answer.status_code, answer.headers.get("content-type")) == (status, "application/problem+json"), answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"/api/v1/problems/{kind}"
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert answer.text.isascii()
    return problem


QUERIES = [
    ("/decisions?nmae=credit", "nmae"),
    ("/decisions?name=a&name=b", "name"),
    ("/decisions?limit=0", "limit"),
    ("/decisions?limit=101", "limit"),
    ("/decisions?limit=ten", "limit"),
    ("/decisions?cursor=-1", "cursor"),
    ("/decisions?cursor=%00", "cursor"),
    ("/decisions?cursor=1e3", "cursor"),
    ("/decisions?cursor=99999999999999999999", "cursor"),
    ("/decisions?outcome=maybe", "outcome"),
    ("/decisions?artifact=ABC", "artifact"),
    ("/decisions?name=", "name"),
    (f"/decisions?name={'x' * 10_000}", "name"),
    ("/gate?environment=prod", "artifact"),
    (f"/gate?artifact={ZERO}", "environment"),
    (f"/gate?artifact={ZERO}%0a&environment=prod", "artifact"),
    (f"/gate?artifact={ZERO}&environment=prod&as_of=2020-01-01", "as_of"),
    ("/decisions/latest", "sha256"),
    (f"/decisions/{ZERO.upper()}A", "sha256"),
    (f"/models/{'x' * 201}", "name"),
    ("/me?principal=local%7Cbo", "principal"),
]  # fmt: skip


@on_a_file
@pytest.mark.parametrize("path, said", QUERIES)
def test_queries(serving: Serving, path: str, said: str) -> None:
    with serving.client("di") as client:
        problem = refused(client.get(path), 422, "bad-input")
    assert said in f"{problem['detail']} {problem.get('got')} {problem.get('where')}"
    assert len(str(problem)) < 1000


@pytest.mark.parametrize(
    "text", ["%00", "a%00b", "\u202etxet", "<script>", "{{7*7}}", "'; DROP TABLE entry; --", "x" * 200]
)
def test_words_of_every_kind_find_nothing(serving: Serving, text: str) -> None:
    with serving.client("di") as client:
        for answer in (
            client.get(f"/decisions?name={text}"),
            client.get(f"/decisions?environment={text}"),
            client.get(f"/gate?artifact={ZERO}&environment={text}"),
        ):
            if answer.status_code == 200:
                assert answer.json().get("decisions", []) == []
                assert answer.json().get("answer", "deny") == "deny"
            else:
                assert (answer.status_code, "%00" in text) == (422, True), answer.text


@on_a_file
@pytest.mark.parametrize(
    "method, path, status, kind",
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/models/", 404, "not-found"),
        ("GET", "/models/%00", 400, "bad-request"),
        ("GET", "/models/%ff", 400, "bad-request"),
        ("GET", f"/decisions/{ZERO}", 404, "not-found"),
        ("GET", f"/decisions/{ZERO}/bundle", 404, "not-found"),
        ("GET", f"/evidence/{ZERO}", 404, "not-found"),
        ("DELETE", f"/decisions/{ZERO}", 405, "no-such-method"),
        ("PUT", "/evidence", 405, "no-such-method"),
        ("PATCH", "/trust", 405, "no-such-method"),
        ("BREW", "/gate", 405, "no-such-method"),
    ],
)
def test_paths_and_methods(serving: Serving, method: str, path: str, status: int, kind: str) -> None:
    with serving.client("di") as client:
        answer = client.request(method, path)
    refused(answer, status, kind)
    assert ("allow" in answer.headers) is (status == 405)


@on_a_file
class TestBodies:
    @pytest.mark.parametrize(
        "sent", [None, "text/plain", "application/jsonx", "application/x-www-form-urlencoded", "ä"]
    )
    def test_of_another_type(self, serving: Serving, sent: str | None) -> None:
        headers = {"If-Match": f'"{ZERO}"'} | ({} if sent is None else {"Content-Type": sent.encode("latin-1")})  # type: ignore[dict-item]
        with serving.client("bo") as client:
            refused(client.post(f"/decisions/{ZERO}/acts", content=b"{}", headers=headers), 415, "wrong-media-type")
        with serving.client("ann") as client:
            problem = refused(client.post("/evidence", content=b"{}", headers=headers), 415, "wrong-media-type")
        assert problem["expected"] == "multipart/form-data"

    @pytest.mark.parametrize("declared", [True, False])
    def test_too_large(self, serving: Serving, declared: bool) -> None:
        def body() -> Any:
            for _ in range(BODY // 1000 + 100):
                yield b" " * 1000

        content = b"".join(body()) if declared else body()
        headers = {"Content-Type": JSON, "If-Match": f'"{ZERO}"'}
        with serving.client("bo") as client:
            refused(client.post(f"/decisions/{ZERO}/acts", content=content, headers=headers), 413, "too-large")

    def test_evidence_too_large(self, serving: Serving) -> None:
        files = serving.submission().files | {"evidence": ("e", b"[" * (EVIDENCE_BODY + 1), JSON)}
        with serving.client("ann") as client:
            refused(client.post("/evidence", files=files), 413, "too-large")

    @pytest.mark.parametrize(
        "evidence",
        [
            b"", b"{}", b"null", b"[]", b"\xff\xfe", b"\0" * 1000, b'{"a":1,"a":2}', b"[" * 1_000_000,
            b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"1" * 1_000_000, b'{"schema":"governance.evidence/v2"}',
            '{"schema":"\u202e"}'.encode(), b'{"schema": "governance.evidence/v1"}', b"1.5", b"NaN",
        ],
    )  # fmt: skip
    def test_evidence_that_is_none(self, serving: Serving, evidence: bytes) -> None:
        files = serving.submission().files | {"evidence": ("e", evidence, JSON)}
        with serving.client("ann") as client:
            refused(client.post("/evidence", files=files), 422, "bad-input")

    @pytest.mark.parametrize(
        "manifest", [b"", b"- a", b"\xff", b"a: &x 1", b"a: " * 10_000, b"x: \0", b"[" * 100_000, b" " * 2_000_000]
    )
    def test_a_manifest_that_is_none(self, serving: Serving, manifest: bytes) -> None:
        files = serving.submission().files | {"manifest": ("m", manifest, "application/yaml")}
        with serving.client("ann") as client:
            refused(client.post("/evidence", files=files), 422, "bad-input")

    @pytest.mark.parametrize("missing", ["evidence", "manifest"])
    def test_a_form_without_a_field(self, serving: Serving, missing: str) -> None:
        files = serving.submission().files
        del files[missing]
        with serving.client("ann") as client:
            problem = refused(client.post("/evidence", files=files), 400, "bad-request")
        assert problem["expected"] == "each once: evidence, manifest"

    def test_a_form_with_more(self, serving: Serving) -> None:
        good = serving.submission().files
        with serving.client("ann") as client:
            more = client.post("/evidence", files=good | {"policy": ("p", b"id: mild", "application/yaml")})
            twice = client.post("/evidence", files=[*good.items(), ("manifest", good["manifest"])])
        refused(more, 400, "bad-request")
        refused(twice, 400, "bad-request")

    @pytest.mark.parametrize(
        "content_type, body",
        [
            ("multipart/form-data", b"x"),
            ("multipart/form-data; boundary=", b"x"),
            ("multipart/form-data; boundary=b", b""),
            ("multipart/form-data; boundary=b", b"no boundary at all"),
            ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
            ("multipart/form-data; boundary=b", b"--b\r\n" + b"X" * 100_000 + b": y\r\n\r\nx\r\n--b--\r\n"),
            ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="evidence"\r\n\r\n{}'),
            ("multipart/form-data; boundary=" + "b" * 5000, b"--b"),
        ],
    )
    def test_a_form_that_is_none(self, serving: Serving, content_type: str, body: bytes) -> None:
        with serving.client("ann") as client:
            answer = client.post("/evidence", content=body, headers={"Content-Type": content_type})
        refused(answer, 400, "bad-request")

    def test_a_form_that_breaks_off_at_any_place(self, serving: Serving) -> None:
        with serving.client("ann") as client:
            whole = client.build_request("POST", "/evidence", files=serving.submission().files)
            body, content_type = whole.read(), whole.headers["content-type"]
            for cut in (1, 50, len(body) // 2, len(body) - 60, len(body) - 40, len(body) - 5):
                answer = client.post("/evidence", content=body[:cut], headers={"Content-Type": content_type})
                refused(answer, 400, "bad-request")


@on_a_file
def test_whoever_hangs_up_in_the_middle_leaves_nothing(serving: Serving) -> None:
    place = urlsplit(serving.url)
    with socket.create_connection((place.hostname, place.port)) as connection:  # type: ignore[arg-type]
        head = (
            "POST /api/v1/evidence HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
            f"Content-Type: multipart/form-data; boundary=b\r\nAuthorization: Bearer {serving.token('ann')}\r\n\r\n"
        )
        connection.sendall(
            head.encode() + b'--b\r\nContent-Disposition: form-data; name="evidence"; filename="e"\r\n\r\n{'
        )
    with serving.client("di") as client:
        assert client.get("/models").status_code == 200


@on_a_file
@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "ä"])
def test_an_idempotency_key_that_is_none(serving: Serving, key: str) -> None:
    with serving.client("ann") as client:
        headers = {"Idempotency-Key": key.encode("latin-1")}
        answer = client.post("/evidence", files=serving.submission().files, headers=headers)  # type: ignore[arg-type]
    refused(answer, 422, "bad-input")
