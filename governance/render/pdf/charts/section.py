"""The section of the report that holds every figure."""

from reportlab.platypus import Flowable

from governance.render.pdf.charts import access, importance, lineage, rates, ratios
from governance.render.pdf.charts.figure import laid_out
from governance.verification import Verified


def charts(verified: Verified) -> list[Flowable]:
    """Every figure of a case, numbered. Where there is no evidence a sentence says so and nothing is drawn."""
    figures = [figure for chart in (rates, ratios, importance, lineage, access) for figure in chart.figures(verified)]
    return [flowable for number, figure in enumerate(figures, 1) for flowable in laid_out(number, figure)]
