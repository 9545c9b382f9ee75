"""explainability.stability: the features that matter most are the same when the sample changes."""

from decimal import Decimal
from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Threshold, real
from governance.evidence.explainability import ExplainabilityFacts, Ranking
from governance.policy.advice import AGAIN, MORE_EXPLAINED
from governance.policy.finding import Limit, Looked, Verdict, plural, short
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.rules.explainability.share import specimen
from governance.policy.tightening import Tighten


class StabilityParams(Params):
    """`top`: how many features. `measure`: the share of them that two rankings have in common (overlap), or Kendall's
    tau of the order of all features. `at_least`: for the two rankings that agree least. `repeats`: rankings to measure,
    `rows`: at most so many explained for the main one; each repeat draws half of them."""

    top: Annotated[int, Tighten.NONE] = Field(3, ge=1)
    measure: Literal["overlap", "kendall"] = "overlap"
    at_least: Annotated[Threshold, Field(gt=0, le=1), Tighten.UP] = Decimal("0.6")
    repeats: Annotated[int, Tighten.NONE] = Field(5, ge=2, le=20)
    rows: Annotated[int, Tighten.NONE] = Field(1000, ge=10, le=100_000)
    min_rows: Annotated[int, Tighten.NONE] = Field(30, ge=2)


def _ranked(*orders: str, rows: int = 200) -> ExplainabilityFacts:
    """Rankings such as "abcd"."""
    repeats = tuple(Ranking(seed=at, rows=rows, features=tuple(order)) for at, order in enumerate(orders))
    return specimen("0.4", "0.02").model_copy(update={"repeats": repeats})


@rule(
    "explainability.stability",
    controls=("eu-ai-act/art-13.3.b", "nist-ai-rmf/measure-2.9"),
    requests=lambda p: Request(explain_rows=p.rows, explain_repeats=p.repeats),
    examples=lambda: (
        passes("the same three", _ranked("abcdef", "bacdef", "cabfed"), repeats="3"),
        fails("others each time", _ranked("abcdef", "defabc", "abcdef"), repeats="3"),
        passes("almost the same order", _ranked("abcdef", "bacdef"), repeats="2", measure="kendall"),
        fails("the reverse order", _ranked("abcdef", "fedcba"), repeats="2", measure="kendall"),
        inconclusive("no more features than the top", _ranked("abc", "cba"), repeats="2"),
        inconclusive("fewer repeats than the policy wants", _ranked("abcdef", "abcdef")),
        inconclusive("too few rows", _ranked("abcdef", "abcdef", rows=9), repeats="2"),
        inconclusive("not repeated", specimen("0.4", "0.02")),
    ),
)
def stability(evidence: ExplainabilityFacts, params: StabilityParams) -> Verdict:
    """The most important features stay the same when rows, background and seed change.

    What it checks: several rankings of the features, each from another random half of the explained rows and of the
    background; the two that agree least must share enough of their top features, or order all features alike (Kendall,
    Biometrika 30, 1938). It describes this sample: no interval is claimed.

    Why it matters: reasons that change with the sample are no reasons; a person who is told one today and another one
    tomorrow was told nothing, and a reviewer cannot rely on either.

    How to fix: explain more rows; look for features that carry the same information and keep one of them; use an
    explainer that is exact for this kind of model.
    """
    limit = Limit(op="at_least", value=str(params.at_least))
    found = evidence.repeats
    if found is None or len(found) < params.repeats:
        why = f"the ranking was repeated {len(found or ())} times, fewer than {params.repeats}"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=AGAIN)
    if (fewest := min(one.rows for one in found)) < params.min_rows:
        why = f"a ranking rests on {fewest} rows, fewer than {params.min_rows}"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=MORE_EXPLAINED)
    features = len(found[0].features)
    if features <= (params.top if params.measure == "overlap" else 1):
        why = f"of {plural(features, 'feature')} any two rankings agree on their top {params.top}"
        fix = "set `top` of this rule below the number of features, or compare whole orders by `measure: kendall`"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=fix)
    agreed = [(_agreement(one, other, params), one, other) for one, other in combinations(found, 2)]
    value, one, other = min(agreed, key=lambda each: each[0])
    path = f"explainability.repeats.{params.measure}"
    looked = (Looked(path=path, value=real(value), n=min(one.rows, other.rows)),)
    what = f"share {{}} of their top {params.top}" if params.measure == "overlap" else "have a Kendall's tau of {}"
    tops = " and ".join(", ".join(each.features[: params.top]) for each in (one, other))
    why = f"of {len(found)} rankings the two that agree least {what.format(short(value, params.at_least))}: {tops}"
    outcome = Outcome.PASS if Decimal(real(value)) >= params.at_least else Outcome.FAIL
    return Verdict(outcome=outcome, why=why, looked_at=looked, limit=limit)


def _agreement(one: Ranking, other: Ranking, params: StabilityParams) -> float:
    """Both rank the same features, without ties."""
    if params.measure == "overlap":
        return len({*one.features[: params.top]} & {*other.features[: params.top]}) / params.top
    place = {feature: at for at, feature in enumerate(other.features)}
    pairs = list(combinations(one.features, 2))
    return sum(1 if place[first] < place[second] else -1 for first, second in pairs) / len(pairs)
