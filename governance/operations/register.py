"""Who is who, by the trail alone: people, their tokens and the links that are open, as its entries say one by one.

The tables of accounts hold the same, to be found quickly. Where they say otherwise, somebody wrote to them who holds no
key of the log, and nobody gets in by that.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from governance.errors import Broken, VerificationFailed
from governance.trail.checkpoint import Checkpoint
from governance.trail.entry import EntryType
from governance.trail.merkle import Frontier
from governance.trail.person import InvitationRecord, PersonRecord, TokenRecord

if TYPE_CHECKING:
    from governance.store.accounts import Account, AccountKey, Invitation
    from governance.store.credentials import ApiToken
    from governance.store.snapshot import Snapshot
    from governance.store.told import Told

_FIX = "somebody wrote to the tables of accounts: find out who; `governance account disable` shuts an account"


class Person(NamedTuple):
    record: PersonRecord
    disabled: bool


class Link(NamedTuple):
    """`entry` is the id of the entry that says so."""

    record: InvitationRecord
    entry: str


@dataclass(frozen=True, slots=True)
class Register:
    """At one size of the trail. `people` by principal, disabled ones too; `tokens` that nobody revoked by id, `links`
    that nobody used or withdrew by whom they are for; `records` is all that was ever said of people, in order."""

    people: dict[str, Person] = field(default_factory=dict)
    tokens: dict[str, TokenRecord] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    records: tuple[PersonRecord, ...] = ()

    def after(self, told: "Iterable[Told]") -> "Register":
        """What is so once these entries were made, too. Raises BadInput for a document that is none."""
        people, tokens, links, records = dict(self.people), dict(self.tokens), dict(self.links), list(self.records)
        for one in told:
            match one.entry.type:
                case EntryType.INVITATION_MADE:
                    link = InvitationRecord.from_bytes(one.documents[0])
                    links[link.principal] = Link(link, one.entry.id)
                case EntryType.TOKEN_MADE:
                    token = TokenRecord.from_bytes(one.documents[0])
                    tokens[token.token] = token
                case EntryType.TOKEN_REVOKED:
                    tokens.pop(TokenRecord.from_bytes(one.documents[0]).token, None)
                case type:
                    record = PersonRecord.from_bytes(one.documents[0])
                    gone = type is EntryType.ACCOUNT_DISABLED
                    people[record.principal] = Person(record, gone)
                    records.append(record)
                    if gone or type is EntryType.KEY_ADDED:  # all that the one before let in ends
                        who = record.principal
                        tokens = {token.token: token for token in tokens.values() if token.principal != who}
                        links = {to: link for to, link in links.items() if who not in (to, link.record.by)}
        return Register(people, tokens, links, tuple(records))

    def assert_person(self, account: "Account", key: "AccountKey | None", where: str) -> None:
        """Raises VerificationFailed where the tables say otherwise of somebody than the trail does."""
        told = self.people.get(account.principal)
        of_trail = "no account"
        if told:
            of_trail = _person(None if told.disabled else told.record.key, told.record.roles, told.disabled)
        of_table = _person(key.key if key else None, account.roles, account.disabled is not None)
        _assert_same(f"the account of {account.principal}", of_table, of_trail, where)

    def assert_token(self, token: "ApiToken", where: str) -> None:
        """Of a token that nobody revoked, as the table has it. Raises VerificationFailed."""
        told = self.tokens.get(token.id)
        of_trail = "no such token, or it was revoked"
        if told:
            of_trail = _token(told.principal, told.scopes, told.place, told.expires, told.sha256)
        of_table = _token(token.principal, token.scopes, token.place, token.expires, token.hash)
        _assert_same(f"token {token.id}", of_table, of_trail, where)

    def assert_link(self, link: "Invitation", where: str) -> str:
        """Of a link that nobody used, as the table has it: the id of the entry that gave it. Raises
        VerificationFailed."""
        told = self.links.get(link.principal)
        of_trail = "no such link, or it was used or withdrawn"
        if told:
            of_trail = _link(told.record.roles, told.record.by, told.record.expires, told.record.sha256)
        _assert_same(
            f"the link for {link.principal}", _link(link.roles, link.by, link.expires, link.hash), of_trail, where
        )
        assert told is not None
        return told.entry


class Registry:
    """The register of one log, read on where it was left. Threads may share one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tree = Frontier()
        self._told: list[Told] = []
        self._newest: tuple[Checkpoint, Register] | None = None

    def at(self, snapshot: "Snapshot", vkeys: Callable[[], Sequence[str]]) -> Register:
        """What a snapshot's state says, or that on which a transaction builds. Raises VerificationFailed where its
        entries are not what the log signed under one of `vkeys`."""
        from governance.store.told import signed_head, told_since

        head = snapshot.head()
        with self._lock:
            if self._newest and self._newest[0] == head:
                return self._newest[1]
            signed = signed_head(snapshot, vkeys())
            if signed.size < self._tree.size:  # another thread's snapshot is newer
                return Register().after(one for one in self._told if one.number < signed.size)
            tree, new = told_since(snapshot, self._tree, signed)
            register = (self._newest[1] if self._newest else Register()).after(new)
            self._tree, self._newest = tree, (signed, register)
            self._told += new
            return register


def _person(key: str | None, roles: Sequence[str], disabled: bool) -> str:
    held = ", ".join(sorted(roles)) or "none"
    return f"{'disabled' if disabled else 'in use'}, key {key or 'none'}, roles: {held}"


def _token(principal: str, scopes: Sequence[str], place: str, expires: str, digest: str) -> str:
    return f"of {principal}, scopes: {', '.join(sorted(scopes))}, for {place}, until {expires}, digest {digest}"


def _link(roles: Sequence[str], by: str, expires: str, digest: str) -> str:
    return f"roles: {', '.join(sorted(roles)) or 'none'}, by {by}, until {expires}, digest {digest}"


def _assert_same(what: str, of_table: str, of_trail: str, where: str) -> None:
    if of_table != of_trail:
        raise VerificationFailed(
            Broken.TAMPERED, f"{what} is not what the trail says of it", got=of_table, expected=of_trail, fix=_FIX,
            where=where,
        )  # fmt: skip
