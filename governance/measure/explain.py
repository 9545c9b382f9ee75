"""Shapley attributions in the child: an explicit explainer, our own additivity check, shares with standard errors.

Lundberg et al., "From local explanations to global understanding with explainable AI for trees" (2020); Strumbelj and
Kononenko, "Explaining prediction models and individual predictions with feature contributions" (2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from governance.canonical import real
from governance.errors import BadInput
from governance.evidence.explainability import FeatureShare, GlobalAttribution, Ranking
from governance.measure.messages import Attribution, Sides
from governance.measure.models import Model, SklearnModel, XgboostModel, spelled

if TYPE_CHECKING:
    import numpy
    import pandas

_PROBABILITY_TREES = ("DecisionTreeClassifier", "ExtraTreeClassifier", "RandomForestClassifier", "ExtraTreesClassifier")
_LOG_ODDS_TREES = ("GradientBoostingClassifier", "HistGradientBoostingClassifier")
_LINEAR = (
    "LogisticRegression",
    "LogisticRegressionCV",
    "SGDClassifier",
    "LinearSVC",
    "RidgeClassifier",
    "RidgeClassifierCV",
    "Perceptron",
)
_PERMUTATIONS = 10
_RANKED = 200
_MOST_EVALUATIONS = 500

Unit = Literal["probability", "log_odds", "raw"]


class Values(NamedTuple):
    """phi: rows x features. base: one number, or one for each row. output: the model's own answer for each row."""

    explainer: Literal["tree_path_dependent", "linear", "permutation"]
    unit: Unit
    background: bool
    phi: numpy.ndarray
    base: Any
    output: numpy.ndarray


def attribute(
    model: Model,
    frame: pandas.DataFrame,
    background: pandas.DataFrame,
    sides: Sequence[Sides],
    seed: int,
    repeats: int = 0,
) -> Attribution:
    """Explain the rows of `frame` towards the positive class. `background` is used where the explainer needs one.
    `repeats` further rankings come from halves of both.

    Raises BadInput where classes cannot be told apart, attributions are not finite, or no feature has any influence.
    """
    import numpy as np

    positive = positive_columns(model.classes(frame), sides)
    values = _values(model, frame, background, positive, seed)
    phi = np.asarray(values.phi, dtype=np.float64)
    if phi.shape != frame.shape or not np.isfinite(phi).all():
        raise BadInput("the explainer gave no finite attribution for each row and feature", got=str(phi.shape))
    error = float(np.max(np.abs(phi.sum(axis=1) + values.base - values.output)))
    if not np.isfinite(error):
        raise BadInput("the model's output is not finite")
    return Attribution(
        explainer=values.explainer,
        unit=values.unit,
        rows=len(frame),
        background=values.background,
        additivity_error=real(error),
        importance=shares(phi, list(frame.columns)),
        repeats=tuple(_ranked(model, frame, background, positive, seed, at) for at in range(1, repeats + 1)) or None,
    )


