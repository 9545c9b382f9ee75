import re
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.graphics.shapes import Circle, Drawing, Group, Polygon, Rect, String
from reportlab.graphics.shapes import Path as Curve
from reportlab.pdfbase.pdfmetrics import stringWidth

from governance.canonical import real
from governance.evidence.access import AccessFacts, Approval, Grant
from governance.evidence.counts import GROUP_METRICS
from governance.evidence.evidence import Absent, EvidenceSet
from governance.evidence.explainability import ExplainabilityFacts, FeatureShare, GlobalAttribution
from governance.evidence.lineage import Ancestor, FeatureAncestry, LineageFacts, Source
from governance.evidence.origin import FactOrigin
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.outcome import Outcome
from governance.render.pdf import render_pdf, style
from governance.render.pdf.charts import access, importance, lineage, rates, ratios, slices
from governance.render.pdf.charts.axis import Axis, spanning, spanning_log
from governance.render.pdf.charts.figure import Figure, fitted, paired, wide
from governance.render.pdf.charts.metrics import METRICS
from governance.render.pdf.charts.section import CHARTS
from governance.verification import Verified

MADE = ("2026-11-21T10:00:00Z", "governance 0.1.0")
HOSTILE = "A\n]]> <b>x</b> \u202e\x07 女性 &lt; {0} </para>"
UNFAIR = {"Black": (204, 1000), "Other": (180, 400), "White": (500, 1400)}
Make = Callable[..., Any]


@pytest.fixture
def case(
    make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified], baseline: LoadedPolicy
) -> Make:
    def make(policy: LoadedPolicy | None = None, **facts: Any) -> Verified:
        return make_verified(make_evidence(**facts), [policy or baseline])

    return make


def _shapes(drawing: Drawing | Group | None) -> Iterator[Any]:
    assert drawing is not None
    for shape in drawing.contents:
        yield from _shapes(shape) if isinstance(shape, Group) else [shape]


def _texts(figure: Figure) -> list[str]:
    return [shape.text for shape in _shapes(figure.drawing) if isinstance(shape, String)]


def _count(figure: Figure, kind: type) -> int:
    return sum(type(shape) is kind for shape in _shapes(figure.drawing))


def _policy(rules: str) -> LoadedPolicy:
    head = "schema: governance.policy/v1\nid: p\nversion: 1.0.0\nin_force: {from: 2026-01-01T00:00:00Z}\n"
    return load_policy(f"{head}environments: [prod]\nrules:\n{rules}".encode(), "p.yaml")


def _explained(shares: dict[str, float], se: float = 0.01, **more: Any) -> ExplainabilityFacts:
    features = tuple(
        FeatureShare(feature=name, mean_abs=real(value), share=real(value), share_se=real(se))
        for name, value in shares.items()
    )
    return ExplainabilityFacts(
        explainer="linear", unit="log_odds", rows=500, seed=1, background_rows=0, background=None,
        additivity_error="1e-09", **more,
        importance=GlobalAttribution(top_feature=features[0].feature, top_share=features[0].share, features=features),
    )  # fmt: skip


def _source(*forbidden: str) -> Source:
    return Source(
        id="people", sha256=None, owner="o", licence="l", expires=None, forbidden=forbidden, approved_by=("bo",)
    )


def _way(column: str, feature: str, *between: str, indirect: bool = False) -> Ancestor:
    path = (f"people.{column}", *between, f"train.{feature}")
    return Ancestor(
        dataset="people", column=column, influence="indirect" if indirect else "direct", path=path, jobs=("prepare",)
    )


def _granted(*grants: tuple[str, str, str], approver: str = "cy") -> AccessFacts:
    return AccessFacts(
        origin=FactOrigin(kind="declared"),
        grants=tuple(Grant(principal=p, permission=q, resource=r, line=n + 2) for n, (p, q, r) in enumerate(grants)),
        approvals=(Approval(item="data:loans", principal=approver, role="owner", at="2026-01-01T00:00:00Z"),),
    )


