"""Conditions in CEL, compiled and judged."""

from typing import Any

from governance.policy.decision import Decision
from governance.policy.expression import Condition, compile_condition, evaluate
from governance.policy.finding import Verdict
from governance.policy.rules.explainability.share import specimen as explained
from tests.policy.cases import cell, evidence, fairness, judge, policy, table

AT = "2026-11-21T09:30:00Z"
FAIR = fairness(table(cell("a", 500, 1000), cell("b", 400, 1000)))
SHARES = explained("0.4", "0.02")


def compiled(text: str, *requires: str) -> Condition:
    return compile_condition(text, requires or ("fairness",), "policy.yaml:9:11")


def said(text: str, *requires: str, **facts: Any) -> Verdict:
    return evaluate(compiled(text, *requires), evidence(**(facts or {"fairness": FAIR})), AT)


def decided(text: str, requires: str = "[fairness]", **facts: Any) -> Decision:
    """Through a policy, as users meet it."""
    quoted = text.replace("'", "''")
    rule = f"{{id: a, requires: {requires}, expr: '{quoted}', enforcement: {{default: deny}}}}"
    return judge(evidence(**(facts or {"fairness": FAIR})), [policy(rule)])
