"""The confusion counts of one group, and every metric that follows from them."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, get_args

from governance.canonical import Count, Document

Rate = Literal["selection_rate", "prevalence", "accuracy", "tpr", "fpr", "tnr", "fnr", "ppv", "npv"]
RATES: tuple[str, ...] = get_args(Rate)
Derived = Literal[
    "balanced_accuracy", "informedness", "f0_5", "f1", "f2", "matthews_corrcoef", "cohen_kappa",
    "positive_likelihood_ratio", "negative_likelihood_ratio",
]  # fmt: skip
"""Functions of several rates."""
GroupMetric = Literal[Rate, "jaccard", Derived]
"""What groups, or two models, are compared by."""
GROUP_METRICS: tuple[str, ...] = get_args(GroupMetric)

LOWER_IS_BETTER = frozenset({"fpr", "fnr", "zero_one_loss", "negative_likelihood_ratio"})
NEITHER_IS_BETTER = frozenset({"selection_rate", "prevalence"})

CELLS = ("tn", "fp", "fn", "tp")
_EVERY = CELLS
_TRUE, _FALSE, _CHOSEN, _REFUSED = ("tp", "fn"), ("tn", "fp"), ("tp", "fp"), ("tn", "fn")
# (cells of the numerator, cells of the denominator); names as in Fawcett, "An introduction to ROC analysis" (2006), and
# as scikit-learn calls them.
_PROPORTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "selection_rate": (_CHOSEN, _EVERY),
    "prevalence": (_TRUE, _EVERY),
    "accuracy": (("tp", "tn"), _EVERY),
    "zero_one_loss": (("fp", "fn"), _EVERY),
    "tpr": (("tp",), _TRUE),
    "recall": (("tp",), _TRUE),
    "fpr": (("fp",), _FALSE),
    "tnr": (("tn",), _FALSE),
    "specificity": (("tn",), _FALSE),
    "fnr": (("fn",), _TRUE),
    "ppv": (("tp",), _CHOSEN),
    "precision": (("tp",), _CHOSEN),
    "npv": (("tn",), _REFUSED),
    "jaccard": (("tp",), ("tp", "fp", "fn")),
}


class _Function(NamedTuple):
    """`formula` takes tn, fp, fn, tp, as numbers or as arrays. `bases` are the sums of cells that it divides by; its
    values lie between `least` and `most`."""

    formula: Callable[[Any, Any, Any, Any], Any]
    bases: tuple[tuple[str, ...], ...]
    least: float = 0.0
    most: float = 1.0


def _f(beta: float) -> _Function:
    """van Rijsbergen, "Information retrieval" (1979), chapter 7."""
    b = beta * beta
    return _Function(lambda tn, fp, fn, tp: (1 + b) * tp / ((1 + b) * tp + b * fn + fp), (("tp", "fp", "fn"),))


def _kappa(tn: Any, fp: Any, fn: Any, tp: Any) -> Any:
    """Cohen, "A coefficient of agreement for nominal scales" (1960), multiplied out for two classes."""
    return 2 * (tp * tn - fp * fn) / ((tp + fp) * (tn + fp) + (tp + fn) * (tn + fn))


def _matthews(tn: Any, fp: Any, fn: Any, tp: Any) -> Any:
    """Matthews, Biochimica et Biophysica Acta 405 (1975)."""
    return (tp * tn - fp * fn) / ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) ** 0.5


_BY_LABEL = (_TRUE, _FALSE)
_FUNCTIONS: dict[str, _Function] = {
    "balanced_accuracy": _Function(lambda tn, fp, fn, tp: (tp / (tp + fn) + tn / (tn + fp)) / 2, _BY_LABEL),
    # Youden, "Index for rating diagnostic tests" (1950): balanced accuracy adjusted for chance.
    "informedness": _Function(lambda tn, fp, fn, tp: tp / (tp + fn) + tn / (tn + fp) - 1, _BY_LABEL, -1.0),
    "f0_5": _f(0.5),
    "f1": _f(1),
    "f2": _f(2),
    "matthews_corrcoef": _Function(_matthews, (_TRUE, _FALSE, _CHOSEN, _REFUSED), -1.0),
    "cohen_kappa": _Function(_kappa, (_EVERY,), -1.0),
    "positive_likelihood_ratio": _Function(
        lambda tn, fp, fn, tp: (tp / (tp + fn)) / (fp / (tn + fp)), _BY_LABEL, most=float("inf")
    ),
    "negative_likelihood_ratio": _Function(
        lambda tn, fp, fn, tp: (fn / (tp + fn)) / (tn / (tn + fp)), _BY_LABEL, most=float("inf")
    ),
}
_STEP = 1e-20


def is_proportion(metric: str) -> bool:
    """Whether it is one count divided by another, so that intervals of proportions hold for it."""
    return metric in _PROPORTIONS


def cells_of(metric: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the numerator's and the denominator's cells of a proportion. KeyError for another metric."""
    return _PROPORTIONS[metric]


