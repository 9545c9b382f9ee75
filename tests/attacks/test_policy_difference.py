"""What `policy diff` calls safe lets nothing through, and neither does a child that loads: pairs that differ a little,
asked, at each place and point as the gate asks there, on later days, beside another policy, with a waiver."""

import json
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from governance.canonical import instant
from governance.errors import BadInput
from governance.evidence.documentation import DocumentationFacts, DocumentFact
from governance.evidence.evidence import EvidenceSet
from governance.policy.decision import Decision, Recorded
from governance.policy.difference import difference
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.gate import decided_at
from governance.policy.outcome import ACTIONS, Action
from tests.policy.cases import NOW, TEST_CATALOGUE, act, cell, evidence, fairness, judge, right, table

PLACES = ("staging", "prod", "prod@ci", "staging@ci")
WORDS = st.sampled_from(["deny", "deny", "review", "warn", "audit"])
DAYS = st.sampled_from([instant(NOW + timedelta(days=days)) for days in (-30, 20, 50)])
LIMITS = st.sampled_from(["0.7", "0.8", "0.9"])


@st.composite
def hows(draw: st.DrawFn) -> Any:
    """How a rule is enforced at a place."""
    if draw(st.integers(0, 3)):
        return draw(WORDS)
    first, second = draw(st.lists(WORDS, min_size=2, max_size=2, unique=True))
    return {first: "now", second: draw(DAYS)}


# For each part of a rule, and of a policy, how it is drawn; drawn again, it is a change.
COMMON = {
    "severity": st.sampled_from(["low", "medium", "high"]),
    "waivable": st.sampled_from(["true", "true", "true", "false"]),
    "waivable_to": st.sampled_from(["allow", "needs review"]),
    "in_force": st.sampled_from([None, None, None, {"from": instant(NOW + timedelta(days=10))}]),
    "enforcement": st.fixed_dictionaries({"default": hows()}, optional=dict.fromkeys(("prod", "prod@ci"), hows())),
}
PARTS: dict[str, dict[str, Any]] = {
    "floor": {
        "uses": st.just("performance.floor@1"),
        "with": st.fixed_dictionaries({"at_least": LIMITS, "min_rows": st.sampled_from(["20", "60"])}),
        "accept": st.sampled_from([{"kind": ["measured"]}, {"kind": ["measured", "declared"]}]),
    },
    "equal": {
        "uses": st.just("fairness.disparity@1"),
        "with": st.fixed_dictionaries(
            {"at_least": LIMITS, "attributes": st.sampled_from([[], ["sex"], ["sex", "age"]])},
            optional={"decide_on": st.just("point"), "alpha": st.just("0.1")},
        ),
    },
    "card": {
        "uses": st.just("documentation.present@1"),
        "with": st.fixed_dictionaries(
            {"kinds": st.sampled_from([["model_card"], ["model_card", "dpia"]])},
            optional={"min_words": st.sampled_from(["10", "90"])},
        ),
    },
    "right": {
        "requires": st.just(["performance.counts"]),
        "expr": st.sampled_from(["performance.counts.tp >= params.least", "params.least <= performance.counts.tp"]),
    },
}
WHOLE = {
    "valid_for": st.sampled_from(["15", "40"]),
    "environments": st.sampled_from([["prod"], ["prod", "prod@ci"], ["staging", "prod", "prod@ci"]]),
    "waivers": st.fixed_dictionaries(
        {
            "covers": st.sampled_from(["version", "patch"]),
            "horizon": st.fixed_dictionaries(dict.fromkeys(("low", "medium", "high"), st.sampled_from(["25", "35"]))),
        }
    ),
    "in_force": st.fixed_dictionaries(
        {"from": st.just("2026-01-01T00:00:00Z")}, optional={"until": st.just(instant(NOW + timedelta(days=45)))}
    ),
    "parameters": st.sampled_from(["40", "50"]).map(
        lambda value: {"least": {"type": "integer", "value": value, "tighten": "up"}}
    ),
}


Tree = dict[str, Any]


@st.composite
def trees(draw: st.DrawFn) -> tuple[Tree, list[Tree], Tree, list[Tree]]:
    """A policy and its rules, and what is drawn again of them."""
    names = draw(st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=2, unique=True))
    whole = {name: draw(how) for name, how in WHOLE.items()}
    rules = [{name: draw(how) for name, how in (COMMON | PARTS[one]).items()} | {"id": one} for one in names]
    again, changed = Tree(), [Tree(id=one) for one in names]
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(-len(changed), len(changed) - 1))
        target, parts = (again, WHOLE) if at < 0 else (changed[at], COMMON | PARTS[names[at]])
        part = draw(st.sampled_from(sorted(parts)))
        target[part] = draw(parts[part])
    return whole, rules, again, changed


# Counts always, so that never a whole policy does not apply: that denies, and one more rule may end it.
ANCHOR = {"id": "digest", "uses": "artifact.digest@1", "enforcement": {"default": "warn"}}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[LoadedPolicy, LoadedPolicy]:
    whole, rules, again, changed = draw(trees())
    own = [{"id": "own", "uses": "artifact.digest@1", "enforcement": {"default": draw(WORDS)}}]
    more = own if draw(st.integers(0, 5)) == 0 else []
    new = [rule | other for rule, other in zip(rules, changed, strict=True)]
    return _loaded(whole, [*rules, ANCHOR]), _loaded(whole | again, [*new, ANCHOR, *more])


