"""Execute a plan: what a rule will read is measured here, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from governance.canonical import Real, real
from governance.errors import BadInput
from governance.evidence.artifact import ArtifactFacts
from governance.evidence.evidence import Absent
from governance.evidence.explainability import ExplainabilityFacts
from governance.evidence.fairness import CountTable, FairnessFacts
from governance.evidence.manifest import Evaluation, Labels, Manifest
from governance.evidence.origin import FactOrigin, Predictions
from governance.evidence.overlap import OverlapFacts
from governance.evidence.performance import PerformanceFacts
from governance.evidence.plan import Plan
from governance.measure.artifact import Held, hold
from governance.measure.counting import Joined, Tally, tally
from governance.measure.critical import critical_values, replicates_for
from governance.measure.formats import PICKLES
from governance.measure.table import connection, open_table
from governance.progress import Progress

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from governance.measure.scoring import Worked

_COUNTED = ("fairness", "performance")
_ON_ROWS = (*_COUNTED, "explainability")


class Measured(NamedTuple):
    """Facts that the plan names, or why they are absent. `rows` by role; `tools` maps what was used to its version."""

    fairness: FairnessFacts | None
    performance: PerformanceFacts | None
    explainability: ExplainabilityFacts | None
    artifact: ArtifactFacts | None
    absent: tuple[Absent, ...]
    rows: dict[str, int]
    predictions: Predictions | None
    tools: dict[str, str]
    overlap: OverlapFacts | None = None


class _Gathered:
    """What one run has so far. Each planned group of facts ends up in `facts` or in `absent`, once."""

    def __init__(self, plan: Plan) -> None:
        self.open = {name for name in (*_ON_ROWS, "artifact", "overlap") if name in plan.facts}
        self.fairness: FairnessFacts | None = None
        self.performance: PerformanceFacts | None = None
        self.explainability: ExplainabilityFacts | None = None
        self.overlap: OverlapFacts | None = None
        self.worked: Worked | None = None
        self.absent: dict[str, Absent] = {}
        self.rows: dict[str, int] = {}
        self.tools: dict[str, str] = {}

    def wants(self, *facts: str) -> bool:
        return any(name in self.open for name in facts)

    def uses_numpy(self, used: bool) -> None:
        if used:
            import numpy

            self.tools["numpy"] = numpy.__version__

    def give_up(self, kind: Literal["missing", "failed"], why: str, *facts: str) -> None:
        for name in facts:
            if name in self.open:
                self.open.discard(name)
                self.absent[name] = Absent(facts=name, kind=kind, why=why)


def measure(
    manifest: Manifest,
    plan: Plan,
    paths: Mapping[str, Path],
    artifact_sha256: str | None,
    artifact_size: int,
    seed: int,
    progress: Progress,
) -> Measured:
    """Measure what `plan.facts` names of fairness, performance, explainability, artifact and overlap.

    `paths` has confined paths for the roles evaluation, training, join and artifact, where the manifest names them. The
    artifact is opened only where it must predict or be explained. Raises BadInput for a table or a manifest that cannot
    be used; a model that cannot be opened, crashes or hangs is an Absent. RuntimeError for a plan made from another
    manifest.
    """
    gathered = _Gathered(plan)
    _check_plan(manifest, plan)
    held = hold(manifest.artifact, paths.get("artifact"), artifact_sha256, artifact_size)
    evaluation, path = manifest.data.evaluation, paths.get("evaluation")
    if not plan.fairness:
        gathered.give_up("missing", "the manifest names no sensitive attribute that a rule asks for", "fairness")
    if evaluation is None:
        gathered.give_up("missing", "the manifest names no evaluation table", *_ON_ROWS)
    elif path is None:
        gathered.give_up("missing", f"{evaluation.path} is not there", *_ON_ROWS)
    predictions: Predictions | None = None
    if evaluation is not None and path is not None and gathered.wants(*_ON_ROWS):
        predictions = "rescored" if evaluation.prediction == "rescore" else "supplied"
        with connection([paths[role] for role in ("evaluation", "join") if role in paths]) as connected:
            _on_rows(connected, gathered, manifest, evaluation, plan, paths, held, seed, progress)
    if gathered.wants("overlap"):
        _overlap(gathered, manifest, paths, progress)
    artifact = None
    if isinstance(held, str):
        gathered.give_up("missing", held, "artifact")
    elif gathered.wants("artifact"):
        worked = gathered.worked
        artifact = held.facts(worked and worked.opened, worked.died if worked else "", plan.pickles)
    return Measured(
        fairness=gathered.fairness,
        performance=gathered.performance,
        explainability=gathered.explainability,
        artifact=artifact,
        absent=tuple(gathered.absent[name] for name in sorted(gathered.absent)),
        rows=gathered.rows,
        predictions=predictions,
        tools=dict(sorted(gathered.tools.items())),
        overlap=gathered.overlap,
    )


def _check_plan(manifest: Manifest, plan: Plan) -> None:
    """A plan is made from the manifest: an attribute that this one does not have means that the two do not belong
    together."""
    evaluation = manifest.data.evaluation
    known = evaluation.sensitive if evaluation else {}
    for request in plan.fairness:
        if unknown := [name for name in request.attributes if name not in known]:
            raise RuntimeError(f"the plan asks for attribute {unknown[0]!r}, which the manifest does not have")


def _on_rows(
    connected: DuckDBPyConnection,
    gathered: _Gathered,
    manifest: Manifest,
    evaluation: Evaluation,
    plan: Plan,
    paths: Mapping[str, Path],
    held: Held | str,
    seed: int,
    progress: Progress,
) -> None:
    import duckdb

    gathered.tools["duckdb"] = duckdb.__version__
    table = open_table(connected, paths["evaluation"], progress)
    gathered.rows["evaluation"] = table.rows
    joined = _joined(connected, gathered, evaluation, paths, progress)
    label, prediction, column = evaluation.label, evaluation.prediction, None
    rescore = prediction == "rescore" and gathered.wants(*_COUNTED)
    _refuse_unopened(gathered, manifest, plan, held, rescore)
    explain = gathered.wants("explainability")
    if isinstance(held, Held) and ((rescore and gathered.wants(*_COUNTED)) or explain):
        from governance.measure.scoring import PREDICTED, work

        worked = work(connected, table, manifest, evaluation, held, rescore, plan, explain, seed, progress)
        gathered.worked = worked
        gathered.tools |= worked.tools
        if isinstance(worked.explained, ExplainabilityFacts):
            gathered.explainability = worked.explained
        elif worked.explained is not None:
            gathered.give_up("failed", worked.explained, "explainability")
        if isinstance(worked.table, str):
            gathered.give_up("failed", worked.table, *_COUNTED)
        elif worked.table is not None:
            table, prediction, column = worked.table, PREDICTED, "e.predicted"
    if isinstance(prediction, Labels) and gathered.wants(*_COUNTED):
        progress(f"counting {table.rows:,} rows")
        requests = [request.attributes for request in plan.fairness] if gathered.wants("fairness") else []
        counted = tally(connected, table, label, prediction, evaluation.sensitive, requests, joined, column)
        origin = FactOrigin(kind="measured", predictions="rescored" if column else "supplied")
        scores = None
        if plan.scored:
            from governance.measure.scores import read_scores

            told = gathered.worked.unscored if gathered.worked else None
            scores = read_scores(connected, table, evaluation, column is not None, told, plan)
        if gathered.wants("performance"):
            from governance.measure import performance

            if asked := [*plan.metrics, *(f"{name} of the champion" for name in plan.champion_scores)]:
                progress(f"measuring {', '.join(asked)}")
            gathered.performance = performance.facts(
                connected, table, evaluation, prediction, column, scores, counted.overall, plan, origin, seed
            )
        median: Real | None = None
        unscored: str | None = None
        if scores and gathered.wants("fairness"):
            from governance.measure.slices import middle, scored_cells

            cells = scored_cells(
                connected, table, evaluation, joined, plan.fairness, counted.cells, scores, seed, progress
            )
            counted = counted._replace(cells=cells)
            if plan.above_median:
                if isinstance(scores.model, str):
                    unscored = scores.model
                else:
                    median = real(middle(scores.model.score)[1])
        gathered.uses_numpy(plan.scored or bool(plan.metrics))
        _take(gathered, counted, plan, origin, seed, progress)
        if gathered.fairness and plan.above_median:
            gathered.fairness = gathered.fairness.model_copy(update={"median": median, "unscored": unscored})


def _overlap(gathered: _Gathered, manifest: Manifest, paths: Mapping[str, Path], progress: Progress) -> None:
    evaluation, training = manifest.data.evaluation, manifest.data.training
    if evaluation is None or training is None or not {"evaluation", "training"} <= paths.keys():
        gathered.give_up("missing", "the manifest names no evaluation table beside a training table", "overlap")
        return
    if not manifest.features:
        gathered.give_up("missing", "the manifest names no features to compare rows by", "overlap")
        return
    import duckdb

    from governance.measure.overlap import overlap

    gathered.tools["duckdb"] = duckdb.__version__
    with connection([paths["evaluation"], paths["training"]]) as connected:
        tables = [open_table(connected, paths[role], progress) for role in ("evaluation", "training")]
        gathered.rows |= {"evaluation": tables[0].rows, "training": tables[1].rows}
        progress(f"comparing {tables[0].rows:,} rows with {tables[1].rows:,} of training")
        found = overlap(connected, tables[0], tables[1], [*manifest.features, evaluation.label.column])
    if isinstance(found, str):
        gathered.give_up("missing", found, "overlap")
    else:
        gathered.overlap = found


def _refuse_unopened(gathered: _Gathered, manifest: Manifest, plan: Plan, held: Held | str, rescore: bool) -> None:
    """Give up what needs the model where no child will be asked to open it."""
    why = held if isinstance(held, str) else held.closed
    if why is not None:
        if rescore and not isinstance(held, str) and held.section.format in PICKLES:
            raise BadInput("`prediction: rescore` cannot run this model", got=why, where="artifact.format")
        if rescore:
            gathered.give_up("missing" if isinstance(held, str) else "failed", why, *_COUNTED)
        gathered.give_up("missing", why, "explainability")
    elif not manifest.features:
        gathered.give_up("missing", "the manifest names no features", "explainability")
    elif plan.explain_rows == 0:
        gathered.give_up("missing", "the plan asks for no rows to explain", "explainability")


def _joined(
    connected: DuckDBPyConnection,
    gathered: _Gathered,
    evaluation: Evaluation,
    paths: Mapping[str, Path],
    progress: Progress,
) -> Joined | None:
    if evaluation.join is None or not gathered.wants("fairness"):
        return None
    if "join" not in paths:
        raise BadInput("the joined table is not there", got=evaluation.join.path, where="data.evaluation.join.path")
    table = open_table(connected, paths["join"], progress)
    gathered.rows["join"] = table.rows
    return Joined(table, evaluation.join.key)


def _take(gathered: _Gathered, counted: Tally, plan: Plan, origin: FactOrigin, seed: int, progress: Progress) -> None:
    if gathered.wants("fairness"):
        gathered.uses_numpy(any(request.comparisons for request in plan.fairness))
        tables = []
        for request, cells in zip(plan.fairness, counted.cells, strict=True):
            replicates = replicates_for(cells)
            table = CountTable(
                attributes=request.attributes,
                unknown=sum(cell.rows for cell in cells if None in cell.group),
                cells=cells,
                seed=seed,
                replicates=replicates,
                critical=critical_values(cells, request.comparisons, seed, replicates, progress),
            )
            tables.append(table)
        gathered.fairness = FairnessFacts(
            origin=origin, rows=counted.overall.rows, unmatched=counted.unmatched, tables=tuple(tables)
        )
