"""Fairness facts: integer count tables, from which every rate, ratio and interval follows."""

from typing import Literal

from governance.canonical import Count, Document, Real
from governance.evidence.counts import Counts
from governance.evidence.origin import FactOrigin
from governance.evidence.performance import MetricFact

Measure = Literal["ratio", "difference"]
ALPHAS = ("0.1", "0.05", "0.01")


class Cell(Counts):
    """Counts of one group. A null member of `group` is the category "unknown". `scores` has, of a known group, the
    metrics of scores that the plan names. `above`: rows whose score is strictly above the median of all rows; null
    where no rule asked, or where there are no scores."""

    group: tuple[str | None, ...]
    scores: tuple[MetricFact, ...] = ()
    above: Count | None = None

    def __hash__(self) -> int:
        # Groups are keys where they are compared, and the ends of an interval are a mapping, which has no hash.
        return hash((self.group, self.tn, self.fp, self.fn, self.tp))


class Critical(Document):
    """Simultaneous critical values of the studentised max-t statistic over all pairs of judged groups: every member
    known, at least `min_rows` rows, also in the rate's denominator, and, for a ratio, a rate that is not zero.
    `groups` counts them.

    `values` maps alpha to the (1 - alpha) quantile of max over pairs |t*|, from `replicates` multinomial bootstrap
    replicates of the count table; null with a reason where the quantile is infinite or there is no pair.
    """

    metric: str
    measure: Measure
    min_rows: Count
    groups: Count
    values: dict[str, Real | None]
    reason: str | None = None


class CountTable(Document):
    """Groups by attribute (or intersection), sorted by group. `unknown` counts rows with a missing member."""

    attributes: tuple[str, ...]
    unknown: Count
    cells: tuple[Cell, ...]
    seed: Count
    replicates: Count
    critical: tuple[Critical, ...]


class FairnessFacts(Document):
    """One table per attribute and per declared intersection, all over the same rows. `median`: of the scores of all
    rows, where a rule asked for it; `unscored` says why there is none."""

    origin: FactOrigin | None = None
    rows: Count
    unmatched: Count = 0
    tables: tuple[CountTable, ...]
    median: Real | None = None
    unscored: str | None = None
