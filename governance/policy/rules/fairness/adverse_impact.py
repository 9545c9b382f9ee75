"""fairness.adverse_impact: the four-fifths rule as its Guidelines have it, with what they say of chance."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from governance.canonical import Threshold, real
from governance.evidence.fairness import Cell, CountTable, FairnessFacts
from governance.policy.advice import ATTRIBUTES, KNOWN, together
from governance.policy.comparison import holds, name, too_many_unknown
from governance.policy.finding import Limit, Looked, Verdict, short
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.significance import (
    FEWEST_EXPECTED,
    fewest_expected,
    fisher_exact,
    two_proportion_z,
    two_sided,
)
from governance.policy.tightening import Tighten

_ORDER = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
_NOBODY = "look at why the model selects nobody of the groups that count; no rate can be compared with none"
_TWO = "evaluate on people of at least two groups that are each as large a share as `share_at_least` of this rule asks"
_MORE_PEOPLE = "evaluate on more people: among so few, one selection more or less changes the answer"
_A_PERSON = (
    "have somebody who knows the selection say whether the difference matters in practice, and set "
    "`smaller_differences` of this rule by that"
)


class AdverseImpactParams(Params):
    """`at_least`: of the highest group's selection rate. `share_at_least`: of the people whose group is known; smaller
    groups are shown and not compared. `z_beyond`: two rates differ significantly beyond it, and by Fisher's exact test
    below its two-sided p. `practical`: a smaller difference matters in practice from this difference of two rates on.
    `smaller_differences`: what one comes to that is significant and matters, although the ratio is met.
    `unknown_at_most`: share of rows whose attribute is not known above which nothing can be said."""

    attributes: Annotated[tuple[str, ...], Tighten.SOME_SUPERSET] = ()
    at_least: Annotated[Threshold, Field(gt=0, le=1), Tighten.UP] = Decimal("0.8")
    share_at_least: Annotated[Threshold, Field(ge=0, lt=1), Tighten.NONE] = Decimal("0.02")
    z_beyond: Annotated[Threshold, Field(gt=0, le=10), Tighten.DOWN] = Decimal("1.96")
    practical: Annotated[Threshold, Field(ge=0, le=1), Tighten.DOWN] = Decimal("0.05")
    smaller_differences: Literal["inconclusive", "fail", "listed"] = "inconclusive"
    unknown_at_most: Annotated[Threshold, Field(ge=0, lt=1), Tighten.NONE] = Decimal("0.05")


class _Pair(NamedTuple):
    """A group against the highest one. `looked`: the ratio of their rates, with its value if one selection went from
    the group to the highest (`low`) or the other way (`high`), then z and p."""

    outcome: Outcome
    why: str
    fix: str
    looked: tuple[Looked, ...]


def _facts(*groups: tuple[int, int], unknown: int = 0) -> FairnessFacts:
    """Groups of (selected, people)."""
    cells = tuple(Cell(group=(f"g{i}",), tn=n - k, fp=0, fn=0, tp=k) for i, (k, n) in enumerate(groups))
    table = CountTable(attributes=("sex",), unknown=unknown, cells=cells, seed=1, replicates=1000, critical=())
    return FairnessFacts(rows=sum(cell.rows for cell in cells) + unknown, tables=(table,))


@rule(
    "fairness.adverse_impact",
    controls=("us-eeoc/ugesp-1607.4d", "us-eeoc/ugesp-1607.15a"),
    requests=lambda p: Request(attributes=p.attributes),
    examples=lambda: (
        passes("nine tenths of the rate", _facts((45, 100), (50, 100))),
        fails("half the rate", _facts((25, 100), (50, 100))),
        fails("below, not significant, and no matter of one person", _facts((70, 1000), (93, 1000))),
        inconclusive("below, and one person more would turn it", _facts((3, 8), (4, 8))),
        inconclusive("met, and one person less would turn it", _facts((4, 5), (5, 5))),
        fails("nobody of a large group, by the exact test", _facts((0, 40), (9, 100))),
        inconclusive("met, significant, and matters", _facts((8300, 10000), (10000, 10000))),
        fails(
            "met, significant, and taken for a failure", _facts((850, 1000), (1000, 1000)), smaller_differences="fail"
        ),
        passes("met, significant, and listed", _facts((850, 1000), (1000, 1000)), smaller_differences="listed"),
        passes("significant, and too little to matter", _facts((4700, 10000), (5000, 10000))),
        passes("a group below two in a hundred is listed", _facts((480, 1000), (500, 1000), (1, 40))),
        fails("a small group hides no failure", _facts((250, 1000), (500, 1000), (1, 1))),
        inconclusive("one group", _facts((500, 1000))),
        inconclusive("nobody selected", _facts((0, 100), (0, 100))),
        inconclusive("not known for a third", _facts((500, 1000), (500, 1000), unknown=1000)),
        inconclusive("attribute not in the evidence", _facts((50, 100), (50, 100)), attributes=["race"]),
    ),
)
def adverse_impact(evidence: FairnessFacts, params: AdverseImpactParams) -> Verdict:
    """Each group is selected at four fifths of the highest group's rate or more, with regard to chance.

    What it checks: the selection rate of each group that is at least two in a hundred of the people, divided by the
    highest one's. Below four fifths it fails where the difference is statistically significant, or where one selection
    given to the group instead would not turn it; where neither holds, and where one selection less would take a ratio
    below, it is inconclusive. A ratio that is met while the difference is significant and matters in practice is what
    the policy says. Significant is |z| of the two rates beyond 1.96, or Fisher's exact test where fewer than 5 are
    expected in some cell. The ends that are shown beside a ratio are its values with one selection less and one more.

    Why it matters: a rate below four fifths is generally regarded as evidence of adverse impact; smaller differences
    may be, where they are significant in statistical and practical terms, and greater ones may not, where they rest on
    small numbers and are not significant (29 CFR 1607.4 D; groups of two in a hundred: 1607.15 A(2)).

    How to fix: find the step and the feature that drive the gap, and look for another way of selecting that serves as
    well with less of it; where there is none, have its validity studied (29 CFR 1607.3 B and 1607.5).
    """
    tables = {"*".join(table.attributes): table for table in evidence.tables}
    wanted = params.attributes or tuple(tables)
    limit = Limit(op="at_least", value=str(params.at_least))
    if not wanted:
        why = "the manifest declares no sensitive attribute of the evaluation data"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=ATTRIBUTES)
    parts = [
        _judge(title, tables[title], params)
        if title in tables
        else Verdict(outcome=Outcome.INCONCLUSIVE, why=f"{title} is not in the evidence", fix=ATTRIBUTES)
        for title in wanted
    ]
    parts.sort(key=lambda part: _ORDER.index(part.outcome))
    worst = parts[0].outcome
    return Verdict(
        outcome=worst,
        why="; ".join(part.why for part in parts if part.outcome is worst),
        looked_at=tuple(looked for part in parts for looked in part.looked_at),
        limit=limit,
        fix=together(part.fix for part in parts if part.outcome is worst),
    )


def _judge(title: str, table: CountTable, params: AdverseImpactParams) -> Verdict:
    known = [cell for cell in table.cells if None not in cell.group and cell.rows]
    people = sum(cell.rows for cell in known)
    large = [cell for cell in known if cell.rows >= params.share_at_least * people]
    small = [cell for cell in known if cell not in large]
    rates = tuple(_rate(title, cell) for cell in table.cells)
    # Of two with the same rate the larger one, of which more can be said; the order of the table decides nothing.
    highest = max(large, key=lambda cell: (_selected(cell), cell.rows), default=None)
    doubt = too_many_unknown(table, params.unknown_at_most)
    if doubt or highest is None or len(large) < 2 or not _selected(highest):
        why, fix = (doubt, KNOWN) if doubt else ("nobody of the groups that count is selected", _NOBODY)
        if not doubt and len(large) < 2:
            why, fix = "fewer than two groups are large enough to compare", _TWO
        nobody = Looked(path=f"fairness.{title}.selection_rate.ratio", group=(), value=None)
        return Verdict(
            outcome=Outcome.INCONCLUSIVE, why=f"{title}: {why}{_listed(small)}", looked_at=(nobody, *rates), fix=fix
        )
    pairs = [_compare(title, cell, highest, large, params) for cell in large if cell is not highest]
    pairs.sort(key=lambda pair: _ORDER.index(pair.outcome))
    worst = pairs[0].outcome
    told = pairs if worst is Outcome.PASS else [pair for pair in pairs if pair.outcome is worst]
    return Verdict(
        outcome=worst,
        why="; ".join(f"{title}: {pair.why}" for pair in told) + _listed(small),
        looked_at=(*(looked for pair in pairs for looked in pair.looked), *rates),
        fix=together(pair.fix for pair in told),
    )


def _listed(small: list[Cell]) -> str:
    said = ", ".join(f"{name(cell)} ({cell.rows})" for cell in small)
    return f" (groups that are too small a share, listed and not compared: {said})" if small else ""


def _selected(cell: Cell) -> Fraction:
    return Fraction(*cell.proportion("selection_rate"))


def _compare(title: str, cell: Cell, highest: Cell, large: list[Cell], params: AdverseImpactParams) -> _Pair:
    (k, n), (k0, n0) = cell.proportion("selection_rate"), highest.proportion("selection_rate")
    others = max((_selected(one) for one in large if one is not cell and one is not highest), default=Fraction(0))

    def shifted(by: int) -> float | None:
        """The ratio with `by` selections more of the group, and as many less of the highest."""
        if not 0 <= k + by <= n:
            return None
        rate = Fraction(k + by, n)
        top = max(rate, others, Fraction(min(k0 - by, n0), n0))
        return float(rate / top) if top else None

    ratio, less, more = float(_selected(cell) / _selected(highest)), shifted(-1), shifted(1)
    z = abs(two_proportion_z(k, n, k0, n0))
    exact = fewest_expected(k, n, k0, n0) < FEWEST_EXPECTED
    p, alpha = fisher_exact(k, n, k0, n0) if exact else two_sided(z), two_sided(float(params.z_beyond))
    significant = not holds(p, "at_least", real(alpha)) if exact else not holds(z, "at_most", params.z_beyond)
    matters = holds(float(_selected(highest) - _selected(cell)), "at_least", params.practical)
    tested = f"z is {short(z, params.z_beyond)}"
    if exact:
        tested += f", by Fisher's exact test p is {short(p, real(alpha))}"
    tested += f", {'' if significant else 'not '}significant"
    said = f"{name(cell)} has {short(ratio, params.at_least)} of the rate of {name(highest)} ({k} of {n}, {k0} of {n0})"
    outcome, why, fix = Outcome.PASS, f"{said}, {tested}", ""
    if not _met(ratio, params):
        outcome, why = Outcome.FAIL, f"{said}, below {params.at_least}, {tested}"
        if not significant and _met(more, params):
            outcome, fix = Outcome.INCONCLUSIVE, _MORE_PEOPLE
            why += f", and one selection given to {name(cell)} instead would turn it"
        elif not significant:
            why += f", and one selection given to {name(cell)} instead would not turn it"
    else:
        if significant and matters and params.smaller_differences != "listed":
            outcome = Outcome.FAIL if params.smaller_differences == "fail" else Outcome.INCONCLUSIVE
            why += f", and a difference of rates of {params.practical} or more matters in practice"
            fix = _A_PERSON
        if outcome is not Outcome.FAIL and not _met(less, params):
            outcome, fix = Outcome.INCONCLUSIVE, together([fix, _MORE_PEOPLE])
            why += f", and one selection taken from {name(cell)} would turn it"
    # Whoever waives a difference that matters has to cover it, although the ratio clears the limit.
    low = less if outcome is Outcome.PASS or not _met(less, params) else None
    looked = Looked(
        path=f"fairness.{title}.selection_rate.ratio",
        group=cell.group,
        reference=highest.group,
        value=real(ratio),
        low=None if low is None else real(low),
        high=None if more is None else real(more),
        n=n + n0,
    )
    tests = [Looked(path=f"fairness.{title}.z", group=cell.group, value=real(z), n=n + n0)]
    tests += [Looked(path=f"fairness.{title}.p", group=cell.group, value=real(p), n=n + n0)]
    return _Pair(outcome, why, "" if outcome is Outcome.FAIL else fix, (looked, *tests))


def _met(ratio: float | None, params: AdverseImpactParams) -> bool:
    return ratio is not None and holds(ratio, "at_least", params.at_least)


def _rate(title: str, cell: Cell) -> Looked:
    k, n = cell.proportion("selection_rate")
    value = real(k / n) if n else None
    return Looked(path=f"fairness.{title}.selection_rate", group=cell.group, value=value, n=n)
