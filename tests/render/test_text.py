import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from governance.canonical import instant, parse_instant, sha256
from governance.evidence.evidence import EvidenceSet
from governance.policy.decision import decide
from governance.policy.document import LoadedPolicy
from governance.policy.gate import gate
from governance.render.json import Check, decision_json
from governance.render.sealed import Sealed
from governance.render.text import decision_text, gate_text, verified_text
from governance.render.visible import columns
from governance.verification import Verified

SEALED = Sealed(trail="governance.example/t", index=41, checkpoint="note", bundle="build/adult.bundle.json")


def _text(case: Verified, **changed: Any) -> str:
    options: dict[str, Any] = {"environment": None, "colour": False, "width": 80, "sealed": SEALED} | changed
    return decision_text(case.decision, case.evidence, **options)


def test_the_point_is_in_the_first_lines(denied: Verified) -> None:
    text = _text(denied, width=100)
    first = text.splitlines()[:3]
    assert first[0] == "adult-income 1.10  prod: DENY  staging: DENY"
    assert " ".join(first[1:]).startswith(
        "prod because of 3 failed: No forbidden column reaches a feature; "
        "Selection rates within four fifths   (Black to Other 0.4533, limit at least 0.8); and 1 more"
    )


def test_each_finding_stands_once_and_worst_first(denied: Verified) -> None:
    body = _text(denied, width=200).split("Valid until", 1)[1]
    at = [body.index(f"- {finding.title}") for finding in denied.decision.findings]
    assert len(set(at)) == len(at)
    assert body.index("FAILED") < body.index("INCONCLUSIVE") < body.index("PASSED")


def test_a_failed_finding_shows_number_interval_limit_fix_law_and_rule(denied: Verified) -> None:
    text = _text(denied, width=200)
    assert "fairness.race.selection_rate.ratio (Black to Other) = 0.4533 [0.3957, 0.551], n=1,400" in text
    assert "limit     at least 0.8" in text and "fix       look at which group" in text
    assert "law       us-eeoc/ugesp-1607.4d" in text
    assert "baseline#selection-four-fifths (fairness.disparity@1); prod: deny, staging: allow" in text
    assert "evidence  declared by local|ann, not measured" in text


@pytest.mark.parametrize("width", [40, 60, 80, 132, 200])
def test_no_line_of_the_findings_is_wider_than_the_terminal(needs_review: Verified, width: int) -> None:
    assert all(columns(line) <= width for line in _text(needs_review, width=width).splitlines()[1:])


@pytest.mark.parametrize("width", [40, 60, 120])
def test_wide_and_endless_names_stay_within_the_terminal(
    width: int,
    baseline: LoadedPolicy,
    make_evidence: Callable[..., EvidenceSet],
    make_verified: Callable[..., Verified],
) -> None:
    groups = {"女性" * 40: (100, 1000), "W" * 300: (500, 1000), "Αθήνα q\u0301": (400, 1000)}
    lines = _text(make_verified(make_evidence(groups=groups), [baseline]), width=width).splitlines()
    assert all(columns(line) <= width for line in lines[1:])
    said = re.sub(r"\s", "", "".join(lines))
    assert "女性" * 40 in said and "W" * 300 in said


def test_narrow_and_wide_say_the_same(denied: Verified) -> None:
    narrow, wide = (_text(denied, width=width).partition("Valid until")[2] for width in (60, 400))
    assert "".join(narrow.split()) == "".join(wide.split())


def test_colour_only_repeats_words(denied: Verified) -> None:
    painted = _text(denied, colour=True)
    assert "\x1b[" in painted and "\x1b" not in _text(denied)
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == _text(denied)


def test_the_environment_that_was_asked_for_comes_first(needs_review: Verified) -> None:
    lines = _text(needs_review, environment="staging").splitlines()
    assert lines[0] == "adult-income 1.10  staging: ALLOW  prod: NEEDS REVIEW"
    assert "staging is allowed: what is listed below is shown there and does not block" in lines[1]


def test_waiver_and_review_are_told_apart_from_a_pass(approved: Verified) -> None:
    text = _text(approved)
    assert text.startswith("adult-income 1.10  prod: ALLOW  staging: ALLOW\nprod is allowed after review")
    assert "WAIVED\n- A model card is there" in text and "was inconclusive" in text


