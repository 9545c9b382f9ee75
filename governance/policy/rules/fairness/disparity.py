"""fairness.disparity: no group fares worse than another beyond a limit, with honest uncertainty."""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from governance.canonical import Threshold, real
from governance.evidence.counts import GroupMetric
from governance.evidence.fairness import Cell, CountTable, Critical, FairnessFacts, Measure
from governance.policy.advice import AGAIN, ATTRIBUTES, KNOWN, MORE_ROWS, NOTHING, at_least, together
from governance.policy.comparison import (
    Op,
    check_measure,
    compare,
    critical_of,
    holds,
    name,
    too_many_unknown,
    undefined,
    value_of,
)
from governance.policy.finding import Limit, Looked, Verdict, plural, short
from governance.policy.intervals import z_value
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class DisparityParams(Params):
    """`attributes`: names, or intersections such as sex*race; every declared one where empty. `min_rows`: smaller
    groups are not compared, nor is a rate that rests on fewer rows (a true positive rate rests on the positives).
    `small_groups`: what a smaller group does to the verdict. `unknown_at_most`: share of rows whose attribute is not
    known above which nothing can be said."""

    metric: GroupMetric = "selection_rate"
    measure: Measure = "ratio"
    attributes: Annotated[tuple[str, ...], Tighten.SOME_SUPERSET] = ()
    at_least: Annotated[Threshold | None, Tighten.UP] = None
    at_most: Annotated[Threshold | None, Tighten.DOWN] = None
    alpha: Literal["0.1", "0.05", "0.01"] = "0.05"
    decide_on: Literal["bound", "point"] = "bound"
    min_rows: Annotated[int, Tighten.NONE] = Field(30, ge=1)
    small_groups: Literal["inconclusive", "listed"] = "inconclusive"
    unknown_at_most: Annotated[Threshold, Field(ge=0, lt=1), Tighten.NONE] = Decimal("0.05")

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        wanted, other = ("at_least", "at_most") if self.measure == "ratio" else ("at_most", "at_least")
        limit = getattr(self, wanted)
        if limit is None or getattr(self, other) is not None:
            raise ValueError(f"measure {self.measure} takes `{wanted}` and not `{other}`")
        if not 0 < limit <= 1 or (limit == 1 and self.measure == "difference"):
            end = "at most" if self.measure == "ratio" else "below"
            raise ValueError(f"`{wanted}` is a share: above 0 and {end} 1")
        check_measure(self.metric, self.measure)
        return self

    @property
    def op(self) -> Op:
        return "at_least" if self.measure == "ratio" else "at_most"

    @property
    def bound(self) -> str:
        """The limit's value, as it was written."""
        return str(getattr(self, self.op))

    @property
    def limit(self) -> Limit:
        return Limit(op=self.op, value=self.bound)


class Pair(NamedTuple):
    """Two groups compared: `value` with the end that must clear the limit (`near`) and the end that breaks it
    (`far`)."""

    low: Cell
    high: Cell
    value: float
    near: float
    far: float | None
    factor: float


def _facts(low: int, high: int, n: int, unknown: int = 0) -> FairnessFacts:
    """Two groups of `n` rows with `low` and `high` selected."""
    cells = tuple(Cell(group=(name,), tn=n - k, fp=0, fn=0, tp=k) for name, k in (("a", low), ("b", high)))
    values = {"0.1": "1.65", "0.05": "1.96", "0.01": "2.58"}
    critical = tuple(
        Critical(metric="selection_rate", measure=measure, min_rows=30, groups=2, values=dict(values))
        for measure in ("ratio", "difference")
    )
    table = CountTable(attributes=("sex",), unknown=unknown, cells=cells, seed=1, replicates=10000, critical=critical)
    return FairnessFacts(rows=2 * n + unknown, tables=(table,))


def _with_small(facts: FairnessFacts) -> FairnessFacts:
    """The same with a third group of 5 rows."""
    table = facts.tables[0]
    small = Cell(group=("c",), tn=3, fp=0, fn=0, tp=2)
    return FairnessFacts(rows=facts.rows + 5, tables=(table.model_copy(update={"cells": (*table.cells, small)}),))


