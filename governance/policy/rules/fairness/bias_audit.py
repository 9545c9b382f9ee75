"""fairness.bias_audit: rates and impact ratios of every category, as a bias audit of a hiring tool states them."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from governance.canonical import Threshold, real
from governance.evidence.fairness import Cell, CountTable, FairnessFacts
from governance.policy.advice import AGAIN, ATTRIBUTES, SCORES
from governance.policy.comparison import holds, name
from governance.policy.finding import Limit, Looked, Verdict, plural, settled, short
from governance.policy.placeholder import says_nothing
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten

LEFT_OUT_BELOW = Decimal("0.02")
"""The share of all rows below which a category may be left out (6 RCNY 5-301(d))."""
CategoryName = Annotated[str, Field(min_length=1, max_length=200)]


class BiasAuditParams(Params):
    """`rate`: the share that the model selects, or the share with a score strictly above the median of all.
    `categories`: all there are of each attribute, as the data spells them. `intersections`: of these attributes, such
    as sex*race. `absent`: categories of an attribute of which it is known that the data has nobody. `left_out`: by
    attribute (or intersection) and category why it has no impact ratio, in the auditor's words; its number and rate are
    shown all the same, and it must be less than 2 % of all rows. `at_least`: a limit of the impact ratio, where the
    policy wants one; it is held against the ratio itself, and leaves chance out of account."""

    rate: Literal["selection", "scoring"] = "selection"
    categories: dict[str, Annotated[tuple[CategoryName, ...], Field(min_length=2)]] = Field(min_length=1)
    intersections: Annotated[tuple[str, ...], Tighten.SUPERSET] = ()
    absent: dict[str, tuple[CategoryName, ...]] = {}
    left_out: dict[str, dict[CategoryName, str]] = {}
    at_least: Annotated[Threshold | None, Field(gt=0, le=1), Tighten.UP] = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        for title in self.intersections:
            parts = title.split("*")
            if len(parts) < 2 or len({*parts}) < len(parts) or not {*parts} <= self.categories.keys():
                raise ValueError(
                    f"intersection {title!r} is not of two attributes under `categories`, such as sex*race"
                )
        for attribute, names in self.absent.items():
            for one in names:
                if one not in self.categories.get(attribute, ()):
                    raise ValueError(f"`absent` names {one!r}, which is no category of {attribute!r}")
        for title, reasons in self.left_out.items():
            known = {"*".join(group) for group in self.groups(title)} if title in self.titles else set()
            for one, why in reasons.items():
                if one not in known:
                    raise ValueError(f"`left_out` names {one!r}, which is no category of {title!r}")
                if says_nothing(why):
                    raise ValueError(f"`left_out` gives no reason for {one!r}")
        return self

    @property
    def titles(self) -> tuple[str, ...]:
        """What is audited: each attribute, and each intersection."""
        return (*self.categories, *self.intersections)

    def groups(self, title: str) -> list[tuple[str, ...]]:
        """Every category of an attribute or an intersection."""
        return list(product(*(self.categories[part] for part in title.split("*"))))


class _Audited(NamedTuple):
    """What is found of one attribute or intersection."""

    wrong: list[str]
    doubts: list[str]
    advice: list[str]
    said: str
    looked: list[Looked]


def _facts(
    sex: Mapping[str, tuple[int, int]],
    race: Mapping[str, tuple[int, int]] | None = None,
    both: Mapping[str, tuple[int, int]] | None = None,
    unknown: int = 0,
    median: str | None = "0.5",
) -> FairnessFacts:
    """People and chosen ones by category; as many have a score above the median."""
    tables = []
    for title, groups in (("sex", sex), ("race", race or {}), ("sex*race", both or {})):
        cells = [
            Cell(
                group=tuple(group.split("*")),
                tn=n - k,
                fp=k // 2,
                fn=0,
                tp=k - k // 2,
                above=None if median is None else k,
            )
            for group, (n, k) in groups.items()
        ]
        if unknown:
            cells.append(Cell(group=(None,) * len(title.split("*")), tn=unknown, fp=0, fn=0, tp=0))
        if groups:
            tables.append(
                CountTable(
                    attributes=tuple(title.split("*")), unknown=unknown, cells=tuple(cells), seed=1, replicates=1000,
                    critical=(),
                )
            )  # fmt: skip
    rows = sum(n for n, _ in sex.values()) + unknown
    unscored = "the manifest names no column of scores" if median is None else None
    return FairnessFacts(rows=rows, tables=tuple(tables), median=median, unscored=unscored)


_SEX = {"categories": {"sex": ["female", "male"]}}
_THREE = {"categories": {"sex": ["female", "male", "x"]}}
_BOTH = {"categories": {"sex": ["female", "male"], "race": ["a", "b"]}, "intersections": ["sex*race"]}
_EVEN = {"female": (100, 40), "male": (100, 50)}
_CROSSED = {"female*a": (60, 20), "female*b": (40, 20), "male*a": (50, 20), "male*b": (50, 30)}
_RACES = {"a": (110, 40), "b": (90, 50)}
_SMALL = {"female": (5000, 2000), "male": (4900, 2450), "x": (100, 90)}
_REASON = {"left_out": {"sex": {"x": "100 of 10,000 people, says the auditor"}}}


@rule(
    "fairness.bias_audit",
    controls=("nyc-ll144/5-301.b1", "nyc-ll144/5-301.b2", "nyc-ll144/5-301.b3", "nyc-ll144/5-301.b5"),
    requests=lambda p: Request(attributes=p.titles, above_median=p.rate == "scoring"),
    examples=lambda: (
        passes("both sexes, no limit set", _facts(_EVEN), **_SEX),
        passes("sex, race and their intersection", _facts(_EVEN, _RACES, _CROSSED), **_BOTH),
        passes("a ratio that meets the limit exactly", _facts(_EVEN), at_least="0.8", **_SEX),
        passes("scoring rates", _facts(_EVEN), rate="scoring", **_SEX),
        passes("people of unknown sex are counted, and not compared", _facts(_EVEN, unknown=900), **_SEX),
        passes("a category of which the data is known to have nobody", _facts(_EVEN), absent={"sex": ["x"]}, **_THREE),
        passes("a small category left out, with the highest rate", _facts(_SMALL), at_least="0.8", **_THREE, **_REASON),
        passes("nobody in one intersection", _facts(_EVEN, _RACES, {**_CROSSED, "male*b": (0, 0)}), **_BOTH),
        fails("below the limit of the policy", _facts(_EVEN), at_least="0.81", **_SEX),
        fails("a small category that is not left out", _facts(_SMALL), at_least="0.8", **_THREE),
        fails(
            "a category left out that is too large for it",
            _facts(_SMALL | {"female": (9, 4), "male": (4891, 2400)}),
            **_THREE,
            **_REASON,
        ),
        fails("nobody of one sex selected, and a limit", _facts(_EVEN | {"female": (9, 0)}), at_least="0.8", **_SEX),
        inconclusive("nobody of one sex selected", _facts(_EVEN | {"female": (9, 0)}), **_SEX),
        inconclusive("nobody selected", _facts({"female": (100, 0), "male": (100, 0)}), **_SEX),
        inconclusive(
            "so many equal scores that none is above the median",
            _facts({"female": (100, 0), "male": (100, 0)}),
            rate="scoring",
            **_SEX,
        ),
        inconclusive("the intersection was not counted", _facts(_EVEN, _RACES), **_BOTH),
        inconclusive("nobody of one category", _facts(_EVEN), **_THREE),
        fails("a category that the policy does not know", _facts(_EVEN | {"diverse": (9, 4)}), **_SEX),
        inconclusive("no scores", _facts(_EVEN, median=None), rate="scoring", **_SEX),
        inconclusive("one category alone", _facts({"female": (9, 4)}), absent={"sex": ["male"]}, **_SEX),
    ),
)
def bias_audit(evidence: FairnessFacts, params: BiasAuditParams) -> Verdict:
    """Rates and impact ratios of every category are computed, and meet the limit where the policy sets one.

    What it checks: of each category of each attribute and intersection the rate, which is the share selected or the
    share with a score strictly above the median of everybody, and the impact ratio, which is the rate over the highest
    rate (6 RCNY 5-300 and 5-301). People of unknown category are counted and in no ratio. A small category has none
    where the policy leaves it out, and sets nobody's. Without `at_least` it passes when the audit is complete, in
    exactly these categories. Whether a ratio could be chance is not asked: `fairness.disparity` does that.

    Why it matters: whoever is judged by a tool can see from these numbers whether it selects people like them less
    often; an audit that leaves out a category, or the intersection, hides where it does.

    How to fix: look at the category with the lowest ratio and at which step and feature it loses ground. Spell
    categories in the data as the policy does, and leave empty what is not known; leave one out only where it is small
    and the auditor says why.
    """
    tables = {"*".join(table.attributes): table for table in evidence.tables}
    parts = [_audit(title, tables.get(title), evidence, params) for title in params.titles]
    wrong = [one for part in parts for one in part.wrong]
    doubts = [one for part in parts for one in part.doubts]
    advice = [one for part in parts for one in part.advice]
    # What breaks the limit, or is open, first.
    looked = sorted((one for part in parts for one in part.looked), key=lambda one: not one.at_stake)
    if params.rate == "scoring":
        looked.append(Looked(path="fairness.median", value=evidence.median, n=evidence.rows))
    limit = Limit(op="is", value=f"{params.rate} rates and impact ratios of every category")
    if params.at_least is not None:
        limit = Limit(op="at_least", value=str(params.at_least))
    why = "; ".join(part.said for part in parts if part.said)
    return settled(wrong, doubts, advice, why, tuple(looked), limit)


def _audit(title: str, table: CountTable | None, facts: FairnessFacts, params: BiasAuditParams) -> _Audited:
    path = f"fairness.{title}"
    nobody = Looked(path=path, group=(), value=None)
    if table is None:
        return _Audited([], [f"{title} is not in the evidence"], [ATTRIBUTES], "", [nobody])
    known = sorted((cell for cell in table.cells if None not in cell.group and cell.rows), key=name)
    if params.rate == "scoring" and any(cell.above is None for cell in known):
        why = facts.unscored or "scores were not looked at"
        return _Audited([], [f"{title}: no scoring rates: {why}"], [SCORES if facts.unscored else AGAIN], "", [nobody])
    wrong, doubts, advice = [], [], []
    groups, there = params.groups(title), {cell.group: cell for cell in known}
    if foreign := [cell for cell in known if cell.group not in groups]:
        wrong.append(f"{title}: people are counted under {', '.join(map(name, foreign))}, which is no category of it")
    # Of an intersection it is enough that each of its members is there, or known to be absent.
    empty = [group for group in groups if group not in there]
    missing = [group[0] for group in empty if len(group) == 1 and group[0] not in params.absent.get(title, ())]
    if missing:
        doubts.append(f"{title}: the data has nobody of {', '.join(missing)}, and the policy does not say so")
        advice.append(
            "audit data in which every category has people, or have the policy's owner name under `absent` those of "
            "which there is nobody"
        )
    rates = {group: Fraction(_chosen(cell, params), cell.rows) for group, cell in there.items()}
    reasons = params.left_out.get(title, {})
    left = [group for group in there if "*".join(map(str, group)) in reasons]
    large = []
    for group in left:
        share = Fraction(there[group].rows, facts.rows)
        if share >= Fraction(LEFT_OUT_BELOW):
            large.append(group)
            said = f"{short(float(share), LEFT_OUT_BELOW)} of all rows"
            wrong.append(f"{title}: {name(there[group])} is left out, and is {said}: too large for it")
    compared = {group: rate for group, rate in rates.items() if group not in left}
    best = max(compared.values(), default=Fraction())
    ratios = {group: float(rate / best) for group, rate in compared.items()} if best else {}
    below = {group for group, ratio in ratios.items() if not _meets(ratio, params)}
    what = "selected" if params.rate == "selection" else "scored above the median"
    if len(compared) < 2:
        doubts.append(f"{title}: fewer than two categories to compare")
        advice.append("audit data with people of at least two categories")
    elif not best:
        doubts.append(f"{title}: nobody is {what}, so that there is no impact ratio")
        advice.append(_NONE_CHOSEN)
    elif none := [name(there[group]) for group, rate in compared.items() if not rate and group not in below]:
        doubts.append(f"{title}: nobody of {', '.join(none)} is {what}: an impact ratio of 0 says little")
        advice.append(_NONE_CHOSEN)
    order = sorted(ratios, key=lambda group: (ratios[group], group))
    if below:
        low = ", ".join(
            f"{name(there[group])} {short(ratios[group], params.at_least)}" for group in order if group in below
        )
        wrong.append(f"{title}: impact ratios below {params.at_least}: {low}")
    top = min((group for group, rate in compared.items() if rate == best), default=None)
    looked = [
        Looked(
            path=f"{path}.impact_ratio",
            group=group,
            reference=top if group in below else None,
            value=real(ratios[group]),
            n=there[group].rows,
        )
        for group in order
    ]
    looked += [
        Looked(path=f"{path}.{params.rate}_rate", group=cell.group, value=real(float(rates[cell.group])), n=cell.rows)
        for cell in known
    ]
    looked += [Looked(path=f"{path}.{params.rate}_rate.none", group=group, value="0", n=0) for group in empty]
    looked += [Looked(path=f"{path}.left_out", group=group, value=reasons["*".join(map(str, group))]) for group in left]
    # What is wrong with a category itself is what a waiver has to cover.
    wrongly = [*(cell.group for cell in foreign), *large]
    looked += [Looked(path=f"{path}.category", group=group, value=None, n=there[group].rows) for group in wrongly]
    looked.append(Looked(path=f"{path}.unknown", value=str(table.unknown), n=facts.rows))
    if missing or len(compared) < 2 or not best:
        looked.append(nobody)
    said = f"{title}: "
    if order:
        said += f"lowest impact ratio {short(ratios[order[0]], params.at_least)} of {name(there[order[0]])}"
    said += f", {plural(table.unknown, 'row')} of unknown category"
    said += f", {len(left)} left out" if left else ""
    said += f", nobody of {len(empty)} of {len(groups)} categories" if empty else ""
    return _Audited(wrong, doubts, advice, said, looked)


_NONE_CHOSEN = (
    "evaluate on more rows, or with scores that tell people apart; look at why the model gives this answer to nobody"
)


def _chosen(cell: Cell, params: BiasAuditParams) -> int:
    return cell.fp + cell.tp if params.rate == "selection" else cell.above or 0


def _meets(ratio: float, params: BiasAuditParams) -> bool:
    return params.at_least is None or holds(ratio, "at_least", params.at_least)
