"""The section of the report that holds every figure."""

from reportlab.platypus import Flowable, Paragraph

from governance.render.pdf import style
from governance.render.pdf.blocks import brief, listed
from governance.render.pdf.charts import access, importance, lineage, rates, ratios, slices
from governance.render.pdf.charts.figure import laid_out
from governance.verification import Verified

CHARTS = (rates, ratios, slices, importance, lineage, access)
"""In the order in which they are read."""


def charts(verified: Verified) -> list[Flowable]:
    """Every figure of a case, numbered; then what there is nothing to draw of, and why."""
    figures = [figure for chart in CHARTS for figure in chart.figures(verified)]
    drawn = [figure for figure in figures if figure.drawing is not None]
    story = [flowable for number, figure in enumerate(drawn, 1) for flowable in laid_out(number, figure)]
    if empty := [brief(f"{figure.title}: {figure.words}", 900) for figure in figures if figure.drawing is None]:
        story += [Paragraph("Without a picture", style.GROUP), *listed(empty)]
    return story
