"""Overlap facts: how many rows of the evaluation the model was trained on."""

from governance.canonical import Count, Document
from governance.evidence.origin import FactOrigin


class OverlapFacts(Document):
    """Rows are the same where all of `columns` are: numbers by value, all else by text. `found` counts evaluation rows
    that are also in the training table, `repeated` those that repeat another row of the evaluation."""

    origin: FactOrigin | None = None
    columns: tuple[str, ...]
    evaluation_rows: Count
    training_rows: Count
    found: Count
    repeated: Count
