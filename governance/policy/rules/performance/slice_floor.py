"""performance.slice_floor: a metric clears its limit for every group."""

from decimal import Decimal
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from governance.canonical import Threshold, real
from governance.evidence.counts import GroupMetric
from governance.evidence.fairness import Cell, CountTable, FairnessFacts
from governance.evidence.performance import SCORE_METRICS, MetricFact, ScoreMetric
from governance.policy.advice import AGAIN, ATTRIBUTES, KNOWN, MORE_ROWS, SCORES, at_least, together
from governance.policy.comparison import (
    Op,
    check_limit,
    holds,
    interval,
    name,
    score_range,
    too_many_unknown,
    undefined,
)
from governance.policy.finding import Limit, Looked, Verdict, plural, short
from governance.policy.intervals import z_value
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class SliceParams(Params):
    """`metric`: of a confusion matrix, or of scores (roc_auc, average_precision, brier, log_loss, calibration_error).
    `attributes`: names, or intersections such as sex*race; every declared one where empty. `min_rows`: rows that a
    group's rate must rest on; of a metric of scores, positives and negatives each. `small_groups`: what a smaller group
    does to the verdict. `unknown_at_most`: share of rows whose attribute is not known above which nothing can be
    said."""

    metric: Literal[GroupMetric, ScoreMetric] = "accuracy"
    at_least: Annotated[Threshold | None, Tighten.UP] = None
    at_most: Annotated[Threshold | None, Tighten.DOWN] = None
    attributes: Annotated[tuple[str, ...], Tighten.NONE] = ()
    alpha: Literal["0.1", "0.05", "0.01"] = "0.05"
    min_rows: Annotated[int, Tighten.NONE] = Field(30, ge=1)
    small_groups: Literal["inconclusive", "listed"] = "inconclusive"
    unknown_at_most: Annotated[Threshold, Field(ge=0, lt=1), Tighten.NONE] = Decimal("0.05")

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        check_limit(self.metric, self.at_least, self.at_most)
        return self

    @property
    def op(self) -> Op:
        return "at_most" if self.at_least is None else "at_least"

    @property
    def limit(self) -> Limit:
        return Limit(op=self.op, value=str(getattr(self, self.op)))


def _right(*groups: tuple[int, int], unknown: int = 0) -> FairnessFacts:
    """Groups of (rows that are right, rows)."""
    cells = tuple(Cell(group=(f"g{i}",), tn=0, fp=n - k, fn=0, tp=k) for i, (k, n) in enumerate(groups))
    table = CountTable(attributes=("sex",), unknown=unknown, cells=cells, seed=1, replicates=1000, critical=())
    return FairnessFacts(rows=sum(n for _, n in groups) + unknown, tables=(table,))


def _ranked(
    *groups: tuple[str | None, str | None, str | None], metric: str = "roc_auc", negatives: int = 100
) -> FairnessFacts:
    """Groups of (value, low, high) with 100 positives each."""
    cells = []
    for i, (value, low, high) in enumerate(groups):
        ends: list[dict[str, str | None]] = [dict.fromkeys(("0.1", "0.05", "0.01"), end) for end in (low, high)]
        reason = "all rows have the same label" if value is None else "no replicate differs" if low is None else None
        fact = MetricFact(
            metric=metric, value=value, low=ends[0], high=ends[1], rows=100 + negatives, seed=1, replicates=2000,
            reason=reason,
        )  # fmt: skip
        cells.append(Cell(group=(f"g{i}",), tn=negatives, fp=0, fn=0, tp=100, scores=(fact,)))
    table = CountTable(attributes=("sex",), unknown=0, cells=tuple(cells), seed=1, replicates=1000, critical=())
    return FairnessFacts(rows=sum(cell.rows for cell in cells), tables=(table,))


