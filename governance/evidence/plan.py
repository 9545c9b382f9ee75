"""What to measure. Derived from policies and a manifest by a pure function; measurement executes exactly this."""

from governance.canonical import Count, Document
from governance.evidence.fairness import Measure


class Comparison(Document):
    metric: str
    measure: Measure
    min_rows: Count


class FairnessRequest(Document):
    """One count table with the critical values of these comparisons."""

    attributes: tuple[str, ...]
    comparisons: tuple[Comparison, ...]


class Plan(Document):
    """`facts` names the groups of facts that any selected rule reads, sorted. `explain_rows` is 0 where none does."""

    facts: tuple[str, ...]
    fairness: tuple[FairnessRequest, ...]
    explain_rows: Count
