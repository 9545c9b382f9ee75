"""Column lineage: which columns of which sources reach each feature, from OpenLineage events and the manifest.

A dataset of the manifest (`dataset`, else the source's id or the training table's path) is the one that events call by
that name, or by `namespace/name` or `namespace:name`. Symbolic links between dataset names are not followed: where two
events call one table by two names the trail ends, and the feature has a gap.

The walk goes on beyond a source where events tell what that source was made from, so that naming the training table as
a source hides nothing. A gap is said wherever a column does not lead to a source, or a job wrote on the way that
recorded no column lineage: what is not known is never taken for nothing.
"""

import difflib
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Literal, NamedTuple

from governance.collect.openlineage import Column, Dataset, Event, Job, Reach
from governance.errors import BadInput
from governance.evidence.access import Approval
from governance.evidence.lineage import Ancestor, FeatureAncestry, LineageFacts, Source, Table
from governance.evidence.manifest import Evaluation, Manifest, SourceSection, Training
from governance.evidence.origin import FactOrigin

MAX_STEPS = 5_000_000
MAX_PATH_STEPS = 500_000


class Step(NamedTuple):
    """How a column came into another one, by which job."""

    direct: bool
    job: str


class Graph:
    """Who wrote what from what. Repeated runs add up; a step that is direct in one of them is direct."""

    def __init__(self, events: Iterable[Event]) -> None:
        columns: dict[Column, dict[Column, Step]] = {}
        whole: dict[Dataset, dict[Column, Step]] = {}
        self._names: dict[str, set[Dataset]] = {}
        written: dict[Dataset, set[Job | None]] = {}
        recorded: dict[Dataset, set[Job | None]] = {}
        for event in events:
            for dataset in (*event.inputs, *(output.dataset for output in event.outputs)):
                self._name(dataset)
            for output in event.outputs:
                written.setdefault(output.dataset, set()).add(event.job)
                if output.fields is None:
                    continue
                recorded.setdefault(output.dataset, set()).add(event.job)
                job = event.job.name if event.job else ""
                self._add(whole.setdefault(output.dataset, {}), output.whole, job)
                for field, reaches in output.fields.items():
                    self._add(columns.setdefault(Column(output.dataset, field), {}), reaches, job)
        self._columns = {column: sorted(steps.items()) for column, steps in columns.items()}
        self._whole = {dataset: sorted(steps.items()) for dataset, steps in whole.items()}
        # A dataset alone (no job) says nothing about who else wrote it, so it neither owes nor settles column lineage.
        self.unrecorded = {
            dataset: min(job.name for job in owing if job)
            for dataset, jobs in written.items()
            if (owing := {job for job in jobs - recorded.get(dataset, set()) if job is not None})
        }

    def _name(self, dataset: Dataset) -> None:
        namespace, name = dataset
        for text in {name, f"{namespace}/{name}", f"{namespace}:{name}"}:
            self._names.setdefault(text, set()).add(dataset)

    def _add(self, into: dict[Column, Step], reaches: Iterable[Reach], job: str) -> None:
        for column, direct in reaches:
            self._name(column.dataset)
            step, old = Step(direct, job), into.get(column)
            if old is None or (not step.direct, step.job) < (not old.direct, old.job):
                into[column] = step

    def find(self, text: str, where: str) -> Dataset | None:
        """The dataset of that name. Raises BadInput where events know several."""
        found = sorted(self._names.get(text, ()))
        if len(found) > 1:
            raise BadInput(
                f"events know several datasets by the name {text!r}",
                got=", ".join(f"{namespace}/{name}" for namespace, name in found[:5]),
                expected="one of them",
                fix="write namespace/name under `dataset`",
                where=where,
            )
        return found[0] if found else None

    def nearest(self, text: str) -> str:
        near = difflib.get_close_matches(text, sorted(self._names)[:10_000], n=1)
        return f" (did you mean {near[0]!r}?)" if near else ""

    def recorded(self, column: Column) -> bool:
        """Whether it is known what the column itself was made from."""
        return bool(self._columns.get(column))

    def upstream(self, column: Column) -> Iterator[tuple[Column, Step]]:
        """What the column was made from, in a fixed order: what it names itself, then what its whole dataset names.
        One column may come twice."""
        return chain(self._columns.get(column, ()), self._whole.get(column.dataset, ()))


