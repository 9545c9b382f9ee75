"""performance.slice_floor: a metric clears its limit for every group."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from governance.canonical import Threshold, real
from governance.evidence.counts import GroupMetric
from governance.evidence.fairness import Cell, CountTable, FairnessFacts
from governance.policy.advice import ATTRIBUTES, KNOWN, MORE_ROWS, at_least, together
from governance.policy.comparison import Op, check_limit, holds, interval, name, too_many_unknown, undefined
from governance.policy.finding import Limit, Looked, Verdict, plural, short
from governance.policy.intervals import z_value
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule


class SliceParams(Params):
    """`attributes`: names, or intersections such as sex*race; every declared one where empty. `min_rows`: rows that a
    group's rate must rest on. `small_groups`: what a smaller group does to the verdict. `unknown_at_most`: share of
    rows whose attribute is not known above which nothing can be said."""

    metric: GroupMetric = "accuracy"
    at_least: Threshold | None = None
    at_most: Threshold | None = None
    attributes: tuple[str, ...] = ()
    alpha: Literal["0.1", "0.05", "0.01"] = "0.05"
    min_rows: int = Field(30, ge=1)
    small_groups: Literal["inconclusive", "listed"] = "inconclusive"
    unknown_at_most: Annotated[Threshold, Field(ge=0, lt=1)] = Decimal("0.05")

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


@rule(
    "performance.slice_floor",
    controls=("eu-ai-act/art-15.1", "nist-ai-rmf/measure-2.11"),
    requests=lambda p: Request(attributes=p.attributes),
    examples=(
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
    ),
)
def slice_floor(evidence: FairnessFacts, params: SliceParams) -> Verdict:
    """A performance metric clears its limit for every group.

    What it checks: a metric of each group's confusion counts, rates with their Wilson score interval, others with a
    delta-method one. It passes when each end that matters, one-sided at alpha, clears the limit (an intersection-union
    test); it fails when some other end, one-sided at alpha divided by the number of groups (Bonferroni), misses it.

    Why it matters: a good average can hide a group for whom the model hardly works, and the more groups are looked at,
    the more of them are below by luck alone.

    How to fix: look at which errors dominate in the group that is named; add training data for it, or features that
    tell in it.
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
            why_not = undefined(cell, params.metric, None, params.min_rows)
            if not why_not:
                groups.append((title, cell))
                continue
            path, n = f"performance.{title}.{params.metric}", cell.basis(params.metric)
            shown = None
            if n < params.min_rows and params.small_groups == "listed":
                shown = cell.value(params.metric)
                listed += 1
            else:
                doubts.append(f"{title}: {why_not}")
                advice.append(at_least(params.min_rows) + " in each group")
            looked.append(Looked(path=path, group=cell.group, value=None if shown is None else real(shown), n=n))
    below, open_, clear = [], [], []
    z_pass = z_value(float(params.alpha))
    z_fail = z_value(float(params.alpha) / max(len(groups), 1))
    for title, cell in groups:
        n, value = cell.basis(params.metric), real(cell.value(params.metric) or 0.0)
        near, far = interval(cell, params.metric, z_pass), interval(cell, params.metric, z_fail)
        low, high = (real(far[0]), real(near[1])) if upper else (real(near[0]), real(far[1]))
        path = f"performance.{title}.{params.metric}"
        looked.append(Looked(path=path, group=cell.group, value=value, low=low, high=high, n=n))
        ends = f"[{short(low, limit.value)}, {short(high, limit.value)}]"
        said = f"{title}: {params.metric} of {name(cell)} is {short(value, limit.value)} {ends} on {n} rows"
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
