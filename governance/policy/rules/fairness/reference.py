"""fairness.reference: every group fares like one that is named, within a limit."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from governance.canonical import Threshold, real
from governance.evidence.counts import GroupMetric
from governance.evidence.fairness import Cell, CountTable, Critical, FairnessFacts, Measure
from governance.policy.advice import AGAIN, ATTRIBUTES, KNOWN, MORE_ROWS, NOTHING, at_least, together
from governance.policy.comparison import (
    Compared,
    Op,
    check_measure,
    compare,
    critical_of,
    holds,
    name,
    too_many_unknown,
    undefined,
)
from governance.policy.finding import Limit, Looked, Verdict, plural, short
from governance.policy.intervals import z_value
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class ReferenceParams(Params):
    """`attribute`: a name, or an intersection such as sex*race. `reference`: the group that the others are measured by,
    one value for each attribute. The value is group / reference, or group - reference; one limit, on the side that is
    to be avoided. `min_rows`, `small_groups` and `unknown_at_most` as in fairness.disparity."""

    attribute: Annotated[str, Field(min_length=1)]
    reference: Annotated[tuple[str, ...], Field(min_length=1), Tighten.NONE]
    metric: GroupMetric = "selection_rate"
    measure: Measure = "ratio"
    at_least: Annotated[Threshold | None, Tighten.UP] = None
    at_most: Annotated[Threshold | None, Tighten.DOWN] = None
    alpha: Literal["0.1", "0.05", "0.01"] = "0.05"
    min_rows: Annotated[int, Tighten.NONE] = Field(30, ge=1)
    small_groups: Literal["inconclusive", "listed"] = "inconclusive"
    unknown_at_most: Annotated[Threshold, Field(ge=0, lt=1), Tighten.NONE] = Decimal("0.05")

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give either `at_least` or `at_most`")
        limit = self.at_most if self.at_least is None else self.at_least
        if self.measure == "ratio":
            if limit is None or limit <= 0:
                raise ValueError("a ratio's limit is above 0")
        elif limit is None or not -1 < limit < 1:
            raise ValueError("a difference's limit lies between -1 and 1")
        if len(self.reference) != len(self.attribute.split("*")):
            raise ValueError("`reference` names one value for each attribute")
        check_measure(self.metric, self.measure)
        return self

    @property
    def op(self) -> Op:
        return "at_least" if self.at_most is None else "at_most"

    @property
    def limit(self) -> Limit:
        return Limit(op=self.op, value=str(getattr(self, self.op)))


def _facts(group: int, reference: int, n: int, small: int = 0) -> FairnessFacts:
    """Of `n` rows each so many of group `a` and of the reference `b` are selected; group `c` has `small` rows."""
    cells = [Cell(group=(title,), tn=n - k, fp=0, fn=0, tp=k) for title, k in (("a", group), ("b", reference))]
    cells += [Cell(group=("c",), tn=small // 2, fp=0, fn=0, tp=small - small // 2)] if small else []
    values = {"0.1": "1.65", "0.05": "1.96", "0.01": "2.58"}
    critical = tuple(
        Critical(metric="selection_rate", measure=measure, min_rows=30, groups=2, values=dict(values))
        for measure in ("ratio", "difference")
    )
    table = CountTable(attributes=("sex",), unknown=0, cells=tuple(cells), seed=1, replicates=10000, critical=critical)
    return FairnessFacts(rows=2 * n + small, tables=(table,))


_TO_B = {"attribute": "sex", "reference": ["b"]}


@rule(
    "fairness.reference",
    controls=("us-eeoc/ugesp-1607.4d", "nist-ai-rmf/measure-2.11"),
    requests=lambda p: Request(attributes=(p.attribute,), metric=p.metric, measure=p.measure, min_rows=p.min_rows),
    examples=lambda: (
        passes("like the reference", _facts(500, 500, 1000), at_least="0.8", **_TO_B),
        passes("better than the reference", _facts(900, 500, 1000), at_least="0.8", **_TO_B),
        fails("half the reference's rate", _facts(250, 500, 1000), at_least="0.8", **_TO_B),
        fails("twice the reference's rate", _facts(800, 400, 1000), at_most="1.25", **_TO_B),
        passes("difference within the limit", _facts(500, 510, 1000), measure="difference", at_least="-0.1", **_TO_B),
        fails("difference beyond the limit", _facts(300, 500, 1000), measure="difference", at_least="-0.1", **_TO_B),
        inconclusive("few rows", _facts(20, 20, 40), at_least="0.8", **_TO_B),
        inconclusive("a small group", _facts(500, 500, 1000, 9), at_least="0.8", **_TO_B),
        passes("a small group, listed", _facts(500, 500, 1000, 9), at_least="0.8", small_groups="listed", **_TO_B),
        inconclusive("the reference is not there", _facts(5, 5, 9), at_least="0.8", attribute="sex", reference=["z"]),
    ),
)
def reference(evidence: FairnessFacts, params: ReferenceParams) -> Verdict:
    """Every group's rate is close enough to that of a named reference group.

    What it checks: the ratio to (or difference from) the reference group's rate, for each other group. It passes when
    each clears the limit one-sided at alpha (an intersection-union test), fails when the end of the simultaneous max-t
    band (over all pairs, so on the safe side here) lies beyond the limit, and is inconclusive between.

    Why it matters: some laws and some settlements compare with one group, such as those who were best off when a
    selection was introduced; choosing it after the fact would hide a disparity.

    How to fix: look at which cell of the confusion table drives the gap to the reference; review proxies, the label's
    own bias and the threshold.
    """
    table = next((one for one in evidence.tables if "*".join(one.attributes) == params.attribute), None)
    if table is None:
        return _open(params, f"{params.attribute} is not in the evidence", ATTRIBUTES)
    against = next((cell for cell in table.cells if cell.group == params.reference), None)
    if against is None:
        fix = "name the group as the table spells it in `reference` of this rule, or evaluate on rows of it"
        return _open(params, f"{params.attribute}: no row of the reference group {' x '.join(params.reference)}", fix)
    if doubt := too_many_unknown(table, params.unknown_at_most):
        return _open(params, f"{params.attribute}: {doubt}", KNOWN)
    return _judge(table, against, params)


def _open(params: ReferenceParams, why: str, fix: str) -> Verdict:
    nobody = Looked(path=_path(params), group=(), value=None)
    return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=(nobody,), limit=params.limit, fix=fix)


def _path(params: ReferenceParams) -> str:
    return f"fairness.{params.attribute}.{params.metric}.{params.measure}"


def _judge(table: CountTable, against: Cell, params: ReferenceParams) -> Verdict:
    known = [cell for cell in table.cells if None not in cell.group and cell.rows and cell is not against]
    if why := _doubt(against, params):
        few = against.basis(params.metric) < params.min_rows
        fix = at_least(params.min_rows) + " in the reference group" if few else NOTHING
        return _open(params, f"{params.attribute}: {why}", fix)
    if not known:
        return _open(params, f"{params.attribute}: no other group than the reference", ATTRIBUTES)
    critical = critical_of(table, params.metric, params.measure, params.min_rows)
    if critical is None:
        return _open(params, f"the evidence holds no critical values for {params.metric} {params.measure}", AGAIN)
    looked: list[Looked] = []
    broken, open_, clear, advice, listed = [], [], [], [], 0
    for cell in known:
        doubt = _doubt(cell, params)
        small = cell.rows < params.min_rows
        if doubt:
            if small and params.small_groups == "listed":
                looked.append(Looked(path=_path(params), group=cell.group, value=_rate(cell, params), n=cell.rows))
                listed += 1
            else:
                looked.append(Looked(path=_path(params), group=cell.group, value=None, n=cell.rows))
                open_.append(doubt)
                few = cell.basis(params.metric) < params.min_rows
                advice.append(at_least(params.min_rows) + " in each group" if few else NOTHING)
            continue
        compared = _compared(cell, against, critical, params)
        near, far = _ends(compared, params)
        shown = compared.low, compared.high
        if far is not None and not holds(far, params.op, params.limit.value):
            beyond = f"{'below' if params.op == 'at_least' else 'above'} {params.limit.value}"
            end = f"even the favourable end {_short(far, params)} is {beyond}"
            broken.append(f"{_said(cell, against, compared, params)}, and {end}")
            shown = (compared.low, far) if params.op == "at_least" else (far, compared.high)
        elif holds(near, params.op, params.limit.value):
            clear.append(_said(cell, against, compared, params))
        else:
            open_.append(f"{_said(cell, against, compared, params)}, which straddles {params.limit.value}")
            advice.append(MORE_ROWS)
        looked.append(_looked(cell, against, compared.value, shown, params))
    if not broken and not open_ and not clear:
        open_.append(f"no group of at least {params.min_rows} rows to compare with the reference")
        advice.append(at_least(params.min_rows) + " in each group")
    tail = f" ({plural(listed, 'smaller group')} listed, not compared)" if listed else ""
    outcome = Outcome.FAIL if broken else Outcome.INCONCLUSIVE if open_ else Outcome.PASS
    why = "; ".join([*broken, *open_] or clear) + tail
    fix = together(advice) if outcome is Outcome.INCONCLUSIVE else ""
    why = f"{params.attribute}: {why}"
    return Verdict(outcome=outcome, why=why, looked_at=tuple(looked), limit=params.limit, fix=fix)


def _doubt(cell: Cell, params: ReferenceParams) -> str:
    return undefined(cell, params.metric, params.measure, params.min_rows)


def _compared(cell: Cell, against: Cell, critical: Critical, params: ReferenceParams) -> Compared:
    value = critical.values.get(params.alpha)
    z = z_value(float(params.alpha))
    return compare(cell, against, params.metric, params.measure, z, None if value is None else float(value))


def _ends(compared: Compared, params: ReferenceParams) -> tuple[float, float | None]:
    """The end that must clear the limit, and the end of the band that breaks it."""
    if params.op == "at_least":
        return compared.low, compared.band and compared.band[1]
    return compared.high, compared.band and compared.band[0]


def _looked(cell: Cell, against: Cell, value: float, shown: tuple[float, float], params: ReferenceParams) -> Looked:
    n = cell.basis(params.metric) + against.basis(params.metric)
    return Looked(
        path=_path(params), group=cell.group, reference=against.group, value=real(value), low=real(shown[0]),
        high=real(shown[1]), n=n,
    )  # fmt: skip


def _said(cell: Cell, against: Cell, compared: Compared, params: ReferenceParams) -> str:
    ends = f"[{_short(compared.low, params)}, {_short(compared.high, params)}]"
    value = _short(compared.value, params)
    return f"{params.metric} {params.measure} of {name(cell)} to {name(against)} is {value} {ends}"


def _short(value: float, params: ReferenceParams) -> str:
    return short(value, params.limit.value)


def _rate(cell: Cell, params: ReferenceParams) -> str | None:
    k, n = cell.proportion(params.metric)
    return real(k / n) if n else None
