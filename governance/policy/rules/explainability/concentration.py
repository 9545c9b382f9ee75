"""explainability.concentration: the model's decisions rest on enough features."""

import math
from collections.abc import Sequence
from decimal import Decimal
from statistics import NormalDist
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from governance.canonical import Threshold, real
from governance.evidence.explainability import ExplainabilityFacts, FeatureShare, GlobalAttribution
from governance.policy.advice import MORE_EXPLAINED
from governance.policy.finding import Limit, Looked, Verdict, short
from governance.policy.intervals import z_value
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.rules.explainability.share import specimen
from governance.policy.tightening import Tighten


class ConcentrationParams(Params):
    """Either `effective` or `top_at_most` is given. `effective`: the least effective number of features. `top`: how
    many features with the largest shares. `top_at_most`: the most that these may carry together."""

    effective: Annotated[Annotated[Threshold, Field(gt=1)] | None, Tighten.UP] = None
    top: Annotated[int, Tighten.NONE] = Field(1, ge=1)
    top_at_most: Annotated[Annotated[Threshold, Field(gt=0, lt=1)] | None, Tighten.DOWN] = None
    alpha: Literal["0.1", "0.05", "0.01"] = "0.05"
    rows: Annotated[int, Tighten.NONE] = Field(1000, ge=10, le=100_000)
    min_rows: Annotated[int, Tighten.NONE] = Field(30, ge=2)

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.effective is None) == (self.top_at_most is None):
            raise ValueError("give either `effective` or `top_at_most`")
        return self


def _shares(*shares: str, se: str = "0.005", rows: int = 500) -> ExplainabilityFacts:
    features = tuple(
        FeatureShare(feature=f"f{i}", mean_abs=one, share=one, share_se=se) for i, one in enumerate(shares)
    )
    importance = GlobalAttribution(top_feature="f0", top_share=shares[0], features=features)
    return specimen("0.5", "0.01", rows=rows).model_copy(update={"importance": importance})


@rule(
    "explainability.concentration",
    controls=("eu-ai-act/art-13.3.b", "us-sr-26-2/mrm.val.conceptual"),
    requests=lambda p: Request(explain_rows=p.rows),
    examples=lambda: (
        passes("four features evenly", _shares("0.25", "0.25", "0.25", "0.25"), effective="3"),
        fails("one feature does it all", _shares("0.97", "0.01", "0.01", "0.01"), effective="2"),
        inconclusive("close to the limit", _shares("0.5", "0.5", se="0.05"), effective="1.99"),
        passes("the two largest carry little", _shares("0.3", "0.3", "0.2", "0.2"), top="2", top_at_most="0.8"),
        fails("the two largest carry most", _shares("0.6", "0.3", "0.05", "0.05"), top="2", top_at_most="0.8"),
        inconclusive("the largest straddles", _shares("0.59", "0.41", se="0.02"), top_at_most="0.6"),
        inconclusive("too few rows", _shares("0.25", "0.25", "0.25", "0.25", rows=9), effective="3"),
    ),
)
def concentration(evidence: ExplainabilityFacts, params: ConcentrationParams) -> Verdict:
    """The model's decisions rest on enough features, not on a few alone.

    What it checks: the effective number of features, exp(entropy of the shares) (Hill, Ecology 54, 1973, order 1), or
    the joint share of the features with the largest ones. Standard errors of the shares are added as if they all erred
    together, which bounds the error without knowing how they hang together.

    Why it matters: a model that has forty inputs and decides by two is as easy to game and as brittle as a model of
    two, while its documentation speaks of forty.

    How to fix: look for leakage first (a feature that knows the label); remove features that carry nothing, add
    independent information, or document the model as the small one that it is.
    """
    upper = params.effective is None
    bound = params.top_at_most if params.effective is None else params.effective
    assert bound is not None
    limit = Limit(op="at_most" if upper else "at_least", value=str(bound))
    shares = evidence.importance.features
    number, *ends = _top(shares, params.top, float(params.alpha)) if upper else _effective(shares, float(params.alpha))
    low, high = map(real, ends)
    path = f"explainability.global.{f'top_{params.top}_share' if upper else 'effective_features'}"
    looked = (Looked(path=path, value=real(number), low=low, high=high, n=evidence.rows),)
    names = ", ".join(one.feature for one in shares[: params.top])
    carry = f"{names} together carry" if min(params.top, len(shares)) > 1 else f"{names} carries"
    what = carry if upper else "the effective number of features is"
    value, band = short(number, bound), f"[{short(low, bound)}, {short(high, bound)}]"
    why = f"{what} {value} {band} of {'all attribution' if upper else len(shares)}"
    if evidence.rows < params.min_rows:
        why = f"{evidence.rows} rows explained, fewer than {params.min_rows}"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=MORE_EXPLAINED)
    good, bad = (high, low) if upper else (low, high)
    if (Decimal(good) <= bound) if upper else (Decimal(good) >= bound):
        return Verdict(outcome=Outcome.PASS, why=why, looked_at=looked, limit=limit)
    if (Decimal(bad) > bound) if upper else (Decimal(bad) < bound):
        why += f", {'above' if upper else 'below'} {bound}"
        return Verdict(outcome=Outcome.FAIL, why=why, looked_at=looked, limit=limit)
    why += f", which straddles {bound}"
    return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=MORE_EXPLAINED)


def _effective(shares: Sequence[FeatureShare], alpha: float) -> tuple[float, float, float]:
    """(value, low, high) of exp(H), H = -sum p ln p. Because shares add up to 1, H is also a constant plus the sum of
    g(p) = -p ln p - (H - 1) p, each concave: over p +- z se its least value is at an end, its largest at exp(-H) or at
    the end next to it. At even shares the delta method would give no width at all."""
    known = [(float(one.share), float(one.share_se)) for one in shares if Decimal(one.share) > 0]
    entropy = -sum(p * math.log(p) for p, _ in known)

    def g(p: float) -> float:
        return -(p * math.log(p) if p > 0 else 0.0) - (entropy - 1) * p

    z, down, up = z_value(alpha), 0.0, 0.0
    for p, se in known:
        low, high = max(0.0, p - z * se), min(1.0, p + z * se)
        down += min(g(low), g(high)) - g(p)
        up += g(min(max(math.exp(-entropy), low), high)) - g(p)
    number = math.exp(entropy)
    return number, max(1.0, number * math.exp(down)), min(float(len(shares)), number * math.exp(up))


def _top(shares: Sequence[FeatureShare], top: int, alpha: float) -> tuple[float, float, float]:
    """(value, low, high). Shares add up to 1, so the rest errs as much as the top. The set was chosen among all of its
    size by the same rows, so the failing end is corrected for the choices (Bonferroni)."""
    largest, rest = shares[:top], shares[top:]
    se = min(sum(float(one.share_se) for one in part) for part in (largest, rest))
    value = min(1.0, sum(float(one.share) for one in largest))
    choices = math.comb(len(shares), min(top, len(shares)))
    # Written with the small tail, which stays exact where 1 - alpha / choices is 1.
    z_fail = -NormalDist().inv_cdf(max(alpha / choices, 1e-300))
    return value, max(0.0, value - z_fail * se), min(1.0, value + z_value(alpha) * se)
