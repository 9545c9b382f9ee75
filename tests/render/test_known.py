"""Known failures are told in every format, and none takes them for settled before a person has decided."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from governance.canonical import instant
from governance.evidence.evidence import EvidenceSet
from governance.policy.baseline import LoadedBaseline, load_baseline, written_down
from governance.policy.decision import Recorded
from governance.policy.document import LoadedPolicy
from governance.policy.outcome import Action, Outcome
from governance.render import wording
from governance.render.baseline import baseline_yaml
from governance.render.changes import changes
from governance.render.github import decision_github
from governance.render.json import decision_json
from governance.render.junit import decision_junit
from governance.render.markdown import decision_markdown
from governance.render.pipeline import CheckPage, Precedent
from governance.render.sarif import decision_sarif
from governance.render.text import decision_text
from governance.render.wording import State
from governance.verification import Verified
from tests.render.conftest import NOW, UNFAIR
from tests.render.pages import HOSTILE, SEALED, page

SINCE, UNTIL = instant(NOW), instant(NOW + timedelta(days=20))
HEAD = f"3 known failures are in a baseline until {UNTIL}: legacy, see RISK-9"
KEY = "baseline#selection-four-fifths"
DENIES = {KEY, "baseline#no-forbidden-column", "baseline#separate-duties"}


@pytest.fixture
def known(denied: Verified) -> LoadedBaseline:
    return written(denied)


def written(case: Verified, reason: str = "legacy, see RISK-9") -> LoadedBaseline:
    found = case.decision
    made = written_down(
        found.findings, model=found.subject.name, reason=reason, since=NOW, expires=NOW + timedelta(days=20)
    )
    return load_baseline(baseline_yaml(made).encode(), "known.yaml")


@pytest.fixture
def asked(denied: Verified, known: LoadedBaseline, make_verified: Callable[..., Verified]) -> Verified:
    """All that denies is known, so it needs a review. One more fails and denies nowhere."""
    return make_verified(denied.evidence, denied.policies, (), known)


@pytest.fixture
def answered(asked: Verified, make_act: Callable[..., Recorded], make_verified: Callable[..., Verified]) -> Verified:
    """And somebody has approved."""
    approved = make_act("approve", asked.decision, "until the new model is there")
    return make_verified(asked.evidence, asked.policies, (approved,), asked.baseline)


def results(shown: CheckPage) -> list[dict[str, Any]]:
    (run,) = json.loads(decision_sarif(shown))["runs"]
    return [result for result in run["results"] if result["ruleId"] in DENIES]


def test_the_case(asked: Verified, answered: Verified) -> None:
    assert set(asked.decision.outcomes.values()) == {Action.NEEDS_REVIEW}
    assert set(answered.decision.outcomes.values()) == {Action.ALLOW}
    assert wording.tally(asked.decision.findings) == "1 failed, 3 known to fail, 1 inconclusive, 8 passed"
    assert {one.key for one in asked.decision.findings if wording.state_of(one) is State.KNOWN} == DENIES


def test_sarif_suppresses_only_what_blocks_no_more(asked: Verified, answered: Verified) -> None:
    for case, status, level in ((asked, "underReview", "warning"), (answered, "accepted", "note")):
        shown = page(case)
        found = results(shown)
        assert len(found) == 3
        for result in found:
            (suppression,) = result["suppressions"]
            assert (suppression["kind"], suppression["status"], result["level"]) == ("external", status, level)
            assert suppression["justification"] == (
                f"known since {SINCE}, in a baseline until {UNTIL}: legacy, see RISK-9"
            )
        assert (shown.verdict is Action.ALLOW) == (status == "accepted")
    # Where it only would be shown, nobody has accepted it either.
    quiet = [result for result in results(page(asked, environment="staging")) if result["ruleId"] == KEY]
    assert [(one["level"], one["suppressions"][0]["status"]) for one in quiet] == [("note", "underReview")]


def test_sarif_of_a_new_failure_has_no_suppression(denied: Verified) -> None:
    assert all(result["suppressions"] == [] and result["level"] == "error" for result in results(page(denied)))


def test_junit_is_red_until_somebody_has_approved(asked: Verified, answered: Verified) -> None:
    red = list(ElementTree.fromstring(decision_junit(page(asked)).encode()).iter("failure"))
    assert [failure.get("type") for failure in red].count("known to fail") == 3
    for failure in [one for one in red if one.get("type") == "known to fail"]:
        assert (failure.get("message") or "").startswith("NEEDS REVIEW, known to fail: ")
        assert f"Known since {SINCE}, in a baseline until {UNTIL}: legacy, see RISK-9." in (failure.text or "")
    suites = ElementTree.fromstring(decision_junit(page(answered)).encode())
    assert not list(suites.iter("failure"))
    skipped = [one.get("message") or "" for one in suites.iter("skipped")]
    assert len([said for said in skipped if said.startswith("known to fail, a reviewer answers for it")]) == 3


def test_an_annotation_is_a_warning_and_no_error(denied: Verified, asked: Verified, answered: Verified) -> None:
    commands = [decision_github(page(case)) for case in (denied, asked, answered)]
    assert [("::error " in said, "::warning " in said) for said in commands] == [
        (True, True),
        (False, True),
        (False, False),
    ]
    assert f"in a baseline until {UNTIL}" in commands[1]


def test_markdown(asked: Verified) -> None:
    said = decision_markdown(page(asked))
    assert f"> Note: {HEAD}<br>" in said
    assert f"**Known** since {SINCE}, in a baseline until {UNTIL}: legacy, see RISK-9." in said
    assert f"Baseline of known failures <code>{asked.decision.baseline}</code>" in said


def test_text_and_json(asked: Verified) -> None:
    text = decision_text(asked.decision, asked.evidence, environment=None, colour=False, width=120, sealed=SEALED)
    assert "KNOWN TO FAIL" in text and f"known     since {SINCE}, in a baseline until {UNTIL}" in text
    assert f"baseline  {asked.decision.baseline}, of known failures" in text
    assert HEAD in " ".join(text.split())
    value = json.loads(decision_json(asked.decision, asked.evidence, SEALED))["decision"]
    assert value["baseline"] == asked.decision.baseline and value["notes"][0] == HEAD
    (finding,) = [one for one in value["findings"] if one["key"] == KEY]
    assert (finding["outcome"], finding["known"]) == ("fail", {"since": SINCE, "until": UNTIL})


@pytest.mark.parametrize("case", ["asked", "answered"])
def test_page_one_of_the_pdf_and_its_table(case: str, request: pytest.FixtureRequest, root: Any) -> None:
    from io import BytesIO

    import pypdf

    from governance.render.pdf import render_pdf

    verified: Verified = request.getfixturevalue(case)
    pdf = render_pdf(verified, SINCE, "governance", (root / "reports/audit/report.yaml").read_bytes())
    first, second, *_ = [" ".join(one.extract_text().split()) for one in pypdf.PdfReader(BytesIO(pdf)).pages]
    assert HEAD in first and "KNOWN TO FAIL" in first and str(verified.decision.baseline) in first
    assert second.count(f"known until {UNTIL}") == second.count("KNOWN TO FAIL") == 3


def test_a_reason_drives_nobody(denied: Verified, make_verified: Callable[..., Verified]) -> None:
    known = written(denied, HOSTILE.strip())
    case = make_verified(denied.evidence, denied.policies, (), known)
    plain = page(make_verified(denied.evidence, denied.policies, (), written(denied)))
    shown = page(case)
    assert len(decision_github(shown).splitlines()) == len(decision_github(plain).splitlines())
    assert "<script" not in decision_markdown(shown) and "\n::" not in decision_markdown(shown)
    for text in (decision_sarif(shown), decision_junit(shown), decision_github(shown), decision_markdown(shown)):
        assert "\u202e" not in text and "\x07" not in text


def test_a_model_gets_no_better_by_being_put_into_a_baseline(denied: Verified, asked: Verified) -> None:
    def moved(now: Verified, was: Verified) -> Any:
        before = Precedent(was.decision.model_copy(update={"id": "before"}), was.evidence)
        (only,) = changes(page(now, precedents={"prod": before}))
        return only

    for now, was, became in ((asked, denied, "added"), (denied, asked, "dropped")):
        only = moved(now, was)
        assert (only.better, only.worse, len(only.other)) == ((), (), 3)
        assert only.policies[0] == f"the baseline of known failures was {became}"
    assert moved(asked, asked).none


def test_worse_than_known_is_worse(
    asked: Verified, known: LoadedBaseline, make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Any]
) -> None:
    worse = UNFAIR | {"Black": (150, 1000)}
    case = make_verified(make_evidence(Outcome.FAIL, worse), asked.policies, (), known)
    assert case.decision.outcomes["prod"] is Action.DENY
    assert any(
        note.startswith(f"the baseline does not cover {KEY}: ") and "of Black is 0.3333" in note
        for note in case.decision.notes
    )
    before = Precedent(asked.decision.model_copy(update={"id": "before"}), asked.evidence)
    (only,) = changes(page(case, precedents={"prod": before}))
    assert [one.key for one in only.worse] == [KEY]


def test_the_shipped_policy_is_no_baseline(baseline: LoadedPolicy) -> None:
    """Two things bear the word: a policy may be called so. One is never taken for the other."""
    from governance.errors import BadInput

    with pytest.raises(BadInput, match=r"governance\.baseline/v1"):
        load_baseline(baseline.text, "policies/baseline/policy.yaml")
