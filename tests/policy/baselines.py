"""Baselines of known failures, written as somebody would."""

from datetime import timedelta
from typing import Any

from governance.canonical import instant
from governance.evidence.evidence import EvidenceSet
from governance.policy.baseline import LoadedBaseline, load_baseline
from governance.policy.document import LoadedPolicy
from governance.policy.outcome import Action, Outcome
from tests.policy.cases import (
    NOW,
    evidence,
    judge,
    policy,
)

SINCE, UNTIL = NOW - timedelta(days=1), NOW + timedelta(days=30)
DIFFERENCE = [
    policy(
        "{id: one, uses: fairness.disparity@1, with: {measure: difference, at_most: 0.1}, enforcement: {default: deny}}"
    )
]
FLOOR = [policy("{id: one, uses: performance.floor@1, with: {at_least: 0.8}, enforcement: {default: deny}}")]
RATIO = [policy("{id: one, uses: fairness.disparity@1, with: {at_least: 0.8}, enforcement: {default: deny}}")]
COLUMNS = [policy("{id: one, uses: access.wildcards@1, accept: {kind: [declared]}, enforcement: {default: deny}}")]


def text(*known: str, model: str = "loans", reason: str = "legacy", since: str = instant(SINCE)) -> bytes:
    lines = "".join(f"\n  - {{{one}}}" for one in known) or " []"
    head = f"schema: governance.baseline/v1\nmodel: {model}\nreason: {reason}\nsince: {since}\n"
    return f"{head}known:{lines}\n".encode()


def entry(finding: str = "house#one", more: str = "", expires: str = instant(UNTIL)) -> str:
    return f'finding: "{finding}", expires: {expires}{", " if more else ""}{more}'


def value(bound: str = "", path: str = "performance.accuracy", group: str = "") -> str:
    """A number that an entry knows of."""
    of = f", group: [{group}]" if group else ""
    return f"{{path: {path}{of}{', ' if bound else ''}{bound}}}"


def ratio(group: str, bound: str = "", attribute: str = "sex") -> str:
    return value(bound, f"fairness.{attribute}.selection_rate.ratio", group)


def values(*known: str) -> str:
    return f"values: [{', '.join(known)}]"


def baseline(*known: str, **head: str) -> LoadedBaseline:
    return load_baseline(text(*known, **head), "known.yaml")


def known(facts: EvidenceSet, rules: list[LoadedPolicy], one: str, **options: Any) -> bool:
    """Whether the entry covers the only finding; then it needs a review, and else a note says why not."""
    decision = judge(facts, rules, baseline=baseline(one), **options)
    finding = decision.findings[0]
    assert finding.outcome is Outcome.FAIL
    assert decision.outcomes["prod"] is (Action.NEEDS_REVIEW if finding.known else Action.DENY)
    assert any("does not cover house#one" in note for note in decision.notes) is (finding.known is None)
    return finding.known is not None


def grants(*lines: str) -> EvidenceSet:
    from governance.evidence.access import AccessFacts, Grant
    from governance.evidence.origin import FactOrigin

    made = tuple(Grant(principal=one, permission="train", resource="m", line=7) for one in lines)
    return evidence(access=AccessFacts(grants=made, approvals=(), origin=FactOrigin(kind="declared")))
