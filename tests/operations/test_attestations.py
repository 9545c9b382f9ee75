"""What no machine can check, somebody answers for: from the signature to the gate, and for how long."""

from datetime import timedelta

import pytest

from governance.canonical import instant, parse_instant
from governance.errors import BadInput, Refused
from governance.operations.ask import ask_bundle
from governance.operations.export import export_bundle
from governance.operations.initialise import add_person
from governance.operations.people import FilePeople
from governance.operations.review import Reviewed, record_act
from governance.policy.act import Act, Attestation, Statement
from governance.policy.attesting import Stating
from governance.policy.outcome import Action, Outcome
from governance.render import wording
from governance.signing import dsse
from governance.verification import ACT, payload_type, verify
from tests.operations.project import MANIFEST, PASSWORD, Project

OVERSIGHT, ASSESSED = "law#oversight", "law#assessed"
POLICY = """\
schema: governance.policy/v1
id: law
version: 1.0.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [prod]
valid_for: 90
rules:
  - id: oversight
    uses: attestation.signed@1
    with: {statement: "A named person can stop the model.", days: 60, covers: patch}
    enforcement: {default: deny}
  - id: assessed
    uses: attestation.signed@1
    with: {statement: "Its impact on people was assessed.", roles: [auditor, approver], days: 365}
    enforcement: {default: review}
"""


@pytest.fixture
def checked(project: Project) -> Project:
    project.write("policy.yaml", POLICY)
    project.first = project.check()  # type: ignore[attr-defined]
    project.clock.tick()
    return project


def attest(
    project: Project,
    *keys: str,
    days: float = 30,
    holds: bool = True,
    covers: str = "version",
    name: str = "bo",
    role: str = "approver",
    **options: object,
) -> Reviewed:
    ends = instant(project.clock() + timedelta(days=days))
    return project.act("attest", name, role, stating=Stating(keys, holds, ends, covers), **options)  # type: ignore[arg-type]


def outcomes(made: Reviewed) -> dict[str, Outcome]:
    return {finding.key: finding.outcome for finding in made.decision.findings}


def test_from_nobody_to_allowed(checked: Project) -> None:
    first = checked.first.decision  # type: ignore[attr-defined]
    assert {finding.outcome for finding in first.findings} == {Outcome.INCONCLUSIVE}
    assert "“A named person can stop the model.”: nobody has signed it" in {one.why for one in first.findings}
    assert first.outcomes == {"prod": Action.NEEDS_REVIEW}
    made = attest(checked, OVERSIGHT, ASSESSED, reason="runbook of 3 November")
    assert made.decision.outcomes == {"prod": Action.ALLOW}
    finding = next(one for one in made.decision.findings if one.key == OVERSIGHT)
    assert finding.outcome is Outcome.PASS and "(runbook of 3 November)" in finding.why and "local|bo" in finding.why
    # It is neither measured nor declared by whoever submitted: it is signed.
    assert finding.origin is None
    verify(checked.bundle(made), checked.workspace.trust(), now=checked.clock.now)
    checked.trail()


def test_one_of_two(checked: Project) -> None:
    made = attest(checked, ASSESSED)
    assert outcomes(made) == {OVERSIGHT: Outcome.INCONCLUSIVE, ASSESSED: Outcome.PASS}
    assert made.decision.outcomes == {"prod": Action.NEEDS_REVIEW}


def test_that_it_is_not_so_fails(checked: Project) -> None:
    attest(checked, OVERSIGHT, ASSESSED)
    checked.clock.tick()
    made = attest(checked, OVERSIGHT, holds=False, reason="nobody is on call at night")
    assert outcomes(made) == {OVERSIGHT: Outcome.FAIL, ASSESSED: Outcome.PASS}
    assert made.decision.outcomes == {"prod": Action.DENY}
    checked.clock.tick()
    assert attest(checked, OVERSIGHT).decision.outcomes == {"prod": Action.ALLOW}


def test_it_ends(checked: Project) -> None:
    """The decision is no longer valid than what it rests on, and judged again later it asks for a new signature."""
    made = attest(checked, OVERSIGHT, ASSESSED, days=30)
    ends = made.act.expires
    assert ends is not None and made.decision.valid_until == ends
    bundle, trust = checked.bundle(made), checked.workspace.trust()
    for moment, action in ((timedelta(seconds=-1), Action.ALLOW), (timedelta(), Action.DENY)):
        asked = ask_bundle(
            bundle, trust, artifact=checked.artifact(), environment="prod", now=parse_instant(ends) + moment
        )
        assert asked.answer.action is action
    checked.clock.tick(days=29)
    assert checked.check().decision.outcomes == {"prod": Action.ALLOW}
    checked.clock.tick(days=1)
    checked.table(81, 100)
    assert checked.check().decision.outcomes == {"prod": Action.NEEDS_REVIEW}