def test_unsealed_is_said(denied: Verified) -> None:
    assert "sealed    nowhere: nobody can verify this later" in _text(denied, sealed=None)
    assert "sealed    entry 41 of governance.example/t\nbundle    build/adult.bundle.json\n" in _text(denied)


def test_names_cannot_drive_the_terminal(baseline: LoadedPolicy, make_evidence: Callable[..., EvidenceSet]) -> None:
    facts = make_evidence(name="m\x1b[2J\u202e", groups={"A\u202e": (100, 1000), "B\n  prod: ALLOW": (500, 1000)})
    text = _text(_judged(facts, baseline), width=200)
    assert "\x1b" not in text and "\u202e" not in text and "A<U+202E> to B<U+000A>" in text
    assert "\n  prod: ALLOW" not in text


def test_no_policy_at_all_is_a_denial_in_words(make_evidence: Callable[..., EvidenceSet]) -> None:
    facts = make_evidence()
    case = _judged(facts)
    assert _text(case).startswith("adult-income 1.10  DENY (no policy names an environment)\n")


def test_no_policy_in_force_is_said_once_per_environment(
    baseline: LoadedPolicy, make_evidence: Callable[..., EvidenceSet]
) -> None:
    case = _judged(make_evidence(), baseline, as_of="2025-12-01T00:00:00Z")
    assert _text(case, width=200).splitlines()[1] == (
        "prod: no policy is in force on 2025-12-01T00:00:00Z, so nothing was checked"
    )


def test_verified_says_level_signers_and_limits(approved: Verified) -> None:
    text = verified_text(approved, colour=False, width=160)
    assert text.startswith("VALID at level 0\n  self-signed: the log vouches for itself")
    assert "local|bo (person, key 3333333333333333...) signed governance.act/v1" in text
    assert "As of 2026-11-21T09:30:00Z" in text
    for line in (*approved.checked, *approved.not_checked, "root " + approved.root, approved.decision_sha256):
        assert line in text


def test_gate_says_why_and_as_of(needs_review: Verified) -> None:
    decision, artifact = needs_review.decision, needs_review.decision.subject.artifact or ""
    now = decision.now
    answer = gate(decision, artifact, "prod", parse_instant(now))
    text = gate_text(answer, decision, artifact=artifact, environment="prod", now=now, colour=False, width=160)
    assert text.startswith(f"NEEDS REVIEW  prod: artifact {artifact}\n- Selection rates within four fifths: race:")
    assert f"\nAsked at {now} about adult-income 1.10, decided on {now}, valid until {decision.valid_until}.\n" in text


def test_gate_says_once_until_when_it_allows(approved: Verified) -> None:
    decision, artifact = approved.decision, approved.decision.subject.artifact or ""
    answer = gate(decision, artifact, "prod", parse_instant(decision.now))
    text = gate_text(answer, decision, artifact=artifact, environment="prod", now=decision.now, colour=False, width=160)
    assert text.count(decision.valid_until) == 1
    assert text.endswith(f"\nAsked at {decision.now} about adult-income 1.10.\n")


def test_json_holds_the_documents_as_they_are(denied: Verified) -> None:
    text = decision_json(denied.decision, denied.evidence, SEALED, 11)
    assert text.isascii()
    check = Check.model_validate_json(text)
    assert check.decision == denied.decision and check.evidence == denied.evidence and check.sealed == SEALED
    raw = json.loads(text)
    assert raw["schema"] == "governance.check/v1" and raw["exit_code"] == 11
    assert raw["decision_sha256"] == denied.decision_sha256
    assert raw["decision"]["findings"][1]["looked_at"][0]["value"] == "0.453333333"
    assert json.loads(decision_json(denied.decision, denied.evidence, None))["sealed"] is None


def test_json_schema_is_closed_and_names_its_version() -> None:
    schema = Check.model_json_schema()
    assert schema["properties"]["schema"]["const"] == "governance.check/v1"
    assert schema["additionalProperties"] is False


def _judged(facts: EvidenceSet, *policies: LoadedPolicy, as_of: str = "2026-11-21T09:30:00Z") -> Verified:
    now = parse_instant("2026-11-21T09:30:00Z")
    decision = decide(
        facts,
        sha256(facts.to_bytes()),
        policies,
        (),
        baseline=None,
        now=now,
        as_of=parse_instant(as_of),
        identifier=instant(now),
        submitter="local|ann",
        previous=None,
    )
    return Verified(decision, "", facts, "", policies, None, (), b"", (), (), "", 0, "", "", 0, (), ())
