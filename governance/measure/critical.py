"""Simultaneous critical values of the studentised max-t statistic, from a multinomial bootstrap of the count table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from governance.canonical import real
from governance.evidence.counts import CELLS as _CELLS
from governance.evidence.counts import cells_of, evaluate, gradient, is_proportion, range_of
from governance.evidence.fairness import ALPHAS, Cell, Critical
from governance.evidence.plan import Comparison
from governance.progress import Progress, silent

if TYPE_CHECKING:
    import numpy

REPLICATES = 10_000
_FEWEST = 1_000
_DRAWS = 4_000_000
"""Draws of one cell that a table may cost: more than 400 cells get fewer replicates, never fewer than _FEWEST."""
_CHUNK = 250_000
"""Numbers per array while comparing: keeps memory at a few megabytes whatever the number of groups."""


def replicates_for(cells: Sequence[Cell]) -> int:
    """How many bootstrap replicates a table gets; depends on its number of non-empty cells only."""
    filled = sum(getattr(cell, name) > 0 for cell in cells for name in _CELLS)
    return max(_FEWEST, min(REPLICATES, _DRAWS // max(filled, 1)))


def critical_values(
    cells: Sequence[Cell],
    comparisons: Sequence[Comparison],
    seed: int,
    replicates: int,
    progress: Progress = silent,
) -> tuple[Critical, ...]:
    """One Critical for each comparison, in their order.

    Each replicate redraws the whole table from Multinomial(n, cells / n), which is the row bootstrap exactly (Efron,
    "Bootstrap methods: another look at the jackknife", 1979). With g the estimate (log-rate for a ratio, rate for a
    difference) and v its delta-method variance, t* = |(g*_i - g*_j) - (g_i - g_j)| / sqrt(v*_i + v*_j); the critical
    value is a quantile of max t* over all pairs of judged groups (Westfall and Young, "Resampling-based multiple
    testing", 1993). Judged: every member known, at least `min_rows` rows (also in
    the rate's denominator) and, for a ratio, a rate that is not zero. For a metric that is no proportion v is by the
    delta method as well, and it must not stand at an end of its range.
    """
    import numpy as np

    tables = [_Comparing(cells, comparison) for comparison in comparisons]
    open_ = [table for table in tables if table.reason is None]
    if open_:
        counts = np.array([[getattr(cell, name) for name in _CELLS] for cell in cells], dtype=np.int64)
        filled = np.flatnonzero(counts.ravel())
        rows, random = int(counts.sum()), np.random.Generator(np.random.PCG64(seed))
        step = max(1, _CHUNK // len(cells))
        for start in range(0, replicates, step):
            progress(f"drawing {replicates:,} tables of {len(cells)} groups", start, replicates)
            drawn = np.zeros((min(step, replicates - start), counts.size), dtype=np.int64)
            # Only the filled cells are drawn, so that rounding can never put a row into an empty one.
            drawn[:, filled] = random.multinomial(rows, counts.ravel()[filled] / rows, size=len(drawn))
            for table in open_:
                table.add(drawn.reshape(len(drawn), len(cells), 4))
    return tuple(table.critical() for table in tables)


class _Comparing:
    """One comparison while replicates stream by. `reason` is set where there is nothing to compare."""

    def __init__(self, cells: Sequence[Cell], comparison: Comparison) -> None:
        self.comparison, self.ratio = comparison, comparison.measure == "ratio"
        self.judged = [
            index
            for index, cell in enumerate(cells)
            if None not in cell.group and cell.rows >= max(comparison.min_rows, 1) and self._defined(cell)
        ]
        self.maxima: list[Any] = []
        fewest = f"fewer than two known groups have at least {comparison.min_rows} rows and a defined rate"
        self.reason = fewest if len(self.judged) < 2 else None
        if self.reason is None:
            import numpy as np

            counts = np.array([[[getattr(cell, name) for name in _CELLS] for cell in cells]], dtype=np.int64)
            self.estimate, _ = self._estimates(counts)

    def _defined(self, cell: Cell) -> bool:
        metric = self.comparison.metric
        value = cell.value(metric)
        if value is None or cell.basis(metric) < max(self.comparison.min_rows, 1):
            return False
        return (value > 0 or not self.ratio) if is_proportion(metric) else value not in range_of(metric)

    def _estimates(self, counts: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
        """(estimates, variances), each judged groups x replicates; not finite where undefined. Delta method: Agresti,
        "Categorical data analysis", section 3.1."""
        import numpy as np

        judged = counts[:, self.judged, :]
        metric = self.comparison.metric
        with np.errstate(divide="ignore", invalid="ignore"):
            if is_proportion(metric):
                above, below = (
                    judged[:, :, [_CELLS.index(name) for name in names]].sum(axis=2).T.astype(np.float64)
                    for names in cells_of(metric)
                )
                rate = above / below
                if self.ratio:
                    return np.log(rate), (1.0 - rate) / above
                return rate, rate * (1.0 - rate) / below
            cells: list[Any] = [judged[:, :, at].T.astype(np.float64) for at in range(4)]
            slopes = gradient(metric, cells)
            value = evaluate(metric, *cells)
            variance = sum(count * slope * slope for count, slope in zip(cells, slopes, strict=True))
            return (np.log(value), variance / value**2) if self.ratio else (value, variance)

    def add(self, counts: numpy.ndarray) -> None:
        """Take in replicates: int64 array, replicates x groups x (tn, fp, fn, tp)."""
        import numpy as np

        estimate, variance = self._estimates(counts)
        undefined = ~(np.isfinite(estimate) & np.isfinite(variance)).all(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = estimate - self.estimate
            largest = np.zeros(moved.shape[1])
            for first in range(len(moved) - 1):
                apart, spread = np.square(moved[first] - moved[first + 1 :]), variance[first] + variance[first + 1 :]
                # Two rates of exactly 1 in every replicate are never apart: 0/0 is 0 there.
                squared = np.where((apart == 0) & (spread == 0), 0.0, apart / spread)
                largest = np.maximum(largest, squared.max(axis=0))
        largest[undefined | np.isnan(largest)] = np.inf
        self.maxima.append(np.sqrt(largest))

    def critical(self) -> Critical:
        values: dict[str, str | None] = dict.fromkeys(ALPHAS)
        reason = self.reason
        if reason is None:
            import numpy as np

            ordered = np.sort(np.concatenate(self.maxima))
            for alpha in ALPHAS:
                # The ceil((1 - alpha)(B + 1))-th smallest: never below the quantile (Davison and Hinkley, 1997, 2.4).
                rank = -(-(1000 - round(float(alpha) * 1000)) * (len(ordered) + 1) // 1000)
                value = float(ordered[rank - 1]) if rank <= len(ordered) else float("inf")
                values[alpha] = real(value) if np.isfinite(value) else None
            if None in values.values():
                empty = float(np.mean(np.isinf(ordered)))
                reason = f"{empty:.1%} of the replicates have an empty cell: too few rows in some group"
        asked = self.comparison
        return Critical(
            metric=asked.metric,
            measure=asked.measure,
            min_rows=asked.min_rows,
            groups=len(self.judged),
            values=values,
            reason=reason,
        )