def test_a_later_version(checked: Project) -> None:
    """Only what its giver and the policy let reach that far."""
    attest(checked, OVERSIGHT, covers="patch")
    attest(checked, ASSESSED)
    checked.write("governance.yaml", MANIFEST.replace("version: 1.10", "version: 1.10.3"))
    checked.write("model.onnx", b"the next model")
    checked.clock.tick()
    made = checked.check()
    found = {one.key: one.outcome for one in made.decision.findings}
    assert found == {OVERSIGHT: Outcome.PASS, ASSESSED: Outcome.INCONCLUSIVE}
    verify(
        export_bundle(checked.workspace, made.sealed.decision_sha256), checked.workspace.trust(), now=checked.clock.now
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"days": 61}, "must be signed anew earlier"),
        ({"covers": "minor"}, "covers less than that"),
        ({"keys": ("law#overnight",)}, "asks for no statement"),
        ({"keys": ()}, "say which statements"),
        ({"days": 0}, "expire after it is signed"),
        ({"name": "di", "role": "auditor"}, "not for this role"),
        ({"reason": " "}, "say why"),
    ],
)
def test_what_could_never_count_is_not_signed(checked: Project, change: dict[str, object], said: str) -> None:
    before = checked.trail()
    keys = change.pop("keys", (OVERSIGHT,))
    if change.get("name") == "di":
        add_person(checked.workspace, "di", checked.PEOPLE["di"], PASSWORD)
        before = checked.trail()
    with pytest.raises(BadInput) as caught:
        attest(checked, *keys, **change)  # type: ignore[misc, arg-type]
    assert said in caught.value.what
    assert checked.trail() == before


def test_an_auditor_signs_what_is_theirs_to_sign(checked: Project) -> None:
    add_person(checked.workspace, "di", checked.PEOPLE["di"], PASSWORD)
    made = attest(checked, ASSESSED, name="di", role="auditor", days=365)
    assert outcomes(made)[ASSESSED] is Outcome.PASS
    with pytest.raises(Refused, match="may not waive"):
        checked.waive(OVERSIGHT, name="di", role="auditor")


def test_not_by_whoever_submitted(checked: Project) -> None:
    add_person(checked.workspace, "cy", checked.PEOPLE["cy"], PASSWORD)
    checked.check("local|cy")
    with pytest.raises(Refused, match="somebody else must attest"):
        attest(checked, OVERSIGHT, name="cy")
    with pytest.raises(Refused, match="may not attest"):
        attest(checked, OVERSIGHT, name="ann", role="submitter")


def test_other_words_count_no_more(checked: Project) -> None:
    """A statement is what was put to its giver; the policy may ask for more later."""
    attest(checked, OVERSIGHT, ASSESSED)
    checked.write("policy.yaml", POLICY.replace("can stop the model", "can stop the model within an hour"))
    checked.clock.tick()
    made = checked.check()
    finding = next(one for one in made.decision.findings if one.key == OVERSIGHT)
    assert finding.outcome is Outcome.INCONCLUSIVE and "signed other words" in finding.why


@pytest.mark.parametrize(
    ("change", "said"),
    [({"text": "A named person may be asked to stop it."}, "asks for other words"), ({"key": "law#x"}, "no statement")],
)
def test_what_was_signed_elsewhere_is_held_to_the_same(checked: Project, change: dict[str, str], said: str) -> None:
    """An act that comes in an envelope, as the API takes it: signed by `bo`, about what the policy does not say."""
    statement = Statement(**({"key": OVERSIGHT, "text": "A named person can stop the model."} | change))
    at = checked.clock()
    signed = Act(
        kind="attest", actor="local|bo", role="approver", reason="looked at it", at=instant(at),
        decision=checked.first.sealed.decision_sha256,  # type: ignore[attr-defined]
        attestation=Attestation(statements=(statement,), expires=instant(at + timedelta(days=30))),
    )  # fmt: skip
    envelope = dsse.seal(payload_type(ACT), signed.to_bytes(), checked.person("bo"))
    before = checked.trail()
    with pytest.raises(BadInput, match=said):
        record_act(checked.workspace, envelope, principal="local|bo", people=FilePeople(checked.workspace))
    assert checked.trail() == before


def test_reports_tell_it_apart_from_what_was_checked(checked: Project) -> None:
    made = attest(checked, OVERSIGHT, ASSESSED)
    findings = made.decision.findings
    assert {wording.kind_of(one) for one in findings} == {"attested"}
    assert all("attested by local|bo as approver" in wording.origin_of(one) for one in findings)
    ((who, theirs),) = wording.attested(findings)
    assert who.startswith("local|bo as approver") and {one.key for one in theirs} == {OVERSIGHT, ASSESSED}
    assert f"[so: {OVERSIGHT}, {ASSESSED}; until " in wording.act_of(made.act)
    checked.clock.tick()
    withdrawn = attest(checked, OVERSIGHT, holds=False, covers="patch")
    ((_, theirs),) = wording.attested(withdrawn.decision.findings)
    assert {one.key for one in theirs} == {ASSESSED}
    said = wording.act_of(withdrawn.act)
    assert f"NOT so: {OVERSIGHT}" in said and wording.COVERS["patch"] in said
    open_ = [one for one in checked.first.decision.findings if one.key == OVERSIGHT]  # type: ignore[attr-defined]
    assert wording.origin_of(open_[0]) == "nobody's word counts yet" and wording.gist(open_[0]).endswith(
        "(to be signed)"
    )
