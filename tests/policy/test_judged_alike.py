"""Who judges a thousand evidence sets finds of each what whoever judges that one alone finds, in whatever order."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.evidence.evidence import EvidenceSet
from governance.policy import expression
from governance.policy.decision import Decision
from governance.policy.document import LoadedPolicy, load_policy
from tests.policy.cases import NOW, cell, evidence, fairness, judge, right, table

COUNTS = st.integers(0, 60)
STEPPED = "{warn: now, deny: 2027-01-01T00:00:00Z}"


def text(least: str, enforcement: str) -> str:
    return f"""\
schema: governance.policy/v1
id: alike
version: 1.0.0
in_force: {{from: 2026-01-01T00:00:00Z}}
environments: [staging, prod]
parameters: {{least: {{type: decimal, value: {least}, tighten: up}}}}
rules:
  - {{id: floor, uses: performance.floor@1, with: {{at_least: params.least}}, enforcement: {{default: {enforcement}}}}}
  - {{id: groups, uses: fairness.disparity@1, with: {{at_least: 0.8}}, enforcement: {{default: deny}}}}
  - id: rows
    requires: [performance.counts]
    expr: double(performance.counts.tp) >= params.least * 60.0
    enforcement: {{default: {enforcement}, staging: audit}}
  - id: cells
    requires: [fairness]
    expr: fairness.tables.all(t, t.cells.all(c, c.tp >= 20)) && subject.name == 'loans'
    enforcement: {{default: review}}
  - id: clock
    requires: [performance]
    expr: timestamp(now) < timestamp('2027-06-01T00:00:00Z') && performance.counts.tp > 10
    enforcement: {{default: deny}}
"""


POLICIES = [
    load_policy(text(least, enforcement).encode(), "alike.yaml")
    for least in ("0.4", "0.6")
    for enforcement in ("deny", STEPPED)
]
SETS = st.builds(
    lambda k, a, b, kind: evidence(
        kind=kind, performance=right(k, 60), fairness=fairness(table(cell("a", a, 60), cell("b", b, 60)))
    ),
    COUNTS, COUNTS, COUNTS, st.sampled_from(("measured", "declared")),
)  # fmt: skip
TURNS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(POLICIES), st.sampled_from((0, 60, 300))), max_size=8)


def judged(facts: EvidenceSet, policy: LoadedPolicy, days: int) -> Decision:
    return judge(facts, [policy], now=NOW + timedelta(days=days))


def alone(facts: EvidenceSet, policy: LoadedPolicy, days: int) -> Decision:
    """By a policy that was read for this, of documents that were read for this, with nothing remembered."""
    for kept in (expression._seen, expression._data):
        kept.cache_clear()
    fresh = load_policy(policy.text, "alike.yaml")
    return judged(EvidenceSet.from_bytes(facts.to_bytes()), fresh, days)


@settings(max_examples=40, deadline=None)
@given(st.lists(SETS, min_size=4, max_size=4), TURNS)
def test_in_turn_each_is_judged_as_if_it_were_alone(
    sets: list[EvidenceSet], turns: list[tuple[int, LoadedPolicy, int]]
):
    together = [judged(sets[at], policy, days) for at, policy, days in turns]
    for found, (at, policy, days) in zip(together, turns, strict=True):
        assert found.to_bytes() == alone(sets[at], policy, days).to_bytes()
