"""explainability.share: no feature carries more of the model's decisions than a limit."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Threshold, real
from governance.evidence.explainability import ExplainabilityFacts, FeatureShare, GlobalAttribution
from governance.policy.advice import MORE_EXPLAINED
from governance.policy.finding import Limit, Looked, Verdict, short
from governance.policy.intervals import z_value
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class ShareParams(Params):
    """`features`: the features to limit; where empty, the one with the largest share. `rows`: at most so many
    explained."""

    features: Annotated[tuple[str, ...], Tighten.NONE] = ()
    at_most: Annotated[Threshold, Field(gt=0, lt=1), Tighten.DOWN]
    alpha: Literal["0.1", "0.05", "0.01"] = "0.05"
    rows: Annotated[int, Tighten.NONE] = Field(1000, ge=10, le=100_000)
    min_rows: Annotated[int, Tighten.NONE] = Field(30, ge=2)


def specimen(share: str, se: str, rows: int = 500, error: str = "1e-09") -> ExplainabilityFacts:
    """Two features, `a` with `share` and `b` with the rest."""
    rest = real(1 - float(share))
    features = tuple(
        FeatureShare(feature=name, mean_abs=value, share=value, share_se=se)
        for name, value in (("a", share), ("b", rest))
    )
    return ExplainabilityFacts(
        explainer="linear",
        unit="log_odds",
        rows=rows,
        seed=1,
        background_rows=0,
        background=None,
        additivity_error=error,
        importance=GlobalAttribution(top_feature="a", top_share=share, features=features),
    )


@rule(
    "explainability.share",
    controls=("eu-ai-act/art-13.3.b", "us-sr-26-2/mrm.val.conceptual"),
    requests=lambda p: Request(explain_rows=p.rows),
    examples=lambda: (
        passes("well below", specimen("0.4", "0.02"), at_most="0.6"),
        fails("well above", specimen("0.8", "0.02"), at_most="0.6"),
        inconclusive("interval straddles", specimen("0.59", "0.02"), at_most="0.6"),
        inconclusive("too few rows", specimen("0.4", "0.02", rows=10), at_most="0.6"),
        inconclusive("feature not explained", specimen("0.4", "0.02"), at_most="0.6", features=["c"]),
    ),
)
def share(evidence: ExplainabilityFacts, params: ShareParams) -> Verdict:
    """No feature carries more than a given share of the attribution.

    What it checks: share_j = mean |phi_j| / sum over k of mean |phi_k| (Shapley values, Lundberg and Lee 2017) with its
    normal interval; it passes when the upper end is at most the limit, fails when the lower end is above it.

    Why it matters: a model that decides on one feature is a rule in disguise; it is brittle, easy to game, and its
    explanations to the people concerned say little.

    How to fix: look for leakage first (a feature that knows the label); else add independent information or constrain
    the model; for a feature that should not decide at all, remove it and its proxies.
    """
    found = {item.feature: item for item in evidence.importance.features}
    wanted = params.features or (evidence.importance.top_feature,)
    limit = Limit(op="at_most", value=str(params.at_most))

    def say(number: float | str) -> str:
        return short(number, params.at_most)

    unknown = [name for name in wanted if name not in found]
    if unknown:
        why = f"{', '.join(unknown)}: not among the features of the model that were explained"
        fix = f"name features of the manifest in `features` of this rule, such as {', '.join(list(found)[:5])}"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=fix)
    # Several features are several chances to fail by luck, so the failing end is corrected (Bonferroni).
    z_pass, z_fail = z_value(float(params.alpha)), z_value(float(params.alpha) / len(found))
    looked, above, open_, clear = [], [], [], []
    for name in wanted:
        value, se = float(found[name].share), float(found[name].share_se)
        high, low = real(min(1.0, value + z_pass * se)), real(max(0.0, value - z_fail * se))
        path = f"explainability.global.{name}.share"
        looked.append(Looked(path=path, value=found[name].share, low=low, high=high, n=evidence.rows))
        if Decimal(low) > params.at_most:
            above.append(f"{name} has a share of {say(value)}, at least {say(low)}, above {limit.value}")
        elif Decimal(high) > params.at_most:
            open_.append(f"{name} has a share of {say(value)} [{say(low)}, {say(high)}], which straddles {limit.value}")
        else:
            clear.append(f"{name} has a share of {say(value)}, at most {say(high)}")
    if evidence.rows < params.min_rows:
        why = f"{evidence.rows} rows explained, fewer than {params.min_rows}"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=tuple(looked), limit=limit, fix=MORE_EXPLAINED)
    if above:
        return Verdict(outcome=Outcome.FAIL, why="; ".join(above), looked_at=tuple(looked), limit=limit)
    if open_:
        return Verdict(
            outcome=Outcome.INCONCLUSIVE, why="; ".join(open_), looked_at=tuple(looked), limit=limit, fix=MORE_EXPLAINED
        )
    return Verdict(outcome=Outcome.PASS, why="; ".join(clear), looked_at=tuple(looked), limit=limit)
