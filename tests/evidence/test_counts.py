"""Metrics of confusion counts: their values are scikit-learn's, their variances those of simulation and arithmetic."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from governance.evidence.counts import GROUP_METRICS, Counts, bases_of, evaluate, is_proportion, range_of
from governance.evidence.performance import COUNT_METRICS


def _likelihood(side: int) -> Callable[..., float]:
    return lambda truth, predicted: float(sk.class_likelihood_ratios(truth, predicted)[side])


SKLEARN: dict[str, Callable[..., float]] = {
    "selection_rate": lambda truth, predicted: float(np.mean(predicted)),
    "prevalence": lambda truth, predicted: float(np.mean(truth)),
    "accuracy": sk.accuracy_score,
    "zero_one_loss": sk.zero_one_loss,
    "tpr": sk.recall_score,
    "recall": sk.recall_score,
    "fpr": lambda truth, predicted: 1 - sk.recall_score(truth, predicted, pos_label=0),
    "tnr": lambda truth, predicted: sk.recall_score(truth, predicted, pos_label=0),
    "specificity": lambda truth, predicted: sk.recall_score(truth, predicted, pos_label=0),
    "fnr": lambda truth, predicted: 1 - sk.recall_score(truth, predicted),
    "ppv": sk.precision_score,
    "precision": sk.precision_score,
    "npv": lambda truth, predicted: sk.precision_score(truth, predicted, pos_label=0),
    "jaccard": sk.jaccard_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "informedness": lambda truth, predicted: sk.balanced_accuracy_score(truth, predicted, adjusted=True),
    "f0_5": lambda truth, predicted: sk.fbeta_score(truth, predicted, beta=0.5),
    "f1": sk.f1_score,
    "f2": lambda truth, predicted: sk.fbeta_score(truth, predicted, beta=2),
    "matthews_corrcoef": sk.matthews_corrcoef,
    "cohen_kappa": sk.cohen_kappa_score,
    "positive_likelihood_ratio": _likelihood(0),
    "negative_likelihood_ratio": _likelihood(1),
}
CELLS = st.tuples(*[st.integers(1, 80)] * 4)


def test_every_metric_is_compared() -> None:
    assert set(SKLEARN) == {*GROUP_METRICS, *COUNT_METRICS}


@settings(max_examples=80, deadline=None)
@given(CELLS)
def test_values_are_those_of_scikit_learn(cells: tuple[int, ...]) -> None:
    truth, predicted = np.repeat([0, 0, 1, 1], cells), np.repeat([0, 1, 0, 1], cells)
    counts = Counts(**dict(zip(("tn", "fp", "fn", "tp"), cells, strict=True)))
    for metric, definition in SKLEARN.items():
        value = counts.value(metric)
        assert value == pytest.approx(definition(truth, predicted), rel=1e-12, abs=1e-12), metric
        assert evaluate(metric, *(np.array([float(cell)]) for cell in cells))[0] == pytest.approx(value, rel=1e-12)
        least, most = range_of(metric)
        assert least <= (value or 0) <= most


@given(CELLS)
def test_variances_of_proportions_are_the_textbooks(cells: tuple[int, ...]) -> None:
    counts = Counts(**dict(zip(("tn", "fp", "fn", "tp"), cells, strict=True)))
    for metric in filter(is_proportion, SKLEARN):
        k, n = counts.proportion(metric)
        assert counts.variance(metric) == pytest.approx(float(Fraction(k * (n - k), n**3)), rel=1e-9)
        assert counts.basis(metric) == n


@pytest.mark.parametrize("metric", [metric for metric in SKLEARN if not is_proportion(metric)])
def test_variances_are_those_of_simulation(metric: str) -> None:
    cells = np.array([400, 130, 70, 200])
    drawn = np.random.default_rng(5).multinomial(cells.sum(), cells / cells.sum(), size=40_000)
    simulated = np.var(evaluate(metric, *drawn.T.astype(float)))
    counts = Counts(tn=400, fp=130, fn=70, tp=200)
    assert counts.variance(metric) == pytest.approx(simulated, rel=0.06)


def test_what_divides_by_zero_has_no_value() -> None:
    nobody = Counts(tn=50, fp=0, fn=0, tp=0)
    undefined = {metric for metric in SKLEARN if nobody.value(metric) is None}
    assert undefined >= {"tpr", "ppv", "f1", "jaccard", "matthews_corrcoef", "balanced_accuracy", "cohen_kappa"}
    assert "accuracy" not in undefined and nobody.basis("accuracy") == 50 and nobody.basis("balanced_accuracy") == 0
    with pytest.raises(KeyError):
        bases_of("r2")