def bases_of(metric: str) -> tuple[tuple[str, ...], ...]:
    """The sums of cells that it divides by: on fewer than so many rows nothing can be said. KeyError for an unknown
    metric."""
    return (_PROPORTIONS[metric][1],) if metric in _PROPORTIONS else _FUNCTIONS[metric].bases


def range_of(metric: str) -> tuple[float, float]:
    """Its least and its largest value."""
    return (0.0, 1.0) if metric in _PROPORTIONS else (_FUNCTIONS[metric].least, _FUNCTIONS[metric].most)


def evaluate(metric: str, tn: Any, fp: Any, fn: Any, tp: Any) -> Any:
    """The metric of four numbers, or of four arrays. Division by zero is the caller's: an error for numbers, not finite
    for arrays."""
    if metric not in _PROPORTIONS:
        return _FUNCTIONS[metric].formula(tn, fp, fn, tp)
    cells = {"tn": tn, "fp": fp, "fn": fn, "tp": tp}
    above, below = _PROPORTIONS[metric]
    return sum(cells[name] for name in above) / sum(cells[name] for name in below)


def gradient(metric: str, counts: Sequence[Any]) -> list[Any]:
    """Derivatives by tn, fp, fn and tp, of numbers or of arrays, by a complex step: exact to the last digits, for no
    difference is taken (Squire and Trapp, SIAM Review 40, 1998)."""
    found = []
    for at in range(4):
        moved = [count + (_STEP * 1j if place == at else 0j) for place, count in enumerate(counts)]
        found.append(evaluate(metric, *moved).imag / _STEP)
    return found


class Counts(Document):
    """Rows by true and predicted label (unweighted)."""

    tn: Count
    fp: Count
    fn: Count
    tp: Count

    @property
    def rows(self) -> int:
        return self.tn + self.fp + self.fn + self.tp

    def proportion(self, metric: str) -> tuple[int, int]:
        """(numerator, denominator) of a rate; undefined where the denominator is 0."""
        above, below = _PROPORTIONS[metric]
        return self._sum(above), self._sum(below)

    def _sum(self, cells: tuple[str, ...]) -> int:
        counts: list[int] = [getattr(self, name) for name in cells]
        return sum(counts)

    def basis(self, metric: str) -> int:
        """How many rows a metric rests on: the smallest sum that it divides by."""
        return min([self._sum(base) for base in bases_of(metric)])

    def value(self, metric: str) -> float | None:
        """Null where it divides by zero."""
        try:
            if is_proportion(metric):
                above, below = self.proportion(metric)
                return above / below
            return float(evaluate(metric, self.tn, self.fp, self.fn, self.tp))
        except ZeroDivisionError:
            return None

    def variance(self, metric: str) -> float:
        """Of a metric that has a value, by the delta method for multinomial counts (Agresti, "Categorical data
        analysis", 2013, section 16.1): metrics of counts do not change when all counts are doubled, so it is the sum
        over cells of count times derivative squared."""
        counts = (self.tn, self.fp, self.fn, self.tp)
        slopes: list[float] = gradient(metric, counts)
        return sum(count * slope * slope for count, slope in zip(counts, slopes, strict=True))
