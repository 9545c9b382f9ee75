"""Whoever writes a policy and wants it milder than it looks: what `extends`, `policy diff` and waivers overlook."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from governance.canonical import sha256
from governance.errors import BadInput
from governance.evidence.documentation import DocumentationFacts
from governance.policy.difference import Kind, difference
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.gate import gate
from governance.policy.granting import assert_signable
from governance.policy.outcome import Action
from governance.policy.waivers import Reason
from tests.policy.cases import NOW, TEST_CATALOGUE, act, cell, evidence, fairness, judge, right, section, table

ARTIFACT = "0" * 64


def text(
    *rules: str,
    name: str = "house",
    places: str = "[prod]",
    parent: str = "",
    parent_name: str = "house",
    more: str = "",
) -> str:
    extends = f"extends: {{policy: {parent_name}, version: 1.0.0, sha256: {sha256(parent.encode())}}}\n"
    lines = "".join(f"\n  - {one}" for one in rules) or " []"
    return (
        f"schema: governance.policy/v1\nid: {name}\nversion: 1.0.0\nin_force: {{from: 2026-01-01T00:00:00Z}}\n"
        f"environments: {places}\n{extends if parent else ''}{more}rules:{lines}\n"
    )


def load(child: str, parents: Sequence[str] = ()) -> LoadedPolicy:
    files = [(f"parent{at}.yaml", parent.encode()) for at, parent in enumerate(parents)]
    return load_policy(child.encode(), "child.yaml", TEST_CATALOGUE, lambda: files)


def asked_at(policy: LoadedPolicy, place: str) -> Action:
    return gate(judge(evidence(), [policy]), ARTIFACT, place, NOW).action


def test_a_higher_severity_brings_no_longer_waivers() -> None:
    """Raised from medium to high, a finding could be waived for 200 days in place of 10."""
    parent = text(section("a", "fail", more="severity: medium"), more="waivers: {horizon: {medium: 10, high: 200}}\n")
    with pytest.raises(BadInput) as caught:
        load(text("{id: a, severity: high}", name="team", parent=parent), [parent])
    assert "up to 200 days, longer than under the parent" in caught.value.what
    assert "parent0.yaml:" in caught.value.expected and caught.value.where.startswith("child.yaml:")
    shorter = "waivers: {horizon: {high: 10}}\n"
    assert load(text("{id: a, severity: high}", name="team", parent=parent, more=shorter), [parent])
    with pytest.raises(BadInput, match="up to 11 days"):
        load(text("{id: a, severity: high}", name="team", parent=parent, more=shorter.replace("10", "11")), [parent])


def test_a_child_keeps_the_points_of_its_environments() -> None:
    """It left prod@ci out, so that the question there was answered as for prod, where the rule only warns."""
    parent = text(section("a", "fail", "{default: warn, prod@ci: deny}"), places="[staging, prod, prod@ci, staging@ci]")
    child = load(text(name="team", parent=parent), [parent])
    assert child.document.environments == ("prod", "prod@ci")
    assert asked_at(load(parent), "prod@ci") is asked_at(child, "prod@ci") is Action.DENY
    assert asked_at(child, "prod") is Action.ALLOW
    milder = text("{id: a, enforcement: {prod@ci: warn}}", name="team", places="[prod, prod@ci]", parent=parent)
    with pytest.raises(BadInput, match="enforced less, in prod@ci"):
        load(milder, [parent])
    # A child of the child has the point from its grandparent.
    middle = text(name="team", parent=parent)
    desk = load(text(name="desk", parent=middle, parent_name="team"), [middle, parent])
    assert asked_at(desk, "prod@ci") is Action.DENY


@pytest.mark.parametrize(
    "read",
    [
        ".params.least",
        ". params.least",
        "{'a': .params}['a'].least",
        "[.params][0].least",
        "(1 > 2 ? 0 : .params.least)",
    ],
)
def test_what_an_expression_reads_of_parameters_is_not_hidden_by_a_point(read: str) -> None:
    """CEL looks `.name` up from the root, which means the same; the difference did not see it, and said "reworded"."""
    written = text(
        f"{{id: a, requires: [performance.counts], expr: {json.dumps(f'performance.counts.tp >= {read}')}, "
        "enforcement: {default: deny}}",
        more="parameters: {least: {type: integer, value: 10, tighten: up}}\n",
    )
    with pytest.raises(BadInput, match="a name begins with a point"):
        load(written)
    plain = written.replace(json.dumps(f"performance.counts.tp >= {read}"), "performance.counts.tp >= params.least")
    old, new = load(plain), load(plain.replace("value: 10", "value: 1"))
    assert difference(old, new).direction == "loosened"
    few = evidence(performance=right(5, 50))
    assert [judge(few, [one]).outcomes["prod"] for one in (old, new)] == [Action.DENY, Action.ALLOW]


def test_a_selector_hides_nothing_by_a_point_either() -> None:
    with pytest.raises(BadInput, match="a name begins with a point"):
        load(text(section("a"), more="applies: .model.owner == 'x'\n"))


NOWHERE, THERE = section("a", "not applicable"), section("b", "pass")


def test_a_rule_that_moves_into_the_parent_is_no_rewording() -> None:
    """Nothing of the parent applied, which denies; one of the child's rules was written into the parent."""
    parents = [text(NOWHERE), text(NOWHERE, THERE)]
    old = load(text(THERE, name="team", parent=parents[0]), parents)
    new = load(text(name="team", parent=parents[1]), parents)
    assert [judge(evidence(), [one]).outcomes["prod"] for one in (old, new)] == [Action.DENY, Action.ALLOW]
    there, back = difference(old, new), difference(new, old)
    told = [(one.kind, one.part, one.was, one.now) for one in there.changes]
    assert (Kind.LOOSENED, "extends.house.rules", None, "[b]") in told
    assert there.direction == "loosened" and back.direction == "tightened"


