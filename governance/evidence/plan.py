"""What to measure. Derived from policies and a manifest by a pure function; measurement executes exactly this."""

from governance.canonical import Count, Document
from governance.evidence.fairness import Measure
from governance.evidence.performance import SCORE_METRICS


class Comparison(Document):
    metric: str
    measure: Measure
    min_rows: Count


class FairnessRequest(Document):
    """One count table with the critical values of these comparisons, and these metrics of scores (sorted names) of each
    group. `above_median`: with the rows of each group whose score is above the median of all."""

    attributes: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    scores: tuple[str, ...] = ()
    above_median: bool = False


class Plan(Document):
    """`facts` names the groups of facts that any selected rule reads, sorted. `explain_rows` is 0 where none does.

    The rest is measured only where some rule asks for it: `metrics` (sorted names) with intervals, the comparison with
    the `champion` (`champion_scores`: by these metrics of scores too), `explain_repeats` further rankings of the
    features, a search for `pickles` in the artifact.
    """

    facts: tuple[str, ...]
    fairness: tuple[FairnessRequest, ...]
    explain_rows: Count
    metrics: tuple[str, ...] = ()
    champion: bool = False
    champion_scores: tuple[str, ...] = ()
    explain_repeats: Count = 0
    pickles: bool = False

    @property
    def scored(self) -> bool:
        """Whether anything needs the model's scores."""
        asked = {*self.metrics, *self.champion_scores, *(name for one in self.fairness for name in one.scores)}
        return self.above_median or bool(asked & set(SCORE_METRICS))

    @property
    def above_median(self) -> bool:
        """Whether anything needs the median of the scores."""
        return any(one.above_median for one in self.fairness)
