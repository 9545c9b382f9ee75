"""From the columns of the sources to the features: which reach which, by which tables."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from reportlab.graphics.shapes import Drawing, Path, Polygon, Shape
from reportlab.lib.colors import HexColor

from governance.evidence.lineage import Ancestor, FeatureAncestry, LineageFacts
from governance.render.pdf import style
from governance.render.pdf.charts.figure import SMALL, WHITE, Figure, box, canvas, line, missing, polygon, text, wide
from governance.render.wording import State, plural
from governance.verification import Verified

_TITLE = "Lineage: source columns, the tables between, and features"
_MOST_FEATURES, _MOST_SOURCES, _MOST_BETWEEN, _MOST_STEPS, _MOST_NAMED = 12, 12, 20, 4, 8
_ROW, _HIGH, _GAP = 27.0, 20.0, 46.0
_FORBIDDEN = style.STATE_COLOURS[State.FAILED]
_BROKEN = style.STATE_COLOURS[State.INCONCLUSIVE]

Column = tuple[str, str]
"""Dataset and column, or the kind of a stand-in and its number."""


class _Node(NamedTuple):
    name: str
    below: str
    kind: str


class _Graph(NamedTuple):
    """Ranks of nodes from left to right; an edge is (forbidden, direct)."""

    nodes: dict[Column, _Node]
    ranks: list[list[Column]]
    edges: dict[tuple[Column, Column], tuple[bool, bool]]
    left_out: list[str]


def figures(verified: Verified) -> list[Figure]:
    facts = verified.evidence.facts.lineage
    if facts is None:
        return [missing(verified, _TITLE, "lineage")]
    if not facts.features:
        return [Figure(_TITLE, "Nothing is drawn: no feature is traced back to a source.")]
    graph = _graph(facts)
    return [Figure(_TITLE, _words(facts), _draw(graph), _note(facts, graph))]


def _forbidden(facts: LineageFacts) -> frozenset[Column]:
    return frozenset((source.id, column) for source in facts.sources for column in source.forbidden)


def _reaching(facts: LineageFacts) -> list[tuple[Ancestor, str]]:
    """Forbidden columns that reach a feature, with it."""
    forbidden = _forbidden(facts)
    return [
        (ancestor, feature.feature)
        for feature in facts.features
        for ancestor in feature.ancestors
        if (ancestor.dataset, ancestor.column) in forbidden
    ]


def _words(facts: LineageFacts) -> str:
    reached = list(dict.fromkeys(f"{a.dataset}.{a.column} reaches {name}" for a, name in _reaching(facts)))
    broken = [feature.feature for feature in facts.features if feature.gap]
    columns = {(a.dataset, a.column) for feature in facts.features for a in feature.ancestors}
    traced = f"{plural(len(columns), 'source column')} known to reach"
    said = f"{plural(len(facts.features), 'feature')}, {traced} {'it' if len(facts.features) == 1 else 'them'}: "
    if reached:
        more = f" and {len(reached) - _MOST_NAMED} more" if len(reached) > _MOST_NAMED else ""
        said += f"forbidden {', '.join(reached[:_MOST_NAMED])}{more}"
    else:
        said += "no forbidden column is seen to reach a feature" if _forbidden(facts) else "no source forbids a column"
    if broken:
        more = f" and {len(broken) - _MOST_NAMED} more" if len(broken) > _MOST_NAMED else ""
        said += f"; the trail ends before a source for {', '.join(broken[:_MOST_NAMED])}{more}"
    return f"{said}."


def _note(facts: LineageFacts, graph: _Graph) -> str:
    forbidden = _forbidden(facts)
    reaching = {(ancestor.dataset, ancestor.column) for ancestor, _ in _reaching(facts)}
    kept_out = sorted(f"{dataset}.{column}" for dataset, column in forbidden - reaching)
    note = f"n = {plural(facts.events, 'lineage event')} read."
    if any(not direct for _, direct in graph.edges.values()):
        note += " Dashed lines: the column only filters, joins, groups or sorts."
    if reaching:
        note += " Thick lines: a forbidden column's way."
    if kept_out:
        more = f" and {len(kept_out) - _MOST_NAMED} more" if len(kept_out) > _MOST_NAMED else ""
        note += f" Forbidden and not seen to reach any feature: {', '.join(kept_out[:_MOST_NAMED])}{more}."
    if graph.left_out:
        note += " A + at a feature counts ways that are not drawn."
        note += f" Not drawn for want of room: {'; '.join(graph.left_out)}."
    return note


def _graph(facts: LineageFacts) -> _Graph:
    """As much as can be read: forbidden ways first, then features whose trail ends, then the others."""
    forbidden = _forbidden(facts)
    ways = [
        (feature, ancestor, (ancestor.dataset, ancestor.column) in forbidden)
        for feature in facts.features
        for ancestor in feature.ancestors
    ]
    draft = _Draft()
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

    def __init__(self) -> None:
        self.nodes: dict[Column, _Node] = {}
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
        self.nodes[source] = _Node(ancestor.column, ancestor.dataset, "forbidden" if bad else "source")
        for one in middle:
            self.between[one] = None
            self.nodes[one] = _table(one)
        for step in pairwise([source, *middle, end]):
            was_bad, was_direct = self.edges.get(step, (False, False))
            self.edges[step] = (was_bad or bad, was_direct or ancestor.influence == "direct")

    def graph(self, facts: LineageFacts, ways: int) -> _Graph:
        for feature in facts.features:
            end = ("feature", feature.feature)
            if end in self.ends:
                rest = len(feature.ancestors) - self.ends[end]
                below = "trail ends" if feature.gap else "feature" if feature.ancestors else "no source column"
                said = f"{below}, +{rest}" if rest else below
                self.nodes[end] = _Node(feature.feature, said, "gap" if feature.gap else "feature")
        left_out = []
        if more := len({feature.feature for feature in facts.features}) - len(self.ends):
            left_out.append(f"{more} of {len(facts.features)} features")
        if more := ways - sum(self.ends.values()):
            left_out.append(f"{more} of {ways} ways from a source column to a feature")
        ranks = _ranks(list(self.sources), list(self.between), list(self.ends), self.edges)
        return _Graph(self.nodes, ranks, self.edges, left_out)


def _between(ancestor: Ancestor) -> list[Column]:
    """The columns between source and feature; of a long way its first step and how many follow."""
    steps = [("column", step) for step in ancestor.path[1:]]
    if len(steps) <= _MOST_STEPS - 1:
        return steps
    return [*steps[:1], (f"{len(steps) - 2} more steps", " > ".join(ancestor.path[2:-1])), steps[-1]]


def _table(column: Column) -> _Node:
    kind, step = column
    if kind != "column":
        return _Node(kind, "in the bundle", "steps")
    dataset, _, name = step.rpartition(".")
    return _Node(name, dataset, "column")


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


def _draw(graph: _Graph) -> Drawing:
    across = len(graph.ranks)
    width = min(132.0, (style.WIDTH - _GAP * (across - 1)) / across)
    gap = (style.WIDTH - width * across) / (across - 1)
    tallest = max(map(len, graph.ranks))
    bottom = 20.0
    height = bottom + _ROW * max(tallest, 1) + 16
    drawing = canvas(height)
    where: dict[Column, tuple[float, float]] = {}
    heads = ["Source columns", *[""] * (across - 2), "Features"]
    if across > 2:
        heads[1] = "Tables between" if across == 3 else "Tables between, in the order of the steps"
    for number, (head, rank) in enumerate(zip(heads, graph.ranks, strict=True)):
        x = number * (width + gap)
        room = width if number in (0, across - 1) else width * (across - 2) + gap * (across - 3)
        drawing.add(text(x, height - 8, head, room=max(room, width), size=SMALL, colour=style.ACCENT, bold=True))
        middle = bottom + _ROW * tallest / 2
        for place, node in enumerate(rank):
            where[node] = (x, middle + _ROW * (len(rank) / 2 - place - 0.5))
    # What is forbidden is drawn last, over the rest.
    for (one, other), (bad, direct) in sorted(graph.edges.items(), key=lambda edge: edge[1][0]):
        drawing.add(_edge(where[one], where[other], width, bad, direct))
    for node, (x, y) in where.items():
        _draw_node(drawing, graph.nodes[node], x, y, width)
    _legend(drawing, graph)
    return drawing


def _edge(one: tuple[float, float], other: tuple[float, float], width: float, bad: bool, direct: bool) -> Path:
    (x1, y1), (x2, y2) = one, other
    start, bend = x1 + width, max(abs(x2 - x1 - width) / 2, 12)
    path = Path(
        strokeColor=HexColor(_FORBIDDEN if bad else style.MUTED), strokeWidth=1.9 if bad else 0.7, fillColor=None
    )
    if not direct:
        path.strokeDashArray = [3.0, 2.0]
    path.moveTo(start, y1)
    path.curveTo(start + bend, y1, x2 - bend, y2, x2, y2)
    return path


def _shape(kind: str, x: float, y: float, width: float, height: float) -> Shape:
    """Octagon: forbidden. Round: a feature. Notched: a feature whose trail ends. Square: everything else."""
    if kind == "forbidden":
        return _octagon(x, y, width, height)
    if kind == "gap":
        cut = height / 2
        points = [x, y, x + width, y, x + width, y + height, x, y + height, x + cut, y + cut]
        return polygon(points, WHITE, _BROKEN, 1.2)
    if kind == "feature":
        return box(x, y, width, height, WHITE, style.ACCENT, round_=height / 2)
    return box(x, y, width, height, style.SHADE if kind == "source" else WHITE, style.MUTED)


def _octagon(x: float, y: float, width: float, height: float) -> Polygon:
    cut = height * 0.3
    right, top = x + width, y + height
    points = [
        x + cut,
        y,
        right - cut,
        y,
        right,
        y + cut,
        right,
        top - cut,
        right - cut,
        top,
        x + cut,
        top,
        x,
        top - cut,
    ]
    return polygon([*points, x, y + cut], WHITE, _FORBIDDEN, 1.6)


def _draw_node(drawing: Drawing, node: _Node, x: float, y: float, width: float) -> None:
    drawing.add(_shape(node.kind, x, y - _HIGH / 2, width, _HIGH))
    inset = 12.0 if node.kind == "gap" else 8.0
    room = width - inset - 5
    colour = {"forbidden": _FORBIDDEN, "gap": _BROKEN}.get(node.kind, style.INK)
    drawing.add(text(x + inset, y + 1.2, node.name, room=room, bold=True, colour=colour, size=6.8))
    if node.kind == "forbidden":
        word = "FORBIDDEN "
        drawing.add(text(x + inset, y - 6.8, word, size=5.8, colour=colour, bold=True))
        inset += wide(word, 5.8, bold=True)
        room = width - inset - 5
    muted = colour if node.kind in ("forbidden", "gap") else style.MUTED
    drawing.add(text(x + inset, y - 6.8, node.below, room=room, size=5.8, colour=muted))


def _legend(drawing: Drawing, graph: _Graph) -> None:
    kinds = [
        ("forbidden", "forbidden"),
        ("source", "source column"),
        ("column", "table column"),
        ("feature", "feature"),
        ("gap", "its trail ends"),
    ]
    used = {node.kind for node in graph.nodes.values()}
    x = 0.0
    for kind, words in kinds:
        if kind in used:
            drawing.add(_shape(kind, x, 2, 16, 8))
            drawing.add(text(x + 20, 3.5, words, size=SMALL))
            x += 28 + wide(words, SMALL)
    if any(not direct for _, direct in graph.edges.values()):
        drawing.add(line(x, 6, x + 16, 6, style.MUTED, 0.7, dashed=True))
        drawing.add(text(x + 20, 3.5, "indirect", size=SMALL))