def test_a_rule_that_comes_with_the_parent_is_told_as_added_and_no_more() -> None:
    parents = [text(NOWHERE), text(NOWHERE, THERE)]
    old, new = (load(text(name="team", parent=parent), parents) for parent in parents)
    assert [one.kind for one in difference(old, new).changes] == [Kind.REWORDED, Kind.ADDED]


CLAUSES = """\
law:
  {id: l, title: t, citation: c, jurisdictions: [us], status: in-force, effective: {from: 2026-01-01T00:00:00Z},
  clauses: [
    {id: a, asks: x, citation: y, effective: {from: 2027-01-01T00:00:00Z}}, {id: b, asks: x, citation: y}]}
"""


@pytest.mark.parametrize(
    ("rule", "law", "override"),
    [
        ("in_force: {from: 2027-01-01T00:00:00Z}", "", "in_force: {from: 2026-01-01T00:00:00Z}"),
        ("in_force: {from: 2026-01-01T00:00:00Z}", "", "in_force: {from: 2027-01-01T00:00:00Z}"),
        ("severity: low", "", "in_force: {from: 2026-01-01T00:00:00Z}"),
        ("controls: [l/a]", CLAUSES, "controls: [l/b]"),
        ("controls: [l/b]", CLAUSES, "in_force: {from: 2027-01-01T00:00:00Z}"),
    ],
)
def test_a_rule_of_the_parent_counts_when_it_did(rule: str, law: str, override: str) -> None:
    """The parent denied, for none of its rules counted yet; the child had one of them count from the first day."""
    parent = text(section("a", "pass", more=rule), more=law)
    with pytest.raises(BadInput, match="count at another time than in the parent") as caught:
        load(text(f"{{id: a, {override}}}", name="team", parent=parent), [parent])
    assert "parent0.yaml:" in caught.value.expected and "of your own" in caught.value.fix
    beside = text(section("own", "pass"), name="team", parent=parent)
    assert judge(evidence(), [load(beside, [parent])]).outcomes == judge(evidence(), [load(parent)]).outcomes


@pytest.mark.parametrize(
    "merged",
    [
        "{policy: other, version: 1.0.0, sha256: %s, rules: [a, b]}",
        "{policy: house, version: 1.0.1, sha256: %s, rules: [a, b]}",
        "{policy: house, version: 1.0.0, sha256: %s, rules: [a]}",
        "{policy: house, version: 1.0.0, sha256: %s, rules: [a, b]}, "
        "{policy: house, version: 1.0.0, sha256: %s, rules: [a]}",
    ],
)
def test_what_a_policy_was_merged_from_is_not_written_by_hand(merged: str) -> None:
    """By a first layer of its own making a policy denied where its next version, without it, does not: "same"."""
    by_hand = f"merged: [{merged}]\n".replace("%s", ARTIFACT)
    with pytest.raises(BadInput, match="written by us"):
        load(text(NOWHERE, THERE, more=by_hand))


def test_no_policy_extends_one_that_extends_its_namesake() -> None:
    house = text(section("a"))
    team = text(name="team", parent=house)
    with pytest.raises(BadInput, match="another id than the one that it extends"):
        load(text(parent=team, parent_name="team"), [team, house])


def _waivable(rule: str) -> str:
    return f"{{id: a, {rule}, waivable_to: allow, enforcement: {{default: deny}}}}"


