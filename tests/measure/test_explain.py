"""Attributions: known Shapley values, additivity, the sign of the positive class, shares with their standard errors."""

from collections.abc import Sequence
from typing import Any

import pytest

from governance.errors import BadInput
from governance.measure.explain import Values, _values, attribute, positive_columns, shares
from governance.measure.messages import Sides
from governance.measure.models import Model, OnnxModel, SklearnModel, XgboostModel

ONE = (Sides(positive=("1",), negative=("0",)),)


@pytest.fixture(scope="module")
def data() -> tuple[Any, Any]:
    import numpy as np
    import pandas as pd

    values = np.random.default_rng(0).normal(size=(400, 4)).astype("float32").astype("float64")
    noise = np.random.default_rng(1).normal(size=400)
    return pd.DataFrame(values, columns=list("abcd")), (values[:, 0] + values[:, 1] / 2 + noise > 0).astype(int)


def explained(model: Model, frame: Any, background: Any = None, positive: Sequence[bool] = (False, True)) -> Values:
    return _values(model, frame, frame if background is None else background, list(positive), 3)


@pytest.mark.parametrize(
    ("target", "at", "phi"),
    [
        ([0, 0, 0, 1], (1, 1), (0.375, 0.375)),
        ([0, 0, 0, 1], (0, 0), (-0.125, -0.125)),
        ([0, 1, 1, 1], (1, 1), (0.125, 0.125)),
        ([0, 1, 1, 1], (0, 0), (-0.375, -0.375)),
        ([0, 0, 1, 1], (1, 0), (0.5, 0.0)),
        ([0, 0, 1, 1], (0, 1), (-0.5, 0.0)),
    ],
)
def test_trees_of_and_or_and_one_split(target: list[int], at: tuple[int, int], phi: tuple[float, float]) -> None:
    import pandas as pd
    from sklearn.tree import DecisionTreeClassifier

    table = pd.DataFrame([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], columns=["x", "y"])
    tree = DecisionTreeClassifier(random_state=0).fit(table, target)
    row = pd.DataFrame([at], columns=["x", "y"], dtype=float)
    values = explained(SklearnModel(tree), row)
    assert (values.explainer, values.unit, values.background) == ("tree_path_dependent", "probability", False)
    assert values.phi[0] == pytest.approx(phi, abs=1e-12)
    other = explained(SklearnModel(tree), row, positive=(True, False))
    assert other.phi[0] == pytest.approx([-each for each in phi], abs=1e-12)


def _models() -> list[Any]:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, HistGradientBoostingClassifier
    from sklearn.ensemble import RandomForestClassifier as Forest
    from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    tree, linear, mixed = "tree_path_dependent", "linear", "permutation"
    return [
        (Forest(5, max_depth=4, random_state=0), tree, "probability"),
        (ExtraTreesClassifier(5, max_depth=4, random_state=0), tree, "probability"),
        (GradientBoostingClassifier(n_estimators=5), tree, "log_odds"),
        (GradientBoostingClassifier(n_estimators=5, init=GaussianNB()), mixed, "probability"),
        (HistGradientBoostingClassifier(max_iter=5), tree, "log_odds"),
        (HistGradientBoostingClassifier(max_iter=5, categorical_features=[3]), mixed, "probability"),
        (LogisticRegression(), linear, "log_odds"),
        (SGDClassifier(loss="log_loss", random_state=0), linear, "log_odds"),
        (SGDClassifier(random_state=0), linear, "raw"),
        (RidgeClassifier(), linear, "raw"),
        (make_pipeline(StandardScaler(), LogisticRegression()), mixed, "probability"),
        (make_pipeline(StandardScaler(), LinearSVC()), mixed, "raw"),
        (CalibratedClassifierCV(LinearSVC(), cv=2), mixed, "probability"),
    ]


