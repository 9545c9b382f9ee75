"""Access facts: who holds which permission, and who approved what. Always declared."""

from governance.canonical import Count, Document, Instant
from governance.evidence.origin import FactOrigin


class Grant(Document):
    """`line` is the line of the grants file."""

    principal: str
    permission: str
    resource: str
    line: Count


class Approval(Document):
    """An upstream approval of data or code (release approvals are acts, not evidence)."""

    item: str
    principal: str
    role: str
    at: Instant


class AccessFacts(Document):
    origin: FactOrigin | None = None
    grants: tuple[Grant, ...]
    approvals: tuple[Approval, ...]
