"""A policy that extends another is never milder than it: what would loosen is refused, and names both lines."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from governance.canonical import parse_instant, sha256
from governance.errors import BadInput
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.inheritance import written
from governance.policy.outcome import ACTIONS, Action, Enforcement, Severity
from governance.strictyaml.unseen import IN_VALUE
from tests.policy.cases import NOW, TEST_CATALOGUE, evidence, judge, right

PARENT = """\
schema: governance.policy/v1
id: house
version: 1.2.0
title: The house
owner: risk
in_force: {from: 2026-01-01T00:00:00Z, until: 2028-01-01T00:00:00Z}
environments: [staging, prod]
applies: 'model.risk_tier == "high"'
valid_for: 60
parameters:
  floor: {type: decimal, value: 0.8, at_least: 0.5, at_most: 0.99, tighten: up, means: right so often}
  words: {type: integer, value: 50, tighten: none}
  kinds: {type: list, value: [model_card], among: [model_card, dpia], tighten: superset}
rules:
  - id: floor
    uses: performance.floor@1
    with: {at_least: params.floor, min_rows: 30}
    severity: medium
    enforcement: {default: deny, staging: {warn: now, deny: 2027-01-01T00:00:00Z}}
    waivable_to: needs review
  - id: right
    requires: [performance.counts]
    expr: performance.counts.tp >= 10
    enforcement: {default: review}
    waivable_to: allow
  - id: present
    uses: documentation.present@1
    with: {kinds: params.kinds, min_words: params.words}
    enforcement: {default: warn}
    accept: {kind: [declared]}
