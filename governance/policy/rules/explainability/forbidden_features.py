"""explainability.forbidden_features: what must not decide does not decide."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Threshold, real
from governance.evidence.explainability import ExplainabilityFacts
from governance.policy.advice import AGAIN, MORE_EXPLAINED
from governance.policy.finding import Limit, Looked, Verdict, short
from governance.policy.intervals import z_value
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.rules.explainability.share import specimen
from governance.policy.tightening import Tighten


class ForbiddenParams(Params):
    """`features`: names that must not decide. `sensitive`: whether the manifest's sensitive attributes and their
    columns must not either. `at_most`: share up to which a feature counts as not deciding; 0 forbids every use."""

    features: Annotated[tuple[str, ...], Tighten.NONE] = ()
    sensitive: Annotated[bool, Tighten.NONE] = True
    at_most: Annotated[Threshold, Field(ge=0, lt=1), Tighten.DOWN] = Decimal(0)
    alpha: Literal["0.1", "0.05", "0.01"] = "0.05"
    rows: Annotated[int, Tighten.NONE] = Field(1000, ge=10, le=100_000)
    min_rows: Annotated[int, Tighten.NONE] = Field(30, ge=2)


def _facts(share: str, se: str, *sensitive: str, rows: int = 500) -> ExplainabilityFacts:
    return specimen(share, se, rows=rows).model_copy(update={"sensitive": sensitive})


@rule(
    "explainability.forbidden_features",
    controls=("us-ecoa-reg-b/1002.6.b", "eu-ai-act/art-10.2.f"),
    requests=lambda p: Request(explain_rows=p.rows),
    examples=lambda: (
        passes("no feature of that name", _facts("0.4", "0.02", "sex")),
        fails("a sensitive attribute decides", _facts("0.4", "0.02", "a")),
        fails("however little", _facts("0.001", "0.002", "a")),
        fails("spelled otherwise", _facts("0.4", "0.02", "A ")),
        fails("forbidden by the policy", _facts("0.4", "0.02", "sex"), features=["a"]),
        passes("a feature that no row uses", _facts("0", "0", "a")),
        passes("below what the policy lets pass", _facts("0.01", "0.001", "a"), at_most="0.05"),
        inconclusive("straddles what it lets pass", _facts("0.05", "0.01", "a"), at_most="0.05"),
        inconclusive("too few rows to say it is not used", _facts("0", "0", "a", rows=9)),
        inconclusive("nothing is said to be sensitive", _facts("0.4", "0.02")),
        inconclusive("evidence without sensitive attributes", specimen("0.4", "0.02")),
        passes("only what the policy lists", specimen("0.4", "0.02"), sensitive="false", features=["c"]),
    ),
)
def forbidden_features(evidence: ExplainabilityFacts, params: ForbiddenParams) -> Verdict:
    """No forbidden or sensitive feature takes part in the model's decisions.

    What it checks: features whose name is that of a sensitive attribute of the manifest, of its column or of the
    policy's list (without regard to case, spaces, hyphens and underscores), and their share of the attribution with its
    normal interval. Where no share is let pass, one row in which the feature counts is proof enough. Features that
    stand in for a sensitive one under another name are not found here.

    Why it matters: to decide about credit, work or insurance by sex, race or another protected attribute is disparate
    treatment, whatever the average outcome.

    How to fix: train without the feature and look at the fairness rules again, because dropping it can widen a gap that
    proxies leave; where a law requires its use, name the share in the policy and the reason.
    """
    limit = Limit(op="at_most", value=str(params.at_most))
    if params.sensitive and evidence.sensitive is None:
        why = "the evidence does not say which attributes are sensitive"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=AGAIN)
    names = {*params.features, *((evidence.sensitive or ()) if params.sensitive else ())}
    if not names:
        why = "neither the policy nor the manifest names a forbidden or sensitive feature"
        fix = (
            "declare sensitive attributes under `data.evaluation.sensitive` in the manifest, or name forbidden "
            "features in `features` of this rule in the policy"
        )
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=fix)
    barred = {_plain(name) for name in names}
    found = [one for one in evidence.importance.features if _plain(one.feature) in barred]
    if not found:
        why = f"none of {len(evidence.importance.features)} features is called {', '.join(sorted(names))}"
        return Verdict(outcome=Outcome.PASS, why=why, limit=limit)
    z_pass, z_fail = z_value(float(params.alpha)), z_value(float(params.alpha) / len(found))
    looked, used, open_ = [], [], []
    for one in found:
        value, se = float(one.share), float(one.share_se)
        low, high = real(max(0.0, value - z_fail * se)), real(min(1.0, value + z_pass * se))
        path = f"explainability.global.{one.feature}.share"
        looked.append(Looked(path=path, value=one.share, low=low, high=high, n=evidence.rows))
        ends = f"[{short(low, params.at_most)}, {short(high, params.at_most)}]"
        said = f"{one.feature}, which must not decide, has a share of {short(value, params.at_most)} {ends}"
        if Decimal(low) > params.at_most or Decimal(one.share) > params.at_most == 0:
            used.append(said)
        elif Decimal(high) > params.at_most:
            open_.append(f"{said}, which straddles {params.at_most}")
    if used:
        return Verdict(outcome=Outcome.FAIL, why="; ".join(used), looked_at=tuple(looked), limit=limit)
    if evidence.rows < params.min_rows:
        open_.append(f"{evidence.rows} rows explained, fewer than {params.min_rows}")
    if open_:
        return Verdict(
            outcome=Outcome.INCONCLUSIVE, why="; ".join(open_), looked_at=tuple(looked), limit=limit, fix=MORE_EXPLAINED
        )
    why = f"{', '.join(one.feature for one in found)}: at most {params.at_most} over {evidence.rows} explained rows"
    return Verdict(outcome=Outcome.PASS, why=why, looked_at=tuple(looked), limit=limit)


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char not in " -_.")
