"""Documentation facts: which documents accompany the model, and what headings they have."""

from governance.canonical import Count, Document, Sha256
from governance.evidence.origin import FactOrigin


class DocumentFact(Document):
    """`words` counts words outside headings: a page of headings alone documents nothing."""

    kind: str
    path: str
    sha256: Sha256
    words: Count
    headings: tuple[str, ...]


class DocumentationFacts(Document):
    origin: FactOrigin | None = None
    documents: tuple[DocumentFact, ...]
