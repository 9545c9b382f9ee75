"""Evidence that comes from elsewhere: judged under the service's policies, once, or refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from governance.canonical import sha256
from governance.evidence.origin import Origin
from governance.evidence.plan import Plan
from governance.permissions import Scope
from tests.operations.project import MANIFEST, POLICY
from tests.web.api.serving import Serving, on_a_file


def size(serving: Serving) -> int:
    with serving.client("di") as client:
        return int(client.get("/trail/checkpoint").text.splitlines()[1])


def test_the_decision_comes_back_as_it_is_sealed(serving: Serving) -> None:
    submission = serving.submission()
    with serving.client("ann") as client:
        before = size(serving)  # the client's token is an entry too
        answer = client.post("/evidence", files=submission.files)
        assert answer.status_code == 201
        assert answer.headers["etag"] == f'"{sha256(answer.content)}"'
        assert answer.headers["location"] == f"/api/v1/decisions/{sha256(answer.content)}"
        again = client.get(answer.headers["location"].removeprefix("/api/v1"))
        held = client.get(f"/evidence/{sha256(submission.evidence.to_bytes())}")
    assert again.content == answer.content
    assert held.content == submission.evidence.to_bytes()
    decision = answer.json()
    assert (decision["submitter"], decision["subject"]["version"]) == ("local|ann", submission.version)
    assert decision["outcomes"] == {"prod": "deny", "staging": "allow"}
    assert [policy["sha256"] for policy in decision["policies"]] == [sha256(POLICY.encode())]
    assert size(serving) == before + 2  # evidence, and decision


def test_the_same_key_does_it_once(serving: Serving) -> None:
    submission = serving.submission()
    with serving.client("ann") as client:
        keyed = {"Idempotency-Key": f"build-{submission.version}"}
        first = client.post("/evidence", files=submission.files, headers=keyed)
        grown = size(serving)
        second = client.post("/evidence", files=submission.files, headers=keyed)
        other = client.post("/evidence", files=serving.submission().files, headers=keyed)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["type"]) == (422, "/api/v1/problems/key-reused")
    assert size(serving) == grown


def test_a_key_is_its_owners(serving: Serving) -> None:
    keyed = {"Idempotency-Key": "shared-by-chance"}
    one, two = serving.submission("ann"), serving.submission("cy")
    with serving.client("ann") as ann, serving.client("cy") as cy:
        assert ann.post("/evidence", files=one.files, headers=keyed).status_code == 201
        answer = cy.post("/evidence", files=two.files, headers=keyed)
    assert answer.status_code == 201
    assert answer.json()["submitter"] == "local|cy"


def test_many_at_once_under_one_key_are_one(serving: Serving) -> None:
    submission, before = serving.submission(), size(serving)

    def send(_: int) -> bytes:
        with serving.client("ann") as client:
            answer = client.post(
                "/evidence", files=submission.files, headers={"Idempotency-Key": f"at-once-{submission.version}"}
            )
        assert answer.status_code == 201, answer.text
        return answer.content

    serving.token("ann")
    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(send, range(6)))) == 1
    assert size(serving) == before + 2


@on_a_file
@pytest.mark.parametrize(
    "what, status, where",
    [
        ("somebody else's", 403, "local|cy"),
        ("from elsewhere", 403, "local"),
        ("of the service", 403, "service"),
        ("another plan", 422, "facts"),
        ("another manifest", 422, "manifest"),
        ("another version", 422, "subject"),
        ("another artifact", 422, "subject"),
        ("another tier", 422, "subject"),
        ("of tomorrow", 422, "started_at"),
    ],
)
def test_what_is_not_as_it_says_is_refused(serving: Serving, what: str, status: int, where: str) -> None:
    good, before = serving.submission(), size(serving)
    subject, origin = good.evidence.subject, good.evidence.origin
    bad = {
        "somebody else's": lambda: good.but(origin=origin.model_copy(update={"by": "local|cy"})),
        "from elsewhere": lambda: good.but(origin=origin.model_copy(update={"where": "local"})),
        "of the service": lambda: good.but(origin=Origin(kind="measured", by="local|ann", where="service")),
        "another plan": lambda: good.but(plan=Plan(facts=("artifact",), fairness=(), explain_rows=0)),
        "another manifest": lambda: good.but(manifest=sha256(MANIFEST.encode())),
        "another version": lambda: good.but(subject=subject.model_copy(update={"version": "other"})),
        "another artifact": lambda: good.but(subject=subject.model_copy(update={"artifact": "0" * 64})),
        "another tier": lambda: good.but(risk_tier="low"),
        "of tomorrow": lambda: good.but(started_at="2027-01-02T09:00:00Z"),
    }[what]()
    with serving.client("ann") as client:
        answer = client.post("/evidence", files=bad.files)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert where in f"{problem.get('where')} {problem.get('got')}"
    assert size(serving) == before


def test_the_place_is_the_tokens(serving: Serving) -> None:
    submission = serving.submission(place="local")
    with serving.client("ann", place="local") as client:
        assert client.post("/evidence", files=submission.files).status_code == 201


class TestJudgedAgain:
    def test_under_the_policies_of_the_service_by_somebody_else(self, serving: Serving) -> None:
        case = serving.submitted()
        path = f"/models/credit/versions/{case.version}/evaluations"
        with serving.client("bo") as client:
            answer = client.post(path, headers={"If-Match": f'"{case.sha256}"'})
        assert answer.status_code == 201, answer.text
        decision = answer.json()
        assert decision["previous"] == case.sha256
        assert decision["evidence"] == case.decision["evidence"]
        # To have it judged again makes nobody its submitter.
        assert decision["submitter"] == "local|ann"

    def test_what_was_approved_stays_so(self, serving: Serving) -> None:
        approved = serving.submitted().acted("waive").acted("approve")
        assert approved.decision["outcomes"]["prod"] == "allow"
        with serving.client("ann") as client:
            answer = client.post(f"/models/credit/versions/{approved.version}/evaluations")
        assert answer.json()["outcomes"] == approved.decision["outcomes"]
        assert answer.json()["acts"] == approved.decision["acts"]

    def test_of_a_decision_that_is_not_the_latest(self, serving: Serving) -> None:
        case = serving.submitted()
        latest = case.acted("comment")
        with serving.client("ann") as client:
            answer = client.post(
                f"/models/credit/versions/{case.version}/evaluations", headers={"If-Match": f'"{case.sha256}"'}
            )
        assert (answer.status_code, answer.json()["latest"]) == (412, latest.sha256)

    def test_of_nothing(self, serving: Serving) -> None:
        with serving.client("ann") as client:
            assert client.post("/models/credit/versions/nowhere/evaluations").status_code == 404

    def test_not_by_whoever_only_looks(self, serving: Serving) -> None:
        case = serving.submitted()
        with serving.client("di") as client:
            answer = client.post(f"/models/credit/versions/{case.version}/evaluations")
        assert answer.status_code == 403
        assert "submitter or reviewer or approver" in answer.json()["got"]


def test_without_the_scope_or_the_role(serving: Serving) -> None:
    submission = serving.submission("bo")
    with serving.client("ann", (Scope.READ, Scope.ACT)) as client:
        unscoped = client.post("/evidence", files=serving.submission().files)
    with serving.client("bo") as client:
        unnamed = client.post("/evidence", files=submission.files)
    assert (unscoped.status_code, unnamed.status_code) == (403, 403)
    assert "a token with the scope submit" in unscoped.json()["got"]
    assert "takes the role submitter" in unnamed.json()["got"]
