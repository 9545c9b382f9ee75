"""Access facts: who holds which permission, and who approved what. Always declared."""

from typing import Literal

from governance.canonical import Count, Document, Instant
from governance.evidence.origin import FactOrigin


class Grant(Document):
    """`line` is the line of the grants file; the times are null where the file does not tell them."""

    principal: str
    permission: str
    resource: str
    line: Count
    granted_at: Instant | None = None
    last_used: Instant | None = None


class Person(Document):
    """Somebody whom the people file knows. `line` is its line."""

    principal: str
    status: Literal["active", "left"]
    team: str
    line: Count


class Approval(Document):
    """An upstream approval of data or code (release approvals are acts, not evidence)."""

    item: str
    principal: str
    role: str
    at: Instant


class AccessFacts(Document):
    """`people` is null where the manifest names no people file. `items` is what the manifest names that can be
    approved: `data:<source id>` for each source, and `code:<commit>`."""

    origin: FactOrigin | None = None
    grants: tuple[Grant, ...]
    approvals: tuple[Approval, ...]
    people: tuple[Person, ...] | None = None
    items: tuple[str, ...] = ()
