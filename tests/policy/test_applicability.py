"""A statement of applicability: whose word it is that a control applies, and what answers for it."""

import re

import pytest

from governance.errors import BadInput
from governance.policy.applicability import UNSAID, Case, load_applicability, statement
from governance.policy.decision import Decision
from governance.policy.outcome import Outcome
from tests.policy.cases import NOW
from tests.render.conftest import UNFAIR, evidence, verified
from tests.render.law import LAW, law

SAID = """\
schema: governance.applicability/v1
law: house-law
owner: team:risk
controls:
  - {control: sec-5, applicable: false, why: We have no board; the owners do the work.}
  - {control: sec-2, applicable: true, why: "People are ranked by it, as risk R-7 says."}
"""


def said(text=SAID):
    document = law().document.law
    assert document is not None
    return load_applicability(text.encode(), "soa.yaml", document)


def stated(word=None, decision: Decision | None = None, policy=None):
    policy = policy or law()
    assert policy.document.law is not None
    case = decision and Case(decision, "d" * 64)
    return statement(policy, policy.document.law, NOW, word, case)


@pytest.fixture
def decision():
    return verified(evidence(Outcome.FAIL, UNFAIR), [law()]).decision


def test_every_control_applies_of_which_nobody_says_otherwise():
    found = stated()
    assert [(one.control, one.applicable, one.because) for one in found.controls] == [
        (f"sec-{number}", True, UNSAID) for number in range(1, 6)
    ]
    assert (found.owner, found.applicability, found.decided) == (None, None, None)
    assert {one.met for one in found.controls} == {None}
    assert {one.outcome for control in found.controls for one in control.rules} == {None}


def test_what_the_house_says_stands_there_with_who_says_it_and_where():
    word = said()
    found = stated(word)
    assert (found.owner, found.applicability) == ("team:risk", word.sha256)
    assert [(one.control, one.applicable, one.because[:9]) for one in found.controls if one.because != UNSAID] == [
        ("sec-2", True, "People ar"), ("sec-5", False, "We have n"),
    ]  # fmt: skip


def test_that_nothing_covers_a_control_does_not_make_it_inapplicable():
    last = stated().controls[-1]
    assert last.applicable and not last.rules and last.not_covered == "a duty of the management"


def test_findings_answer_for_controls_and_open_ones_stay_open(decision):
    found = stated(decision=decision)
    assert found.decided is not None and found.decided.decision == "d" * 64
    assert found.decided.evidence == decision.evidence
    # sec-3 does not count yet, sec-4 was not handed in, sec-5 has no rule: nothing of that is met.
    assert [one.met for one in found.controls] == ["met", "not met", "open", "open", "open"]
    assert [rule.outcome for one in found.controls for rule in one.rules] == [
        Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE, Outcome.INCONCLUSIVE,
    ]  # fmt: skip
    assert [one.rules[0].why for one in found.controls[:2]] == [
        next(one.why for one in decision.findings if one.key == f"house-law#{rule}")
        for rule in ("right-enough", "alike")
    ]


def test_a_control_that_does_not_apply_is_neither_met_nor_open_and_is_judged_all_the_same(decision):
    text = SAID.replace("control: sec-2, applicable: true", "control: sec-2, applicable: false")
    second = stated(said(text), decision).controls[1]
    assert (second.applicable, second.met, second.rules[0].outcome) == (False, None, Outcome.FAIL)


def test_a_failure_that_is_waived_is_not_met(decision):
    waived = tuple(
        one.model_copy(update={"waiver": "a" * 64}) if one.key == "house-law#alike" else one
        for one in decision.findings
    )
    second = stated(decision=decision.model_copy(update={"findings": waived})).controls[1]
    assert (second.met, second.rules[0].waived) == ("not met", True)


def test_a_rule_that_passed_does_not_answer_for_one_that_did_not():
    policy = law(LAW.replace("controls: [house-law/sec-4]", "controls: [house-law/sec-4, house-law/sec-1]"))
    decided = verified(evidence(Outcome.FAIL, UNFAIR), [policy]).decision
    assert [one.met for one in stated(decision=decided, policy=policy).controls][:2] == ["open", "not met"]


def test_how_each_part_of_a_law_stands():
    numbered = {"sec-1": "map-1.1", "sec-2": "map-1.2", "sec-3": "manage-1.1", "sec-4": "map-2", "sec-5": "manage-2.1"}
    policy = law(re.sub("sec-[1-5]", lambda found: numbered[found[0]], LAW))
    made = verified(evidence(Outcome.FAIL, UNFAIR), [policy]).decision
    text = SAID.replace("sec-5", "manage-2.1").replace("sec-2", "map-1.2")
    word = load_applicability(text.encode(), "soa.yaml", policy.document.law)
    assert [(one.part, one.controls, one.applicable, one.met) for one in stated(word, made, policy).parts] == [
        ("map", 3, 3, {"met": 1, "not met": 1, "open": 1}), ("manage", 2, 1, {"met": 0, "not met": 0, "open": 1}),
    ]  # fmt: skip
    assert [one.met for one in stated(policy=policy).parts] == [None, None]


@pytest.mark.parametrize("last", ["sec-5", "5.a", "board"])
def test_a_law_whose_numbers_name_no_parts_has_none(last):
    assert stated(policy=law(LAW.replace("sec-5", last))).parts == ()


def test_findings_of_another_text_of_the_policy_are_refused(decision):
    with pytest.raises(RuntimeError, match="was not decided under"):
        stated(decision=decision, policy=law(LAW.replace("0.999", "0.99")))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("law: house-law", "law: gdpr", "soa.yaml:2:6: it is about another law"),
        ("control: sec-5", "control: sec-9", "soa.yaml:5:15: no control of house-law"),
        ("control: sec-2", "control: sec-5", "soa.yaml:6:15: a second word about one control"),
        ("We have no board; the owners do the work.", "'TODO: ask the owners'", "a reason that an auditor can follow"),
        ("We have no board; the owners do the work.", "'          '", "a reason that an auditor can follow"),
        ("We have no board; the owners do the work.", "no board", "soa.yaml:5:"),
        (", why: We have no board; the owners do the work.", "", "required key 'why' is missing"),
        ("applicable: false, ", "", "required key 'applicable' is missing"),
        ("applicable: false", "applicable: perhaps", "soa.yaml:5:"),
        ("owner: team:risk\n", "", "required key 'owner' is missing"),
        ("owner: team:risk", "owner: &a team:risk", "not allowed here"),
        ("owner: team:risk", "owner: team:risk\nexcluded: [sec-1]", "soa.yaml:4:1"),
        ("governance.applicability/v1", "governance.applicability/v2", "soa.yaml:1:9"),
    ],
)
def test_what_is_no_statement_of_what_applies(old, new, told):
    assert old in SAID
    with pytest.raises(BadInput) as raised:
        said(SAID.replace(old, new))
    assert told in str(raised.value)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[]", b"controls: " + b"[" * 40, b"#" * (1 << 21)])
def test_bytes_that_are_none(data):
    document = law().document.law
    assert document is not None
    with pytest.raises(BadInput):
        load_applicability(data, "soa.yaml", document)
