"""The confusion counts of one group, and the rates that are proportions of them."""

from typing import Literal, get_args

from governance.canonical import Count, Document

Rate = Literal["selection_rate", "prevalence", "accuracy", "tpr", "fpr", "tnr", "fnr", "ppv", "npv"]

# (cells of the numerator, cells of the denominator); names as in Fawcett, "An introduction to ROC analysis" (2006).
_CELLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "selection_rate": (("tp", "fp"), ("tn", "fp", "fn", "tp")),
    "prevalence": (("tp", "fn"), ("tn", "fp", "fn", "tp")),
    "accuracy": (("tp", "tn"), ("tn", "fp", "fn", "tp")),
    "tpr": (("tp",), ("tp", "fn")),
    "fpr": (("fp",), ("fp", "tn")),
    "tnr": (("tn",), ("fp", "tn")),
    "fnr": (("fn",), ("tp", "fn")),
    "ppv": (("tp",), ("tp", "fp")),
    "npv": (("tn",), ("tn", "fn")),
}
RATES: tuple[str, ...] = get_args(Rate)


def cells_of(metric: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the numerator's and the denominator's cells. KeyError for an unknown metric."""
    return _CELLS[metric]


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
        above, below = _CELLS[metric]
        return sum(getattr(self, name) for name in above), sum(getattr(self, name) for name in below)
