"""A figure: title, drawing, note and the same in words; and the marks that every chart is drawn with.

Nothing is told by colour alone: each state has a shape of its own and its word beside it (WCAG 2.2, 1.4.1). Colours are
those of the report, at least 4.5 to 1 against white.
"""

from typing import NamedTuple, Protocol

from reportlab.graphics.shapes import Circle, Drawing, Line, Polygon, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, KeepTogether, Paragraph

from governance.evidence.evidence import EvidenceSet
from governance.policy.decision import Decision
from governance.policy.document import LoadedPolicy
from governance.render.pdf import style
from governance.render.pdf.blocks import brief, markup, paragraph, rich, space
from governance.render.visible import clip, visible

SIZE, SMALL = 7.2, 6.4
WHITE = "#ffffff"
_LONGEST_NOTE, _LONGEST_WORDS = 1_100, 700
_DASHES = [3.0, 2.0]


class Case(Protocol):
    """What charts are drawn of: a bundle that was verified, or a case of the trail."""

    @property
    def decision(self) -> Decision: ...
    @property
    def evidence(self) -> EvidenceSet: ...
    @property
    def policies(self) -> tuple[LoadedPolicy, ...]: ...


class Table(NamedTuple):
    """The same for those who read: whatever a picture leaves out is here."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Figure(NamedTuple):
    """`title` says what is shown, `note` what n and the intervals mean, `words` is the picture in a sentence and
    `table` the whole in rows. `about`: keys of the rules that it helps to read. Without evidence there is no drawing,
    and `words` says why."""

    title: str
    words: str
    drawing: Drawing | None = None
    note: str = ""
    table: Table | None = None
    about: tuple[str, ...] = ()


def laid_out(number: int, figure: Figure) -> list[Flowable]:
    """The figure on one page."""
    title = paragraph(f"Figure {number}. {brief(figure.title, 200)}", style.GROUP)
    words = brief(figure.words, _LONGEST_WORDS)
    caption = Paragraph(rich("<b>In words:</b> {}", words), style.CELL)
    note = Paragraph(markup(brief(figure.note, _LONGEST_NOTE)), style.SMALL)
    return [KeepTogether([title, figure.drawing, space(3), note, space(2), caption, space()])]


def keys(case: Case, *uses: str) -> tuple[str, ...]:
    """Of the policies' rules of these names, the names in the order that is given."""
    rules = [rule for policy in case.policies for rule in policy.rules]
    return tuple(rule.key for name in uses for rule in rules if rule.uses.partition("@")[0] == name)


def missing(verified: Case, title: str, facts: str) -> Figure:
    """Why there is nothing to draw."""
    absent = {item.facts: f"{item.kind}: {item.why}" for item in verified.evidence.facts.absent}
    return Figure(title, f"Nothing is drawn: there is no evidence ({absent.get(facts, 'no rule asked for it')}).")


def canvas(height: float) -> Drawing:
    """An empty drawing as wide as the page's text."""
    style.covered()
    # Else the drawing begins with a font that the document does not embed.
    return Drawing(style.WIDTH, height, initialFontName=style.REGULAR)


def fitted(said: str, room: float, size: float = SIZE, bold: bool = False) -> str:
    """`said` as it shows, cut visibly in its middle to `room` points: names that differ at either end stay apart."""
    shown = visible(clip(" ".join(said.splitlines()), 400), style.covered())
    font = style.BOLD if bold else style.REGULAR
    if stringWidth(shown, font, size) <= room:
        return shown
    for kept in range(len(shown) - 1, 1, -1):
        cut = f"{shown[: (kept + 1) // 2]}\u2026{shown[len(shown) - kept // 2 :]}"
        if stringWidth(cut, font, size) <= room:
            return cut
    return "\u2026"


def paired(first: str, second: str, room: float) -> str:
    """ "A to B" in `room` points; where it is too long, the longer name gives way first."""
    between = " to "
    space_left = room - wide(between)
    half = space_left / 2
    one, other = wide(fitted(first, style.WIDTH)), wide(fitted(second, style.WIDTH))
    # A hair less than what is left, or rounding would cut the other name.
    for_first = max(half, space_left - other - 0.01) if one > half else one
    return f"{fitted(first, for_first)}{between}{fitted(second, space_left - min(one, for_first))}"


def wide(said: str, size: float = SIZE, bold: bool = False) -> float:
    """Width in points of text that shows as it is."""
    style.covered()
    return float(stringWidth(said, style.BOLD if bold else style.REGULAR, size))


def share(value: float) -> str:
    """A share or rate with 3 decimals; a small one with as many as show it."""
    return format(value, ".3f") if value == 0 or value >= 0.0095 else format(value, ".2g")


def text(
    x: float,
    y: float,
    said: str,
    *,
    room: float = style.WIDTH,
    size: float = SIZE,
    colour: str = style.INK,
    bold: bool = False,
    anchor: str = "start",
) -> String:
    """One line from outside or from us, cut to `room` points."""
    font = style.BOLD if bold else style.REGULAR
    shown = fitted(said, room, size, bold)
    return String(x, y, shown, fontName=font, fontSize=size, fillColor=HexColor(colour), textAnchor=anchor)


def line(
    x1: float, y1: float, x2: float, y2: float, colour: str = style.INK, width: float = 0.8, dashed: bool = False
) -> Line:
    dashes = {"strokeDashArray": _DASHES} if dashed else {}
    return Line(x1, y1, x2, y2, strokeColor=HexColor(colour), strokeWidth=width, **dashes)


def box(
    x: float, y: float, width: float, height: float, fill: str, stroke: str | None = None, round_: float = 0
) -> Rect:
    edge = None if stroke is None else HexColor(stroke)
    return Rect(x, y, width, height, rx=round_, ry=round_, fillColor=HexColor(fill), strokeColor=edge, strokeWidth=0.9)


def polygon(points: list[float], fill: str, stroke: str, width: float = 0.9) -> Polygon:
    return Polygon(points, fillColor=HexColor(fill), strokeColor=HexColor(stroke), strokeWidth=width)


def circle(x: float, y: float, radius: float, fill: str, stroke: str) -> Circle:
    return Circle(x, y, radius, fillColor=HexColor(fill), strokeColor=HexColor(stroke), strokeWidth=1)


def square(x: float, y: float, half: float, fill: str, stroke: str) -> Rect:
    return box(x - half, y - half, 2 * half, 2 * half, fill, stroke)


def diamond(x: float, y: float, half: float, fill: str, stroke: str) -> Polygon:
    return polygon([x - half, y, x, y + half, x + half, y, x, y - half], fill, stroke)


def triangle(x: float, y: float, half: float, fill: str, stroke: str) -> Polygon:
    return polygon([x - half, y - half * 0.8, x + half, y - half * 0.8, x, y + half], fill, stroke)
