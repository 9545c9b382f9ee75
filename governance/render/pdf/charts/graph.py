"""The part of a lineage that can be read on a page: which nodes, in which ranks, joined how."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from governance.evidence.lineage import Ancestor, FeatureAncestry, LineageFacts

_MOST_FEATURES, _MOST_SOURCES, _MOST_BETWEEN, _MOST_STEPS = 12, 12, 20, 4

Column = tuple[str, str]
"""What a node stands for (source, column of a table, feature, steps left out), and which one it is."""


class Node(NamedTuple):
    """`below` is the smaller second line; `kind` decides the shape."""

    name: str
    below: str
    kind: str


class Graph(NamedTuple):
    """Ranks of nodes from left to right; an edge is (forbidden, direct)."""

    nodes: dict[Column, Node]
    ranks: list[list[Column]]
    edges: dict[tuple[Column, Column], tuple[bool, bool]]
    left_out: list[str]


def forbidden_columns(facts: LineageFacts) -> frozenset[Column]:
    return frozenset((source.id, column) for source in facts.sources for column in source.forbidden)


def expired_sources(facts: LineageFacts, now: str) -> frozenset[str]:
    """Ids of sources that might be used until a time that has passed."""
    return frozenset(source.id for source in facts.sources if source.expires is not None and source.expires <= now)


def readable(facts: LineageFacts, now: str) -> Graph:
    """As much as can be read: forbidden ways first, then features whose trail ends, then the others."""
    forbidden = forbidden_columns(facts)
    ways = [
        (feature, ancestor, (ancestor.dataset, ancestor.column) in forbidden)
        for feature in facts.features
        for ancestor in feature.ancestors
    ]
    draft = _Draft(expired_sources(facts, now))
    for way in (way for way in ways if way[2]):
        draft.way(*way)
    for feature in sorted(facts.features, key=lambda one: one.gap is None):
        if feature.gap or not feature.ancestors:
            draft.feature(feature)
    for way in (way for way in ways if not way[2]):
        draft.way(*way)
    return draft.graph(facts, len(ways))


class _Draft:
    """A graph that is being filled; what does not fit is refused."""

    def __init__(self, expired: frozenset[str]) -> None:
        self.expired = expired
        self.nodes: dict[Column, Node] = {}
        self.edges: dict[tuple[Column, Column], tuple[bool, bool]] = {}
        self.sources: dict[Column, None] = {}
        self.between: dict[Column, None] = {}
        self.ends: dict[Column, int] = {}
        """Features, with how many ways to each are drawn."""

    def feature(self, feature: FeatureAncestry) -> bool:
        end = ("feature", feature.feature)
        if end not in self.ends and len(self.ends) >= _MOST_FEATURES:
            return False
        self.ends.setdefault(end, 0)
        return True

    def way(self, feature: FeatureAncestry, ancestor: Ancestor, bad: bool) -> None:
        source, end = ("source", f"{ancestor.dataset}.{ancestor.column}"), ("feature", feature.feature)
        middle = _between(ancestor)
        if len(self.sources.keys() | {source}) > _MOST_SOURCES or len(self.between.keys() | {*middle}) > _MOST_BETWEEN:
            return
        if not self.feature(feature):
            return
        self.sources[source] = None
        self.ends[end] += 1
        kind = "forbidden" if bad else "expired" if ancestor.dataset in self.expired else "source"
        self.nodes[source] = Node(ancestor.column, ancestor.dataset, kind)
        for one in middle:
            self.between[one] = None
            self.nodes[one] = _table(one)
        for step in pairwise([source, *middle, end]):
            was_bad, was_direct = self.edges.get(step, (False, False))
            self.edges[step] = (was_bad or bad, was_direct or ancestor.influence == "direct")

    def graph(self, facts: LineageFacts, ways: int) -> Graph:
        for feature in facts.features:
            end = ("feature", feature.feature)
            if end in self.ends:
                rest = len(feature.ancestors) - self.ends[end]
                below = "trail ends" if feature.gap else "feature" if feature.ancestors else "no source column"
                said = f"{below}, +{rest}" if rest else below
                self.nodes[end] = Node(feature.feature, said, "gap" if feature.gap else "feature")
        left_out = []
        if more := len({feature.feature for feature in facts.features}) - len(self.ends):
            left_out.append(f"{more} of {len(facts.features)} features")
        if more := ways - sum(self.ends.values()):
            left_out.append(f"{more} of {ways} ways from a source column to a feature")
        ranks = _ranks(list(self.sources), list(self.between), list(self.ends), self.edges)
        return Graph(self.nodes, ranks, self.edges, left_out)


def _between(ancestor: Ancestor) -> list[Column]:
    """The columns between source and feature; of a long way its first step and how many follow."""
    steps = [("column", step) for step in ancestor.path[1:]]
    if len(steps) <= _MOST_STEPS - 1:
        return steps
    return [*steps[:1], (f"{len(steps) - 2} more steps", " > ".join(ancestor.path[2:-1])), steps[-1]]


def _table(column: Column) -> Node:
    kind, step = column
    if kind != "column":
        return Node(kind, "in the bundle", "steps")
    dataset, _, name = step.rpartition(".")
    return Node(name, dataset, "column")


def _ranks(
    sources: list[Column],
    between: list[Column],
    ends: list[Column],
    edges: dict[tuple[Column, Column], tuple[bool, bool]],
) -> list[list[Column]]:
    """Each node right of all that lead to it. Lineage that runs in a circle is cut off at the depth of a way."""
    deepest = min(len(between), _MOST_STEPS - 1)
    depth = dict.fromkeys(between, 1)
    for _ in range(deepest):
        for one, other in edges:
            if one in depth and other in depth:
                depth[other] = min(deepest, max(depth[other], depth[one] + 1))
    # What feeds a feature stands beside the features, however short its way was.
    last = {one for one, other in edges if one in depth and other not in depth}
    inner = {one for one, other in edges if other in depth}
    for one in last - inner:
        depth[one] = max(depth.values())
    levels = sorted(set(depth.values()))
    ranks = [sources, *([one for one in between if depth[one] == level] for level in levels), ends]
    # Each rank in the order of its neighbours, so that fewer lines cross (the barycentre heuristic of Sugiyama 1981).
    for before, rank in [*pairwise(ranks), *pairwise(ranks[::-1]), *pairwise(ranks)]:
        _order(rank, before, edges)
    return ranks


def _order(rank: list[Column], before: list[Column], edges: Iterable[tuple[Column, Column]]) -> None:
    """Sorted by the mean place of each node's neighbours in `before`; those that have none stay behind the others."""
    place = {one: number for number, one in enumerate(before)}
    near: dict[Column, list[int]] = {}
    for edge in edges:
        for one, other in (edge, edge[::-1]):
            if one in place:
                near.setdefault(other, []).append(place[one])
    rank.sort(key=lambda node: sum(near[node]) / len(near[node]) if node in near else float(len(place)))
