"""Entries of the trail as people read them: with who made each, and the documents that tell more."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Subject
from governance.operations.sealing import ENVELOPE
from governance.operations.words import in_words
from governance.operations.workspace import Workspace
from governance.policy.act import Act
from governance.policy.decision import Decision
from governance.signing.dsse import Envelope
from governance.trail.entry import EntryType
from governance.verification import ACT, DECISION, EVIDENCE

if TYPE_CHECKING:
    from governance.store.snapshot import Snapshot, StoredEntry

MOST = 25
"""Entries of a page."""
_LOOKED_THROUGH = 2_000


class Event(NamedTuple):
    """An entry with who made it, and the documents that tell more: an act, a decision, evidence. `who` is a principal,
    or None where the link between a pseudonym and a person was deleted; `key` is the id of the key that signed the
    document, empty where none did; `words` is what an entry about no model version says."""

    number: int
    id: str
    type: EntryType
    time: str
    who: str | None
    key: str
    subject: Subject | None
    act: tuple[str, Act] | None
    decision: tuple[str, Decision] | None
    evidence: EvidenceSet | None
    words: str


class Asked(NamedTuple):
    """Entries that are all of this; whatever is empty does not matter. `person` is a principal or the name of a local
    one; `since` and `until` are days, both of them included (UTC)."""

    type: str = ""
    model: str = ""
    person: str = ""
    since: str = ""
    until: str = ""


EVERY = Asked()


class Entries(NamedTuple):
    """Newest first. `before`: where the next page begins, None where this is the last; `through`: the number of the
    earliest entry that was looked at."""

    events: tuple[Event, ...]
    size: int
    origin: str
    root: str
    before: int | None
    through: int


def event(snapshot: "Snapshot", stored: "StoredEntry") -> Event:
    """Raises VerificationFailed where a document of it was changed."""
    entry, act, decision, evidence, key = stored.entry, None, None, None, ""
    for document in snapshot.documents_of(stored.index):
        if document.type == ACT:
            act = (document.sha256, Act.from_bytes(document.data))
        elif document.type == DECISION and entry.type is EntryType.DECISION_ISSUED:
            decision = (document.sha256, Decision.from_bytes(document.data))
        elif document.type == EVIDENCE and entry.type is EntryType.EVIDENCE_SUBMITTED:
            evidence = EvidenceSet.from_bytes(document.data)
        elif document.type == ENVELOPE and not key:
            key = Envelope.from_bytes(document.data).signatures[0].keyid
    who = snapshot.principal(entry.actor)
    words = in_words(snapshot, stored)
    return Event(
        stored.index, entry.id, entry.type, entry.time, who, key, entry.subject, act, decision, evidence, words
    )


def entries(workspace: Workspace, asked: Asked = EVERY, before: int | None = None, most: int = MOST) -> Entries:
    """A page of the trail, ending before entry number `before`. What one page looks through has an end, so that a
    question that little answers is asked again from there. Raises BadInput for a date that is none."""
    since, until = _day(asked.since, "since"), _day(asked.until, "until")
    first = "" if since is None else since.isoformat()
    beyond = "" if until is None else (until + timedelta(days=1)).isoformat()
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        head = snapshot.head()
        end = head.size if before is None else max(0, min(before, head.size))
        actor = _actor(snapshot, asked.person)
        found: list[Event] = []
        at = end
        while at > 0 and len(found) < most and end - at < _LOOKED_THROUGH:
            start = max(0, at - most)
            for stored in reversed(list(snapshot.entries(start, at))):
                entry = stored.entry
                at = stored.index
                if entry.time < first:
                    # Entries are in the order of time: none before this one is asked for.
                    return Entries(tuple(found), head.size, head.origin, head.root.hex(), None, at)
                if (
                    (not asked.type or entry.type.value == asked.type)
                    and (not asked.model or (entry.subject is not None and entry.subject.name == asked.model))
                    and (not asked.person or entry.actor == actor)
                    and (not beyond or entry.time < beyond)
                ):
                    found.append(event(snapshot, stored))
                    if len(found) == most:
                        break
        return Entries(tuple(found), head.size, head.origin, head.root.hex(), at or None, at)


def _actor(snapshot: "Snapshot", person: str) -> str | None:
    """The pseudonym of a principal; a bare name is that of somebody local."""
    return snapshot.known_pseudonym(person if "|" in person else f"local|{person}") if person else None


def _day(text: str, where: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadInput("not a day", got=ascii(text)[:40], expected="2027-01-31", where=where) from error