@rule(
    "fairness.disparity",
    controls=("us-eeoc/ugesp-1607.4d", "nyc-ll144/5-301.b2"),
    requests=lambda p: Request(attributes=p.attributes, metric=p.metric, measure=p.measure, min_rows=p.min_rows),
    examples=lambda: (
        passes("equal rates, many rows", _facts(500, 500, 1000), at_least="0.8"),
        fails("half the rate, many rows", _facts(250, 500, 1000), at_least="0.8"),
        inconclusive("equal rates, few rows", _facts(20, 20, 40), at_least="0.8"),
        inconclusive("one group too small to judge", _with_small(_facts(500, 500, 1000)), at_least="0.8"),
        fails("a small group hides no failure", _with_small(_facts(250, 500, 1000)), at_least="0.8"),
        inconclusive("nobody selected", _facts(0, 0, 1000), at_least="0.8"),
        inconclusive("attribute unknown for a third", _facts(500, 500, 1000, unknown=1000), at_least="0.8"),
        fails("point value below, decided on the point", _facts(79, 100, 200), at_least="0.8", decide_on="point"),
        passes("difference within the limit", _facts(500, 510, 1000), measure="difference", at_most="0.1"),
        fails("difference beyond the limit", _facts(300, 500, 1000), measure="difference", at_most="0.1"),
    ),
)
def disparity(evidence: FairnessFacts, params: DisparityParams) -> Verdict:
    """Every group's rate is close enough to every other group's.

    What it checks: the ratio (or difference) of a rate such as the selection rate between each two groups of each
    attribute. It passes when every pair clears the limit one-sided at alpha (an intersection-union test needs no
    correction), fails when the simultaneous max-t band of some pair lies beyond the limit, and is inconclusive between.

    Why it matters: a selection rate below four fifths of the highest group's is the usual first evidence of adverse
    impact (29 CFR 1607.4 D). A point estimate alone condemns fair models on small data and clears unfair ones.

    How to fix: look at which group and which cell of the confusion table drive the gap; review features that act as
    proxies, the label's own bias and the threshold.
    """
    tables = {"*".join(table.attributes): table for table in evidence.tables}
    wanted = params.attributes or tuple(tables)
    if not wanted:
        why = "the manifest declares no sensitive attribute of the evaluation data"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, fix=ATTRIBUTES)
    parts = [
        _judge(title, tables[title], params)
        if title in tables
        else Verdict(outcome=Outcome.INCONCLUSIVE, why=f"{title} is not in the evidence", fix=ATTRIBUTES)
        for title in wanted
    ]
    order = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
    worst = min((part.outcome for part in parts), key=order.index)
    return Verdict(
        outcome=worst,
        why="; ".join(part.why for part in parts if part.outcome is worst),
        looked_at=tuple(
            looked for part in sorted(parts, key=lambda p: order.index(p.outcome)) for looked in part.looked_at
        ),
        limit=params.limit,
        fix=together(part.fix for part in parts if part.outcome is worst),
    )


def _judge(title: str, table: CountTable, params: DisparityParams) -> Verdict:
    path = f"fairness.{title}.{params.metric}.{params.measure}"
    rates = tuple(_rate(path, cell, params.metric) for cell in table.cells)
    # Nobody is compared: what no excuse for single groups can cover.
    nobody = Looked(path=path, group=(), value=None)
    known = [cell for cell in table.cells if None not in cell.group and cell.rows]
    if doubt := too_many_unknown(table, params.unknown_at_most):
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=f"{title}: {doubt}", looked_at=(*rates, nobody), fix=KNOWN)
    judged = [cell for cell in known if cell.rows >= params.min_rows]
    small = [cell for cell in known if cell.rows < params.min_rows]
    unrated = {cell: why for cell in judged if (why := undefined(cell, params.metric, params.measure, params.min_rows))}
    comparable = [cell for cell in judged if cell not in unrated]
    critical = critical_of(table, params.metric, params.measure, params.min_rows)
    pairs = list(_pairs(comparable, params, critical.values.get(params.alpha) if critical else None))
    # A group that cannot be judged stands in the way of a pass. It never hides that two others are too far apart.
    doubts, doubted = list(unrated.values()), [*unrated]
    if small and params.small_groups == "inconclusive":
        counted = ", ".join(f"{name(cell)} ({cell.rows})" for cell in small)
        doubts.append(f"groups of fewer than {params.min_rows} rows are too small to judge: {counted}")
        doubted += small
    unmeasured = params.decide_on == "bound" and critical is None
    if not pairs:
        doubts.append(f"no two groups of at least {params.min_rows} rows with a {params.metric} to compare")
    elif unmeasured:
        doubts.append(f"the evidence holds no critical values for {params.metric} {params.measure}")
    listed = f" ({plural(len(small), 'smaller group')} listed, not compared)" if small and not doubts else ""
    outcome, why, shown = _compare(pairs, params, doubts)
    looked = tuple(_looked(path, pair, params) for pair in dict.fromkeys(shown))
    open_ = [Looked(path=path, group=cell.group, value=None, n=cell.rows) for cell in doubted]
    open_ += [nobody] if unmeasured or not pairs else []
    fix = ""
    if outcome is Outcome.INCONCLUSIVE:
        nothing = NOTHING if any(cell.basis(params.metric) >= params.min_rows for cell in unrated) else ""
        few = small or any(cell.basis(params.metric) < params.min_rows for cell in unrated) or len(known) < 2
        thin = at_least(params.min_rows) + " in each group" if few else ""
        straddling = bool(pairs) and not (doubts and not any(not _holds(pair.near, params) for pair in pairs))
        fix = together([AGAIN if unmeasured else "", nothing, thin, MORE_ROWS if straddling else ""])
    return Verdict(outcome=outcome, why=f"{title}: {why}{listed}", looked_at=(*looked, *rates, *open_), fix=fix)


