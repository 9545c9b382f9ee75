"""Two groups compared by a rate: what the rules that compare groups share."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from governance.canonical import Real, real
from governance.evidence.counts import NEITHER_IS_BETTER, Counts, is_proportion, range_of
from governance.evidence.fairness import Cell, CountTable, Critical, Measure
from governance.evidence.performance import LOSSES, SCORE_METRICS
from governance.policy.finding import short
from governance.policy.intervals import difference_se, log_ratio_se, newcombe, ratio_interval, transformed, wilson

Op = Literal["at_least", "at_most"]


class Compared(NamedTuple):
    """One rate against another: `value` is their ratio or difference, `low` and `high` its ends, each one-sided at
    alpha, `band` the simultaneous ends (null without a critical value), `se` the standard error of the log-ratio or the
    difference."""

    value: float
    low: float
    high: float
    band: tuple[float, float] | None
    se: float


def compare(one: Counts, other: Counts, metric: str, measure: Measure, z: float, critical: float | None) -> Compared:
    """`one` against `other`, where `undefined` finds nothing against either. `critical` is a quantile of the max-t
    statistic. Rates have score intervals, other metrics delta-method ones; two are put together by MOVER (Zou and
    Donner, Statistics in Medicine 27, 2008)."""
    if is_proportion(metric):
        (k1, n1), (k2, n2) = one.proportion(metric), other.proportion(metric)
        if measure == "ratio":
            value, se = (k1 / n1) / (k2 / n2), log_ratio_se(k1, n1, k2, n2)
            low, high = ratio_interval(k1, n1, k2, n2, z)
        else:
            value, se = k1 / n1 - k2 / n2, difference_se(k1, n1, k2, n2)
            low, high = newcombe(k1, n1, k2, n2, z)
    else:
        (v1, low1, high1, var1), (v2, low2, high2, var2) = (_estimated(each, metric, z) for each in (one, other))
        if measure == "ratio":
            value, se = v1 / v2, math.sqrt(var1 / v1**2 + var2 / v2**2)
            low = value * math.exp(-math.hypot(math.log(v1 / low1), math.log(high2 / v2)))
            high = value * math.exp(math.hypot(math.log(high1 / v1), math.log(v2 / low2)))
        else:
            value, se = v1 - v2, math.sqrt(var1 + var2)
            low, high = value - math.hypot(v1 - low1, high2 - v2), value + math.hypot(high1 - v1, v2 - low2)
    if critical is None:
        return Compared(value, low, high, None, se)
    moved = critical * se
    band = (value * math.exp(-moved), value * math.exp(moved)) if measure == "ratio" else (value - moved, value + moved)
    return Compared(value, low, high, band, se)


def interval(counts: Counts, metric: str, z: float) -> tuple[float, float]:
    """Of one group's metric, where `undefined` finds nothing against it; each end one-sided at the alpha of `z`."""
    if is_proportion(metric):
        return wilson(*counts.proportion(metric), z)
    return _estimated(counts, metric, z)[1:3]


def _estimated(counts: Counts, metric: str, z: float) -> tuple[float, float, float, float]:
    """(value, low, high, variance) of a metric that is no proportion."""
    value, variance = counts.value(metric), counts.variance(metric)
    if value is None:
        raise RuntimeError(f"{metric} has no value here")
    low, high = transformed(value, math.sqrt(variance), *range_of(metric), z)
    return value, low, high, variance


def holds(value: float | Real, op: Op, limit: Decimal | str) -> bool:
    """Compared once, as decimals of 9 digits."""
    number, bound = Decimal(real(float(value))), Decimal(limit)
    return number >= bound if op == "at_least" else number <= bound


def undefined(cell: Cell, metric: str, measure: Measure | None, min_rows: int) -> str:
    """Why the group's metric cannot be compared (or, without a measure, judged), or nothing. No interval exists for a
    ratio of zero."""
    n, value = cell.basis(metric), cell.value(metric)
    if n < min_rows:
        return f"{metric} of {name(cell)} rests on {n} rows, fewer than {min_rows}: too few to judge"
    if value is None:
        return f"{metric} of {name(cell)} is not defined: it divides by zero"
    if is_proportion(metric):
        k, n = cell.proportion(metric)
        return (
            f"{metric} of {name(cell)} is {k} of {n}: a ratio is not defined" if k == 0 and measure == "ratio" else ""
        )
    if value in range_of(metric):
        return f"{metric} of {name(cell)} is {short(value)} on {n} rows: it has no error to draw an interval from"
    return ""


def value_of(cell: Cell, metric: str) -> Fraction | float:
    """To order groups by, where `undefined` finds nothing: exact for a proportion."""
    return Fraction(*cell.proportion(metric)) if is_proportion(metric) else cell.value(metric) or 0.0


def check_limit(metric: str, at_least: Decimal | None, at_most: Decimal | None) -> None:
    """Raises ValueError where the one limit stands on the wrong side, or where no value of the metric lies beyond
    it."""
    sides = {"at_least": at_least, "at_most": at_most}
    wanted = [] if metric in NEITHER_IS_BETTER else ["at_most" if metric in LOSSES else "at_least"]
    given = [side for side, limit in sides.items() if limit is not None]
    if len(given) != 1 or (wanted and given != wanted):
        other = next((side for side in sides if side not in wanted), "")
        raise ValueError(f"metric {metric} takes " + (f"`{wanted[0]}` and not `{other}`" if wanted else "one limit"))
    least, most = score_range(metric) if metric in SCORE_METRICS else range_of(metric)
    limit = sides[given[0]]
    if limit is None or not least < limit <= most:
        end = "" if math.isinf(most) else f" and at most {most:g}"
        raise ValueError(f"`{given[0]}` of {metric} is above {least:g}{end}")


def score_range(metric: str) -> tuple[float, float]:
    """The least and the largest value of a metric of scores."""
    return 0.0, math.inf if metric == "log_loss" else 1.0


def check_measure(metric: str, measure: Measure) -> None:
    """Raises ValueError for a comparison that means nothing."""
    least, most = range_of(metric)
    if measure == "ratio" and least < 0:
        raise ValueError(f"{metric} may be negative, so that a ratio means nothing; take `measure: difference`")
    if measure == "difference" and math.isinf(most):
        raise ValueError(f"{metric} is a ratio without an upper end; take `measure: ratio`")


def critical_of(table: CountTable, metric: str, measure: Measure, min_rows: int) -> Critical | None:
    """The critical values that were measured for exactly this comparison."""
    key = (metric, measure, min_rows)
    return next((one for one in table.critical if (one.metric, one.measure, one.min_rows) == key), None)


def too_many_unknown(table: CountTable, at_most: Decimal) -> str:
    """Why nothing can be said of a table whose attribute is not known for too many rows, or nothing."""
    rows = sum(cell.rows for cell in table.cells if None not in cell.group) + table.unknown
    if rows and table.unknown > at_most * rows:
        return f"not known for {table.unknown} of {rows} rows, more than a share of {at_most}"
    return ""


def name(cell: Cell) -> str:
    """The group in words: F, or F x unknown."""
    return " x ".join("unknown" if part is None else part for part in cell.group)
