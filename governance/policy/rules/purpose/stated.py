"""purpose.stated: what the model is for is written down, and how its success is measured."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from governance.evidence.purpose import Kpi, PurposeFacts
from governance.policy.finding import Limit, Looked, Verdict, settled
from governance.policy.placeholder import says_nothing
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten

_SAID = {
    "objective": "the objective",
    "category": "the id of the purpose",
    "kpi": "the measure of success",
    "intended": "an intended use",
    "prohibited": "a prohibited use",
}
_KPI = Kpi(name="share of losses seen early", target="0.8", value="0.83", better="higher")


class StatedParams(Params):
    """`require`: what must be stated. `met`: whether it must be known that the measure of success meets its target; a
    value that is known to miss it fails either way."""

    require: Annotated[
        tuple[Literal["objective", "category", "kpi", "intended", "prohibited"], ...], Tighten.SUPERSET
    ] = Field(("objective", "kpi", "intended", "prohibited"), min_length=1)
    met: Annotated[bool, Tighten.UP] = False


def _purpose(**change: object) -> PurposeFacts:
    facts = PurposeFacts(
        objective="decide about small loans", category=None, kpi=_KPI, intended=("loans up to 5000",),
        prohibited=("pricing",),
    )  # fmt: skip
    return facts.model_copy(update=change)


@rule(
    "purpose.stated",
    controls=("nist-ai-rmf/map-1.1", "eu-ai-act/art-13.3.b", "iso-42001/a.9.4"),
    examples=lambda: (
        passes("everything stated", _purpose()),
        fails("no objective", _purpose(objective=None)),
        fails("an objective that says nothing", _purpose(objective="TODO")),
        fails("no prohibited use", _purpose(prohibited=())),
        fails("an intended use that says nothing", _purpose(intended=("loans up to 5000", "..."))),
        fails("no measure of success", _purpose(kpi=None)),
        fails("the target is missed", _purpose(kpi=_KPI.model_copy(update={"value": "0.79"}))),
        fails("too much of what should be low", _purpose(kpi=_KPI.model_copy(update={"better": "lower"}))),
        passes("the target is met to the digit", _purpose(kpi=_KPI.model_copy(update={"value": "0.80"}))),
        passes("low enough to the digit", _purpose(kpi=_KPI.model_copy(update={"value": "0.80", "better": "lower"}))),
        passes("a missed target that is not asked for", _purpose(kpi=Kpi(name="losses")), require=["objective"]),
        passes("a target without direction", _purpose(kpi=_KPI.model_copy(update={"better": None}))),
        inconclusive(
            "a target without direction where it must be met",
            _purpose(kpi=_KPI.model_copy(update={"better": None})),
            met="true",
        ),
        inconclusive("a measure of success in words only", _purpose(kpi=Kpi(name="fewer losses"))),
        inconclusive("not measured yet", _purpose(kpi=_KPI.model_copy(update={"value": None}))),
        passes("a measure of success is not asked for", _purpose(kpi=None), require=["objective"]),
    ),
)
def stated(evidence: PurposeFacts, params: StatedParams) -> Verdict:
    """Objective, measure of success, intended and prohibited uses of the model are stated.

    What it checks: the manifest's `model.purpose` says each thing that the policy asks for, a placeholder such as TODO
    counts as nothing, and the `kpi` has a target and a measured value that does not miss it (`better: higher` or
    `lower` says which way is good).

    Why it matters: whether a model is good, fair or allowed can only be judged for a purpose; uses that nobody thought
    of are where it does harm.

    How to fix: write `objective`, `intended` and `prohibited` under `model.purpose` in the manifest, and the measure of
    success as `kpi: {name: ..., target: 0.8, value: 0.83, better: higher}`.
    """
    limit = Limit(op="is", value=", ".join(params.require) + " stated")
    texts: dict[str, tuple[str | None, ...]] = {
        "objective": (evidence.objective,),
        "category": (evidence.category,),
        "kpi": (evidence.kpi.name if evidence.kpi else None,),
        "intended": evidence.intended,
        "prohibited": evidence.prohibited,
    }
    looked, wrong, doubts, advice = [], [], [], []
    for name in params.require:
        said = [text for text in texts[name] if text is not None]
        looked.append(Looked(path=f"purpose.{name}", value="; ".join(said) or None))
        if not said or any(says_nothing(text) for text in said):
            wrong.append(f"{_SAID[name]} is not stated (model.purpose.{name})")
        elif name == "kpi" and evidence.kpi is not None:
            missed, open_ = _judged(evidence.kpi, params.met)
            looked.append(Looked(path="purpose.kpi.value", value=evidence.kpi.value))
            wrong += missed
            doubts += open_
            advice += [_lacking(evidence.kpi)] if open_ else []
    why = f"{', '.join(params.require)} stated"
    if "kpi" in params.require and evidence.kpi is not None:
        why += f"; {evidence.kpi.name} is {evidence.kpi.value} against a target of {evidence.kpi.target}"
    return settled(wrong, doubts, advice, why, tuple(looked), limit)


def _lacking(kpi: Kpi) -> str:
    if kpi.target is None or kpi.value is None:
        return (
            f"give the measure of success its numbers: `kpi: {{name: {kpi.name}, target: ..., value: ..., better: "
            "higher}` under `model.purpose`, with the value as it was last measured"
        )
    return "write `better: higher` or `better: lower` under `model.purpose.kpi`"


def _judged(kpi: Kpi, met: bool) -> tuple[list[str], list[str]]:
    """(what is wrong, what is open) about a measure of success."""
    lacking = [word for word, number in (("target", kpi.target), ("measured value", kpi.value)) if number is None]
    if kpi.target is None or kpi.value is None:
        return [], [f"the measure of success ({kpi.name}) has no {' and no '.join(lacking)}"]
    compared = f"{kpi.name} is {kpi.value}, its target {kpi.target}"
    if kpi.better is None:
        return [], [f"{compared}, and the manifest does not say which way is better"] if met else []
    value, target = Decimal(kpi.value), Decimal(kpi.target)
    if value < target if kpi.better == "higher" else value > target:
        return [f"{compared}, and {kpi.better} is better"], []
    return [], []
