"""Metrics of scores of each group, with the intervals that the whole table has (`metrics`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from governance.evidence.fairness import Cell
from governance.evidence.manifest import Evaluation
from governance.evidence.performance import MetricFact
from governance.evidence.plan import FairnessRequest
from governance.measure.counting import Joined, grouped
from governance.measure.metrics import measured
from governance.measure.scores import Scored, Scores
from governance.measure.table import Table
from governance.progress import Progress

if TYPE_CHECKING:
    import numpy
    from duckdb import DuckDBPyConnection


def scored_cells(
    connected: DuckDBPyConnection,
    table: Table,
    evaluation: Evaluation,
    joined: Joined | None,
    requests: Sequence[FairnessRequest],
    cells: Sequence[tuple[Cell, ...]],
    scores: Scores,
    seed: int,
    progress: Progress,
) -> tuple[tuple[Cell, ...], ...]:
    """`cells` of each request: known groups with the metrics of scores that it asks for, and all with the rows above
    the median where it asks for those. RuntimeError where the rows of a group are not those that were counted."""
    asking = [
        (request, found)
        for request, found in zip(requests, cells, strict=True)
        if request.scores or request.above_median
    ]
    names = sorted({name for request, _ in asking for name in request.attributes})
    groups: dict[str, tuple[str, ...]] = {}
    for name in names:
        members = {
            cell.group[request.attributes.index(name)]
            for request, found in asking
            if name in request.attributes
            for cell in found
        }
        groups[name] = tuple(sorted(member for member in members if member is not None))
    rows: dict[str, numpy.ndarray] | None = None
    if asking and isinstance(scores.model, Scored):
        rows = grouped(connected, table, evaluation.label, scores.column, evaluation.sensitive, groups, joined)
    lower = middle(scores.model.score)[0] if isinstance(scores.model, Scored) else None
    result = []
    for request, found in zip(requests, cells, strict=True):
        if not (request.scores or request.above_median):
            result.append(found)
            continue
        title = "*".join(request.attributes)
        parts = _parts(request.attributes, groups, found, rows) if rows else {}
        done = []
        for at, cell in enumerate(found):
            progress(f"measuring {', '.join(request.scores) or 'scores'} by {title}", at, len(found))
            if request.above_median and rows and lower is not None:
                above = int((_rows(cell, parts, rows).score > lower).sum())
                cell = cell.model_copy(update={"above": above})
            if request.scores and None not in cell.group:
                of = _rows(cell, parts, rows) if rows else scores.model
                facts: tuple[MetricFact, ...] = measured(request.scores, cell, of, seed)
                cell = cell.model_copy(update={"scores": facts})
            done.append(cell)
        result.append(tuple(done))
    return tuple(result)


def middle(score: numpy.ndarray) -> tuple[float, float]:
    """(lower median, median) of scores, at least one. The median of an even number is the mean of the two in the middle
    (6 RCNY 5-300 leaves that open). Nothing lies between these two, so that what is above the lower one is above the
    median, exactly, where their mean would have been rounded."""
    import numpy as np

    ordered = np.sort(score)
    low, high = (float(ordered[at]) for at in ((len(ordered) - 1) // 2, len(ordered) // 2))
    return low, low / 2 + high / 2


def _parts(
    attributes: Sequence[str],
    groups: dict[str, tuple[str, ...]],
    cells: Sequence[Cell],
    rows: dict[str, numpy.ndarray],
) -> dict[tuple[str | None, ...], numpy.ndarray]:
    """The numbers of the rows of each group."""
    import numpy as np

    shape = [len(groups[name]) + 1 for name in attributes]
    number = np.asarray(np.ravel_multi_index([rows[name] for name in attributes], shape))
    order = np.argsort(number, kind="stable")
    ordered = number[order]
    parts = {}
    for cell in cells:
        place = [
            0 if member is None else groups[name].index(member) + 1
            for name, member in zip(attributes, cell.group, strict=True)
        ]
        at = int(np.ravel_multi_index(place, shape))
        parts[cell.group] = order[np.searchsorted(ordered, at) : np.searchsorted(ordered, at, side="right")]
    return parts


def _rows(cell: Cell, parts: dict[tuple[str | None, ...], numpy.ndarray], rows: dict[str, numpy.ndarray]) -> Scored:
    part = parts[cell.group]
    scored = Scored(rows["y"][part], rows["s"][part])
    if (len(part), int(scored.positive.sum())) != (cell.rows, cell.tp + cell.fn):
        raise RuntimeError(f"{len(part)} rows have scores in group {cell.group}, {cell.rows} were counted")
    return scored