def test_rates_are_those_of_the_counts_lowest_first(case: Make) -> None:
    (figure,) = rates.figures(case(groups=UNFAIR))
    said = _texts(figure)
    assert [name for name in said if name in UNFAIR] == ["Black", "White", "Other"]
    # Wilson, 95 %: computed by hand for 204 of 1000.
    assert "0.204 [0.180, 0.230]" in said and "1,000" in said
    assert "Black has the lowest selection rate, 0.204" in figure.words and "Other the highest, 0.450" in figure.words
    assert "95 % score interval" in figure.note and "not compared" not in said


def test_small_groups_are_grey_hollow_and_named_so(case: Make) -> None:
    (figure,) = rates.figures(case(groups=UNFAIR | {"Few": (3, 12)}))
    assert _texts(figure).count("not compared") == 1 and "1 group not compared" in figure.words
    hollow = [s for s in _shapes(figure.drawing) if isinstance(s, Circle) and s.fillColor != s.strokeColor]
    assert len(hollow) == 1 and "fewer than 30 rows" in figure.note


def test_unknown_groups_are_not_compared(case: Make) -> None:
    from governance.evidence.fairness import Cell

    facts = case(groups=UNFAIR).evidence.facts.fairness
    table = facts.tables[0]
    cells = (Cell(group=(None,), tn=500, fp=0, fn=0, tp=500), *table.cells)
    wider = facts.model_copy(update={"tables": (table.model_copy(update={"cells": cells}),)})
    (figure,) = rates.figures(case(fairness=wider))
    assert "unknown" in _texts(figure) and _texts(figure).count("not compared") == 1


def test_what_the_rule_cannot_compare_is_not_shown_as_compared(case: Make) -> None:
    (zero,) = rates.figures(case(groups=UNFAIR | {"None": (0, 100)}))
    assert _texts(zero).count("not compared") == 1 and "no ratio to a rate of 0" in zero.note
    facts = case(groups=UNFAIR).evidence.facts.fairness
    doubtful = facts.model_copy(update={"tables": (facts.tables[0].model_copy(update={"unknown": 2000}),)})
    (figure,) = rates.figures(case(fairness=doubtful))
    assert _texts(figure).count("not compared") == 3 and "not known for 2000 of 4800 rows" in figure.note


def test_many_groups_show_the_ends_and_say_so(case: Make) -> None:
    groups = {f"g{n:02d}": (100 + 7 * n, 1000) for n in range(60)} | {f"tiny{n}": (1, 5) for n in range(9)}
    (figure,) = rates.figures(case(groups=groups))
    said = _texts(figure)
    assert "g00" in said and "g59" in said and "g30" not in said
    assert "12 of 60 compared groups are drawn: those with the lowest rates, and the highest" in figure.note
    assert "4 of 9 groups that are not compared are drawn" in figure.note


def test_pairs_carry_shape_word_and_limit(case: Make) -> None:
    (figure,) = ratios.figures(case(groups=UNFAIR))
    said = _texts(figure)
    assert "Black to Other" in said and "White to Other" in said and "limit at least 0.8" in said
    assert said.count("fail") == 1 and said.count("inconclusive") == 2  # one of them in the legend
    assert "0.4533 [0.3957, 0.551]" in said and "1,400" in said
    assert "2 pairs: 1 failing, 1 inconclusive; the worst, Black to Other" in figure.words
    assert "log scale" in " ".join(said) and "one-sided at alpha = 0.05" in figure.note


def test_a_pair_is_read_like_its_finding(case: Make) -> None:
    """One finding of one pair: what is drawn is what the rule found."""
    counted = {"fail": "failing", "inconclusive": "inconclusive", "pass": "passing"}
    for groups, outcome in (
        ({"a": (200, 1000), "b": (500, 1000)}, "fail"),
        ({"a": (20, 40), "b": (20, 40)}, "inconclusive"),
        ({"a": (500, 1000), "b": (500, 1000)}, "pass"),
    ):
        verified = case(groups=groups)
        found = next(f for f in verified.decision.findings if f.uses.startswith("fairness.disparity"))
        (figure,) = ratios.figures(verified)
        assert found.outcome.value == outcome and f"1 pair: 1 {counted[outcome]};" in figure.words


