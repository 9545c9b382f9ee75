import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from lxml import etree

from governance.evidence.evidence import EvidenceSet
from governance.policy.decision import Recorded
from governance.policy.document import LoadedPolicy
from governance.policy.outcome import Action, Outcome
from governance.render.junit import decision_junit
from governance.render.pipeline import CheckPage
from governance.render.visible import visible
from governance.verification import Verified
from tests.render.pages import HOSTILE, page


@cache
def _schema() -> etree.XMLSchema:
    """The Jenkins xUnit schema, as others/README.md says."""
    return etree.XMLSchema(etree.parse(Path(__file__).parent / "others/junit-10.xsd"))


def _parsed(shown: CheckPage) -> ElementTree.Element:
    """The file, read by a parser, after its structure was held against the schema and its counts against itself."""
    text = decision_junit(shown).encode("ascii")
    _schema().assertValid(etree.fromstring(text))
    suites = ElementTree.fromstring(text)
    assert suites.tag == "testsuites"
    for suite in suites:
        for name, tag in {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}.items():
            assert int(suite.attrib[name]) == len(list(suite.iter(tag)))
    for name in ("tests", "failures", "errors"):
        assert int(suites.attrib[name]) == sum(int(suite.attrib[name]) for suite in suites)
    return suites


def _case(suites: ElementTree.Element, title: str) -> ElementTree.Element:
    (found,) = [case for case in suites.iter("testcase") if title in case.attrib["name"]]
    return found


def _red(suites: ElementTree.Element) -> bool:
    return suites.attrib["failures"] != "0" or suites.attrib["errors"] != "0"


def test_a_suite_for_the_policy_and_a_case_for_each_finding(denied: Verified) -> None:
    suites = _parsed(page(denied))
    (suite,) = suites
    assert suite.attrib["name"] == "baseline" and suite.attrib["file"] == "models/adult income/governance.yaml"
    assert len(list(suite.iter("testcase"))) == len(denied.decision.findings)
    said = {item.attrib["name"]: item.attrib["value"] for item in suite.iter("property")}
    assert said["decision"] == denied.decision_sha256 and said["outcome.prod"] == "deny"
    assert said["sealed"] == "entry 41 of governance.example/t"
    failure = _case(suites, "four fifths").find("failure")
    assert failure is not None and failure.attrib["type"] == "failed" and failure.text
    assert failure.attrib["message"].startswith("DENY, failed: race: selection_rate")
    assert re.search(
        r"Found: Black to Other 0\.4533 \[0\.39\d+, 0\.55\d*\]; limit: at least 0\.8\.\nHow to fix: ", failure.text
    )


def test_inconclusive_is_no_green_job(needs_review: Verified) -> None:
    failure = _case(_parsed(page(needs_review)), "four fifths").find("failure")
    assert failure is not None and failure.attrib["type"] == "inconclusive"
    shown = _parsed(page(needs_review, environment="staging"))
    skipped = _case(shown, "four fifths").find("skipped")
    assert not _red(shown) and skipped is not None
    assert skipped.attrib["message"].startswith("inconclusive, shown only: race")


def test_waived_reviewed_and_not_applicable_are_skipped_with_the_reason(approved: Verified) -> None:
    suites = _parsed(page(approved))
    card = _case(suites, "model card").find("skipped")
    rates = _case(suites, "four fifths").find("skipped")
    assert card is not None and rates is not None
    assert card.attrib["message"].startswith(
        "waived: The card is with the translators (ticket RISK-12, until 2026-12-21T09:30:00Z, by local|bo)"
    )
    assert rates.attrib["message"].startswith("inconclusive, a reviewer answers for it: ")


def test_a_passed_case_is_just_a_case(needs_review: Verified) -> None:
    case = _case(_parsed(page(needs_review)), "Explanations add up")
    assert [child.tag for child in case] == ["system-out"]


@pytest.mark.parametrize("environment", [None, "prod", "staging"])
@pytest.mark.parametrize("name", ["denied", "needs_review", "approved"])
def test_red_exactly_where_the_verdict_is_not_allow(
    name: str, environment: str | None, request: pytest.FixtureRequest
) -> None:
    shown = page(request.getfixturevalue(name), environment=environment)
    assert _red(_parsed(shown)) == (shown.verdict is not Action.ALLOW)


def test_red_without_a_failing_finding(
    needs_review: Verified,
    approved: Verified,
    make_evidence: Callable[..., EvidenceSet],
    make_act: Callable[..., Recorded],
    make_verified: Callable[..., Verified],
) -> None:
    rejected = make_act("reject", needs_review.decision, "not with this data")
    case = make_verified(needs_review.evidence, needs_review.policies, [rejected])
    verdict = _case(_parsed(page(case)), "The verdict").find("failure")
    assert verdict is not None and verdict.attrib == {"type": "deny", "message": "DENY: rejected: not with this data"}
    nothing = _parsed(page(make_verified(make_evidence(), [])))
    assert _red(nothing) and [suite.attrib["name"] for suite in nothing] == ["decision"]
    assert [suite.attrib["name"] for suite in _parsed(page(approved))] == ["baseline"]


def test_an_error_is_an_error(make_evidence: Callable, make_verified: Callable[..., Verified], broken: LoadedPolicy):
    suites = _parsed(page(make_verified(make_evidence(), [broken])))
    assert suites.attrib["errors"] == "1"


def test_cases_of_one_title_are_told_apart(
    make_evidence: Callable, make_verified: Callable[..., Verified], many: Callable
) -> None:
    suites = _parsed(page(make_verified(make_evidence(Outcome.FAIL), [many(3)])))
    names = [case.attrib["name"] for case in suites.iter("testcase")]
    assert len(set(names)) == 3 and names[0].endswith("(columns-0)")


def test_hostile_names_stay_text(
    baseline: LoadedPolicy, make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified]
) -> None:
    facts = make_evidence(name=HOSTILE, groups={HOSTILE + "Müller 女\x00\x1b\ufffe": (100, 1000), "B": (500, 1000)})
    suites = _parsed(page(make_verified(facts, [baseline]), uri=HOSTILE))
    said = {item.attrib["name"]: item.attrib["value"] for item in suites.iter("property")}
    assert said["model"] == visible(HOSTILE)
    out = _case(suites, "four fifths").findtext("system-out")
    assert out is not None and visible(HOSTILE + "Müller 女\x00\x1b\ufffe") in out
