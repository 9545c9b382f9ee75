"""Performance facts: overall confusion counts on the evaluation data."""

from governance.canonical import Document
from governance.evidence.counts import Counts
from governance.evidence.origin import FactOrigin


class PerformanceFacts(Document):
    origin: FactOrigin | None = None
    counts: Counts