def _ranked(
    model: Model, frame: pandas.DataFrame, background: pandas.DataFrame, positive: list[bool], seed: int, at: int
) -> Ranking:
    """The ranking of one repeat: half of the rows, at most _RANKED, and half of the background, drawn by its seed."""
    import numpy as np

    drawn = (seed + at) % 2**32
    random = np.random.Generator(np.random.PCG64(drawn))
    some = frame.iloc[np.sort(random.permutation(len(frame))[: max(2, min(_RANKED, len(frame) // 2))])]
    against = background.iloc[np.sort(random.permutation(len(background))[: max(1, len(background) // 2)])]
    values = _values(model, some.reset_index(drop=True), against.reset_index(drop=True), positive, drawn)
    ranked = shares(np.asarray(values.phi, dtype=np.float64), list(frame.columns))
    return Ranking(seed=drawn, rows=len(some), features=tuple(each.feature for each in ranked.features))


def positive_columns(classes: Sequence[Any], sides: Sequence[Sides]) -> list[bool]:
    """For each class whether it is positive, by the first of `sides` that lists every class. BadInput if none does."""
    for side in sides:
        placed = [
            (any(text in side.positive for text in texts), any(text in side.negative for text in texts))
            for texts in map(spelled, classes)
        ]
        if all(positive != negative for positive, negative in placed):
            return [positive for positive, _ in placed]
    raise BadInput(
        "the model's classes are not those that the manifest lists",
        got=", ".join(repr(spelled(each)[0]) for each in classes)[:200],
        expected="each in `positive` or `negative`",
    )


def shares(phi: numpy.ndarray, features: Sequence[str]) -> GlobalAttribution:
    """share_j = mean |phi_j| / sum_k mean |phi_k|; its standard error by linearisation of a ratio of means (Cochran,
    "Sampling techniques", 1977, section 6.3): residuals |phi_j| - share_j * sum_k |phi_k|. Needs at least two rows."""
    import numpy as np

    size = np.abs(phi)
    total = size.sum(axis=1)
    if len(size) < 2:
        raise BadInput("a standard error needs at least two explained rows", got=str(len(size)))
    if total.mean() == 0:
        raise BadInput("no feature has any influence: the model gives every row the same answer")
    share = size.mean(axis=0) / total.mean()
    residuals = size - share * total[:, None]
    error = np.sqrt(residuals.var(axis=0, ddof=1) / len(size)) / total.mean()
    rows = [
        FeatureShare(feature=name, mean_abs=real(float(mean)), share=real(float(part)), share_se=real(float(se)))
        for name, mean, part, se in zip(features, size.mean(axis=0), share, error, strict=True)
    ]
    rows.sort(key=lambda row: (-Decimal(row.share), row.feature))
    return GlobalAttribution(top_feature=rows[0].feature, top_share=rows[0].share, features=tuple(rows))


def _values(
    model: Model, frame: pandas.DataFrame, background: pandas.DataFrame, positive: list[bool], seed: int
) -> Values:
    binary = len(positive) == 2 and sum(positive) == 1
    if isinstance(model, XgboostModel):
        return _xgboost(model, frame, 1.0 if positive[1] else -1.0)
    if isinstance(model, SklearnModel) and type(model.native).__module__.startswith("sklearn."):
        name = type(model.native).__name__
        if name in _PROBABILITY_TREES and getattr(model.native, "n_outputs_", 1) == 1:
            return _trees(model, frame, positive)
        sign = 1.0 if positive[-1] else -1.0
        if name in _LOG_ODDS_TREES and binary and _plain(model.native):
            return _boosted(model, frame, sign)
        if name in _LINEAR and binary:
            return _linear(model, frame, background, sign)
    return _permutation(model, frame, background, positive, seed)


def _plain(booster: Any) -> bool:
    """Without a first estimator of its own and without categories: what TreeExplainer reads."""
    categorical = getattr(booster, "is_categorical_", None)
    return getattr(booster, "init", None) is None and (categorical is None or not categorical.any())


def _trees(model: SklearnModel, frame: pandas.DataFrame, positive: list[bool]) -> Values:
    import numpy as np
    import shap

    explainer = shap.TreeExplainer(model.native, feature_perturbation="tree_path_dependent")
    phi = np.asarray(explainer.shap_values(frame.to_numpy(), check_additivity=False))
    chosen = np.flatnonzero(positive)
    base = float(np.ravel(explainer.expected_value)[chosen].sum())
    output = model.native.predict_proba(model.given(frame))[:, chosen].sum(axis=1)
    return Values("tree_path_dependent", "probability", False, phi[:, :, chosen].sum(axis=2), base, output)


def _boosted(model: SklearnModel, frame: pandas.DataFrame, sign: float) -> Values:
    import numpy as np
    import shap

    explainer = shap.TreeExplainer(model.native, feature_perturbation="tree_path_dependent")
    phi = np.asarray(explainer.shap_values(frame.to_numpy(), check_additivity=False))
    base = float(np.ravel(explainer.expected_value)[-1])
    output = model.native.decision_function(model.given(frame))
    return Values("tree_path_dependent", "log_odds", False, sign * phi, sign * base, sign * output)


def _xgboost(model: XgboostModel, frame: pandas.DataFrame, sign: float) -> Values:
    import numpy as np
    import shap

    matrix = model.matrix(frame)
    explainer = shap.TreeExplainer(model.native, feature_perturbation="tree_path_dependent")
    phi = np.asarray(explainer.shap_values(matrix, check_additivity=False), dtype=np.float64)
    base = float(np.ravel(explainer.expected_value)[-1])
    output = model.native.predict(matrix, output_margin=True).astype(np.float64)
    return Values("tree_path_dependent", "log_odds", False, sign * phi, sign * base, sign * output)


def _linear(model: SklearnModel, frame: pandas.DataFrame, background: pandas.DataFrame, sign: float) -> Values:
    import numpy as np
    import shap

    native = model.native
    masker = shap.maskers.Independent(background.to_numpy(), max_samples=len(background))
    weights = (np.ravel(native.coef_), float(np.ravel(native.intercept_)[0]))
    explainer = shap.LinearExplainer(weights, masker)
    phi = np.asarray(explainer.shap_values(frame.to_numpy()))
    name = type(native).__name__
    logistic = name.startswith("Logistic") or (name == "SGDClassifier" and native.loss == "log_loss")
    unit: Unit = "log_odds" if logistic else "raw"
    output = np.ravel(native.decision_function(model.given(frame)))
    return Values("linear", unit, True, sign * phi, sign * float(explainer.expected_value), sign * output)


def _permutation(
    model: Model, frame: pandas.DataFrame, background: pandas.DataFrame, positive: list[bool], seed: int
) -> Values:
    import numpy as np
    import pandas as pd
    import shap

    # The explainer mixes rows as arrays of numbers; text travels as its number in a sorted list.
    names = [name for name in frame.columns if frame[name].dtype != np.float64]
    known = {name: sorted({*frame[name].dropna(), *background[name].dropna()}) for name in names}

    def encode(table: pd.DataFrame) -> np.ndarray:
        numbers = table.copy()
        for name in names:
            numbers[name] = table[name].map({text: at for at, text in enumerate(known[name])}).astype(np.float64)
        return numbers.to_numpy(dtype=np.float64)

    def decode(numbers: np.ndarray) -> pd.DataFrame:
        table = pd.DataFrame(numbers, columns=list(frame.columns))
        for name in names:
            values = [known[name][int(at)] if at == at else np.nan for at in table[name]]
            table[name] = pd.Series(values, index=table.index, dtype=object)
        return table

    unit: Unit = "probability" if model.outputs(frame.head(1)) is not None else "raw"

    def answer(numbers: np.ndarray) -> np.ndarray:
        table = decode(numbers)
        outputs = model.outputs(table)
        if outputs is not None:
            return outputs[:, np.flatnonzero(positive)].sum(axis=1)
        decision = getattr(model.native, "decision_function", None)
        if decision is None or len(positive) != 2 or not isinstance(model, SklearnModel):
            raise BadInput("the model gives classes only: no probability and no score to explain")
        return (1.0 if positive[1] else -1.0) * np.ravel(decision(model.given(table)))

    width = frame.shape[1]
    masker = shap.maskers.Independent(encode(background), max_samples=len(background))
    explainer = shap.PermutationExplainer(answer, masker, seed=seed)
    evaluations = max(2 * width + 1, min(_MOST_EVALUATIONS, _PERMUTATIONS * (2 * width + 1)))
    explained = explainer(encode(frame), max_evals=evaluations, silent=True)
    output = answer(encode(frame))
    return Values("permutation", unit, True, explained.values, np.ravel(explained.base_values), output)
