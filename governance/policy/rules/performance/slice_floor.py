"""performance.slice_floor: a metric is at least a floor for every group."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Threshold, real
from governance.evidence.counts import Rate
from governance.evidence.fairness import Cell, CountTable, FairnessFacts
from governance.policy.comparison import name, too_many_unknown
from governance.policy.finding import Limit, Looked, Verdict, short
from governance.policy.intervals import wilson, z_value
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule


class SliceParams(Params):
    """`attributes`: names, or intersections such as sex*race; every declared one where empty. `min_rows`: rows that a
    group's rate must rest on. `small_groups`: what a smaller group does to the verdict. `unknown_at_most`: share of
    rows whose attribute is not known above which nothing can be said."""

    metric: Rate = "accuracy"
    at_least: Annotated[Threshold, Field(gt=0, le=1)]
    attributes: tuple[str, ...] = ()
    alpha: Literal["0.1", "0.05", "0.01"] = "0.05"
    min_rows: int = Field(30, ge=1)
    small_groups: Literal["inconclusive", "listed"] = "inconclusive"
    unknown_at_most: Annotated[Threshold, Field(ge=0, lt=1)] = Decimal("0.05")


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
    ),
)
def slice_floor(evidence: FairnessFacts, params: SliceParams) -> Verdict:
    """A performance metric is at least the floor for every group.

    What it checks: a rate of each group's confusion counts with its Wilson score interval. It passes when each lower
    end, one-sided at alpha, is at least the floor (an intersection-union test); it fails when some upper end, one-sided
    at alpha divided by the number of groups (Bonferroni), is below it.

    Why it matters: a good average can hide a group for whom the model hardly works, and the more groups are looked at,
    the more of them are below by luck alone.

    How to fix: look at which errors dominate in the group that is named; add training data for it, or features that
    tell in it; evaluate on more of its rows where the interval straddles the floor.
    """
    tables = {"*".join(table.attributes): table for table in evidence.tables}
    wanted = params.attributes or tuple(tables)
    limit = Limit(op="at_least", value=str(params.at_least))
    doubts = [] if wanted else ["the evaluation data declares no sensitive attribute"]
    looked: list[Looked] = []
    groups: list[tuple[str, Cell]] = []
    listed = 0
    for title in wanted:
        doubt, found = _groups(title, tables.get(title), params)
        doubts += [doubt] if doubt else []
        looked += [Looked(path=f"performance.{title}", group=(), value=None)] if doubt else []
        for cell in found:
            k, n = cell.proportion(params.metric)
            if n >= params.min_rows:
                groups.append((title, cell))
                continue
            path = f"performance.{title}.{params.metric}"
            if params.small_groups == "listed":
                looked.append(Looked(path=path, group=cell.group, value=real(k / n) if n else None, n=n))
                listed += 1
            else:
                looked.append(Looked(path=path, group=cell.group, value=None, n=n))
                doubts.append(f"{title}: {params.metric} of {name(cell)} rests on {n} rows, fewer than needed")
    below, open_, clear = [], [], []
    z_pass = z_value(float(params.alpha))
    z_fail = z_value(float(params.alpha) / max(len(groups), 1))
    for title, cell in groups:
        k, n = cell.proportion(params.metric)
        low, high = real(wilson(k, n, z_pass)[0]), real(wilson(k, n, z_fail)[1])
        path = f"performance.{title}.{params.metric}"
        looked.append(Looked(path=path, group=cell.group, value=real(k / n), low=low, high=high, n=n))
        value, ends = short(k / n, params.at_least), f"[{short(low, params.at_least)}, {short(high, params.at_least)}]"
        said = f"{title}: {params.metric} of {name(cell)} is {value} {ends} on {n} rows"
        if Decimal(high) < params.at_least:
            below.append(f"{said}, below {limit.value}")
        elif Decimal(low) >= params.at_least:
            clear.append(said)
        else:
            open_.append(f"{said}, which straddles {limit.value}")
    doubts += [] if groups or doubts else ["no group is large enough to judge"]
    tail = f" ({listed} smaller group(s) listed, not judged)" if listed else ""
    outcome = Outcome.FAIL if below else Outcome.INCONCLUSIVE if open_ or doubts else Outcome.PASS
    why = "; ".join(([*below, *doubts] if below else [*open_, *doubts]) or clear) + tail
    return Verdict(outcome=outcome, why=why, looked_at=tuple(looked), limit=limit)


def _groups(title: str, table: CountTable | None, params: SliceParams) -> tuple[str, list[Cell]]:
    """(why nothing can be said of this attribute, its known groups)."""
    if table is None:
        return f"{title} is not in the evidence", []
    known = [cell for cell in table.cells if None not in cell.group and cell.rows]
    if not known:
        return f"{title} has no known group", []
    doubt = too_many_unknown(table, params.unknown_at_most)
    return (f"{title}: {doubt}", []) if doubt else ("", known)
