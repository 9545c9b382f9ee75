"""Numbers of a policy that do not do what they seem to."""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from governance.evidence.counts import range_of
from governance.evidence.performance import SCORE_METRICS
from governance.policy.comparison import score_range
from governance.policy.document import SelectedRule
from governance.policy.expression import PARAMS, members
from governance.policy.lint.remark import Level, Said, Subject, lint


@lint(
    "limit-at-the-end",
    Level.WARNING,
    bad="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 1}
            enforcement: {default: deny}
    """,
    good="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.99}
            enforcement: {default: deny}
    """,
)
def limit_at_the_end(subject: Subject) -> Iterator[Said]:
    """A limit lies within the range of its metric, and not at its end.

    A limit beyond the range is refused when the policy is read. At its end, a floor is one that the interval of a
    measured rate hardly ever clears as a whole; and a ceiling is one that nothing is above.
    """
    for selected in subject.policy.rules:
        params, metric = selected.params, getattr(selected.params, "metric", None)
        if params is None or metric is None:
            continue
        shares = selected.rule is not None and selected.rule.facts == "fairness" and hasattr(params, "measure")
        most = 1.0 if shares else (score_range(metric) if metric in SCORE_METRICS else range_of(metric))[1]
        for side in ("at_least", "at_most"):
            limit = getattr(params, side, None)
            if limit is None or math.isinf(most) or limit < most:
                continue
            at = ("rules", selected.section.id, "with", side)
            if side == "at_most":
                yield Said(at, f"{metric} is never above {most:g}: every model passes", "state a limit below that")
            elif getattr(params, "decide_on", "bound") == "bound":
                what = f"the interval of a measured {metric} reaches below {most:g}: hardly any model passes"
                point = ", or `decide_on: point`" if hasattr(params, "decide_on") else ""
                yield Said(at, what, f"state a limit below {most:g}{point}")


@lint(
    "alpha-unused",
    Level.WARNING,
    bad="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8, alpha: 0.01, decide_on: point}
            enforcement: {default: deny}
    """,
    good="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8, alpha: 0.01}
            enforcement: {default: deny}
    """,
)
def alpha_unused(subject: Subject) -> Iterator[Said]:
    """An error level is stated only where an interval decides.

    `decide_on: point` leaves chance out of account, and `alpha` with it: who reads the policy believes that one in a
    hundred is wrong, and it may be every second.
    """
    for selected in subject.policy.rules:
        if "alpha" in selected.section.with_ and getattr(selected.params, "decide_on", "bound") == "point":
            what = f"rule {selected.section.id!r} states an alpha, and decides on the point value, which has none"
            yield Said(
                ("rules", selected.section.id, "with", "alpha"), what, "leave out `alpha`, or `decide_on: point`"
            )


@lint(
    "alphas-differ",
    Level.WARNING,
    bad="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: deny}
          - id: sensitivity
            uses: performance.floor@1
            with: {metric: tpr, at_least: 0.8}
            enforcement: {default: deny}
          - id: specificity
            uses: performance.floor@1
            with: {metric: tnr, at_least: 0.8, alpha: 0.1}
            enforcement: {default: deny}
    """,
    good="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: deny}
          - id: sensitivity
            uses: performance.floor@1
            with: {metric: tpr, at_least: 0.8}
            enforcement: {default: deny}
          - id: specificity
            uses: performance.floor@1
            with: {metric: tnr, at_least: 0.8, alpha: 0.1}
            enforcement: {default: deny}
            why: Of healthy people we have few, so one in ten may be wrong here.
    """,
)
def alphas_differ(subject: Subject) -> Iterator[Said]:
    """The rules of a policy use one error level, or say why not.

    A lone alpha among rules that share another is a slip of the pen, or it was bent until a model passed. `why` tells
    which.
    """
    found = {one.section.id: one.params.model_dump().get("alpha") for one in subject.policy.rules if one.params}
    counts = Counter(alpha for alpha in found.values() if alpha is not None)
    if not counts:
        return
    (usual, times), *_ = counts.most_common()
    for selected in subject.policy.rules:
        section, alpha = selected.section, found.get(selected.section.id)
        if "alpha" in section.with_ and alpha != usual and counts[alpha] < times and not section.why:
            what = f"rule {section.id!r} has alpha {alpha}; {times} of {counts.total()} rules have {usual}"
            fix = f"use {usual}, or say under `why` what is different here"
            yield Said(("rules", section.id, "with", "alpha"), what, fix)


@lint(
    "unused-parameter",
    Level.WARNING,
    bad="""
        parameters:
          floor: {type: decimal, value: 0.8, tighten: up}
    """,
    good="""
        parameters:
          floor: {type: decimal, value: 0.8, tighten: up}
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: params.floor}
            enforcement: {default: deny}
    """,
)
def unused_parameter(subject: Subject) -> Iterator[Said]:
    """Each parameter is read by some rule.

    A narrower policy sets it, and nothing changes.
    """
    used = {name for selected in subject.policy.rules for name in _reads(selected)}
    for name in subject.policy.document.parameters:
        if name not in used:
            fix = f"read it as {PARAMS}.{name}, under `with` or in an expression; or leave it out"
            yield Said(("parameters", name), f"no rule reads the parameter {name!r}", fix)


def _reads(selected: SelectedRule) -> list[str]:
    """Names of parameters."""
    if selected.condition:
        return members(selected.condition.text, PARAMS)
    given: list[Any] = list(selected.section.with_.values())
    return [value.removeprefix(f"{PARAMS}.") for value in given if isinstance(value, str)]
