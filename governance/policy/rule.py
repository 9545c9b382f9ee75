"""What a rule is. Text, parameters, examples and code of a rule live in one file; everything else is generated."""

import inspect
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, get_args, get_type_hints

from pydantic import ConfigDict

from governance.canonical import Document
from governance.evidence.evidence import EvidenceSet, Facts
from governance.evidence.fairness import Measure
from governance.policy.attested import Attested
from governance.policy.finding import Verdict
from governance.policy.outcome import Outcome

# Parts of a rule's docstring, in this order; tests hold every rule to them.
PARTS = ("What it checks:", "Why it matters:", "How to fix:")


class Params(Document):
    """Base of a rule's parameters. Values come from YAML as text, so they are coerced, then closed and frozen.

    What recurs means the same in each rule. `metric`: what is measured. `measure`: how two groups are compared.
    `attributes`: names, or intersections such as sex*race; every declared one where empty. `at_least`: the limit from
    below. `at_most`: the limit from above. `alpha`: error level of each end of an interval. `decide_on`: the end of the
    interval, or the point estimate, which leaves chance out of account. `min_rows`: fewer rows settle nothing. `rows`:
    at most so many are explained.
    """

    # Built when a policy uses the rule: whoever verifies one decision waits for no others.
    model_config = ConfigDict(strict=False, defer_build=True)


class Request(NamedTuple):
    """What a rule needs measured, beyond its groups of facts. `attributes` without a `metric` ask for count tables;
    `scores` for metrics of scores of each of their groups, `above_median` for how many of each score above the median,
    `champion_scores` for metrics of scores of the champion; `kpi` for the metric by which the manifest measures
    success."""

    attributes: tuple[str, ...] = ()
    metric: str = ""
    measure: Measure = "ratio"
    min_rows: int = 0
    explain_rows: int = 0
    metrics: tuple[str, ...] = ()
    champion: bool = False
    scores: tuple[str, ...] = ()
    champion_scores: tuple[str, ...] = ()
    explain_repeats: int = 0
    pickles: bool = False
    kpi: bool = False
    above_median: bool = False


class Example(NamedTuple):
    """One case of a rule: documentation and test at once."""

    outcome: Outcome
    name: str
    evidence: Any
    params: dict[str, Any]


def passes(name: str, evidence: Any, **params: Any) -> Example:
    return Example(Outcome.PASS, name, evidence, params)


def fails(name: str, evidence: Any, **params: Any) -> Example:
    return Example(Outcome.FAIL, name, evidence, params)


def inconclusive(name: str, evidence: Any, **params: Any) -> Example:
    return Example(Outcome.INCONCLUSIVE, name, evidence, params)


class Rule(NamedTuple):
    """A declared rule. `facts` names the group of evidence it takes, "" for one that takes the whole set; `reads` are
    the groups without which it cannot be judged. One that `attests` takes no evidence, but what people stated about it.
    `make_examples` is called by those who want them: documentation and tests, not whoever judges."""

    id: str
    version: int
    controls: tuple[str, ...]
    make_examples: Callable[[], tuple[Example, ...]]
    function: Callable[..., Verdict]
    facts: str
    reads: tuple[str, ...]
    params: type[Params]
    timed: bool
    requests: Callable[[Any], Request] | None
    attests: bool = False

    @property
    def name(self) -> str:
        return f"{self.id}@{self.version}"

    @property
    def examples(self) -> tuple[Example, ...]:
        return self.make_examples()

    @property
    def summary(self) -> str:
        return _summary(self.function)

    def part(self, label: str) -> str:
        """The text after one of PARTS."""
        return _part(self.function, label)

    def judge(self, evidence: Any, params: Params, now: datetime) -> Verdict:
        return self.function(evidence, params, now) if self.timed else self.function(evidence, params)


def rule(
    identifier: str,
    *,
    version: int = 1,
    controls: tuple[str, ...] = (),
    examples: Callable[[], tuple[Example, ...]] = tuple,
    requests: Callable[[Any], Request] | None = None,
    reads: tuple[str, ...] = (),
) -> Callable[[Callable[..., Verdict]], Rule]:
    """Declare a rule: `function(evidence, params)` or `function(evidence, params, now)` for one that reads the clock.

    The annotation of the first argument says which evidence it reads; `reads` names the groups for one that takes the
    whole set and needs several. Raises RuntimeError for a rule that breaks the form.
    """

    def declare(function: Callable[..., Verdict]) -> Rule:
        hints = get_type_hints(function)
        arguments = list(inspect.signature(function).parameters)
        if len(arguments) not in (2, 3) or "." not in identifier:
            raise RuntimeError(f"rule {identifier}: expected <family>.<name> and (evidence, params[, now])")
        facts = _facts_field(identifier, hints[arguments[0]])
        if unknown := {*reads} - {*Facts.model_fields} or (facts and reads):
            raise RuntimeError(f"rule {identifier}: {unknown!r} is no group to read beside the evidence that it takes")
        missing = [part for part in PARTS if part not in _text(function)]
        if missing:
            raise RuntimeError(f"rule {identifier}: its docstring lacks {missing[0]!r}")
        return Rule(
            id=identifier,
            version=version,
            controls=controls,
            make_examples=examples,
            function=function,
            facts=facts,
            reads=(facts,) if facts else reads,
            params=hints[arguments[1]],
            timed=len(arguments) == 3,
            requests=requests,
            attests=hints[arguments[0]] is Attested,
        )

    return declare


def _facts_field(identifier: str, kind: Any) -> str:
    if kind in (EvidenceSet, Attested):
        return ""
    for name, field in Facts.model_fields.items():
        if kind in get_args(field.annotation):
            return name
    raise RuntimeError(f"rule {identifier}: {kind!r} is no group of evidence")


def _text(function: Callable[..., Any]) -> str:
    return inspect.cleandoc(function.__doc__ or "")


# Every finding says both, and a docstring does not change.
@lru_cache(maxsize=512)
def _summary(function: Callable[..., Any]) -> str:
    return _text(function).split("\n\n")[0].replace("\n", " ")


@lru_cache(maxsize=512)
def _part(function: Callable[..., Any], label: str) -> str:
    text = _text(function)
    after = text[text.index(label) + len(label) :]
    ends = [after.index(other) for other in PARTS if other in after]
    return " ".join(after[: min(ends, default=len(after))].split())