@rule(
    "performance.slice_floor",
    controls=("eu-ai-act/art-15.1", "nist-ai-rmf/measure-2.11"),
    requests=lambda p: Request(attributes=p.attributes, scores=(p.metric,) if p.metric in SCORE_METRICS else ()),
    examples=lambda: (
        passes("every group well above", _right((900, 1000), (880, 1000)), at_least="0.8"),
        fails("one group well below", _right((900, 1000), (700, 1000)), at_least="0.8"),
        inconclusive("one group straddles", _right((900, 1000), (81, 100)), at_least="0.8"),
        inconclusive("one group too small", _right((900, 1000), (9, 9)), at_least="0.8"),
        passes("a small group, listed", _right((900, 1000), (9, 9)), at_least="0.8", small_groups="listed"),
        fails("a small group hides no failure", _right((700, 1000), (9, 9)), at_least="0.8"),
        inconclusive("attribute unknown for a third", _right((900, 1000), unknown=500), at_least="0.8"),
        inconclusive("attribute not in the evidence", _right((900, 1000)), at_least="0.8", attributes=["race"]),
        passes("a metric that is no rate", _right((900, 1000), (880, 1000)), metric="f1", at_least="0.9"),
        fails("few errors asked for, many made", _right((700, 1000)), metric="fpr", at_most="0.2"),
        inconclusive("no error to judge by", _right((1000, 1000)), metric="f1", at_least="0.9"),
        passes(
            "ranks well", _ranked(("0.8", "0.75", "0.85"), ("0.78", "0.7", "0.8")), metric="roc_auc", at_least="0.7"
        ),
        fails(
            "ranks one group badly",
            _ranked(("0.8", "0.75", "0.85"), ("0.6", "0.55", "0.65")),
            metric="roc_auc",
            at_least="0.7",
        ),
        fails("a large loss", _ranked(("0.3", "0.28", "0.32"), metric="brier"), metric="brier", at_most="0.25"),
        inconclusive("may rank one badly", _ranked(("0.7", "0.65", "0.75")), metric="roc_auc", at_least="0.7"),
        inconclusive(
            "badly for one of two, by less than two groups leave to luck",
            _ranked(("0.8", "0.75", "0.85"), ("0.64", "0.58", "0.699")),
            metric="roc_auc",
            at_least="0.7",
            alpha="0.01",
        ),
        inconclusive(
            "too few of one label", _ranked(("0.8", "0.75", "0.85"), negatives=29), metric="roc_auc", at_least="0.7"
        ),
        inconclusive("scores without an error", _ranked(("1", None, None)), metric="roc_auc", at_least="0.7"),
        inconclusive("no scores", _ranked((None, None, None)), metric="roc_auc", at_least="0.7"),
        inconclusive("not measured by group", _right((900, 1000)), metric="roc_auc", at_least="0.7", min_rows="1"),
    ),
)
def slice_floor(evidence: FairnessFacts, params: SliceParams) -> Verdict:
    """A performance metric clears its limit for every group.

    What it checks: a metric of each group's confusion counts, rates with their Wilson score interval, others with a
    delta-method one, or a metric of its scores with the interval of `performance.metric_floor` on the group's rows. It
    passes when each end that matters, one-sided at alpha, clears the limit (an intersection-union test); it fails when
    some other end, one-sided at alpha divided by the number of groups (Bonferroni), misses it. For a metric of scores
    that end is the one at alpha 0.01, carried on in proportion to normal quantiles.

    Why it matters: a good average can hide a group for whom the model hardly works, and the more groups are looked at,
    the more of them are below by luck alone.

    How to fix: look at which errors dominate in the group that is named; add training data for it, or features that
    tell in it; calibrate its scores where a loss is too large.
    """
    tables = {"*".join(table.attributes): table for table in evidence.tables}
    wanted = params.attributes or tuple(tables)
    limit, upper = params.limit, params.op == "at_most"
    doubts = [] if wanted else ["the manifest declares no sensitive attribute of the evaluation data"]
    advice = [] if wanted else [ATTRIBUTES]
    looked: list[Looked] = []
    groups: list[tuple[str, Cell]] = []
    listed = 0
    for title in wanted:
        doubt, found = _groups(title, tables.get(title), params)
        doubts += [doubt] if doubt else []
        advice += [KNOWN if title in tables else ATTRIBUTES] if doubt else []
        looked += [Looked(path=f"performance.{title}", group=(), value=None)] if doubt else []
        for cell in found:
            found_of = _metric(cell, params)
            if not found_of.why_not:
                groups.append((title, cell))
                continue
            path, shown = f"performance.{title}.{params.metric}", None
            if found_of.n < params.min_rows and params.small_groups == "listed":
                shown = found_of.value
                listed += 1
            else:
                doubts.append(f"{title}: {found_of.why_not}")
                advice.append(found_of.fix)
            looked.append(Looked(path=path, group=cell.group, value=shown, n=found_of.n))
    below, open_, clear = [], [], []
    for title, cell in groups:
        of = _metric(cell, params)
        near, far = _ends(cell, params, 1), _ends(cell, params, len(groups))
        low, high = (real(far[0]), real(near[1])) if upper else (real(near[0]), real(far[1]))
        path = f"performance.{title}.{params.metric}"
        looked.append(Looked(path=path, group=cell.group, value=of.value, low=low, high=high, n=of.n))
        ends = f"[{short(low, limit.value)}, {short(high, limit.value)}]"
        number = short(of.value or "nan", limit.value)
        said = f"{title}: {params.metric} of {name(cell)} is {number} {ends} on {of.n} rows"
        if not holds(low if upper else high, params.op, limit.value):
            below.append(f"{said}, {'above' if upper else 'below'} {limit.value}")
        elif holds(high if upper else low, params.op, limit.value):
            clear.append(said)
        else:
            open_.append(f"{said}, which straddles {limit.value}")
            advice.append(MORE_ROWS)
    if not groups and not doubts:
        doubts.append("no group is large enough to judge")
        advice.append(at_least(params.min_rows) + " in each group")
    tail = f" ({plural(listed, 'smaller group')} listed, not judged)" if listed else ""
    outcome = Outcome.FAIL if below else Outcome.INCONCLUSIVE if open_ or doubts else Outcome.PASS
    why = "; ".join(([*below, *doubts] if below else [*open_, *doubts]) or clear) + tail
    fix = together(advice) if outcome is Outcome.INCONCLUSIVE else ""
    return Verdict(outcome=outcome, why=why, looked_at=tuple(looked), limit=limit, fix=fix)


