"""Rules over declared facts, through a policy: a missing group is told with its place in the manifest, declared facts
count only where the policy takes them, and a rule that reads the clock reads the decision's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from governance.canonical import instant
from governance.errors import BadInput
from governance.evidence.access import AccessFacts, Grant
from governance.evidence.evidence import Facts
from governance.evidence.lineage import LineageFacts, Source
from governance.evidence.operations import OperationsFacts
from governance.evidence.origin import FactOrigin
from governance.evidence.purpose import PurposeFacts
from governance.policy.finding import Finding
from governance.policy.outcome import Outcome
from governance.policy.rule import Example, Rule
from governance.policy.rules import ALL
from tests.policy.cases import NOW, evidence, judge, policy, right

DECLARED = FactOrigin(kind="declared")


def found(uses: str, params: str = "{}", accept: str = "[declared]", now: datetime = NOW, **facts: Any) -> Finding:
    rule = f"{{id: a, uses: {uses}@1, with: {params}, enforcement: {{default: deny}}, accept: {{kind: {accept}}}}}"
    (finding,) = judge(evidence(**facts), [policy(rule)], now=now).findings
    return finding


@pytest.mark.parametrize("group", [name for name in Facts.model_fields if name != "absent"])
def test_what_is_not_there_is_told_with_its_place(group: str) -> None:
    rule = f"{{id: a, requires: [{group}], expr: 'has({group}.origin)', enforcement: {{default: deny}}}}"
    (finding,) = judge(evidence(), [policy(rule)]).findings
    assert finding.outcome is Outcome.INCONCLUSIVE
    assert finding.fix.startswith("give the manifest ")
    assert "`" in finding.fix


def test_declared_facts_count_only_where_the_policy_takes_them() -> None:
    running = OperationsFacts(origin=DECLARED, version="2", rollback="1", monitoring=None, on_call=None)
    assert found("operations.rollback", operations=running).outcome is Outcome.PASS
    refused = found("operations.rollback", accept="[measured]", operations=running)
    assert refused.outcome is Outcome.INCONCLUSIVE
    assert "declared" in refused.why
    bare = PurposeFacts(origin=DECLARED, objective="o", category=None, kpi=None, intended=(), prohibited=())
    assert found("purpose.stated", "{require: [objective]}", purpose=bare).outcome is Outcome.PASS


def _source(until: datetime) -> LineageFacts:
    source = Source(
        id="s", sha256=None, owner=None, licence=None, expires=None, forbidden=(), approved_by=(),
        collected_until=instant(until),
    )  # fmt: skip
    return LineageFacts(origin=DECLARED, sources=(source,), features=())


def _grant(used: datetime) -> AccessFacts:
    grant = Grant(principal="ann", permission="train", resource="m", line=2, last_used=instant(used))
    return AccessFacts(origin=DECLARED, grants=(grant,), approvals=())


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (timedelta(seconds=-1), Outcome.FAIL),
        (timedelta(0), Outcome.PASS),
        (timedelta(days=30), Outcome.PASS),
        (timedelta(days=30, seconds=1), Outcome.FAIL),
    ],
)
def test_age_is_counted_to_the_second_from_the_time_of_the_decision(after: timedelta, outcome: Outcome) -> None:
    then = datetime(2026, 3, 1, 12, tzinfo=UTC)
    lineage = found("lineage.freshness", "{days: 30, of: [sources]}", now=then + after, lineage=_source(then))
    access = found("access.stale_grants", "{days: 30}", now=then + after, access=_grant(then))
    assert (lineage.outcome, access.outcome) == (outcome, outcome)


@pytest.mark.parametrize("params", ["{}", "{regions: []}", "{region: [eu]}"])
def test_a_region_rule_without_regions_is_refused(params: str) -> None:
    with pytest.raises(BadInput):
        found("lineage.region_allowed", params, lineage=_source(NOW))


@pytest.mark.parametrize(
    ("uses", "params"),
    [
        ("lineage.freshness", "{days: 0}"),
        ("lineage.freshness", "{of: []}"),
        ("lineage.freshness", "{of: [features]}"),
        ("access.stale_grants", "{days: 1e9}"),
        ("access.approvals_by_role", "{roles: {}}"),
        ("documentation.current", "{kinds: []}"),
        ("purpose.stated", "{require: []}"),
        ("purpose.stated", "{require: [aim]}"),
        ("operations.monitoring", "{every: often}"),
        ("operations.rollback", "{to: 1.9}"),
    ],
)
def test_parameters_that_would_check_nothing_are_refused(uses: str, params: str) -> None:
    with pytest.raises(BadInput):
        found(uses, params)


def _said(identifier: str, name: str) -> tuple[str, list[tuple[str, str | None]]]:
    """Why an example of a rule comes out as it does, and what was looked at."""
    one: Rule = next(rule for rule in ALL if rule.id == identifier)
    example: Example = next(case for case in one.examples if case.name == name)
    verdict = one.judge(example.evidence, one.params.model_validate(example.params), NOW)
    return verdict.why, [(looked.path, looked.value) for looked in verdict.looked_at]


@pytest.mark.parametrize(
    ("rule", "example", "why", "looked"),
    [
        ("access.orphans", "no people file", "names no people file", None),
        ("access.orphans", "the people file lists nobody", "lists nobody", None),
        ("access.orphans", "somebody left", "line 3: bo, who left (people line 3), may train", "bo: left"),
        ("access.stale_grants", "it tells of one only", "grants of line 3 were", "in use"),
        ("access.approvals_by_role", "approved by who trains", "independent owner: Ann approved and may train", None),
        ("lineage.ancestry_complete", "a feature from a source", "1 feature traced", "bank.income"),
        ("lineage.ancestry_complete", "the trail breaks off", "job clean wrote train", "without column lineage"),
        ("lineage.purpose_allowed", "another purpose", "not for marketing", "fraud-detection, Credit-Scoring"),
        ("lineage.versions_pinned", "runs read another version", "version 6 of bank, the manifest names 7", "6"),
        ("operations.monitoring", "a placeholder", "no monitoring plan", "TODO"),
        ("operations.monitoring", "a metric with its limit, every day", "every 1d", "at least 0.8"),
        ("operations.monitoring", "a metric without a limit", "drift has no limit", None),
        ("purpose.stated", "everything stated", "is 0.83 against a target of 0.8", "decide about small loans"),
        ("purpose.stated", "not measured yet", "has no measured value", "loans up to 5000"),
        ("purpose.stated", "a measure of success in words only", "has no target and no measured value", None),
    ],
)
def test_findings_say_what_was_seen(rule: str, example: str, why: str, looked: str | None) -> None:
    said, seen = _said(rule, example)
    assert why in said
    assert looked is None or any(looked in (value or "") for _, value in seen)


def test_a_missing_value_is_looked_at_too() -> None:
    assert _said("purpose.stated", "no objective")[1][0] == ("purpose.objective", None)
    assert _said("lineage.purpose_allowed", "the source states no purpose")[1][0] == (
        "lineage.sources.bank.purposes",
        None,
    )
    assert "target" not in _said("purpose.stated", "a measure of success is not asked for")[0]


def test_a_rule_over_two_groups_needs_both() -> None:
    purpose = PurposeFacts(origin=DECLARED, objective="o", category=None, kpi=None, intended=(), prohibited=())
    both = "[measured, declared]"
    alone = found("purpose.kpi_measured", accept=both, purpose=purpose)
    assert alone.outcome is Outcome.INCONCLUSIVE and alone.why == "no performance evidence"
    refused = found("purpose.kpi_measured", accept="[measured]", purpose=purpose, performance=right(9, 10))
    assert "purpose evidence is declared" in refused.why
    judged = found("purpose.kpi_measured", accept=both, purpose=purpose, performance=right(9, 10))
    assert judged.why == "no measure of success is stated"
    assert judged.origin is not None and judged.origin.kind == "declared"
