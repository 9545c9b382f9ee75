"""fairness.minimum_sizes: every group is large enough to say anything about it."""

from typing import Annotated, Literal

from pydantic import Field

from governance.evidence.fairness import Cell, CountTable, FairnessFacts
from governance.policy.advice import ATTRIBUTES, KNOWN, together
from governance.policy.comparison import name
from governance.policy.finding import Limit, Looked, Verdict
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class SizesParams(Params):
    """`min_rows`: of each group. `min_positives` and `min_negatives`: of its rows, with that true label."""

    attributes: Annotated[tuple[str, ...], Tighten.SOME_SUPERSET] = ()
    min_rows: Annotated[int, Tighten.UP] = Field(30, ge=1)
    min_positives: Annotated[int, Tighten.UP] = Field(0, ge=0)
    min_negatives: Annotated[int, Tighten.UP] = Field(0, ge=0)


def _facts(*groups: tuple[int, int]) -> FairnessFacts:
    """Groups of (positives, negatives)."""
    cells = tuple(Cell(group=(f"g{i}",), tn=n, fp=0, fn=0, tp=p) for i, (p, n) in enumerate(groups))
    table = CountTable(attributes=("sex",), unknown=0, cells=cells, seed=1, replicates=1000, critical=())
    return FairnessFacts(rows=sum(cell.rows for cell in cells), tables=(table,))


@rule(
    "fairness.minimum_sizes",
    controls=("eu-ai-act/art-10.3", "nist-ai-rmf/measure-2.11"),
    requests=lambda p: Request(attributes=p.attributes),
    examples=lambda: (
        passes("large groups", _facts((50, 50), (40, 60))),
        passes("just large enough", _facts((20, 10), (15, 15))),
        fails("a group of 29", _facts((50, 50), (19, 10))),
        fails("too few positives", _facts((50, 50), (4, 96)), min_positives="5"),
        fails("too few negatives", _facts((50, 50), (96, 4)), min_negatives="5"),
        inconclusive("attribute not in the evidence", _facts((50, 50), (50, 50)), attributes=["race"]),
        inconclusive("no group known", _facts()),
    ),
)
def minimum_sizes(evidence: FairnessFacts, params: SizesParams) -> Verdict:
    """Every group has enough rows, positives and negatives to be judged.

    What it checks: the exact number of rows, of true positives-to-be and of true negatives-to-be of each known group of
    each attribute or intersection, against the smallest numbers that the policy accepts.

    Why it matters: about a group of a dozen rows no rate can be stated, so that harm to the smallest groups goes
    unseen; data that is to be representative has them in it.

    How to fix: collect more evaluation rows of the groups that are named, or evaluate a stratified sample; merge groups
    only where a domain expert agrees that they belong together.
    """
    tables = {"*".join(table.attributes): table for table in evidence.tables}
    wanted = params.attributes or tuple(tables)
    least = (("rows", params.min_rows), ("positives", params.min_positives), ("negatives", params.min_negatives))
    limit = Limit(op="is", value=", ".join(f"at least {n} {what}" for what, n in least if n))
    looked, small = [], []
    doubts = [] if wanted else ["the manifest declares no sensitive attribute of the evaluation data"]
    advice = [] if wanted else [ATTRIBUTES]
    for title in wanted:
        groups = [cell for cell in tables[title].cells if None not in cell.group] if title in tables else []
        if not groups:
            doubts.append(f"{title} {'has no known group' if title in tables else 'is not in the evidence'}")
            advice.append(KNOWN if title in tables else ATTRIBUTES)
        for cell in groups:
            for what, fewest in least:
                if fewest:
                    found = _count(cell, what)  # type: ignore[arg-type]
                    # An exact count is an interval of its own, given where a waiver would have to cover the group.
                    end = str(found) if found < fewest else None
                    path = f"fairness.{title}.{what}"
                    looked.append(Looked(path=path, group=cell.group, value=str(found), low=end, high=end, n=found))
                    if found < fewest:
                        small.append(f"{title}: {name(cell)} has {found} {what}, fewer than {fewest}")
    if small:
        return Verdict(outcome=Outcome.FAIL, why="; ".join([*small, *doubts]), looked_at=tuple(looked), limit=limit)
    if doubts:
        return Verdict(
            outcome=Outcome.INCONCLUSIVE,
            why="; ".join(doubts),
            looked_at=tuple(looked),
            limit=limit,
            fix=together(advice),
        )
    why = f"every group of {', '.join(wanted)} has {limit.value}"
    return Verdict(outcome=Outcome.PASS, why=why, looked_at=tuple(looked), limit=limit)


def _count(cell: Cell, what: Literal["rows", "positives", "negatives"]) -> int:
    return {"rows": cell.rows, "positives": cell.tp + cell.fn, "negatives": cell.tn + cell.fp}[what]
