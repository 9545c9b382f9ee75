"""Two groups compared by a rate: what the rules that compare groups share."""

import math
from decimal import Decimal
from typing import Literal, NamedTuple

from governance.canonical import real
from governance.evidence.fairness import Cell, CountTable, Critical, Measure
from governance.policy.intervals import difference_se, log_ratio_se, newcombe, ratio_interval

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


def compare(k1: int, n1: int, k2: int, n2: int, measure: Measure, z: float, critical: float | None) -> Compared:
    """k1/n1 against k2/n2. For a ratio both k are above 0. `critical` is a quantile of the max-t statistic."""
    if measure == "ratio":
        value, se = (k1 / n1) / (k2 / n2), log_ratio_se(k1, n1, k2, n2)
        low, high = ratio_interval(k1, n1, k2, n2, z)
        band = None if critical is None else (value * math.exp(-critical * se), value * math.exp(critical * se))
    else:
        value, se = k1 / n1 - k2 / n2, difference_se(k1, n1, k2, n2)
        low, high = newcombe(k1, n1, k2, n2, z)
        band = None if critical is None else (value - critical * se, value + critical * se)
    return Compared(value, low, high, band, se)


def holds(value: float, op: Op, limit: Decimal | str) -> bool:
    """Compared once, as decimals of 9 digits."""
    number, bound = Decimal(real(value)), Decimal(limit)
    return number >= bound if op == "at_least" else number <= bound


def undefined(cell: Cell, metric: str, measure: Measure, min_rows: int) -> str:
    """Why the group's rate cannot be compared, or nothing. No interval exists for a ratio of zero."""
    k, n = cell.proportion(metric)
    if n < min_rows:
        return f"{metric} of {name(cell)} rests on {n} rows, fewer than {min_rows}: too few to judge"
    if k == 0 and measure == "ratio":
        return f"{metric} of {name(cell)} is {k} of {n}: a ratio is not defined"
    return ""


def critical_of(table: CountTable, metric: str, measure: Measure, min_rows: int) -> Critical | None:
    """The critical values that were measured for exactly this comparison."""
    key = (metric, measure, min_rows)
    return next((one for one in table.critical if (one.metric, one.measure, one.min_rows) == key), None)


def too_many_unknown(table: CountTable, at_most: Decimal) -> str:
    """Why nothing can be said of a table whose attribute is not known for too many rows, or nothing."""
    rows = sum(cell.rows for cell in table.cells if None not in cell.group) + table.unknown
    if rows and table.unknown > at_most * rows:
        return f"not known for {table.unknown} of {rows} rows, more than {at_most} of them"
    return ""


def name(cell: Cell) -> str:
    """The group in words: F, or F x unknown."""
    return " x ".join("unknown" if part is None else part for part in cell.group)
