"""reproducibility.parameters: what the training run was told is written down."""

from typing import Annotated

from governance.evidence.reproducibility import Parameter, ReproducibilityFacts
from governance.policy.advice import AGAIN
from governance.policy.finding import Limit, Looked, Verdict, plural
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class ParametersParams(Params):
    """`require`: names that must be among the parameters."""

    require: Annotated[tuple[str, ...], Tighten.SUPERSET] = ()


def _given(names: tuple[str, ...] | None) -> ReproducibilityFacts:
    return ReproducibilityFacts(
        lock="a" * 64,
        requirements=3,
        pinned=3,
        hashed=3,
        commit="4" * 40,
        seeds=(0,),
        parameters=None if names is None else tuple(Parameter(name=name, value="3") for name in names),
    )


@rule(
    "reproducibility.parameters",
    controls=("eu-ai-act/annex-iv.2.b", "iso-42001/a.6.2.3"),
    examples=lambda: (
        passes("recorded", _given(("depth", "rate"))),
        passes("those that the policy asks for", _given(("depth", "rate")), require=["depth"]),
        fails("none recorded", _given(())),
        fails("one is missing", _given(("depth",)), require=["depth", "rate"]),
        inconclusive("never read", _given(None)),
    ),
)
def parameters(evidence: ReproducibilityFacts, params: ParametersParams) -> Verdict:
    """The parameters of the training run are recorded.

    What it checks: the manifest's `environment.parameters` names at least one parameter with its value, and each that
    the policy requires. Whether the run really used them is not checked.

    Why it matters: the same data and code with another depth, threshold or penalty give another model; without the
    parameters nobody can build this one again or say what was changed.

    How to fix: let the training script write its parameters into `environment.parameters` of the manifest, as a mapping
    of names to values, in the same step that writes the model.
    """
    limit = Limit(op="is", value=", ".join(params.require) or "at least one parameter")
    if evidence.parameters is None:
        why = "the evidence was made before parameters were read"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=AGAIN)
    found = {one.name: one.value for one in evidence.parameters}
    looked = tuple(
        Looked(path=f"reproducibility.parameters.{name}", value=found.get(name))
        for name in [*found, *(one for one in params.require if one not in found)]
    )
    missing = [name for name in params.require if name not in found]
    if missing or not found:
        why = "no training parameter is recorded (environment.parameters)"
        if missing and found:
            why = f"{', '.join(missing)}: not among the recorded parameters"
        return Verdict(outcome=Outcome.FAIL, why=why, looked_at=looked, limit=limit)
    return Verdict(
        outcome=Outcome.PASS, why=f"{plural(len(found), 'parameter')} recorded", looked_at=looked, limit=limit
    )
