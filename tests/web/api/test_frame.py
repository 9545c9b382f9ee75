"""Around every request: ids, headers, the log, and what becomes of a fault of ours."""

import json
import logging
import re
import time
from typing import Any

import httpx
import pytest

from governance.errors import Broken, MachineFault, VerificationFailed
from governance.operations import log
from tests.web.api.serving import Serving, on_a_file

pytestmark = on_a_file


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """What the log keeps of each request."""
    caplog.set_level(logging.INFO, "governance.web")

    def of(count: int) -> list[Any]:
        # A line is written once its answer is out, by the thread that serves.
        for _ in range(1000):
            found = [record.args for record in caplog.records if isinstance(record.args, dict)]
            if len(found) >= count:
                break
            time.sleep(0.01)
        assert len(found) == count
        return found

    return of


@pytest.mark.parametrize("sent", ["abc", "0-9._A", "x" * 128])
def test_an_id_of_the_callers_is_kept(serving: Serving, sent: str, lines: Any) -> None:
    answer = httpx.get(serving.url + "/healthz", headers={"X-Request-Id": sent})
    assert answer.headers["x-request-id"] == sent
    assert lines(1)[-1]["request"] == sent


@pytest.mark.parametrize("sent", [None, "", "x" * 129, "a b", 'a"b', "{}", "\u00e4"])
def test_else_one_is_made(serving: Serving, sent: str | None, lines: Any) -> None:
    headers = {} if sent is None else {"X-Request-Id": sent.encode("latin-1")}
    answer = httpx.get(serving.url + "/healthz", headers=headers)  # type: ignore[arg-type]
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    assert lines(1)[-1]["request"] == answer.headers["x-request-id"]


def test_the_log_says_who_did_what_and_no_secret(serving: Serving, lines: Any) -> None:
    secret = serving.token("ed")
    with serving.client("ed") as client:
        client.get("/models", params={"cursor": "hidden-in-the-query"})
        client.get("/me/key")
        client.get("/models/a%2Fb")
    httpx.get(serving.url + "/invitation/a-secret-link")
    read, refused, escaped, stranger = lines(4)
    assert (read["method"], read["path"], read["status"], read["principal"]) == (
        "GET", "/api/v1/models", 200, "local|ed",
    )  # fmt: skip
    assert "refused" not in read
    assert refused["status"] == 403
    assert refused["refused"].startswith("forbidden: local|ed may not comment to comment takes the role")
    assert escaped["path"] == "/api/v1/models/a%2Fb"
    assert "path" not in stranger
    kept = json.dumps(lines(4))
    for hidden in (secret, secret[4:], "hidden-in-the-query", "a-secret-link"):
        assert hidden not in kept


def test_every_answer_carries_its_headers(serving: Serving) -> None:
    with serving.client("di") as client:
        answers = [client.get(path) for path in ("/models", "/nowhere", "/trail/checkpoint", "/models/%00")]
        answers += [client.post("/evidence"), httpx.get(serving.url + "/healthz")]
    for answer in answers:
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["cache-control"]
        assert headers["x-request-id"]
        assert "server" not in headers or headers["server"] != "governance"


@pytest.mark.parametrize("environment", ["prod", "nowhere"])
def test_the_gate_is_a_question_of_the_moment(serving: Serving, environment: str) -> None:
    """No cache keeps its answer, and nobody may ask whether it is still the same."""
    asked = {"artifact": serving.project.artifact(), "environment": environment}
    with serving.client("di") as client:
        for headers in ({}, {"If-None-Match": "*"}):
            answer = client.get("/gate", params=asked, headers=headers)
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
            assert "etag" not in answer.headers


def test_a_fault_of_ours_says_little_outside_and_all_inside(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Any) -> bytes:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(log, "checkpoint", broken)
    with serving.client("di") as client:
        answer = client.get("/trail/checkpoint")
    assert (answer.status_code, answer.json()["type"]) == (500, "/api/v1/problems/internal")
    assert "secret" not in answer.text
    assert answer.json()["request_id"] in caplog.text
    assert "the secret inside" in caplog.text


@pytest.mark.parametrize(
    "error, status, kind, member",
    [
        (MachineFault("no space left for the trail", got="/srv/trail.db", where="/srv"), 503, "unavailable", {}),
        (
            VerificationFailed(Broken.TAMPERED, "an entry was changed", got="/srv", where="/srv"),
            500, "broken-trail", {"verdict": "TAMPERED"},
        ),
    ],
)  # fmt: skip
def test_what_fails_on_our_machine(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, kind: str, member: dict[str, str]
) -> None:
    def failing(_: Any) -> bytes:
        raise error

    monkeypatch.setattr(log, "checkpoint", failing)
    with serving.client("di") as client:
        answer = client.get("/trail/checkpoint")
    assert (answer.status_code, answer.json()["type"]) == (status, f"/api/v1/problems/{kind}")
    assert "/srv" not in answer.text
    assert member.items() <= answer.json().items()
    assert ("retry-after" in answer.headers) is (status == 503)


def test_not_ready_without_its_keys(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    assert httpx.get(serving.url + "/readyz").status_code == 200
    monkeypatch.setattr(type(serving.workspace), "signer", lambda *_: None)
    answer = httpx.get(serving.url + "/readyz")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "this machine does not hold the log, issuer, measurer key of the log"


def test_each_kind_of_problem_is_explained_at_its_type(serving: Serving) -> None:
    from governance.web.problems import Kind

    for kind in Kind:
        answer = httpx.get(serving.url + kind.type)
        assert answer.status_code == 200
        assert kind.heading in answer.text
    assert httpx.get(serving.url + "/api/v1/problems/nonsense").status_code == 404
