"""The document: sections in the order of their definition, on pages with a footer that names subject and decision."""

from io import BytesIO
from typing import Any, NamedTuple

from reportlab.lib.colors import HexColor
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
)

from governance.render.definition import Report, Section, load_report
from governance.render.pdf import decision_page, findings, law, record, style
from governance.render.pdf.blocks import brief, listed, markup, paragraph, verbatim
from governance.render.pdf.charts.section import charts
from governance.render.visible import visible
from governance.verification import Verified


class _Footer(NamedTuple):
    """`pages` is 0 while they are being counted."""

    text: str
    pages: int


class _Heading(Paragraph):
    """A section's title, which the document's outline names too."""

    def __init__(self, title: str, key: str) -> None:
        super().__init__(markup(title), style.SECTION)
        self.title, self.key = visible(title), key

    def draw(self) -> None:
        self.canv.bookmarkPage(self.key)
        self.canv.addOutlineEntry(self.title, self.key, level=0)
        super().draw()


def build(verified: Verified, generated_at: str, tool: str, report: bytes) -> bytes:
    """See `governance.render.pdf.render_pdf`."""
    definition = load_report(report, "report.yaml")
    # The first build counts the pages, the second prints the count; the footer takes no part in the layout.
    _, pages = _pages(verified, generated_at, tool, definition, 0)
    data, _ = _pages(verified, generated_at, tool, definition, pages)
    return data


def _pages(verified: Verified, generated_at: str, tool: str, definition: Report, pages: int) -> tuple[bytes, int]:
    subject = verified.decision.subject
    name = f"{subject.name} {subject.version}"
    footer = _Footer(f"Report of {brief(name, 60)}  \u2022  decision {verified.decision_sha256[:16]}\u2026", pages)
    out = BytesIO()
    document = BaseDocTemplate(
        out,
        invariant=1,
        initialFontName=style.REGULAR,
        pageCompression=1,
        lang="en",
        title=visible(f"{definition.title}: {subject.name} {subject.version}"),
        author=visible(tool),
        subject=f"decision {verified.decision_sha256}",
        creator=visible(tool),
        producer=visible(tool),
    )
    document.addPageTemplates(
        [_template("portrait", style.PORTRAIT, footer), _template("wide", style.LANDSCAPE, footer)]
    )
    document.build(_story(verified, generated_at, tool, definition))
    return out.getvalue(), document.page


def _template(name: str, size: tuple[float, float], footer: _Footer) -> PageTemplate:
    width, height = size
    frame = Frame(
        style.MARGIN,
        style.FOOT,
        width - 2 * style.MARGIN,
        height - style.MARGIN - style.FOOT,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )

    def draw(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setStrokeColor(HexColor(style.RULE))
        canvas.setLineWidth(0.5)
        canvas.line(style.MARGIN, 40, width - style.MARGIN, 40)
        canvas.setFont(style.REGULAR, 7)
        canvas.setFillColor(HexColor(style.MUTED))
        canvas.drawString(style.MARGIN, 29, footer.text)
        canvas.drawRightString(width - style.MARGIN, 29, f"page {canvas.getPageNumber()} of {footer.pages}")
        canvas.restoreState()

    return PageTemplate(id=name, frames=[frame], onPage=draw, pagesize=size)


def _story(verified: Verified, generated_at: str, tool: str, definition: Report) -> list[Flowable]:
    """Page one, then every section; the table of findings lies on wide pages of its own."""
    story = decision_page.first_page(verified, definition.title, generated_at, tool)
    turn = False
    for section in definition.sections[1:]:
        if section.id == "law" and not law.tables(verified):
            continue  # no policy here is about one law
        wide = section.id in _WIDE
        if wide or turn or section is definition.sections[1]:
            story += [NextPageTemplate("wide" if wide else "portrait"), PageBreak()]
        story += _section(verified, section)
        turn = wide
    return story


def _section(verified: Verified, section: Section) -> list[Flowable]:
    # A heading and its introduction never stand alone at the foot of a page, but may stand there when they are all.
    room = _ROOM_FOR_A_SECTION if section.id in _CONTENT or section.items else _ROOM_FOR_A_NOTICE
    story: list[Flowable] = [CondPageBreak(room), _Heading(section.title, section.id)]
    if section.intro:
        story.append(paragraph(section.intro))
    if section.commands:
        story.append(verbatim("\n".join(section.commands), style.WIDTH))
    content = _CONTENT[section.id](verified) if section.id in _CONTENT else []
    if content and section.items:
        content.append(Paragraph("In general", style.GROUP))
    return story + content + listed(section.items)


_ROOM_FOR_A_SECTION, _ROOM_FOR_A_NOTICE = 210, 110
_WIDE = frozenset({"findings", "law"})
_CONTENT = {
    "findings": findings.table,
    "law": law.tables,
    "details": findings.details,
    "charts": charts,
    "evidence": record.evidence,
    "acts": record.acts,
    "receipt": record.receipt,
    "limits": record.limits,
}
