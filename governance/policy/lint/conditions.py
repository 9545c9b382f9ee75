"""Conditions that always answer alike, and environments that a policy never reaches."""

import re
from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

from governance.evidence.manifest import RISK_TIERS
from governance.policy.expression import members
from governance.policy.lint.domain import MOST, Domain, read, tried
from governance.policy.lint.remark import Level, Said, Subject, lint
from governance.policy.selector import KNOWN, Selector, applies

_LEFT_OUT = object()
_OTHER = "something else"


@lint(
    "always-true",
    Level.ERROR,
    bad="""
        rules:
          - id: enough-rows
            requires: [fairness.rows]
            expr: fairness.rows >= 0
            enforcement: {default: deny}
    """,
    good="""
        rules:
          - id: enough-rows
            requires: [fairness.rows]
            expr: fairness.rows >= 100
            enforcement: {default: deny}
    """,
)
def always_true(subject: Subject) -> Iterator[Said]:
    """A condition fails for some evidence.

    One that cannot fail checks nothing, and the report counts it among what was checked. It is evaluated over every
    value at, just below and just above the numbers that it names; the remark says over how many. Of a condition that
    calls functions or walks lists nothing is said.
    """
    yield from _constant(subject, True, "nothing fails it", "state the limit beyond which a model should fail")


@lint(
    "always-false",
    Level.ERROR,
    bad="""
        rules:
          - id: well-explained
            requires: [explainability.unit]
            expr: explainability.unit == "percent"
            enforcement: {default: deny}
    """,
    good="""
        rules:
          - id: well-explained
            requires: [explainability.unit]
            expr: explainability.unit == "probability"
            enforcement: {default: deny}
    """,
)
def always_false(subject: Subject) -> Iterator[Said]:
    """A condition holds for some evidence.

    One that never holds fails every model, and no one can mend what it asks for. It is tried as `always-true` is.
    """
    yield from _constant(subject, False, "no model passes it", "compare with values that the evidence can have")


def _constant(subject: Subject, answer: bool, means: str, fix: str) -> Iterator[Said]:
    for selected in subject.policy.rules:
        if selected.condition is None or (domain := Domain.of(selected.condition)) is None:
            continue
        found = tried(selected.condition, domain)
        if set(found) == {answer}:
            word = str(answer).lower()
            over = f"in each of the {len(found)} cases that were tried" if domain.values else "whatever the evidence"
            what = f"the condition of rule {selected.section.id!r} is {word} {over}: {means}"
            yield Said(("rules", selected.section.id, "expr"), what, fix)


@lint(
    "environment-never-reached",
    Level.ERROR,
    bad="""
        environments: [staging, prod]
        applies: model.risk_tier == "high" && environment == "prod"
    """,
    good="""
        environments: [staging, prod]
        applies: model.risk_tier == "high" || environment == "prod"
    """,
)
def environment_never_reached(subject: Subject) -> Iterator[Said]:
    """The policy applies to some model in each of its environments.

    Where no policy applies nothing was checked, and that denies: an environment for which `applies` is always false
    opens for no model under this policy alone. That is so where the answer is `false` whatever the manifest says; else
    models are tried with the texts that the condition names, with others, and with what they leave out.
    """
    selector = subject.policy.selector
    if selector is None:
        return
    places = subject.policy.document.environments
    proven = [place for place in places if _false_for_all(selector, place)]
    models = list(_models(selector))
    for index, place in enumerate(places):
        if place in proven:
            why = "whatever a manifest says of a model"
        elif models and not any(applies(selector, {"model": model}, [place]).places for model in models):
            why = f"for each of the {len(models)} models that were tried"
        else:
            continue
        what = f"`applies` is false in {place}, {why}: nothing is checked there, and that denies"
        fix = f"leave {place} out of `environments`, or let `applies` hold there"
        yield Said(("environments", index), what, fix, ("applies",))


def _false_for_all(selector: Selector, place: str) -> bool:
    """Asked of a model that says nothing, each read of it is an error; in CEL an error only vanishes from && and ||
    where the other side decides. So what is false then is false for every model, unless the text asks what there is
    (`has`) or takes the model as a whole."""
    if re.search(r"\bhas\b|\bmodel\b(?!\s*\.)", selector.text):
        return False
    return not applies(selector, {"model": {}}, [place]).places


def _models(selector: Selector) -> Iterator[dict[str, Any]]:
    """Models that differ in what the condition reads; none where it is more than comparisons, or reads too much."""
    parts = read(re.sub(r"\bhas\s*\(\s*(model\.\w+)\s*\)", r"\1", selector.text))
    names = members(selector.text, "model")
    if parts is None or "model" in parts.paths or not {*names} <= {*KNOWN}:
        return
    texts = [*dict.fromkeys(parts.texts), _OTHER]
    choices: dict[str, list[Any]] = {name: [*texts, _LEFT_OUT] for name in names}
    choices |= {name: list(texts) for name in names if name in ("name", "version")}
    choices |= {name: list(RISK_TIERS) for name in names if name == "risk_tier"}
    choices |= {name: [[], *([text] for text in texts), texts, _LEFT_OUT] for name in names if name == "tags"}
    if prod(map(len, choices.values())) > MOST:
        return
    for chosen in product(*choices.values()):
        yield {name: value for name, value in zip(choices, chosen, strict=True) if value is not _LEFT_OUT}