def _loaded(
    whole: Tree, rules: list[Tree], parent: LoadedPolicy | None = None, set_: Mapping[str, str] = MappingProxyType({})
) -> LoadedPolicy:
    known = {"default", *whole["environments"]}
    kept = [{name: value for name, value in rule.items() if value is not None} for rule in rules]
    for rule in kept:
        if "enforcement" in rule:
            rule["enforcement"] = {at: how for at, how in rule["enforcement"].items() if at in known}
    tree = {"schema": "governance.policy/v1", "id": "house", "version": "1.0.0", **whole, "rules": kept}
    if parent:
        tree |= {
            "id": "team",
            "extends": {"policy": "house", "version": "1.0.0", "sha256": parent.sha256, "set": {**set_}},
        }
    files = [("parent.yaml", parent.text)] if parent else []
    return load_policy(json.dumps(tree).encode(), "policy.yaml", TEST_CATALOGUE, lambda: files)


@st.composite
def families(draw: st.DrawFn) -> tuple[LoadedPolicy, LoadedPolicy]:
    """A parent, and a child of it that was accepted."""
    whole, rules, again, changed = draw(trees())
    parent = _loaded(whole, [*rules, ANCHOR])
    set_ = {"least": again.pop("parameters")["least"]["value"]} if "parameters" in again else {}
    said = {"environments": whole["environments"], "in_force": whole["in_force"]} | again
    try:
        return parent, _loaded(said, [rule for rule in changed if len(rule) > 1], parent, set_)
    except BadInput:
        reject()


@st.composite
def facts(draw: st.DrawFn) -> EvidenceSet:
    rows = draw(st.sampled_from([4000, 400, 50]))
    found: dict[str, Any] = {}
    if draw(st.integers(0, 5)):
        found["performance"] = right(rows * draw(st.sampled_from([1, 65, 75, 85])) // 100, rows)
    if draw(st.integers(0, 3)):
        tables = [table(cell("f", draw(st.sampled_from([280, 320, 350, 390])), 400), cell("m", 390, 400))]
        if draw(st.booleans()):
            old = cell("old", draw(st.sampled_from([290, 385])), 400)
            tables.append(table(cell("young", 390, 400), old, attribute="age"))
        found["fairness"] = fairness(*tables)
    if draw(st.booleans()):
        card = DocumentFact(kind="model_card", path="c.md", sha256="a" * 64, words=50, headings=())
        found["documents"] = DocumentationFacts(documents=(card,))
    return evidence(kind=draw(st.sampled_from(["measured", "measured", "declared"])), **found)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(data=st.data(), pair=pairs(), asked=facts(), beside=st.booleans())
def test_what_is_called_safe_lets_nothing_through_that_was_held(
    data: st.DataObject, pair: Any, asked: Any, beside: bool
) -> None:
    old, new = pair
    assume(difference(old, new).safe)
    other = [_OTHER] if beside else []
    acts: list[Recorded] = []
    before = judge(asked, [old, *other])
    if data.draw(st.booleans()):
        key = old.rules[0].key
        bound = data.draw(st.sampled_from([None, "0.5", "0.81"]))
        days = data.draw(st.sampled_from([24, 30]))
        acts.append(act("waive", before, key=key, no_worse_than=bound, expires=instant(NOW + timedelta(days=days))))
    # What runs out sooner is judged again on the later days.
    for later in (0, 22, 48):
        was, is_ = (judge(asked, [one, *other], acts, now=NOW + timedelta(days=later)) for one in (old, new))
        for place in PLACES:
            assert _rank(is_, place) >= _rank(was, place), (place, later, difference(old, new))


def _rank(decision: Decision, place: str) -> int:
    return ACTIONS.index(decision.outcomes.get(decided_at(decision, place), Action.DENY))


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
@given(data=st.data(), family=families(), asked=facts())
def test_a_child_that_loads_lets_nothing_through_that_its_parent_held(
    data: st.DataObject, family: tuple[LoadedPolicy, LoadedPolicy], asked: EvidenceSet
) -> None:
    rule = family[0].rules[0].section.id
    waived, days = data.draw(st.booleans()), data.draw(st.sampled_from([24, 30]))
    acts = []
    for one in family:
        seen, expires = judge(asked, [one]), instant(NOW + timedelta(days=days))
        key = f"{one.document.id}#{rule}"
        acts.append([act("waive", seen, key=key, expires=expires)] if waived else [])
    for later in (0, 22, 48):
        theirs, ours = (
            judge(asked, [one], said, now=NOW + timedelta(days=later)) for one, said in zip(family, acts, strict=True)
        )
        for place in PLACES:
            assert _rank(ours, place) >= _rank(theirs, place), (place, later)


_OTHER = _loaded(
    {"in_force": {"from": "2026-01-01T00:00:00Z"}, "environments": ["prod"]},
    [{"id": "digest", "uses": "artifact.digest@1", "enforcement": {"default": "warn"}}],
)
