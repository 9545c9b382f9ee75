"""What pages are made of: escaped text, tables that repeat their head, labelled values, badges."""

import re
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, Paragraph, Preformatted, Spacer, Table

from governance.render.pdf import style
from governance.render.visible import clip, lines, visible

# Longer texts stand in the bundle. A cell is one paragraph on one page, so it holds less than a text of its own.
LONGEST, IN_CELL, IN_VALUE = 12_000, 320, 1_600
_BREAK = "<br/>"


def markup(text: str) -> str:
    """Text from outside for a paragraph: unseen and uncovered characters spelled out, markup escaped, lines kept."""
    return _BREAK.join(escape(line) for line in lines(clip(text, LONGEST), style.covered()))


def rich(template: str, *values: str) -> str:
    """Our own markup around text from outside: only `values` are escaped."""
    return template.format(*(markup(value) for value in values))


def paragraph(text: str, kind: ParagraphStyle = style.BODY) -> Paragraph:
    return Paragraph(markup(text), kind)


class _Cell(Paragraph):
    """A paragraph whose long words break after a sign, where they have one, and not where the line happens to end."""

    shown = ""

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        kind = self.style
        if any(stringWidth(word, kind.fontName, kind.fontSize) > width for word in self.shown.split()):
            words = " ".join(_broken(word, width, kind) for word in self.shown.split(" "))
            super().__init__(words.removeprefix(_BREAK), kind)
        result: tuple[float, float] = super().wrap(width, height)
        return result


def _broken(word: str, width: float, kind: ParagraphStyle) -> str:
    """Markup of a word in lines of at most `width`, if its parts allow it."""
    if stringWidth(word, kind.fontName, kind.fontSize) <= width:
        return escape(word)
    lines = [""]
    for part in re.findall(r"[^._/:,;=#|-]*[._/:,;=#|-]?", word):
        if lines[-1] and stringWidth(lines[-1] + part, kind.fontName, kind.fontSize) > width:
            lines.append("")
        lines[-1] += part
    return _BREAK + _BREAK.join(map(escape, lines))


def cell(text: str, kind: ParagraphStyle = style.CELL, longest: int = IN_CELL) -> Paragraph:
    """Text for a table: one paragraph that is never higher than a page."""
    (shown,) = lines(brief(text, longest), style.covered())
    made = _Cell(escape(shown), kind)
    made.shown = shown
    return made


def brief(text: str, longest: int) -> str:
    """`text` as it shows, in one line, at most so long as shown."""
    return clip(visible(" ".join(text.splitlines()), style.covered()), longest)


def digest(text: str, halves: bool = False) -> Paragraph:
    """A digest, whole, in the fixed font; in two lines for a narrow column."""
    parts = (text[:32], text[32:]) if halves else (text,)
    shown = _BREAK.join(escape(visible(part, style.covered_fixed())) for part in parts)
    return Paragraph(shown, style.DIGEST_HALF if halves else style.DIGEST)


def listed(items: Sequence[str]) -> list[Flowable]:
    return [Paragraph(markup(item), style.LIST, bulletText="\u2022") for item in items]


def verbatim(text: str, width: float) -> Flowable:
    """Fixed-width text as it is, as small as it must be to keep its lines; longer ones than that are broken."""
    shown = [visible(line, style.covered_fixed()) for line in text.splitlines()]
    longest = max(map(len, shown), default=1)
    advance = stringWidth("0", style.FIXED, 1)
    size = min(8.0, max(5.2, (width - 16) / (advance * max(longest, 1))))
    room = int((width - 16) / (advance * size))
    broken = [line[at : at + room] for line in shown for at in range(0, max(len(line), 1), room)]
    kind = ParagraphStyle("verbatim", fontName=style.FIXED, fontSize=size, leading=size * 1.4)
    shade = ("BACKGROUND", (0, 0), (-1, -1), HexColor(style.SHADE))
    return laid_out([[Preformatted("\n".join(broken), kind)]], [width], (8, 3, 8, 5), shade, spaceAfter=style.GAP)


def laid_out(
    rows: Sequence[Sequence[Any]],
    widths: Sequence[float],
    padding: tuple[float, float, float, float],
    *commands: tuple[Any, ...],
    **options: Any,
) -> Table:
    """A table aligned at the top. `padding` is left, top, right, bottom of each cell, in points."""
    table = Table(rows, colWidths=list(widths), **options)
    sides = ("LEFTPADDING", "TOPPADDING", "RIGHTPADDING", "BOTTOMPADDING")
    table.setStyle(
        [
            ("FONTNAME", (0, 0), (-1, -1), style.REGULAR),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            *((side, (0, 0), (-1, -1), room) for side, room in zip(sides, padding, strict=True)),
            *commands,
        ]
    )
    return table


def grid(
    head: Sequence[str], rows: Sequence[Sequence[Any]], widths: Sequence[float], right: Sequence[int] = ()
) -> Table:
    """A table with its head on every page. `right` are the columns of numbers."""
    kinds = [style.HEAD_RIGHT if column in right else style.HEAD for column in range(len(head))]
    texts = [style.CELL_RIGHT if column in right else style.CELL for column in range(len(head))]
    cells = [[Paragraph(escape(word), kind) for word, kind in zip(head, kinds, strict=True)]]
    for row in rows:
        cells.append(
            [cell(item, kind) if isinstance(item, str) else item for item, kind in zip(row, texts, strict=True)]
        )
    return laid_out(
        cells,
        widths,
        (4, 3.5, 4, 4),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("LINEBELOW", (0, 0), (-1, 0), 0.9, HexColor(style.ACCENT)),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, HexColor(style.RULE)),
        repeatRows=1,
    )


def labelled(pairs: Sequence[tuple[str, Any]], width: float, label: float = 92) -> Table:
    """Labels and values. A value is text or a flowable or several."""
    rows = [
        [Paragraph(escape(name), style.LABEL), cell(value, longest=IN_VALUE) if isinstance(value, str) else value]
        for name, value in pairs
    ]
    return laid_out(rows, [label, width - label], (0, 1.5, 4, 2), spaceAfter=style.GAP)


class Badge(Flowable):
    """A word in white on its colour."""

    def __init__(self, word: str, colour: str, size: float = 6.6) -> None:
        super().__init__()
        self.word, self.colour, self.size = word, colour, size
        style.covered()
        self.width = stringWidth(word, style.BOLD, size) + 9
        self.height = size + 5

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        self.canv.setFillColor(HexColor(self.colour))
        self.canv.roundRect(0, 0, self.width, self.height, 2, stroke=0, fill=1)
        self.canv.setFillColor(HexColor("#ffffff"))
        self.canv.setFont(style.BOLD, self.size)
        self.canv.drawString(4.5, 3.1, self.word)


def space(height: float = style.GAP) -> Spacer:
    return Spacer(1, height)