class _Walk(NamedTuple):
    """Breadth first, so the first way to a column is a shortest one. `after`: the next column towards the feature."""

    order: tuple[Column, ...]
    after: dict[Column, tuple[Column, Step]]

    def way(self, column: Column) -> tuple[tuple[Column, ...], tuple[str, ...]]:
        """The columns from `column` to the start, and the jobs on the way, each once."""
        columns, jobs = [column], []
        while (found := self.after.get(columns[-1])) is not None:
            columns.append(found[0])
            jobs.append(found[1].job)
        return tuple(columns), tuple(dict.fromkeys(job for job in jobs if job))


class Tracer:
    """Traces features back to sources. The number of steps is bounded over all features together."""

    def __init__(self, graph: Graph, sources: dict[Dataset, SourceSection]) -> None:
        self._graph, self._sources = graph, sources
        self._steps = self._path_steps = 0

    def trace(self, feature: str, start: Column) -> FeatureAncestry:
        """The source columns that reach `start`, nearest first, and where the trail breaks off. Raises BadInput where
        the events are too many to follow."""
        every = self._walk(start)
        straight = self._walk(start, direct_only=True)
        reached = set(straight.order)
        found = []
        for column in every.order:
            if (source := self._sources.get(column.dataset)) is None:
                continue
            direct = column in reached
            columns, jobs = (straight if direct else every).way(column)
            self._path_steps += len(columns)
            if self._path_steps > MAX_PATH_STEPS:
                raise _too_large(f"{MAX_PATH_STEPS} columns on the ways from sources to features")
            found.append(
                Ancestor(
                    dataset=source.id,
                    column=_spelled(column.field, source),
                    influence="direct" if direct else "indirect",
                    path=tuple(str(step) for step in columns),
                    jobs=jobs,
                )
            )
        found.sort(key=lambda ancestor: (len(ancestor.path), ancestor.dataset, ancestor.column, ancestor.path))
        return FeatureAncestry(feature=feature, ancestors=tuple(found), gap=self._gap(start))

    def _walk(self, start: Column, *, direct_only: bool = False, stop_at_sources: bool = False) -> _Walk:
        order, after, waiting = [start], {}, deque([start])
        seen = {start}
        while waiting:
            column = waiting.popleft()
            if stop_at_sources and column.dataset in self._sources:
                continue
            for origin, step in self._graph.upstream(column):
                self._steps += 1
                if self._steps > MAX_STEPS:
                    raise _too_large(f"{MAX_STEPS} steps")
                if origin not in seen and (step.direct or not direct_only):
                    seen.add(origin)
                    order.append(origin)
                    after[origin] = (column, step)
                    waiting.append(origin)
        return _Walk(tuple(order), after)

    def _gap(self, start: Column) -> str | None:
        walked = [c for c in self._walk(start, stop_at_sources=True).order if c.dataset not in self._sources]
        ends = [column for column in walked if not self._graph.recorded(column)]
        if ends:
            more = f", nor for {len(ends) - 1} more on the way" if len(ends) > 1 else ""
            return f"no column lineage for {ends[0]}, which is no source of the manifest{more}"
        for column in walked:
            if (job := self._graph.unrecorded.get(column.dataset)) is not None:
                return f"job {job} wrote {column.dataset.name} without column lineage"
        if circle := self._circle(walked):
            return f"{circle} is only made from itself and never reaches a source"
        return None

    def _circle(self, walked: list[Column]) -> Column | None:
        """The first column from which no way leads to a source."""
        after: dict[Column, list[Column]] = {}
        for column in walked:
            for origin, _ in self._graph.upstream(column):
                after.setdefault(origin, []).append(column)
        settled = {origin for origin in after if origin.dataset in self._sources}
        waiting = list(settled)
        while waiting:
            for column in after.get(waiting.pop(), ()):
                if column not in settled:
                    settled.add(column)
                    waiting.append(column)
        return next((column for column in walked if column not in settled), None)