FEW = {"performance": right(70, 100)}
FLOOR = "uses: performance.floor@1, with: {at_least: 0.8}"
UNEQUAL = fairness(table(cell("f", 200, 400), cell("m", 390, 400)))
DOCUMENTS = DocumentationFacts(documents=())


@pytest.mark.parametrize(
    ("was", "now", "facts", "counts"),
    [
        (FLOOR, FLOOR.replace("0.8", "0.75"), FEW, True),
        (FLOOR, FLOOR.replace("0.8", "0.9"), FEW, True),
        (FLOOR, "uses: test.says@1, with: {outcome: fail}", FEW, False),
        (FLOOR, "requires: [performance.counts], expr: performance.counts.tp > 80", FEW, False),
        ("requires: [performance.counts], expr: performance.counts.tp > 80",
         "requires: [performance.counts], expr: performance.counts.fp < 20", FEW, False),
        ("requires: [performance.counts], expr: performance.counts.tp > 80",
         "requires: [performance.counts], expr: performance.counts.tp > 80", FEW, True),
        ("uses: fairness.disparity@1, with: {at_least: 0.8}", "uses: fairness.disparity@1, with: {at_least: 0.9}",
         {"fairness": UNEQUAL}, True),
        ("uses: fairness.disparity@1, with: {at_least: 0.8}",
         "uses: fairness.disparity@1, with: {measure: difference, at_most: 0.1}", {"fairness": UNEQUAL}, False),
        ("uses: documentation.present@1, with: {kinds: [dpia]}",
         "uses: documentation.present@1, with: {kinds: [dpia], min_words: 90}", {"documents": DOCUMENTS}, True),
        ("uses: documentation.present@1, with: {kinds: [dpia]}",
         "uses: documentation.present@1, with: {kinds: [dpia, audit]}", {"documents": DOCUMENTS}, False),
    ],
)  # fmt: skip
def test_a_waiver_is_for_what_its_giver_saw_the_rule_ask(was: str, now: str, facts: Any, counts: bool) -> None:
    """Under the same id another rule was excused by it, whatever that one found."""
    asked = evidence(**facts)
    before, after = load(text(_waivable(was))), load(text(_waivable(now), more="title: the next version\n"))
    seen = judge(asked, [before])
    waiver = act("waive", seen, key="house#a")
    assert seen.outcomes["prod"] is Action.DENY
    assert judge(asked, [before], [waiver]).outcomes["prod"] is Action.ALLOW
    decision = judge(asked, [after], [waiver])
    assert decision.outcomes["prod"] is (Action.ALLOW if counts else Action.DENY)
    assert (decision.waivers[0].reason is Reason.REWRITTEN) is not counts


@pytest.mark.parametrize(("field", "value"), [("ticket", " "), ("ticket", ""), ("reason", "\t")])
def test_a_blank_is_neither_a_reason_nor_a_ticket(field: str, value: str) -> None:
    policies = [load(text(section("a", "fail")))]
    seen = judge(evidence(), policies)
    signed = act("waive", seen, key="house#a").act
    assert_signable(signed, seen, policies, evidence())
    if field == "ticket":
        assert signed.waiver
        blank = signed.model_copy(update={"waiver": signed.waiver.model_copy(update={"ticket": value})})
    else:
        blank = signed.model_copy(update={"reason": value})
    with pytest.raises(BadInput) as caught:
        assert_signable(blank, seen, policies, evidence())
    assert caught.value.where == field


def test_no_version_is_a_number_that_cannot_be_read() -> None:
    """Python reads no number of 5000 digits, and a release of it could be followed by none."""
    with pytest.raises(BadInput, match="three numbers"):
        load(text(section("a")).replace("version: 1.0.0", f"version: {'9' * 10}.0.0"))


@pytest.mark.parametrize(
    ("requester", "signed"),
    [("local|bo", False), ("Local|BO", False), ("bo", False), (" bo ", False), ("local|\uff42\uff4f", False),
     ("local|bob", True), ("oidc:https://id.example|bo", True)],
)  # fmt: skip
def test_who_gives_a_waiver_does_not_ask_for_it_in_other_letters(requester: str, signed: bool) -> None:
    policies = [load(text(section("a", "fail")))]
    seen = judge(evidence(), policies)
    given = act("waive", seen, key="house#a", actor="local|bo", requester=requester).act
    if signed:
        assert_signable(given, seen, policies, evidence())
    else:
        with pytest.raises(BadInput, match="who asks for a waiver does not give it"):
            assert_signable(given, seen, policies, evidence())
