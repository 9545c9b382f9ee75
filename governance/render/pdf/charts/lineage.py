"""From the columns of the sources to the features: which reach which, by which tables."""

from collections.abc import Iterator

from reportlab.graphics.shapes import Drawing, Path, Polygon, Shape
from reportlab.lib.colors import HexColor

from governance.evidence.lineage import Ancestor, LineageFacts
from governance.render.pdf import style
from governance.render.pdf.charts.figure import (
    SMALL,
    WHITE,
    Case,
    Figure,
    Table,
    box,
    canvas,
    keys,
    line,
    missing,
    polygon,
    text,
    wide,
)
from governance.render.pdf.charts.graph import Column, Graph, Node, expired_sources, forbidden_columns, readable
from governance.render.wording import State, plural

_TITLE = "Lineage: source columns, the tables between, and features"
_ABOUT = (
    "lineage.forbidden_columns",
    "lineage.ancestry_complete",
    "lineage.sources_approved",
    "lineage.purpose_allowed",
    "lineage.region_allowed",
    "lineage.freshness",
)
_MOST_NAMED = 8
_ROW, _HIGH, _GAP = 27.0, 20.0, 46.0
_FORBIDDEN = style.STATE_COLOURS[State.FAILED]
_BROKEN = style.STATE_COLOURS[State.INCONCLUSIVE]


def figures(verified: Case) -> list[Figure]:
    facts = verified.evidence.facts.lineage
    if facts is None:
        return [missing(verified, _TITLE, "lineage")]
    if not facts.features:
        return [Figure(_TITLE, "Nothing is drawn: no feature is traced back to a source.")]
    now = verified.decision.now
    graph = readable(facts, now)
    table = Table(("Feature", "Source column", "By way of", "Marked"), tuple(_rows(facts, now)))
    about = keys(verified, *_ABOUT)
    return [Figure(_TITLE, _words(facts, now), _draw(graph), _note(facts, graph), table, about)]


def _rows(facts: LineageFacts, now: str) -> Iterator[tuple[str, ...]]:
    """A row for each way from a source column to a feature, and one for a feature that none leads to."""
    bad, expired = forbidden_columns(facts), expired_sources(facts, now)
    for feature in facts.features:
        ends = [f"the trail ends: {feature.gap}"] if feature.gap else []
        for one in feature.ancestors:
            marks = ["FORBIDDEN"] * ((one.dataset, one.column) in bad) + ["EXPIRED"] * (one.dataset in expired)
            marks += ["indirect"] * (one.influence == "indirect")
            yield feature.feature, f"{one.dataset}.{one.column}", " > ".join(one.path[1:-1]), ", ".join(marks + ends)
        if not feature.ancestors:
            yield feature.feature, "none known", "", ", ".join(ends)


def _reaching(facts: LineageFacts) -> list[tuple[Ancestor, str]]:
    """Forbidden columns that reach a feature, with it."""
    forbidden = forbidden_columns(facts)
    return [
        (ancestor, feature.feature)
        for feature in facts.features
        for ancestor in feature.ancestors
        if (ancestor.dataset, ancestor.column) in forbidden
    ]


def _words(facts: LineageFacts, now: str) -> str:
    reached = list(dict.fromkeys(f"{a.dataset}.{a.column} reaches {name}" for a, name in _reaching(facts)))
    broken = [feature.feature for feature in facts.features if feature.gap]
    columns = {(a.dataset, a.column) for feature in facts.features for a in feature.ancestors}
    traced = f"{plural(len(columns), 'source column')} known to reach"
    said = f"{plural(len(facts.features), 'feature')}, {traced} {'it' if len(facts.features) == 1 else 'them'}: "
    if reached:
        more = f" and {len(reached) - _MOST_NAMED} more" if len(reached) > _MOST_NAMED else ""
        said += f"forbidden {', '.join(reached[:_MOST_NAMED])}{more}"
    else:
        said += (
            "no forbidden column is seen to reach a feature"
            if forbidden_columns(facts)
            else "no source forbids a column"
        )
    if expired := sorted(expired_sources(facts, now)):
        said += f"; no longer to be used: {', '.join(expired[:_MOST_NAMED])}"
    if broken:
        more = f" and {len(broken) - _MOST_NAMED} more" if len(broken) > _MOST_NAMED else ""
        said += f"; the trail ends before a source for {', '.join(broken[:_MOST_NAMED])}{more}"
    return f"{said}."


def _note(facts: LineageFacts, graph: Graph) -> str:
    forbidden = forbidden_columns(facts)
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


def _draw(graph: Graph) -> Drawing:
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
    """Octagon: forbidden. Dashed: its source expired. Round: a feature. Notched: its trail ends. Square: the rest."""
    if kind == "forbidden":
        return _octagon(x, y, width, height)
    if kind == "gap":
        cut = height / 2
        points = [x, y, x + width, y, x + width, y + height, x, y + height, x + cut, y + cut]
        return polygon(points, WHITE, _BROKEN, 1.2)
    if kind == "feature":
        return box(x, y, width, height, WHITE, style.ACCENT, round_=height / 2)
    if kind == "expired":
        return _dashed(box(x, y, width, height, WHITE, _BROKEN))
    return box(x, y, width, height, style.SHADE if kind == "source" else WHITE, style.MUTED)


def _dashed(shape: Shape) -> Shape:
    shape.strokeDashArray = [3.0, 2.0]
    return shape


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


def _draw_node(drawing: Drawing, node: Node, x: float, y: float, width: float) -> None:
    drawing.add(_shape(node.kind, x, y - _HIGH / 2, width, _HIGH))
    inset = 12.0 if node.kind == "gap" else 8.0
    room = width - inset - 5
    colour = {"forbidden": _FORBIDDEN, "gap": _BROKEN, "expired": _BROKEN}.get(node.kind, style.INK)
    drawing.add(text(x + inset, y + 1.2, node.name, room=room, bold=True, colour=colour, size=6.8))
    if word := {"forbidden": "FORBIDDEN ", "expired": "EXPIRED "}.get(node.kind, ""):
        drawing.add(text(x + inset, y - 6.8, word, size=5.8, colour=colour, bold=True))
        inset += wide(word, 5.8, bold=True)
        room = width - inset - 5
    muted = colour if node.kind in ("forbidden", "gap", "expired") else style.MUTED
    drawing.add(text(x + inset, y - 6.8, node.below, room=room, size=5.8, colour=muted))


def _legend(drawing: Drawing, graph: Graph) -> None:
    kinds = [
        ("forbidden", "forbidden"),
        ("expired", "its source has expired"),
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