def test_a_rule_on_the_point_is_drawn_on_the_point(case: Make) -> None:
    policy = _policy(
        "  - {id: d, uses: fairness.disparity@1, enforcement: {default: deny},\n"
        "     with: {at_least: 0.8, decide_on: point}}\n"
    )
    (figure,) = ratios.figures(case(policy, groups={"a": (80, 200), "b": (110, 200)}))
    assert "1 failing" in figure.words and "decides on the point" in figure.note


def test_an_upper_limit_fails_above_it(case: Make) -> None:
    policy = _policy(
        "  - {id: r, uses: fairness.reference@1, enforcement: {default: deny},\n"
        "     with: {attribute: race, reference: [White], at_most: 1.25}}\n"
    )
    (figure,) = ratios.figures(case(policy, groups={"Black": (800, 1000), "Other": (300, 1000), "White": (400, 1000)}))
    assert "1 failing, 1 passing; the worst, Black to White" in figure.words and "limit at most 1.25" in _texts(figure)


def test_bars_with_limit_sensitive_and_intervals(case: Make) -> None:
    facts = _explained({"age": 0.1, "income": 0.9}, sensitive=("age",))
    (figure,) = importance.figures(case(explainability=facts))
    said = _texts(figure)
    assert said.index("income") < said.index("age") and "sensitive" in said and "limit 0.8" in said
    assert "0.900 [0.884, 0.916]" in said  # 0.9 and 1.645 times 0.01 on each side
    assert "income has the largest share, 0.900, against a limit of 0.8" in figure.words
    (free,) = importance.figures(case(_policy("  []\n"), explainability=facts))
    assert "limit 0.8" not in _texts(free) and "no rule of the policy limits it" in free.words


def test_two_hundred_features_are_the_largest_and_the_rest_in_a_sentence(case: Make) -> None:
    (figure,) = importance.figures(case(explainability=_explained({f"f{n:03d}": 0.005 for n in range(200)})))
    assert _count(figure, Rect) == 18
    assert "The 18 largest of 200 features are drawn; the others have 0.910 together" in figure.note


def test_a_forbidden_column_is_an_octagon_with_its_word(case: Make) -> None:
    features = (
        FeatureAncestry(feature="income", ancestors=(_way("pay", "income"), _way("race", "income")), gap=None),
        FeatureAncestry(feature="age", ancestors=(), gap="no lineage"),
    )
    facts = LineageFacts(sources=(_source("race", "sex"),), features=features, events=3)
    (figure,) = lineage.figures(case(lineage=facts))
    said = _texts(figure)
    assert "FORBIDDEN " in said and "trail ends" in said and "3 lineage events" in figure.note
    assert sum(isinstance(s, Polygon) and len(s.points) == 16 for s in _shapes(figure.drawing)) == 2  # and the legend
    assert "forbidden people.race reaches income; the trail ends before a source for age" in figure.words
    assert "Forbidden and not seen to reach any feature: people.sex" in figure.note
    thick = [s for s in _shapes(figure.drawing) if isinstance(s, Curve) and s.strokeWidth > 1]
    assert len(thick) == 2  # race to train.income, and on to the feature


def test_an_allowed_lineage_marks_nothing(case: Make) -> None:
    ancestors = (_way("pay", "income", indirect=True),)
    facts = LineageFacts(
        sources=(_source("race"),), features=(FeatureAncestry(feature="income", ancestors=ancestors, gap=None),)
    )
    (figure,) = lineage.figures(case(lineage=facts))
    assert "FORBIDDEN " not in _texts(figure) and "no forbidden column is seen to reach a feature" in figure.words
    assert all(s.strokeDashArray for s in _shapes(figure.drawing) if isinstance(s, Curve))
    assert "only filters, joins, groups or sorts" in figure.note