def _groups(title: str, table: CountTable | None, params: SliceParams) -> tuple[str, list[Cell]]:
    """(why nothing can be said of this attribute, its known groups)."""
    if table is None:
        return f"{title} is not in the evidence", []
    known = [cell for cell in table.cells if None not in cell.group and cell.rows]
    if not known:
        return f"{title} has no known group", []
    doubt = too_many_unknown(table, params.unknown_at_most)
    return (f"{title}: {doubt}", []) if doubt else ("", known)


class _Of(NamedTuple):
    """A group's metric. `fact` where it is one of scores. `n`: rows that it rests on. `why_not` it cannot be judged, or
    nothing; `fix` for that."""

    fact: MetricFact | None
    value: str | None
    n: int
    why_not: str
    fix: str


def _metric(cell: Cell, params: SliceParams) -> _Of:
    metric, fewest = params.metric, at_least(params.min_rows) + " in each group"
    if metric not in SCORE_METRICS:
        number, why_not = cell.value(metric), undefined(cell, metric, None, params.min_rows)
        return _Of(None, None if number is None else real(number), cell.basis(metric), why_not, fewest)
    fact = next((one for one in cell.scores if one.metric == metric), None)
    n, said = min(cell.tp + cell.fn, cell.tn + cell.fp), f"{metric} of {name(cell)}"
    if fact is None:
        return _Of(None, None, n, f"{said} was not measured", AGAIN)
    value, why_not, fix = fact.value, "", fewest
    if n < params.min_rows:
        why_not = f"{said} rests on {n} rows of its rarer label, fewer than {params.min_rows}: too few to judge"
    elif value is None:
        why_not, fix = f"{said} has no value: {fact.reason}", SCORES
    elif any(ends.get(alpha) is None for ends in (fact.low, fact.high) for alpha in (params.alpha, _WIDEST)):
        why_not = f"{said} is {short(value)} on {n} rows of its rarer label: {fact.reason}"
    return _Of(fact, value, n, why_not, fix)


_WIDEST: Literal["0.01"] = "0.01"


def _ends(cell: Cell, params: SliceParams, groups: int) -> tuple[float, float]:
    """Of a metric that `_metric` finds nothing against, each end one-sided at alpha divided by `groups`."""
    alpha = float(params.alpha) / groups
    fact = _metric(cell, params).fact
    if fact is None:
        return interval(cell, params.metric, z_value(alpha))
    if groups == 1:
        return float(fact.low[params.alpha] or "nan"), float(fact.high[params.alpha] or "nan")
    # Evidence keeps the ends for three alphas; the tail beyond the last is taken as normal.
    value, further = float(fact.value or "nan"), z_value(alpha) / z_value(float(_WIDEST))
    low, high = (value + (float(ends[_WIDEST] or "nan") - value) * further for ends in (fact.low, fact.high))
    least, most = score_range(params.metric)
    return max(least, low), min(most, high)
