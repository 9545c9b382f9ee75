"""Features, where they come from, and who may do what."""

import re

from reportlab.graphics.shapes import Path as Curve
from reportlab.graphics.shapes import Polygon, Rect

from governance.evidence.lineage import FeatureAncestry, LineageFacts
from governance.render.pdf.charts import access, importance, lineage
from tests.render.charts.drawn import Make, count, explained, granted, policy_of, shapes, source, texts, way


def test_bars_with_limit_sensitive_and_intervals(case: Make) -> None:
    facts = explained({"age": 0.1, "income": 0.9}, sensitive=("age",))
    (figure,) = importance.figures(case(explainability=facts))
    said = texts(figure)
    assert said.index("income") < said.index("age") and "sensitive" in said and "limit 0.8" in said
    assert "0.900 [0.884, 0.916]" in said  # 0.9 and 1.645 times 0.01 on each side
    assert "income has the largest share, 0.900, against a limit of 0.8" in figure.words
    (free,) = importance.figures(case(policy_of("  []\n"), explainability=facts))
    assert "limit 0.8" not in texts(free) and "no rule of the policy limits it" in free.words


def test_two_hundred_features_are_the_largest_and_the_rest_in_a_sentence(case: Make) -> None:
    (figure,) = importance.figures(case(explainability=explained({f"f{n:03d}": 0.005 for n in range(200)})))
    assert count(figure, Rect) == 18
    assert "The 18 largest of 200 features are drawn; the others have 0.910 together" in figure.note


def test_a_forbidden_column_is_an_octagon_with_its_word(case: Make) -> None:
    features = (
        FeatureAncestry(feature="income", ancestors=(way("pay", "income"), way("race", "income")), gap=None),
        FeatureAncestry(feature="age", ancestors=(), gap="no lineage"),
    )
    facts = LineageFacts(sources=(source("race", "sex"),), features=features, events=3)
    (figure,) = lineage.figures(case(lineage=facts))
    said = texts(figure)
    assert "FORBIDDEN " in said and "trail ends" in said and "3 lineage events" in figure.note
    assert sum(isinstance(s, Polygon) and len(s.points) == 16 for s in shapes(figure.drawing)) == 2  # and the legend
    assert "forbidden people.race reaches income; the trail ends before a source for age" in figure.words
    assert "Forbidden and not seen to reach any feature: people.sex" in figure.note
    thick = [s for s in shapes(figure.drawing) if isinstance(s, Curve) and s.strokeWidth > 1]
    assert len(thick) == 2  # race to train.income, and on to the feature


def test_an_allowed_lineage_marks_nothing(case: Make) -> None:
    ancestors = (way("pay", "income", indirect=True),)
    facts = LineageFacts(
        sources=(source("race"),), features=(FeatureAncestry(feature="income", ancestors=ancestors, gap=None),)
    )
    (figure,) = lineage.figures(case(lineage=facts))
    assert "FORBIDDEN " not in texts(figure) and "no forbidden column is seen to reach a feature" in figure.words
    assert all(s.strokeDashArray for s in shapes(figure.drawing) if isinstance(s, Curve))
    assert "only filters, joins, groups or sorts" in figure.note


def test_much_lineage_is_cut_forbidden_last_and_counted(case: Make) -> None:
    features = tuple(
        FeatureAncestry(
            feature=f"f{n}",
            ancestors=(
                *(way(f"c{n}_{k}", f"f{n}", *(f"step{j}.c{n}_{k}" for j in range(n % 7))) for k in range(3)),
                *([way("race", f"f{n}")] if n == 199 else []),
            ),
            gap=None,
        )
        for n in range(200)
    )
    facts = LineageFacts(sources=(source("race"),), features=features)
    (figure,) = lineage.figures(case(lineage=facts))
    said = texts(figure)
    assert "race" in said and "f199" in said and figure.drawing.height < 500
    found = re.search(r"(\d+) of 200 features; (\d+) of 601 ways", figure.note)
    drawn = sum(name in {f"f{n}" for n in range(200)} for name in set(said))
    assert found and int(found[1]) >= 200 - 12 and int(found[1]) == 200 - drawn
    assert any(re.fullmatch(r"\d more steps", one) for one in said)