def _compare(pairs: list[Pair], params: DisparityParams, doubts: list[str]) -> tuple[Outcome, str, tuple[Pair, ...]]:
    """Outcome, reason, and the pairs that show it, most telling first: one for each group that does not clear."""
    if not pairs:
        return Outcome.INCONCLUSIVE, "; ".join(doubts), ()

    def said(pair: Pair) -> str:
        value = short(pair.value, params.bound)
        return f"{params.metric} {params.measure} {name(pair.low)} to {name(pair.high)} is {value}"

    worst = max(pairs, key=lambda pair: _badness(pair.value, params))
    if params.decide_on == "point":
        why = f"{said(worst)} (decided on the point value)"
        if not _holds(worst.value, params):
            return Outcome.FAIL, "; ".join([why, *doubts]), (worst, *_each_group(pairs, params, "value"))
        if doubts:
            return Outcome.INCONCLUSIVE, "; ".join([*doubts, said(worst)]), (worst,)
        return Outcome.PASS, why, (worst,)
    concerned = _each_group(pairs, params, "near")
    broken = [pair for pair in pairs if pair.far is not None and not _holds(pair.far, params)]
    if broken:
        bad = max(broken, key=lambda pair: _badness(pair.value, params))
        far = short(bad.far or 0, params.bound)
        beyond = "below" if params.measure == "ratio" else "above"
        why = f"{said(bad)}, and even the favourable end {far} is {beyond} {params.bound}"
        return Outcome.FAIL, "; ".join([why, *doubts]), (bad, worst, *concerned)
    nearest = max(pairs, key=lambda pair: _badness(pair.near, params))
    if concerned:
        why = "; ".join([_straddles(nearest, params, said(nearest)), *doubts])
        return Outcome.INCONCLUSIVE, why, (nearest, worst, *concerned)
    if doubts:
        return Outcome.INCONCLUSIVE, "; ".join([*doubts, f"elsewhere {said(worst)}"]), (worst, nearest)
    return Outcome.PASS, f"{said(worst)}; every pair clears the limit", (worst, nearest)


def _each_group(pairs: list[Pair], params: DisparityParams, end: Literal["value", "near"]) -> list[Pair]:
    """For each disadvantaged group whose `end` misses the limit against some other group, its worst pair."""
    found: dict[tuple[str | None, ...], Pair] = {}
    for pair in pairs:
        known = found.get(pair.low.group)
        if not _holds(getattr(pair, end), params) and (known is None or _further(pair, known, params)):
            found[pair.low.group] = pair
    return list(found.values())


def _further(one: Pair, other: Pair, params: DisparityParams) -> bool:
    return _badness(one.value, params) > _badness(other.value, params)


def _straddles(pair: Pair, params: DisparityParams, said: str) -> str:
    far = short(pair.far, params.bound) if pair.far is not None else "open"
    near = short(pair.near, params.bound)
    band = f"[{near}, {far}]" if params.measure == "ratio" else f"[{far}, {near}]"
    settle = "the value is so close to the limit that more rows would hardly settle it"
    if math.isfinite(pair.factor):
        more = math.ceil(pair.factor * min(pair.low.rows, pair.high.rows))
        settle = f"a projection: about {more:,} rows in the smaller group would settle it if the rates stay"
    return f"{said} and {band} straddles {params.bound}; {settle}"


def _pairs(cells: list[Cell], params: DisparityParams, critical: str | None) -> Iterator[Pair]:
    """Every two groups once, the disadvantaged one first (lower rate over higher, or larger minus smaller)."""
    z, c = z_value(float(params.alpha)), None if critical is None else float(critical)
    limit = float(params.bound)
    for i, one in enumerate(cells):
        for other in cells[i + 1 :]:
            low, high = (one, other) if value_of(one, params.metric) <= value_of(other, params.metric) else (other, one)
            # A disadvantage is a low share of the higher rate, or a large distance above the lower one.
            if params.measure == "ratio":
                found = compare(low, high, params.metric, "ratio", z, c)
                near, far, distance = found.low, found.band and found.band[1], math.log(found.value / limit)
            else:
                found = compare(high, low, params.metric, "difference", z, c)
                near, far, distance = found.high, found.band and found.band[0], limit - found.value
            need = z if distance > 0 else (c if c is not None else math.inf)
            factor = (need * found.se / distance) ** 2 if distance else math.inf
            yield Pair(low, high, found.value, near, far, factor)


def _holds(value: float, params: DisparityParams) -> bool:
    return holds(value, params.op, params.bound)


def _badness(value: float, params: DisparityParams) -> float:
    return -value if params.measure == "ratio" else value


def _looked(path: str, pair: Pair, params: DisparityParams) -> Looked:
    ends = (pair.near, pair.far) if params.measure == "ratio" else (pair.far, pair.near)
    low, high = (None if end is None else real(end) for end in ends)
    n = pair.low.basis(params.metric) + pair.high.basis(params.metric)
    return Looked(
        path=path, group=pair.low.group, reference=pair.high.group, value=real(pair.value), low=low, high=high, n=n
    )


def _rate(path: str, cell: Cell, metric: str) -> Looked:
    value = cell.value(metric)
    path = path.removesuffix(".ratio").removesuffix(".difference")
    return Looked(path=path, group=cell.group, value=None if value is None else real(value), n=cell.basis(metric))
