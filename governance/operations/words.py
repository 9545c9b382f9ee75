"""Entries that are about no model version, in a few words: what they say is in their documents."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from governance.canonical import schema_of
from governance.policy.finding import plural
from governance.policy.release import RELEASE, Release
from governance.render.policy_diff import in_order, said
from governance.trail.person import InvitationRecord, PersonRecord, TokenRecord
from governance.trail.policies import PolicySet

if TYPE_CHECKING:
    from governance.store.snapshot import Snapshot, StoredEntry


def in_words(snapshot: "Snapshot", stored: "StoredEntry") -> str:
    """What an entry says that no subject says; empty where there is nothing. Raises VerificationFailed where a document
    of it was changed, BadInput where it is none."""
    for document in snapshot.documents_of(stored.index):
        if (tell := _SAID.get(document.type)) is not None:
            return tell(document.data)
    return ""


def _person(data: bytes) -> str:
    record = PersonRecord.from_bytes(data)
    return f"{_short(record.principal)} is {', '.join(record.roles) or 'without a role'}{_why(record.reason)}"


def _token(data: bytes) -> str:
    record = TokenRecord.from_bytes(data)
    can = f"{', '.join(record.scopes)} ({record.place})"
    return f"{_short(record.principal)}, to {can}, until {record.expires}: {record.label}{_why(record.reason)}"


def _invitation(data: bytes) -> str:
    record = InvitationRecord.from_bytes(data)
    what = f"as {', '.join(record.roles)}" if record.roles else "for a new key"
    return f"{_short(record.principal)}, {what}{_why(record.reason)}"


def _policies(data: bytes) -> str:
    return PolicySet.from_bytes(data).in_words()


def _release(data: bytes) -> str:
    release = Release.from_bytes(data)
    changed = release.changes.direction if release.changes else "the first"
    words = f"{release.id} {release.version} by {_short(release.author)}, {changed}{_why(release.reason)}"
    if release.changes is None or not release.changes.changes:
        return words
    first, *more = map(said, in_order(release.changes))
    others = f" and {plural(len(more), 'more change')}" if more else ""
    return f"{words} [{first}{others}]"


_SAID: Mapping[str, Callable[[bytes], str]] = {
    schema_of(PersonRecord): _person,
    schema_of(TokenRecord): _token,
    schema_of(InvitationRecord): _invitation,
    schema_of(PolicySet): _policies,
    RELEASE: _release,
}


def _short(principal: str) -> str:
    return principal.removeprefix("local|")


def _why(reason: str) -> str:
    return f": {reason}" if reason else ""