def test_much_lineage_is_cut_forbidden_last_and_counted(case: Make) -> None:
    features = tuple(
        FeatureAncestry(
            feature=f"f{n}",
            ancestors=(
                *(_way(f"c{n}_{k}", f"f{n}", *(f"step{j}.c{n}_{k}" for j in range(n % 7))) for k in range(3)),
                *([_way("race", f"f{n}")] if n == 199 else []),
            ),
            gap=None,
        )
        for n in range(200)
    )
    facts = LineageFacts(sources=(_source("race"),), features=features)
    (figure,) = lineage.figures(case(lineage=facts))
    said = _texts(figure)
    assert "race" in said and "f199" in said and figure.drawing.height < 500
    found = re.search(r"(\d+) of 200 features; (\d+) of 601 ways", figure.note)
    drawn = sum(name in {f"f{n}" for n in range(200)} for name in set(said))
    assert found and int(found[1]) >= 200 - 12 and int(found[1]) == 200 - drawn
    assert any(re.fullmatch(r"\d more steps", one) for one in said)


def test_lineage_in_a_circle_is_drawn_too(case: Make) -> None:
    ways = (_way("a", "x", "t.p", "t.q"), _way("b", "x", "t.q", "t.p"))
    facts = LineageFacts(sources=(_source(),), features=(FeatureAncestry(feature="x", ancestors=ways, gap=None),))
    (figure,) = lineage.figures(case(lineage=facts))
    assert figure.drawing is not None and "no source forbids a column" in figure.words


def test_conflicts_and_wildcards_have_mark_and_word(case: Make) -> None:
    grants = [("Ann", "train", "m"), ("ann", "approve", "m"), ("bo", "deploy", "model:*"), ("cy", "read", "m")]
    (figure,) = access.figures(case(access=_granted(*grants, approver="Ann")))
    said = _texts(figure)
    assert "CONFLICT: train + approve, approved data:loans" in said and "WILDCARD" in said and said.count("Ann") == 1
    assert said.count("*") == 2  # in the cell, in the legend
    assert _count(figure, Polygon) == 3  # two permissions and the legend
    assert "in conflict: Ann (train + approve, approved data:loans); 1 grant with a wildcard" in figure.words


def test_a_conflict_through_everybody_is_marked_at_the_person(case: Make) -> None:
    (figure,) = access.figures(case(access=_granted(("ann", "train", "m"), ("*", "deploy", "m"))))
    assert "CONFLICT: train + deploy" in _texts(figure) and "in conflict: ann (train + deploy)" in figure.words


def test_without_a_conflict_none_is_drawn(case: Make) -> None:
    facts = _granted(("ann", "train", "m"), ("bo", "approve", "m"), ("bo", "approve", "n"))
    (figure,) = access.figures(case(access=facts))
    assert _count(figure, Polygon) == 0 and "no conflict was found; no grant with a wildcard" in figure.words
    assert "2" in _texts(figure) and "A small number counts grants" in figure.note
    (unjudged,) = access.figures(case(_policy("  []\n"), access=facts))
    assert "conflicts are not marked" in unjudged.note and "conflicts could not be judged" in unjudged.words


def test_a_rule_that_could_not_judge_clears_nobody(case: Make) -> None:
    """The policy accepts declared facts alone, so what claims to be measured is inconclusive."""
    facts = _granted(("ann", "train", "m"), ("bo", "read", "m")).model_copy(update={"origin": None})
    (figure,) = access.figures(case(access=facts))
    assert "conflicts could not be judged" in figure.words and "no conflict was found" not in figure.words


def test_many_people_and_permissions_say_how_many(case: Make) -> None:
    grants = [(f"user{n:03d}", f"permission-{n % 30}", "m") for n in range(200)] + [
        ("zoe", "train", "m"), ("zoe", "approve", "m")
    ]  # fmt: skip
    (figure,) = access.figures(case(access=_granted(*grants)))
    said = _texts(figure)
    assert "zoe" in said and "train" in said and "approve" in said and "+1" in said
    assert "22 of 201 principals are drawn" in figure.note and "10 of 32 permissions are drawn" in figure.note


