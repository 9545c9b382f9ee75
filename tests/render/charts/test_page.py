"""All pictures on their page: nothing leaves it, each is told in words, names fit and scales keep order."""

from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.graphics.shapes import String
from reportlab.pdfbase.pdfmetrics import stringWidth

from governance.evidence.counts import GROUP_METRICS
from governance.evidence.evidence import Absent
from governance.evidence.lineage import FeatureAncestry, LineageFacts
from governance.policy.outcome import Outcome
from governance.render.pdf import render_pdf, style
from governance.render.pdf.charts import access, lineage, ratios
from governance.render.pdf.charts.axis import Axis, spanning, spanning_log
from governance.render.pdf.charts.figure import fitted, paired, wide
from governance.render.pdf.charts.metrics import METRICS
from governance.render.pdf.charts.section import CHARTS
from governance.verification import Verified
from tests.render.charts.drawn import HOSTILE, UNFAIR, Make, explained, granted, policy_of, shapes, source, way

MADE = ("2026-11-21T10:00:00Z", "governance 0.1.0")


@pytest.fixture
def stress(case: Make) -> Verified:
    """Sixty groups, two hundred features, much lineage, many grants, and names that would break a page."""
    groups = {f"group {n}": (100 + 7 * n, 1000) for n in range(60)} | {HOSTILE: (2, 9), "W" * 500: (400, 1000)}
    shares = {f"feature_{n}_{'long' * 20}": 0.0049 for n in range(200)} | {HOSTILE: 0.02}
    ancestors = (way("race", HOSTILE, HOSTILE, "W" * 300), way(HOSTILE, HOSTILE))
    lineage_facts = LineageFacts(
        sources=(source("race"),),
        features=tuple(
            FeatureAncestry(feature=name, ancestors=ancestors, gap=None) for name in (HOSTILE, *map(str, range(200)))
        ),
    )
    grants = [(f"oidc:https://idp.example|{n}", f"permission.{n % 40}", "m") for n in range(200)]
    grants += [(HOSTILE, HOSTILE, "*"), (HOSTILE, "train", "m"), (HOSTILE, "approve", "m"), ("*", "deploy", "*")]
    facts = {"lineage": lineage_facts, "access": granted(*grants), "explainability": explained(shares)}
    return case(groups=groups, **facts)


def test_nothing_leaves_the_page_and_nothing_unseen_is_on_it(stress: Verified, definition: bytes) -> None:
    for chart in CHARTS:
        for figure in chart.figures(stress):
            assert figure.drawing is not None and figure.drawing.height < 500
            for shape in shapes(figure.drawing):
                if isinstance(shape, String):
                    width = stringWidth(shape.text, shape.fontName, shape.fontSize)
                    left = shape.x - {"start": 0, "middle": width / 2, "end": width}[shape.textAnchor]
                    assert left >= -0.5 and left + width <= style.WIDTH + 0.5, shape.text
                    assert set(shape.text) <= style.covered() and shape.fontSize >= 5
    pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(render_pdf(stress, *MADE, definition))).pages]
    whole = " ".join(" ".join(pages).split())
    assert not set(whole) & set("\u202e\x07女") and "Figure 6. Access" in whole and "<U+202E 0007>" in whole


def test_the_same_case_gives_the_same_bytes(stress: Verified, definition: bytes) -> None:
    assert render_pdf(stress, *MADE, definition) == render_pdf(stress, *MADE, definition)


@pytest.fixture(scope="session")
def definition(root: Path) -> bytes:
    """The shipped report with nothing but its first page and its pictures."""
    text = (root / "reports/audit/report.yaml").read_text("utf-8")
    charts = text[text.index("  - id: charts") : text.index("  - id: evidence")]
    return (text[: text.index("  - id: findings")] + charts).encode()


def test_without_evidence_a_sentence_says_so(case: Make, definition: bytes) -> None:
    absent = tuple(Absent(facts=name, kind="missing", why=f"no {name} here") for name in ("fairness", "lineage"))
    verified = case(fairness=None, performance=None, explainability=None, lineage=None, access=None, absent=absent)
    for chart in CHARTS:
        (figure,) = chart.figures(verified)
        assert figure.drawing is None and figure.words.startswith("Nothing is drawn: there is no evidence (")
    page = " ".join(pypdf.PdfReader(BytesIO(render_pdf(verified, *MADE, definition))).pages[1].extract_text().split())
    assert page.count("Nothing is drawn") == 6 and "missing: no lineage here" in page and "no rule asked for it" in page
    empty = {"lineage": LineageFacts(sources=(), features=()), "access": granted(), "explainability": None}
    verified = case(policy_of("  []\n"), **empty)
    assert lineage.figures(verified)[0].drawing is access.figures(verified)[0].drawing is None
    assert "no rule of the policy compares groups" in ratios.figures(verified)[0].words


def test_every_picture_is_in_the_report_in_words(case: Make, definition: bytes) -> None:
    verified = case(outcome=Outcome.FAIL, groups=UNFAIR)
    reader = pypdf.PdfReader(BytesIO(render_pdf(verified, *MADE, definition)))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert text.count("In words:") == 6 and all(f"Figure {number}." in text for number in range(1, 7))


def test_every_metric_has_a_name() -> None:
    assert tuple(METRICS) == GROUP_METRICS


@given(st.text(max_size=200), st.text(max_size=200), st.floats(60, 300))
def test_names_fit_their_room(one: str, other: str, room: float) -> None:
    assert wide(fitted(one, room)) <= room + 1e-6
    assert wide(paired(one, other, room)) <= room + 1e-6 and " to " in paired(one, other, room)


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20), st.booleans())
def test_a_scale_keeps_order_and_its_ticks_apart(values: list[float], log: bool) -> None:
    axis: Axis = (spanning_log if log else spanning)(values, 100.0, 300.0)
    places = [axis.at(value) for value in sorted(values)]
    assert places == sorted(places) and all(100 <= place <= 300 for place in places)
    ticks = axis.ticks()
    assert all(axis.at(other) - axis.at(one) > 5 for one, other in pairwise(ticks)) and len(ticks) <= 12