def facts(manifest: Manifest, events: Iterable[Event], approvals: Iterable[Approval]) -> LineageFacts:
    """Sources as the manifest tells, approved where an approval for `data:<id>` stands, the tables, and the ancestry of
    each feature. Always declared: events, manifest and approvals are documents. Raises BadInput for an ambiguous
    name."""
    events = list(events)
    granted: dict[str, set[str]] = {}
    for approval in approvals:
        granted.setdefault(approval.item, set()).add(approval.principal)
    graph = Graph(events)
    versions: dict[Dataset, set[str]] = {}
    for event in events:
        for dataset, version in event.versions:
            versions.setdefault(dataset, set()).add(version)

    def seen(name: str, where: str) -> tuple[str, ...]:
        dataset = graph.find(name, where)
        return tuple(sorted(versions.get(dataset, ()))) if dataset else ()

    return LineageFacts(
        origin=FactOrigin(kind="declared"),
        sources=tuple(
            Source(
                id=source.id,
                sha256=source.sha256,
                owner=source.owner,
                licence=source.licence,
                expires=source.expires,
                forbidden=source.forbidden,
                approved_by=tuple(sorted(granted.get(f"data:{source.id}", ()))),
                purposes=source.purposes,
                consent=source.consent,
                region=source.region,
                collected_until=source.collected_until,
                version=source.version,
                seen_versions=seen(source.dataset or source.id, f"lineage.source:{source.id}"),
            )
            for source in manifest.lineage.sources
        ),
        features=_features(manifest, graph),
        tables=tuple(
            Table(
                role=role,
                sha256=table.sha256,
                collected_until=table.collected_until,
                version=table.version,
                seen_versions=seen(table.dataset or table.path, role),
            )
            for role, table in _tables(manifest)
        ),
        events=len(events),
        purpose=manifest.model.purpose.category,
    )


def _tables(
    manifest: Manifest,
) -> Iterator[tuple[Literal["data.evaluation", "data.training"], Evaluation | Training]]:
    if manifest.data.evaluation:
        yield "data.evaluation", manifest.data.evaluation
    if manifest.data.training:
        yield "data.training", manifest.data.training


def _features(manifest: Manifest, graph: Graph) -> tuple[FeatureAncestry, ...]:
    sources: dict[Dataset, SourceSection] = {}
    for source in manifest.lineage.sources:
        where = f"lineage.source:{source.id}"
        dataset = graph.find(source.dataset or source.id, where)
        if dataset is None:
            continue
        if dataset in sources:
            raise BadInput("two sources are one dataset", got=f"{sources[dataset].id} and {source.id}", where=where)
        sources[dataset] = source
    training, start = manifest.data.training, None
    if not manifest.lineage.events:
        gap = "the manifest names no lineage events (lineage.events)"
    elif training is None:
        gap = "the manifest names no training table (data.training), where the trail would start"
    else:
        name = training.dataset or training.path
        start = graph.find(name, "data.training")
        gap = (
            f"no event knows the training table {name!r}{graph.nearest(name)}; name it under data.training.dataset as "
            "the events call it"
        )
    if start is None:
        return tuple(FeatureAncestry(feature=feature, ancestors=(), gap=gap) for feature in manifest.features)
    tracer = Tracer(graph, sources)
    return tuple(tracer.trace(feature, Column(start, feature)) for feature in manifest.features)


def _spelled(column: str, source: SourceSection) -> str:
    """SQL names differ in case without meaning it: a forbidden column is spelt as the manifest forbids it."""
    return next((name for name in source.forbidden if name.casefold() == column.casefold()), column)


def _too_large(expected: str) -> BadInput:
    fix = "give only the events of the runs that made this model's training table"
    return BadInput(
        "the lineage is too large to follow", expected=f"at most {expected}", fix=fix, where="lineage.event"
    )
