"""The report's drawings as SVG: the same marks and words, safe in a page."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from reportlab.graphics.shapes import Circle, Drawing, Group, String
from reportlab.lib.colors import HexColor

from governance.evidence.access import AccessFacts, Grant
from governance.evidence.lineage import Ancestor, FeatureAncestry, LineageFacts, Source
from governance.evidence.origin import FactOrigin
from governance.render.pdf import style
from governance.render.pdf.charts.figure import Figure
from governance.render.pdf.charts.section import CHARTS
from governance.render.svg.picture import picture
from governance.web.portal import STATIC

HOSTILE = '"><script>alert(1)</script>\u202e&'
LINEAGE = LineageFacts(
    sources=(
        Source(id="people", sha256=None, owner="o", licence="l", expires=None, forbidden=("race",), approved_by=()),
    ),
    features=(
        FeatureAncestry(
            feature=HOSTILE,
            ancestors=(
                Ancestor(dataset="people", column="race", influence="indirect", path=("people.race", "t.x"), jobs=()),
            ),
            gap=None,
        ),
        FeatureAncestry(feature="lost", ancestors=(), gap="no lineage"),
    ),
)
ACCESS = AccessFacts(
    origin=FactOrigin(kind="declared"),
    grants=tuple(
        Grant(principal=principal, permission=permission, resource="*", line=2)
        for principal in ("ann", HOSTILE)
        for permission in ("train", "approve", "a permission with a long name")
    ),
    approvals=(),
)


@pytest.fixture
def figures(make_evidence, make_verified, baseline):
    verified = make_verified(
        make_evidence(lineage=LINEAGE, access=ACCESS, groups={HOSTILE: (204, 1000), "b": (500, 900)}), [baseline]
    )
    found = [figure for chart in CHARTS for figure in chart.figures(verified)]
    return [figure for figure in found if figure.drawing is not None]


def tree(figure):
    return ElementTree.fromstring(picture(figure, "x"))


def local(one):
    return one.tag.rpartition("}")[2]


def test_every_drawing_is_a_picture_with_title_and_words_and_nothing_a_browser_would_run(figures):
    assert len(figures) >= 5
    for number, figure in enumerate(figures):
        svg = picture(figure, f"p{number}")
        whole = ElementTree.fromstring(svg)
        assert whole.get("role") == "img" and whole.get("aria-labelledby") == f"p{number}-t p{number}-d"
        assert {whole[0].get("id"), whole[1].get("id")} == {f"p{number}-t", f"p{number}-d"}
        allowed = {"svg", "title", "desc", "g", "text", "line", "rect", "circle", "polygon", "path"}
        assert {local(one) for one in whole.iter()} <= allowed
        assert not re.search(r"\sstyle=|\son\w+=|href|url\(", re.sub(">[^<]*<", "><", svg)) and "\u202e" not in svg


def test_every_colour_is_a_class_of_the_style_sheet(figures):
    sheet = (STATIC / "app.css").read_text(encoding="utf-8")
    used = {name for figure in figures for one in tree(figure).iter() for name in (one.get("class") or "").split()}
    assert used and not [name for name in used - {"picture"} if f".{name} {{" not in sheet]


def test_text_is_that_of_the_report_and_what_is_above_stays_above(figures):
    def texts(group):
        for shape in group.contents:
            yield from texts(shape) if isinstance(shape, Group) else [shape.text] if isinstance(shape, String) else []

    for figure in figures:
        drawn = [one.text for one in tree(figure).iter() if local(one) == "text"]
        assert drawn == list(texts(figure.drawing))
    drawing = Drawing(100, 50)
    drawing.add(Circle(10, 40, 3, fillColor=HexColor(style.INK), strokeColor=None))
    (circle,) = [one for one in tree(Figure("t", "w", drawing)).iter() if local(one) == "circle"]
    assert (circle.get("cx"), circle.get("cy"), circle.get("class")) == ("10", "10", "f-ink")


def test_a_turned_group_keeps_its_place():
    """By 45 degrees, anticlockwise: SVG counts downwards, so there the angle is negative."""
    drawing, group = (
        Drawing(100, 50),
        Group(String(0, 0, "x", fontName=style.BOLD, fontSize=6, fillColor=HexColor(style.INK))),
    )
    group.translate(20, 30)
    group.rotate(45)
    drawing.add(group)
    (turned,) = [one for one in tree(Figure("t", "w", drawing)).iter() if local(one) == "g"]
    a, b, c, d, e, f = map(float, turned.get("transform").removeprefix("matrix(").removesuffix(")").split())
    assert (e, f) == (20, 20) and a == d > 0 and b < 0 < c


def test_what_no_chart_draws_is_no_picture():
    assert picture(Figure("t", "nothing is drawn"), "x") == ""
