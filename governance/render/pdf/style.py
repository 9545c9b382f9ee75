"""Type, colours and spacing of the printed report."""

from functools import cache
from io import BytesIO

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from governance import bundled
from governance.policy.outcome import Action
from governance.render.wording import State

PORTRAIT, LANDSCAPE = A4, landscape(A4)
MARGIN, FOOT = 48.0, 54.0
WIDTH = PORTRAIT[0] - 2 * MARGIN
GAP = 6.0

# White text on these, and these as text on white: at least 4.5 to 1 (WCAG 2.2, 1.4.3).
INK, MUTED, ACCENT = "#1b1f24", "#57606a", "#1f4e79"
RULE, SHADE = "#d0d7de", "#f3f5f8"
ACTION_COLOURS = {Action.DENY: "#a40e26", Action.NEEDS_REVIEW: "#7d4e00", Action.ALLOW: "#116329"}
STATE_COLOURS = {
    State.FAILED: "#a40e26",
    State.ERROR: "#6e2594",
    State.KNOWN: "#8a3b12",
    State.INCONCLUSIVE: "#7d4e00",
    State.WAIVED: ACCENT,
    State.PASSED: "#116329",
    State.NOT_APPLICABLE: MUTED,
}

REGULAR, BOLD, FIXED = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"


@cache
def _glyphs() -> dict[str, frozenset[str]]:
    """The characters of each font. Registers the fonts; what a document uses of them is embedded in it."""
    for name in (REGULAR, BOLD, FIXED):
        pdfmetrics.registerFont(TTFont(name, BytesIO(bundled.font(name))))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)
    return {name: frozenset(map(chr, pdfmetrics.getFont(name).face.charToGlyph)) for name in (REGULAR, BOLD, FIXED)}


@cache
def covered() -> frozenset[str]:
    """Characters that the report's font has a glyph for, regular and bold."""
    return _glyphs()[REGULAR] & _glyphs()[BOLD]


def covered_fixed() -> frozenset[str]:
    """Characters that the fixed font has a glyph for."""
    return _glyphs()[FIXED]


def _style(name: str, size: float, **options: object) -> ParagraphStyle:
    options = {"fontName": REGULAR, "leading": size * 1.36, "textColor": HexColor(INK), "splitLongWords": 1} | options
    return ParagraphStyle(name, fontSize=size, **options)


BODY = _style("body", 8.6, spaceAfter=GAP)
LIST = _style("list", 8.6, bulletFontName=REGULAR, bulletFontSize=8.6, leftIndent=12, bulletIndent=1, spaceAfter=3)
TITLE = _style("title", 21, fontName=BOLD, leading=26, spaceAfter=2)
TITLE_LONG = _style("title-long", 13, fontName=BOLD, spaceAfter=2)
KICKER = _style("kicker", 8, fontName=BOLD, textColor=HexColor(ACCENT), spaceAfter=3)
SECTION = _style(
    "section", 14, fontName=BOLD, textColor=HexColor(ACCENT), spaceBefore=16, spaceAfter=GAP, keepWithNext=1
)
GROUP = _style("group", 9.6, fontName=BOLD, spaceBefore=11, spaceAfter=4, keepWithNext=1)
ACT = _style("act", 9.6, fontName=BOLD, spaceBefore=11, spaceAfter=4)
CELL = _style("cell", 7.6)
CELL_BOLD = _style("cell-bold", 7.6, fontName=BOLD)
CELL_RIGHT = _style("cell-right", 7.6, alignment=TA_RIGHT)
SMALL = _style("small", 6.8, textColor=HexColor(MUTED))
LABEL = _style("label", 7.6, textColor=HexColor(MUTED))
HEAD = _style("head", 7.2, fontName=BOLD, textColor=HexColor(ACCENT))
HEAD_RIGHT = _style("head-right", 7.2, fontName=BOLD, textColor=HexColor(ACCENT), alignment=TA_RIGHT)
DIGEST = _style("digest", 6.8, fontName=FIXED)
DIGEST_HALF = _style("digest-half", 6.4, fontName=FIXED)
STAMP = _style("stamp", 17, fontName=BOLD, leading=21, textColor=HexColor("#ffffff"))
STAMP_LABEL = _style("stamp-label", 8, textColor=HexColor("#ffffff"))