@pytest.mark.parametrize("number", range(13))
def test_explainer_unit_and_additivity(data: tuple[Any, Any], number: int) -> None:
    frame, labels = data
    native, explainer, unit = _models()[number]
    if "categorical_features=[3]" in repr(native):
        frame = frame.assign(d=(frame["d"] > 0).astype(float))
    model = SklearnModel(native.fit(frame, labels))
    found = attribute(model, frame[:12], frame[100:140], ONE, 3)
    assert (found.explainer, found.unit, found.rows) == (explainer, unit, 12)
    assert found.background == (explainer != "tree_path_dependent")
    assert float(found.additivity_error) < 1e-6
    assert found.importance.top_feature == "a"
    assert attribute(model, frame[:12], frame[100:140], ONE, 3) == found
    turned = attribute(model, frame[:12], frame[100:140], (Sides(positive=("0",), negative=("1",)),), 3)
    mine, its = (
        explained(model, frame[:12], frame[100:140]),
        explained(model, frame[:12], frame[100:140], (True, False)),
    )
    assert float(turned.additivity_error) < 1e-6
    assert its.phi == pytest.approx(-mine.phi, abs=1e-9)


def test_additivity_error_is_the_largest_gap(data: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.linear_model import LogisticRegression

    from governance.measure import explain

    frame, labels = data
    real_values = explain._values

    def off(*given: Any) -> Values:
        values = real_values(*given)
        values.phi[3, 0] += 0.25
        return values

    monkeypatch.setattr(explain, "_values", off)
    found = attribute(SklearnModel(LogisticRegression().fit(frame, labels)), frame[:10], frame[:50], ONE, 3)
    assert float(found.additivity_error) == pytest.approx(0.25)


def test_linear_attributions_are_weight_times_distance_from_the_mean(data: tuple[Any, Any]) -> None:
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    frame, labels = data
    native = LogisticRegression().fit(frame, labels)
    values = explained(SklearnModel(native), frame[:20], frame[50:150])
    expected = native.coef_[0] * (frame[:20].to_numpy() - frame[50:150].to_numpy().mean(axis=0))
    assert values.phi == pytest.approx(expected, abs=1e-12)
    assert np.ptp(values.phi.sum(axis=1) - native.decision_function(frame[:20])) < 1e-12


def test_permutation_equals_shapley_by_definition(data: tuple[Any, Any]) -> None:
    """Two features: phi_1 = (v(1) - v() + v(12) - v(2)) / 2, with v(S) the mean over the background of the rest."""
    import numpy as np
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    frame, labels = data[0][["a", "b"]], data[1]
    native = make_pipeline(StandardScaler(), SVC()).fit(frame, labels)
    rows, background = frame[:5], frame[20:40]
    values = explained(SklearnModel(native), rows, background)

    def worth(row: Any, kept: Sequence[str]) -> float:
        mixed = background.copy()
        for name in kept:
            mixed[name] = row[name]
        return float(np.mean(native.decision_function(mixed)))

    for at in range(5):
        row = rows.iloc[at]
        none, first, second, both = (worth(row, kept) for kept in ([], ["a"], ["b"], ["a", "b"]))
        expected = [(first - none + both - second) / 2, (second - none + both - first) / 2]
        assert values.phi[at] == pytest.approx(expected, abs=1e-9)


def test_text_features_are_explained(data: tuple[Any, Any]) -> None:
    import numpy as np
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    frame, labels = data
    frame = frame.assign(t=np.where(labels == 1, "yes", "no").astype(object))
    frame.loc[5:9, "t"] = np.nan
    coding = make_column_transformer((OneHotEncoder(), ["t"]), remainder="passthrough")
    model = SklearnModel(make_pipeline(coding, LogisticRegression()).fit(frame, labels))
    found = attribute(model, frame[:12], frame[:30], ONE, 1)
    assert found.importance.top_feature == "t"
    assert float(found.additivity_error) < 1e-9


def test_several_positive_classes_add_up(data: tuple[Any, Any]) -> None:
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier

    frame, _ = data
    grades = np.digitize(frame["a"], [-0.5, 0.5])
    native = RandomForestClassifier(5, max_depth=3, random_state=0).fit(
        frame, np.array(["low", "medium", "high"])[grades]
    )
    model = SklearnModel(native)
    sides = (Sides(positive=("yes",), negative=("no",)), Sides(positive=("high", "medium"), negative=("low",)))
    assert positive_columns(model.classes(frame), sides) == [True, False, True]
    found = attribute(model, frame[:20], frame[:5], sides, 1)
    assert found.explainer == "tree_path_dependent"
    assert float(found.additivity_error) < 1e-9
    together = explained(model, frame[:20], positive=(True, False, True)).output
    assert together == pytest.approx(1 - native.predict_proba(frame[:20])[:, 1])


def test_xgboost_and_onnx_models(data: tuple[Any, Any]) -> None:
    import xgboost
    from skl2onnx import to_onnx
    from sklearn.ensemble import RandomForestClassifier

    frame, labels = data
    native = xgboost.XGBClassifier(n_estimators=10, max_depth=3, n_jobs=1).fit(frame, labels)
    booster = XgboostModel(bytes(native.get_booster().save_raw("json")), list("abcd"))
    found = attribute(booster, frame[:30], frame[:5], ONE, 1)
    assert (found.explainer, found.unit) == ("tree_path_dependent", "log_odds")
    assert 0 < float(found.additivity_error) < 1e-4
    assert (booster.labels(frame) == native.predict(frame)).all()
    forest = RandomForestClassifier(5, max_depth=4, random_state=0).fit(frame.to_numpy(), labels)
    for options in (None, {"zipmap": False}):
        onnx = to_onnx(forest, frame.to_numpy()[:1].astype("float32"), options=options).SerializeToString()
        session = OnnxModel(onnx, list("abcd"))
        assert (session.labels(frame) == forest.predict(frame.to_numpy())).all()
        found = attribute(session, frame[:15], frame[50:70], ONE, 1)
        assert (found.explainer, found.unit, found.importance.top_feature) == ("permutation", "probability", "a")
        assert float(found.additivity_error) < 1e-5


def test_shares_and_their_standard_errors() -> None:
    import numpy as np

    random = np.random.default_rng(0)
    phi = random.normal(size=(4000, 3)) * [3.0, 1.0, 0.5]
    found = shares(phi, ["x", "y", "z"])
    size = np.abs(phi)
    exact = size.mean(axis=0) / size.mean(axis=0).sum()
    assert [row.feature for row in found.features] == ["x", "y", "z"]
    assert [float(row.share) for row in found.features] == pytest.approx(exact, rel=1e-8)
    assert (found.top_feature, found.top_share) == ("x", found.features[0].share)
    drawn = [size[random.integers(0, 4000, 4000)].mean(axis=0) for _ in range(400)]
    spread = np.std([each / each.sum() for each in drawn], axis=0)
    assert [float(row.share_se) for row in found.features] == pytest.approx(spread, rel=0.15)


def test_equal_shares_are_ordered_by_name() -> None:
    import numpy as np

    phi = np.array([[1.0, -1.0, 0.0], [-2.0, 2.0, 0.0]])
    assert [row.feature for row in shares(phi, ["b", "a", "c"]).features] == ["a", "b", "c"]
    for bad, says in ((np.zeros((3, 2)), "no feature has any influence"), (np.ones((1, 2)), "at least two")):
        with pytest.raises(BadInput, match=says):
            shares(bad, ["a", "b"])


def test_classes_that_are_not_listed_are_named() -> None:
    with pytest.raises(BadInput, match="'maybe'"):
        positive_columns(["1", "maybe"], ONE)
    with pytest.raises(BadInput):
        positive_columns([1, 0], (Sides(positive=("1",), negative=("1.0", "0")),))
    assert positive_columns([0, 1], (Sides(positive=("true",), negative=("false",)),)) == [False, True]


def test_repeated_rankings_come_from_other_rows_and_find_the_same_features() -> None:
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    from governance.measure.explain import attribute
    from governance.measure.messages import Sides
    from governance.measure.models import SklearnModel

    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.normal(size=(300, 4)), columns=list("abcd"))
    label = (3 * frame.a + frame.b + frame.c + frame.d > 0).astype(int)
    model = SklearnModel(LogisticRegression(C=1e3).fit(frame, label))
    sides = (Sides(positive=("1",), negative=("0",)),)
    found = attribute(model, frame, frame.head(100), sides, 2**32 - 3, 5)
    assert found.repeats is not None
    assert [one.seed for one in found.repeats] == [2**32 - 2, 2**32 - 1, 0, 1, 2]
    assert all(one.rows == 150 and one.features[0] == "a" for one in found.repeats)
    assert len({one.features for one in found.repeats}) > 1, "the three that carry as much as each other trade places"
    assert attribute(model, frame, frame.head(100), sides, 1).repeats is None
    assert found == attribute(model, frame, frame.head(100), sides, 2**32 - 3, 5)