@pytest.fixture
def stress(case: Make) -> Verified:
    """Sixty groups, two hundred features, much lineage, many grants, and names that would break a page."""
    groups = {f"group {n}": (100 + 7 * n, 1000) for n in range(60)} | {HOSTILE: (2, 9), "W" * 500: (400, 1000)}
    shares = {f"feature_{n}_{'long' * 20}": 0.0049 for n in range(200)} | {HOSTILE: 0.02}
    ancestors = (_way("race", HOSTILE, HOSTILE, "W" * 300), _way(HOSTILE, HOSTILE))
    lineage_facts = LineageFacts(
        sources=(_source("race"),),
        features=tuple(
            FeatureAncestry(feature=name, ancestors=ancestors, gap=None) for name in (HOSTILE, *map(str, range(200)))
        ),
    )
    grants = [(f"oidc:https://idp.example|{n}", f"permission.{n % 40}", "m") for n in range(200)]
    grants += [(HOSTILE, HOSTILE, "*"), (HOSTILE, "train", "m"), (HOSTILE, "approve", "m"), ("*", "deploy", "*")]
    facts = {"lineage": lineage_facts, "access": _granted(*grants), "explainability": _explained(shares)}
    return case(groups=groups, **facts)


def test_nothing_leaves_the_page_and_nothing_unseen_is_on_it(stress: Verified, definition: bytes) -> None:
    for chart in CHARTS:
        for figure in chart.figures(stress):
            assert figure.drawing is not None and figure.drawing.height < 500
            for shape in _shapes(figure.drawing):
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
    empty = {"lineage": LineageFacts(sources=(), features=()), "access": _granted(), "explainability": None}
    verified = case(_policy("  []\n"), **empty)
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


def test_a_value_beside_its_pair_is_never_cut() -> None:
    """Half a number would be another number."""
    room = ratios._N - ratios._RIGHT - 36
    for said in ("-0.003131 [-0.03204, -0.003187]", "0.79999999 [-0.03204, 0.03187]"):
        assert wide(said) <= room, said


def test_how_often_it_is_right_is_told_by_group_against_the_floor(case: Make) -> None:
    """`make_evidence` selects as many as are right, so that a group's accuracy is its rate."""
    policy = _policy(
        "  - {id: s, uses: performance.slice_floor@1, enforcement: {default: deny},\n"
        "     with: {at_least: 0.7, min_rows: 30}}\n"
    )
    verified = case(policy, groups=UNFAIR | {"Few": (3, 12)})
    (figure,) = slices.figures(verified)
    said = _texts(figure)
    assert "everybody" in said and "limit 0.7" in said and said.count("few rows") == 1
    assert figure.about == ("p#s",) and "the limit is 0.7" in figure.words
    facts = verified.evidence.facts
    table = next(iter(facts.fairness.tables))
    rates_ = {f"race: {cell.group[0]}": cell.tp / cell.rows + cell.tn / cell.rows for cell in table.cells}
    rows = {row[0]: row for row in figure.table.rows}
    assert all(rows[name][1].startswith(f"{rate:.3f}") for name, rate in rates_.items())


def test_a_source_that_expired_is_marked_in_word_and_shape(case: Make) -> None:
    for expires, marked in (("2026-01-01T00:00:00Z", True), ("2999-01-01T00:00:00Z", False)):
        source = _source().model_copy(update={"expires": expires})
        features = (FeatureAncestry(feature="income", ancestors=(_way("pay", "income"),), gap=None),)
        (figure,) = lineage.figures(case(lineage=LineageFacts(sources=(source,), features=features)))
        assert ("EXPIRED " in _texts(figure)) is marked and ("no longer to be used: people" in figure.words) is marked
        assert figure.table.rows == (("income", "people.pay", "", "EXPIRED" if marked else ""),)