"""
HEAD = """\
schema: governance.policy/v1
id: team
version: 1.0.0
extends: {policy: house, version: 1.2.0, sha256: %s, set: {%s}}
in_force: {from: 2026-06-01T00:00:00Z, until: 2027-06-01T00:00:00Z}
environments: [prod]
"""


def load(child: str, parent: str = PARENT, name: str = "child.yaml") -> LoadedPolicy:
    return load_policy(child.encode(), name, TEST_CATALOGUE, lambda: [("parent.yaml", parent.encode())])


def child(rules: str = "rules: []", set_: str = "", parent: str = PARENT) -> str:
    return HEAD % (sha256(parent.encode()), set_) + rules + "\n"


def test_what_is_merged_is_one_document_that_needs_no_other() -> None:
    loaded = load(child("rules:\n  - {id: floor, with: {at_least: 0.9}, severity: high, controls: [a/b]}\n"
                        "  - {id: more, uses: artifact.digest@1, enforcement: {default: deny}}"))  # fmt: skip
    policy = loaded.document
    assert (policy.id, policy.title, policy.owner, policy.valid_for) == ("team", "The house", "risk", 60)
    assert policy.extends is None and policy.applies == 'model.risk_tier == "high"'
    assert [section.id for section in policy.rules] == ["floor", "right", "present", "more"]
    assert str(loaded.rules[0].params.at_least) == "0.9"  # type: ignore[union-attr]
    assert loaded.rules[0].controls == (*TEST_CATALOGUE["performance.floor@1"].controls, "a/b")
    sources = [(one.policy, one.version, one.sha256, one.rules) for one in policy.merged]
    assert sources[1] == ("house", "1.2.0", sha256(PARENT.encode()), ("floor", "right", "present"))
    assert sources[0][0] == "team" and sources[0][3] == ("floor", "right", "present", "more")
    # A stranger has the recorded text only.
    again = load_policy(loaded.text, "recorded", TEST_CATALOGUE)
    assert again.document == policy and again.sha256 == loaded.sha256 == sha256(loaded.text)
    assert judge(evidence(), [again]) == judge(evidence(), [loaded])
    json.loads(loaded.text)


def test_a_child_of_a_child_names_both_and_keeps_all() -> None:
    middle = child("rules:\n  - {id: more, uses: artifact.digest@1, enforcement: {default: deny}}")
    text = (
        "schema: governance.policy/v1\nid: desk\nversion: 1.0.0\n"
        f"extends: {{policy: team, version: 1.0.0, sha256: {sha256(middle.encode())}, set: {{floor: 0.85}}}}\n"
        "in_force: {from: 2026-06-01T00:00:00Z, until: 2026-12-24T00:00:00Z}\nenvironments: [prod]\nrules: []\n"
    )
    files = [("parent.yaml", PARENT.encode()), ("middle.yaml", middle.encode())]
    loaded = load_policy(text.encode(), "desk.yaml", TEST_CATALOGUE, lambda: files)
    assert [one.policy for one in loaded.document.merged] == ["desk", "team", "house"]
    assert str(loaded.rules[0].params.at_least) == "0.85"  # type: ignore[union-attr]
    with pytest.raises(BadInput, match=r"floor would be 0.7 instead of 0.8(.|\n)*parent.yaml:11:"):
        load_policy(text.replace("0.85", "0.7").encode(), "desk.yaml", TEST_CATALOGUE, lambda: files)


# (set, in place of what, what, the child's line, fragments)
LOOSER: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("floor: 0.79", "rules: []", "child.yaml:4", ("floor would be 0.79", "only be higher", "parent.yaml:11:33")),
    ("floor: 0.999", "rules: []", "child.yaml:4", ("more than at most 0.99", "parent.yaml:11:")),
    ("floor: high", "rules: []", "child.yaml:4", ("a number such as 0.8", "parent.yaml:11:")),
    ("words: 51", "rules: []", "child.yaml:4", ("may not be changed", "parent.yaml:12:")),
    ("kinds: []", "rules: []", "child.yaml:4", ("with more in the list", "parent.yaml:13:")),
    ("kinds: [model_card, dipa]", "rules: []", "child.yaml:4", ("did you mean 'dpia'?", "parent.yaml:13:")),
    ("flor: 0.9", "rules: []", "child.yaml:4", ("no parameter 'flor'", "did you mean 'floor'?")),
    ("", "rules: [{id: floor, with: {at_least: 0.7}}]", "child.yaml:7:38", ("0.7 instead of 0.8", "parent.yaml:17:")),
    ("", "rules: [{id: floor, with: {min_rows: 40}}]", "child.yaml:7:38", ("not be changed", "parent.yaml:17:")),
    ("", "rules: [{id: floor, with: {alpha: 0.1}}]", "child.yaml:7:35", ("alpha", "not be changed", "parent.yaml:17:")),
    ("", "rules: [{id: floor, severity: low}]", "child.yaml:7:31", ("lower than", "parent.yaml:18:")),
    ("", "rules: [{id: floor, enforcement: {default: warn}}]", "child.yaml:7:44",
     ("warn instead of deny", "parent.yaml:19:")),
    ("", "rules: [{id: floor, enforcement: {prod: {warn: now, deny: 2026-12-01T00:00:00Z}}}]", "child.yaml:7",
     ("warn instead of deny", "parent.yaml:19:")),
    ("", "rules: [{id: floor, waivable_to: allow}]", "child.yaml:7:34", ("needs review", "parent.yaml:20:")),
    ("", "rules: [{id: floor, accept: {kind: [declared]}}]", "child.yaml:7:29", ("another `accept`", "yaml:15:5")),
    ("", "rules: [{id: floor, uses: artifact.digest@1}]", "child.yaml:7:27", ("another `uses`", "parent.yaml:16:")),
    ("", 'rules: [{id: right, expr: "true", requires: [access]}]', "child.yaml:7:27",
     ("another `expr`", "parent.yaml:23:")),
    ("", "rules: [{id: right, with: {a: 1}}]", "child.yaml:7:27", ("takes no `with`", "parent.yaml:23:")),
    ("", "rules: [{id: flor, severity: high}]", "child.yaml:7:9", ("no rule 'flor'", "did you mean 'floor'?")),
    ("", "valid_for: 61\nrules: []", "child.yaml:7:12", ("longer than under the parent", "parent.yaml:9:")),
    ("", "parameters: {floor: {type: decimal, value: 0.1, tighten: none}}\nrules: []", "child.yaml:7:21",
     ("has a parameter 'floor'", "parent.yaml:11:")),
]  # fmt: skip


def test_a_parent_that_is_judged_beside_its_child_is_said_to_be_judged_twice() -> None:
    """It counts all the same: the child may be for less. Each key has one finding."""
    parent, one = load_policy(PARENT.encode(), "parent.yaml", TEST_CATALOGUE), load(child())
    said = "team has taken over all of house, whose 3 rules are judged twice, as house#... and as team#..."
    for policies in ([parent, one], [one, parent]):
        decision = judge(evidence(performance=right(90, 100)), policies)
        assert [said in note for note in decision.notes].count(True) == 1
        assert sorted(finding.key for finding in decision.findings) == sorted(
            rule.key for policy in policies for rule in policy.rules
        )
        assert "staging" in decision.outcomes, "for which only the parent decides"
    # A text that only bears the name is not contained.
    other = load_policy(PARENT.replace("valid_for: 60", "valid_for: 61").encode(), "other.yaml", TEST_CATALOGUE)
    for policies in ([other, one], [one], [parent]):
        assert not any("judged twice" in note for note in judge(evidence(), policies).notes)


def test_so_is_a_parent_that_has_a_parent_itself() -> None:
    text = child()
    grandchild = (
        "schema: governance.policy/v1\nid: desk\nversion: 1.0.0\n"
        f"extends: {{policy: team, version: 1.0.0, sha256: {sha256(text.encode())}}}\n"
        "in_force: {from: 2026-06-01T00:00:00Z, until: 2027-06-01T00:00:00Z}\nenvironments: [prod]\nrules: []\n"
    )
    files = [("parent.yaml", PARENT.encode()), ("child.yaml", text.encode())]
    lowest = load_policy(grandchild.encode(), "desk.yaml", TEST_CATALOGUE, lambda: files)
    notes = judge(evidence(), [load(text), lowest]).notes
    assert [note for note in notes if "desk has taken over all of team" in note]


@pytest.mark.parametrize(("set_", "rules", "where", "fragments"), LOOSER)
def test_what_loosens_is_refused_and_names_both_lines(
    set_: str, rules: str, where: str, fragments: tuple[str, ...]
) -> None:
    with pytest.raises(BadInput) as caught:
        load(child(rules, set_))
    assert caught.value.where.startswith(where), str(caught.value)
    assert "^" in str(caught.value)
    for fragment in fragments:
        assert fragment in str(caught.value), str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "fragment"),
    [
        ("from: 2026-06-01", "from: 2025-06-01", "before its parent"),
        ("until: 2027-06-01", "until: 2029-06-01", "longer than its parent"),
        (", until: 2027-06-01T00:00:00Z", "", "longer than its parent"),
        ("[prod]", "[prod, edge]", "'edge' is an environment"),
        ("id: team", "id: house", "another id"),
        ("version: 1.2.0", "version: 1.3.0", "is another policy"),
        ("policy: house", "policy: horse", "is another policy"),
    ],
)
def test_a_child_stays_within_its_parents_bounds(old: str, new: str, fragment: str) -> None:
    text = child()
    assert text.count(old) == 1
    with pytest.raises(BadInput) as caught:
        load(text.replace(old, new))
    assert fragment in str(caught.value) and "parent.yaml" in str(caught.value), str(caught.value)
    assert caught.value.where.startswith("child.yaml:")


def test_a_parent_is_known_by_its_digest_and_nothing_is_fetched() -> None:
    changed = PARENT.replace("value: 0.8", "value: 0.85")
    with pytest.raises(BadInput) as caught:
        load(child(), changed)
    assert sha256(changed.encode()) in str(caught.value) and caught.value.where == "child.yaml:4:50"
    with pytest.raises(BadInput, match="not here"):
        load_policy(child().encode(), "child.yaml", TEST_CATALOGUE)
    empty = PARENT[: PARENT.index("rules:")] + "rules: []\n"
    with pytest.raises(BadInput, match="no rule"):
        load(child(parent=empty), empty)


def test_both_selectors_hold_and_neither_reaches_out_of_its_brackets() -> None:
    both = load(child("applies: model.owner == 'x' // for ever\nrules: []"))
    expected = "(\nmodel.risk_tier == \"high\"\n) && (\nmodel.owner == 'x' // for ever\n)"
    assert both.document.applies == expected
    with pytest.raises(BadInput) as caught:
        load(child("applies: 'true) || (true'\nrules: []"))
    assert caught.value.where == "child.yaml:7:1"
    low = evidence().model_copy(update={"risk_tier": "low"})
    assert judge(low, [load(child("applies: 'true'\nrules: []"))]).outcomes["prod"] is Action.DENY


def test_what_a_parent_denies_because_nothing_of_it_applies_its_child_denies() -> None:
    parent = PARENT[: PARENT.index("parameters:")] + (
        "rules:\n  - {id: a, uses: test.says@1, with: {outcome: not applicable}, enforcement: {default: deny}}\n"
    )
    own = "rules:\n  - {id: b, uses: test.says@1, with: {outcome: pass}, enforcement: {default: deny}}"
    assert judge(evidence(), [load_policy(parent.encode(), "p", TEST_CATALOGUE)]).outcomes["prod"] is Action.DENY
    decision = judge(evidence(), [load(child(own, parent=parent), parent)])
    assert decision.outcomes["prod"] is Action.DENY
    assert any("no rule that team has from house applies" in note for note in decision.notes)


@pytest.mark.parametrize(
    ("old", "new", "where", "fragment"),
    [
        ("params.floor, min", "params.flor, min", "17:22", "did you mean params.floor?"),
        ("tighten: up", "tighten: down", "11:77", "may only be higher"),
        ("tighten: up", "tighten: sideways", "11:77", "up"),
        ("tighten: up", "tighten: superset", "11:77", "tightened by one of: up, down, none"),
        ("value: 0.8", "value: 0.4", "11:33", "less than at least 0.5"),
        ("value: 0.8", "value: many", "11:33", "a number such as 0.8"),
        ("value: 50", "value: 50.5", "12:33", "a whole number"),
        ("at_least: 0.5", "at_lest: 0.5", "11:38", "did you mean 'at_least'?"),
        ("among: [model_card, dpia]", "among: [dpia]", "13:30", "is not among"),
        ("expr: performance.counts.tp >= 10", "expr: performance.counts.tp >= params.word", "23:5", "params.words?"),
        ("expr: performance.counts.tp >= 10", "expr: size(params) >= 10", "23:5", "read as a whole"),
        ("schema: governance.policy/v1", "schema: governance.policy/v1\nmerged: [{policy: a, version: 1.0.0, sha256: "
         + "0" * 64 + ", rules: [b]}]", "2:", "there is no rule 'b'"),
    ],
)  # fmt: skip
def test_parameters_are_typed_bounded_and_known(old: str, new: str, where: str, fragment: str) -> None:
    assert PARENT.count(old) == 1
    with pytest.raises(BadInput) as caught:
        load_policy(PARENT.replace(old, new).encode(), "p.yaml", TEST_CATALOGUE)
    assert caught.value.where.startswith(f"p.yaml:{where}"), str(caught.value)
    assert fragment in str(caught.value), str(caught.value)


def test_an_expression_reads_parameters_as_their_types() -> None:
    text = PARENT.replace(
        "performance.counts.tp >= 10",
        "performance.counts.tp >= params.words && params.floor > 0.79 && 'model_card' in params.kinds",
    )
    loaded = load_policy(text.encode(), "p.yaml", TEST_CATALOGUE)
    for tp, outcome in ((50, "pass"), (49, "fail")):
        found = next(
            one for one in judge(evidence(performance=right(tp, 60)), [loaded]).findings if one.key == "house#right"
        )
        assert found.outcome.value == outcome, found.why
        assert outcome == "pass" or "is 49, at least 50 (params.words) asked" in found.why
        assert {looked.path: looked.value for looked in found.looked_at}["params.floor"] == "0.8"


# A random parent, and random changes of it that are tighter or looser.
_WORDS = st.sampled_from([one.value for one in Enforcement])
_SEVERITY = st.sampled_from([one.value for one in Severity])
_LATER = "2026-12-01T00:00:00Z"
_TWO = st.lists(_WORDS, min_size=2, max_size=2, unique=True)
_HOW = st.one_of(_WORDS, _TWO.map(lambda two: {two[0]: "now", two[1]: _LATER}))
_FLOORS = st.sampled_from(["0.5", "0.6", "0.7", "0.8"])


def _rule(draw: st.DrawFn, name: str) -> dict[str, Any]:
    return {
        "id": name,
        "uses": "performance.floor@1",
        "with": {"at_least": draw(_FLOORS)},
        "severity": draw(_SEVERITY),
        "enforcement": {"default": draw(_HOW)} | ({"prod": draw(_HOW)} if draw(st.booleans()) else {}),
        "waivable_to": draw(st.sampled_from(["allow", "needs review"])),
    }


@st.composite
def families(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    base = {"schema": "governance.policy/v1", "version": "1.0.0", "in_force": {"from": "2026-01-01T00:00:00Z"}}
    rules = [_rule(draw, name) for name in "abc"[: draw(st.integers(1, 3))]]
    parent = {**base, "id": "house", "environments": ["staging", "prod"], "rules": rules,
              "valid_for": draw(st.integers(10, 100))}  # fmt: skip
    overrides = []
    for rule in rules:
        if draw(st.booleans()):
            new = _rule(draw, rule["id"])
            overrides.append({key: new[key] for key in ("with", "severity", "enforcement", "waivable_to", "id")
                              if key == "id" or draw(st.booleans())})  # fmt: skip
    if draw(st.booleans()):
        overrides.append(_rule(draw, "own"))
    narrower = {**base, "id": "team", "environments": draw(st.sampled_from([["prod"], ["staging", "prod"]])),
                "rules": overrides}  # fmt: skip
    return parent, narrower


def _text(tree: dict[str, Any]) -> str:
    return json.dumps(tree)


def _order(actions: dict[str, Action], place: str) -> int:
    return ACTIONS.index(actions.get(place, Action.DENY))


@settings(max_examples=300)
@given(family=families(), right_of_100=st.integers(0, 100), as_of=st.sampled_from([NOW, parse_instant(_LATER)]))
def test_a_child_that_loads_is_never_milder_than_its_parent(
    family: tuple[dict[str, Any], dict[str, Any]], right_of_100: int, as_of: Any
) -> None:
    parent_tree, child_tree = family
    parent = load_policy(_text(parent_tree).encode(), "parent.yaml", TEST_CATALOGUE)
    child_tree = child_tree | {"extends": {"policy": "house", "version": "1.0.0", "sha256": parent.sha256}}
    facts = evidence(performance=right(right_of_100, 100))
    files = [("parent.yaml", parent.text)]
    if _loosens(child_tree, parent_tree):
        with pytest.raises(BadInput, match=r"parent\.yaml:1:"):
            load_policy(_text(child_tree).encode(), "child.yaml", TEST_CATALOGUE, lambda: files)
        return
    loaded = load_policy(_text(child_tree).encode(), "child.yaml", TEST_CATALOGUE, lambda: files)
    theirs, ours = (judge(facts, [policy], now=as_of).outcomes for policy in (parent, loaded))
    for place in child_tree["environments"]:
        assert _order(ours, place) >= _order(theirs, place)
    # Merging again, or reading what was merged, changes nothing.
    again = load_policy(loaded.text, "recorded", TEST_CATALOGUE)
    assert again.document == loaded.document and written(again.document) == loaded.text
    assert judge(facts, [again], now=as_of) == judge(facts, [loaded], now=as_of)


def _loosens(child_tree: dict[str, Any], parent_tree: dict[str, Any]) -> bool:
    """Said again here from the words of the policy, without the code that merges."""
    strict = [one.value for one in Enforcement]
    high = [one.value for one in Severity]
    known = {rule["id"]: rule for rule in parent_tree["rules"]}

    def at(enforcement: dict[str, Any], place: str, late: bool) -> int:
        how = enforcement.get(place, enforcement["default"])
        if isinstance(how, dict):
            how = next(word for word, day in how.items() if (day != "now") is late)
        return strict.index(how)

    for rule in child_tree["rules"]:
        was = known.get(rule["id"])
        if was is None:
            continue
        merged = was["enforcement"] | rule.get("enforcement", {})
        looser = any(
            at(merged, place, late) > at(was["enforcement"], place, late)
            for place in child_tree["environments"]
            for late in (False, True)
        )
        looser |= float(rule.get("with", was["with"])["at_least"]) < float(was["with"]["at_least"])
        looser |= high.index(rule.get("severity", was["severity"])) > high.index(was["severity"])
        looser |= rule.get("waivable_to") == "allow" and was["waivable_to"] == "needs review"
        if looser:
            return True
    return False


@given(title=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30))
def test_whatever_a_policy_says_reads_the_same_after_merging(title: str) -> None:
    title = unicodedata.normalize("NFC", IN_VALUE.sub("", title))
    assume(not IN_VALUE.search(title))  # what a joiner stood beside may have gone
    policy = load(child()).document.model_copy(update={"title": title})
    assert load_policy(written(policy), "recorded", TEST_CATALOGUE).document.title == title