def test_lineage_in_a_circle_is_drawn_too(case: Make) -> None:
    ways = (way("a", "x", "t.p", "t.q"), way("b", "x", "t.q", "t.p"))
    facts = LineageFacts(sources=(source(),), features=(FeatureAncestry(feature="x", ancestors=ways, gap=None),))
    (figure,) = lineage.figures(case(lineage=facts))
    assert figure.drawing is not None and "no source forbids a column" in figure.words


def test_conflicts_and_wildcards_have_mark_and_word(case: Make) -> None:
    grants = [("Ann", "train", "m"), ("ann", "approve", "m"), ("bo", "deploy", "model:*"), ("cy", "read", "m")]
    (figure,) = access.figures(case(access=granted(*grants, approver="Ann")))
    said = texts(figure)
    assert "CONFLICT: train + approve, approved data:loans" in said and "WILDCARD" in said and said.count("Ann") == 1
    assert said.count("*") == 2  # in the cell, in the legend
    assert count(figure, Polygon) == 3  # two permissions and the legend
    assert "in conflict: Ann (train + approve, approved data:loans); 1 grant with a wildcard" in figure.words


def test_a_conflict_through_everybody_is_marked_at_the_person(case: Make) -> None:
    (figure,) = access.figures(case(access=granted(("ann", "train", "m"), ("*", "deploy", "m"))))
    assert "CONFLICT: train + deploy" in texts(figure) and "in conflict: ann (train + deploy)" in figure.words


def test_without_a_conflict_none_is_drawn(case: Make) -> None:
    facts = granted(("ann", "train", "m"), ("bo", "approve", "m"), ("bo", "approve", "n"))
    (figure,) = access.figures(case(access=facts))
    assert count(figure, Polygon) == 0 and "no conflict was found; no grant with a wildcard" in figure.words
    assert "2" in texts(figure) and "A small number counts grants" in figure.note
    (unjudged,) = access.figures(case(policy_of("  []\n"), access=facts))
    assert "conflicts are not marked" in unjudged.note and "conflicts could not be judged" in unjudged.words


def test_a_rule_that_could_not_judge_clears_nobody(case: Make) -> None:
    """The policy accepts declared facts alone, so what claims to be measured is inconclusive."""
    facts = granted(("ann", "train", "m"), ("bo", "read", "m")).model_copy(update={"origin": None})
    (figure,) = access.figures(case(access=facts))
    assert "conflicts could not be judged" in figure.words and "no conflict was found" not in figure.words


def test_many_people_and_permissions_say_how_many(case: Make) -> None:
    grants = [(f"user{n:03d}", f"permission-{n % 30}", "m") for n in range(200)] + [
        ("zoe", "train", "m"), ("zoe", "approve", "m")
    ]  # fmt: skip
    (figure,) = access.figures(case(access=granted(*grants)))
    said = texts(figure)
    assert "zoe" in said and "train" in said and "approve" in said and "+1" in said
    assert "22 of 201 principals are drawn" in figure.note and "10 of 32 permissions are drawn" in figure.note


def test_a_source_that_expired_is_marked_in_word_and_shape(case: Make) -> None:
    for expires, marked in (("2026-01-01T00:00:00Z", True), ("2999-01-01T00:00:00Z", False)):
        expiring = source().model_copy(update={"expires": expires})
        features = (FeatureAncestry(feature="income", ancestors=(way("pay", "income"),), gap=None),)
        (figure,) = lineage.figures(case(lineage=LineageFacts(sources=(expiring,), features=features)))
        assert ("EXPIRED " in texts(figure)) is marked and ("no longer to be used: people" in figure.words) is marked
        assert figure.table.rows == (("income", "people.pay", "", "EXPIRED" if marked else ""),)
