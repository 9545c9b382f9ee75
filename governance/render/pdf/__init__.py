"""The audit report as PDF. Needs the extra `[pdf]`, which is loaded when a report is asked for."""

from governance.errors import BadInput
from governance.verification import Verified


def render_pdf(verified: Verified, generated_at: str, tool: str, report: bytes) -> bytes:
    """The report of a verified case; the same arguments give the same bytes.

    `generated_at` is an RFC 3339 time, `tool` the name and version that made it, `report` the definition (report.yaml).
    Raises BadInput for a definition that cannot be read, and where the PDF library is not installed.
    """
    try:
        from governance.render.pdf.document import build
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("reportlab"):
            raise
        raise BadInput(
            "PDF reports are not installed", got="no module reportlab", fix="pip install 'governance[pdf]'"
        ) from error
    return build(verified, generated_at, tool, report)
