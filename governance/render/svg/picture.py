"""A drawing of the report as SVG for a page: drawn once, shown twice.

Shapes keep their places. Colours become classes, which the page's style sheet has in the light, in the dark and on
paper; text keeps the page's font. What the picture shows it also says: its title and the same in words (WCAG 2.2,
1.1.1).
"""

from collections.abc import Iterator
from html import escape
from typing import Any

from reportlab.graphics.shapes import Circle, Drawing, Group, Line, Path, Polygon, Rect, String
from reportlab.lib.colors import HexColor

from governance.render.pdf import style
from governance.render.pdf.charts.figure import WHITE, Figure
from governance.render.pdf.charts.importance import BAR
from governance.render.visible import visible
from governance.render.wording import State

_CLASSES = {
    HexColor(colour).hexval(): name
    for colour, name in (
        (style.INK, "ink"),
        (style.MUTED, "muted"),
        (style.ACCENT, "accent"),
        (style.RULE, "rule"),
        (style.SHADE, "shade"),
        (WHITE, "sheet"),
        (BAR, "bar"),
        (style.STATE_COLOURS[State.FAILED], "deny"),
        (style.STATE_COLOURS[State.INCONCLUSIVE], "review"),
        (style.STATE_COLOURS[State.PASSED], "allow"),
    )
}
_ANCHORS = {"start": "", "middle": ' text-anchor="middle"', "end": ' text-anchor="end"'}
_COMMANDS = ("M", "L", "C", "Z")
_ENDS = {"M": 2, "L": 2, "C": 6, "Z": 0}


def picture(figure: Figure, name: str) -> str:
    """Markup. `name` is the beginning of its ids, unique in a page. Empty where nothing is drawn."""
    if figure.drawing is None:
        return ""
    drawing = figure.drawing
    return (
        f'<svg class="picture" role="img" aria-labelledby="{name}-t {name}-d"'
        f' viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}" width="100%">'
        f'<title id="{name}-t">{escape(visible(figure.title))}</title>'
        f'<desc id="{name}-d">{escape(visible(figure.words))}</desc>'
        f"{''.join(_drawn(drawing, drawing.height))}</svg>"
    )


def _drawn(group: Drawing | Group, height: float) -> Iterator[str]:
    """The report counts upwards from the bottom, SVG downwards from the top."""
    for shape in group.contents:
        yield _shape(shape, height)


def _shape(shape: Any, height: float) -> str:
    match shape:
        case Group():
            a, b, c, d, e, f = shape.transform
            matrix = " ".join(map(_n, (a, -b, -c, d, e, height - f)))
            return f'<g transform="matrix({matrix})">{"".join(_drawn(shape, 0.0))}</g>'
        case String():
            bold = ' font-weight="600"' if shape.fontName == style.BOLD else ""
            return (
                f'<text x="{_n(shape.x)}" y="{_n(height - shape.y)}" font-size="{_n(shape.fontSize)}"{bold}'
                f'{_ANCHORS[shape.textAnchor]} class="f-{_class(shape.fillColor)}">{escape(shape.text)}</text>'
            )
        case Line():
            ends = f'x1="{_n(shape.x1)}" y1="{_n(height - shape.y1)}" x2="{_n(shape.x2)}" y2="{_n(height - shape.y2)}"'
            return f"<line {ends}{_look(shape)}/>"
        case Rect():
            top = height - shape.y - shape.height
            size = f'width="{_n(shape.width)}" height="{_n(shape.height)}"'
            return f'<rect x="{_n(shape.x)}" y="{_n(top)}" {size} rx="{_n(shape.rx or 0)}"{_look(shape)}/>'
        case Circle():
            return f'<circle cx="{_n(shape.cx)}" cy="{_n(height - shape.cy)}" r="{_n(shape.r)}"{_look(shape)}/>'
        case Polygon():
            return f'<polygon points="{_places(shape.points, height)}"{_look(shape)}/>'
        case Path():
            return f'<path d="{_path(shape, height)}"{_look(shape)}/>'
    raise RuntimeError(f"no chart draws a {type(shape).__name__}")


def _look(shape: Any) -> str:
    fill = getattr(shape, "fillColor", None)
    said = f' class="f-{"none" if fill is None else _class(fill)}'
    said += f" s-{_class(shape.strokeColor)}" if shape.strokeColor is not None else ""
    said += '"'
    if shape.strokeColor is not None:
        said += f' stroke-width="{_n(shape.strokeWidth)}"'
    dashes = getattr(shape, "strokeDashArray", None)
    return said + (f' stroke-dasharray="{" ".join(map(_n, dashes))}"' if dashes else "")


def _class(colour: Any) -> str:
    return _CLASSES[colour.hexval()]


def _places(points: list[float], height: float) -> str:
    return " ".join(f"{_n(x)},{_n(height - y)}" for x, y in zip(points[::2], points[1::2], strict=True))


def _path(path: Path, height: float) -> str:
    points, at, said = list(path.points), 0, []
    for operator in path.operators:
        command = _COMMANDS[operator]
        said.append(command + _places(points[at : at + _ENDS[command]], height))
        at += _ENDS[command]
    return " ".join(said)


def _n(value: float) -> str:
    """To a hundredth of a point, without a tail of zeros."""
    return format(round(value, 2) + 0.0, "g") if abs(value) < 10_000 else format(value, ".0f")
