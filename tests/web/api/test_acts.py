"""Acts that come signed: on the decision that was seen, by whom they say, once."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from governance.cli.__main__ import main
from governance.permissions import Scope
from governance.signing import dsse
from governance.verification import ACT, payload_type
from tests.web.api.serving import Case, Serving, on_a_file, payload


def latest(serving: Serving, version: str) -> str:
    with serving.client("di") as client:
        (line,) = client.get("/decisions", params={"version": version, "latest": "true"}).json()["decisions"]
    return str(line["decision"])


def test_the_gate_opens_and_a_stranger_can_verify_why(serving: Serving, tmp_path: Any, capsys: Any) -> None:
    case = serving.submitted()
    asked = {"artifact": serving.project.artifact(), "environment": "prod"}
    with serving.client("di") as client:
        before = client.get("/gate", params=asked).json()
        approved = case.acted("waive").acted("approve")
        after = client.get("/gate", params=asked).json()
        (tmp_path / "bundle.json").write_bytes(client.get(f"/decisions/{approved.sha256}/bundle").content)
        (tmp_path / "trust.json").write_bytes(client.get("/trust").content)
    assert (before["answer"], after["answer"]) == ("deny", "allow")
    assert after["decision"] == approved.sha256
    assert main(["verify", str(tmp_path / "bundle.json"), "--trust", str(tmp_path / "trust.json")]) == 0
    assert "local|bo" in capsys.readouterr().out


def test_a_stale_act_writes_nothing_and_names_the_latest(serving: Serving) -> None:
    case = serving.submitted()
    now = case.acted("comment")
    answer = case.post(case.signed(case.act("reject")))
    assert (answer.status_code, answer.json()["latest"]) == (412, now.sha256)
    assert answer.headers["etag"] == f'"{now.sha256}"'
    assert latest(serving, case.version) == now.sha256


def test_of_many_at_once_one_wins(serving: Serving) -> None:
    case = serving.submitted()
    acts = [case.signed(case.act("comment", reason=f"number {number}")) for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(case.post, acts))
    assert sorted(answer.status_code for answer in answers) == [201, 412, 412, 412, 412, 412]
    (won,) = (answer for answer in answers if answer.status_code == 201)
    assert won.headers["etag"] == f'"{latest(serving, case.version)}"'
    assert len(won.json()["acts"]) == 1
    assert {answer.json()["latest"] for answer in answers if answer is not won} == {latest(serving, case.version)}


def test_one_act_sent_many_times_under_a_key_is_one(serving: Serving) -> None:
    case = serving.submitted()
    body = case.signed(case.act())
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: case.post(body, Idempotency_Key=f"act-{case.version}"), range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert latest(serving, case.version) == answers[0].headers["etag"].strip('"')


@on_a_file
@pytest.mark.parametrize(
    "header, status, kind",
    [
        (None, 428, "not-seen"),
        ("*", 400, "bad-request"),
        ("W/{}", 400, "bad-request"),
        ("{}, {}", 400, "bad-request"),
        ('"' + "0" * 64 + '"', 422, "bad-input"),
    ],
)
def test_without_saying_what_was_seen(serving: Serving, header: str | None, status: int, kind: str) -> None:
    case = serving.submitted()
    sent = {"Content-Type": "application/json"}
    sent |= {"If-Match": header.replace("{}", f'"{case.sha256}"')} if header else {}
    with serving.client("bo") as client:
        answer = client.post(f"/decisions/{case.sha256}/acts", content=case.signed(case.act()), headers=sent)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/api/v1/problems/{kind}")
    assert latest(serving, case.version) == case.sha256


def _about_another(case: Case) -> bytes:
    return case.signed(case.act(decision="0" * 64))


def _of_another_type(case: Case) -> bytes:
    return dsse.seal("application/json", case.act().to_bytes(), case.serving.signer("bo")).to_bytes()


def _no_act(case: Case) -> bytes:
    return dsse.seal(payload_type(ACT), b'{"schema":"governance.act/v1"}', case.serving.signer("bo")).to_bytes()


def _two_signatures(case: Case) -> bytes:
    value = json.loads(case.signed(case.act()))
    value["signatures"] *= 2
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


REFUSED: list[tuple[str, Any, int, str]] = [
    ("signed by somebody else", lambda c: c.signed(c.act(), "fi"), 403, "not signed with the key of local|bo"),
    ("changed after", lambda c: payload(c.signed(c.act()), lambda b: b.replace(b"looked", b"loooed")), 403, "TAMPERED"),
    ("in somebody else's name", lambda c: c.signed(c.act(name="fi")), 403, "somebody else's"),
    ("in a role they lack", lambda c: c.signed(c.act(role="auditor")), 403, "holds the roles: approver"),
    ("signed long ago", lambda c: c.signed(c.act(at="2026-12-31T09:00:00Z")), 403, "not signed just now"),
    ("signed tomorrow", lambda c: c.signed(c.act(at="2027-01-02T09:00:00Z")), 403, "not signed just now"),
    ("about another decision", _about_another, 422, "about another decision"),
    ("of another type", _of_another_type, 422, "holds no act"),
    ("no act", _no_act, 422, "not a Act document"),
    ("signed twice", _two_signatures, 422, "signatures"),
    ("white space", lambda c: c.signed(c.act()) + b"\n", 422, "not in canonical form"),
    ("not JSON", lambda c: b"{", 422, "not JSON"),
    ("nothing", lambda c: b"", 422, "not JSON"),
    ("deep", lambda c: b"[" * 100_000, 422, "nested too deeply"),
]  # fmt: skip


@on_a_file
@pytest.mark.parametrize("body, status, said", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_an_act_that_is_not_ones_own_and_of_now(serving: Serving, body: Any, status: int, said: str) -> None:
    case = serving.submitted()
    answer = case.post(body(case))
    assert answer.status_code == status, answer.text
    assert said in answer.text
    assert latest(serving, case.version) == case.sha256


def test_nobody_approves_what_they_submitted(serving: Serving) -> None:
    case = serving.submitted("cy")
    answer = case.post(case.signed(case.act("waive", "cy"), "cy"), "cy")
    assert answer.status_code == 403
    assert answer.json()["got"] == "local|cy submitted this version; somebody else must waive"


def test_a_waiver_of_no_finding(serving: Serving) -> None:
    case = serving.submitted()
    waive = case.act("waive")
    assert waive.waiver is not None
    other = waive.model_copy(update={"waiver": waive.waiver.model_copy(update={"key": "small#moon"})})
    answer = case.post(case.signed(other))
    assert (answer.status_code, answer.json()["got"]) == (422, "small#moon")


def test_a_token_that_is_not_for_it(serving: Serving) -> None:
    case = serving.submitted()
    body = case.signed(case.act())
    answer = case.post(body, client=serving.client("bo", (Scope.READ, Scope.SUBMIT)))
    assert answer.status_code == 403
    assert "a token with the scope act" in answer.json()["got"]
    with serving.client("bo", (Scope.READ,)) as client:
        assert client.get("/me/key").status_code == 403


def test_one_sees_ones_own_key_only(serving: Serving) -> None:
    with serving.client("bo") as bo, serving.client("di") as di:
        one, two = bo.get("/me/key").json(), di.get("/me/key").json()
    assert (one["principal"], two["principal"]) == ("local|bo", "local|di")
    assert one["key"] != two["key"]


def test_words_of_every_kind_are_kept_as_they_are(serving: Serving) -> None:
    reason = "<script>alert(1)</script> ‮txet‬ 'quoted' \\ {{ 7*7 }} \u2028 😀"
    answer = serving.submitted().acted("comment", reason=reason)
    with serving.client("di") as client:
        bundle = client.get(f"/decisions/{answer.sha256}/bundle").json()
    (text,) = (one["text"] for one in bundle["documents"].values() if one["type"] == ACT)
    assert json.loads(text)["reason"] == reason
