"""A draft of a policy, checked by the service: what it answers, and that it leaves no trace."""

from typing import Any

import httpx
import pytest

from governance.canonical import sha256
from governance.operations.trial_child import Trial
from governance.web.requests import BODY
from tests.operations.test_try_policy import CASES, POLICY
from tests.web.api.serving import Serving, on_a_file

pytestmark = on_a_file


def post(serving: Serving, policy: bytes = POLICY, cases: bytes | None = None, **more: Any) -> httpx.Response:
    files = {"policy": policy} if cases is None else {"policy": policy, "cases": cases}
    with serving.client("di") as client:
        return client.post("/policies/check", **({"files": files} | more))


def entries(serving: Serving) -> int:
    with serving.workspace.open_trail() as store, store.snapshot() as snapshot:
        return len(list(snapshot.entries()))


def test_a_draft_with_its_cases(serving: Serving) -> None:
    serving.token("di")  # which is recorded
    case = serving.submitted()
    before = entries(serving)
    answer = post(serving, cases=CASES, params={"evidence": case.decision["evidence"][0]})
    assert answer.status_code == 200, answer.text
    trial = Trial.from_bytes(answer.content)
    assert (trial.policy, trial.sha256, trial.holds) == ("draft", sha256(POLICY), True)
    assert [one.key for one in trial.findings] == ["draft#rows"] and trial.outcomes
    assert entries(serving) == before
    with serving.client("di") as client:
        listed = client.get("/policies").text
    assert trial.sha256 not in listed and "draft" not in listed


def test_what_is_wrong_comes_with_its_line(serving: Serving) -> None:
    answer = post(serving, POLICY.replace(b">= 3500", b">= [1].map(x, x)"))
    assert answer.status_code == 422
    said = answer.json()
    assert said["type"].endswith("/bad-input") and said["where"] == "policy.yaml:9:5"
    assert "maps a list" in said["detail"] and said["fix"]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"files": {"cases": CASES}}, 400),
        ({"files": {"policy": POLICY, "extra": b"x"}}, 400),
        ({"files": [("policy", POLICY), ("policy", POLICY)]}, 400),
        ({"files": None, "content": POLICY, "headers": {"content-type": "application/yaml"}}, 415),
        ({"files": {"policy": b"#" * BODY}}, 413),
        ({"params": {"evidence": "x"}}, 422),
        ({"params": {"evidence": "0" * 64}}, 404),
        ({"params": {"policy": "draft"}}, 422),
    ],
)
def test_what_is_refused(serving: Serving, more: dict[str, Any], status: int) -> None:
    answer = post(serving, **more)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
