"""Who has an account of the service: invite, redeem, grant, revoke, disable. What changes who may sign or do what is an
entry of the trail, in one transaction with the change."""

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from governance.canonical import Document, instant, schema_of, sha256
from governance.errors import BadInput, Refused
from governance.keys import KeySigner, make_person_key
from governance.operations.caller import By, Caller, Operator, in_use, new_secret, secret_hash
from governance.operations.initialise import assert_name
from governance.operations.refusals import refusable
from governance.operations.workspace import Workspace, local
from governance.permissions import ACCOUNT_ROLES, Does, may
from governance.signing.keys import encode_public
from governance.trail.entry import EntryType
from governance.trail.person import MAX_REASON, InvitationRecord, PersonRecord
from governance.trail.trust import Person

if TYPE_CHECKING:
    from governance.store.accounts import Account, Accounts
    from governance.store.snapshot import Snapshot
    from governance.store.transaction import Transaction

INVITATION = timedelta(days=3)
"""How long a link may be used."""


class Listed(NamedTuple):
    """Somebody who has an account, or an open link to one. `key` is the public key they have now; `created` and
    `disabled` say since when, `signed_in` when they last did; `invited` is when an open link to them ends; `tokens` is
    how many of theirs can be used."""

    principal: str
    roles: tuple[str, ...]
    key: str | None
    created: str | None
    disabled: str | None
    signed_in: str | None
    invited: str | None
    tokens: int


class Invited(NamedTuple):
    """`token` is shown once, to whom it is for: nobody else must see it."""

    token: str
    principal: str
    roles: tuple[str, ...]
    expires: str


@refusable(Does.INVITE)
def invite(workspace: Workspace, name: str, roles: Sequence[str], by: By, reason: str = "") -> Invited:
    """A link for somebody to set a password with, once. It holds for `INVITATION`, and voids the one before it.

    With an account that is not disabled it takes no roles: it is for who lost their password, and so their key. They
    keep their roles and get a new key. Raises BadInput, Refused, MachineFault.
    """
    from governance.store.accounts import Accounts, Invitation

    assert_name(name)
    _assert_roles(roles)
    asked, said = ordered(roles), stated(reason)
    principal, token, log = local(name), new_secret(workspace.entropy), log_signer(workspace)
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        accounts, now = Accounts.within(transaction), transaction.now
        inviter = authorised(workspace, transaction, by, Does.INVITE, principal)
        there = accounts.account(principal)
        if there is not None and not there.disabled and asked:
            raise BadInput(
                f"{name} has an account already",
                got=f"roles {', '.join(asked)}",
                expected="no roles, for a new link; they keep theirs",
                fix="grant a role where that is what is wanted",
            )
        if (there is None or there.disabled) and not asked:
            raise BadInput(f"an invitation for {name} to no role", expected=f"some of {', '.join(ACCOUNT_ROLES)}")
        accounts.withdraw(principal)
        expires, kept = instant(now + INVITATION), sha256(token.encode())
        accounts.add_invitation(Invitation(kept, principal, asked, inviter, instant(now), expires, None))
        record = InvitationRecord(
            principal=principal, roles=asked, by=inviter, sha256=kept, expires=expires, reason=said
        )
        tell(transaction, EntryType.INVITATION_MADE, inviter, record)
    return Invited(token, principal, asked, expires)


def invited(workspace: Workspace, token: str) -> Invited:
    """What a link is for, before it is used. Raises Refused where it cannot be used, whatever the cause."""
    from governance.store.accounts import Accounts

    kept, now = secret_hash(token), instant(workspace.clock())
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        found = Accounts.within(snapshot).invitation(kept) if kept else None
        if found is None or found.used is not None or found.expires <= now:
            raise _no_link()
        workspace.register(snapshot).assert_link(found, snapshot.where)
    return Invited(token, found.principal, found.roles, found.expires)


@refusable("redeem")
def redeem(workspace: Workspace, token: str, password: str) -> Person:
    """Use a link: the account, its key under this password, its roles, and the entries that say so, all or nothing.

    Of several who use one link at once, one gets an account. Raises BadInput for the password, Refused for the link,
    MachineFault, VerificationFailed.
    """
    from governance.store.accounts import Accounts

    link = invited(workspace, token)
    log = log_signer(workspace)
    # What takes long is done before the lock is taken.
    wrapped, signer = make_person_key(link.principal, password, workspace.entropy)
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        accounts, now = Accounts.within(transaction), instant(transaction.now)
        kept = sha256(token.encode())
        found = accounts.invitation(kept)
        if found is None or not accounts.use_invitation(kept, now):
            raise _no_link()
        given = workspace.register(transaction).assert_link(found, transaction.where)
        _still_invites(workspace, transaction, found.by, found.principal)
        there = assert_recorded(workspace, transaction, found.principal)
        if bool(found.roles) is bool(there and not there.disabled):
            raise _no_link()  # it was for another state of things
        if there is None:
            accounts.add_account(found.principal, now)
        else:
            accounts.shut_out(found.principal, now)
            accounts.enable(found.principal)
        key = encode_public(signer.public_key)
        accounts.add_key(found.principal, key, wrapped, now)
        before = PersonRecord(principal=found.principal, key=key, roles=ordered(in_use(there)))
        made = tell(transaction, EntryType.KEY_ADDED, found.principal, before, [given])
        after = before.model_copy(update={"roles": ordered((*before.roles, *found.roles))})
        if found.roles:
            granted = tell(transaction, EntryType.ROLE_GRANTED, found.by, after, [made])
            accounts.grant(found.principal, found.roles, granted, now)
    # COMMIT has returned: only now is there an account.
    return Person(key=key, principal=link.principal, roles=after.roles)


@refusable(Does.GRANT)
def grant(workspace: Workspace, principal: str, role: str, by: By, reason: str = "") -> tuple[str, ...]:
    """What they hold from then on. Raises BadInput, Refused, MachineFault, VerificationFailed."""
    _assert_roles([role])
    with _about(workspace, principal, by, Does.GRANT) as change:
        if role in change.roles:
            raise BadInput(f"{principal} is {role} already", fix="nothing is to be done")
        roles = ordered((*change.roles, role))
        entry = tell(change.transaction, EntryType.ROLE_GRANTED, change.actor, change.record(roles, reason))
        change.accounts.grant(principal, [role], entry, instant(change.transaction.now))
    return roles


@refusable(Does.GRANT)
def revoke(workspace: Workspace, principal: str, role: str, by: By, reason: str = "") -> tuple[str, ...]:
    """What they hold from then on. What they signed in this role before stays valid. Raises BadInput, Refused,
    MachineFault, VerificationFailed."""
    _assert_roles([role])
    with _about(workspace, principal, by, Does.GRANT) as change:
        if role not in change.roles:
            raise BadInput(f"{principal} is no {role}", got=f"roles: {', '.join(change.roles) or 'none'}")
        left = tuple(held for held in change.roles if held != role)
        tell(change.transaction, EntryType.ROLE_REVOKED, change.actor, change.record(left, reason))
        change.accounts.end_role(principal, role, instant(change.transaction.now))
    return left


@refusable(Does.DISABLE)
def disable(workspace: Workspace, principal: str, by: By, reason: str = "") -> None:
    """They are out at once: sessions, tokens, roles and key end here. What they signed before stays valid.

    A new invitation lets them in again, with a new key. Raises BadInput, Refused, MachineFault, VerificationFailed.
    """
    with _about(workspace, principal, by, Does.DISABLE) as change:
        tell(change.transaction, EntryType.ACCOUNT_DISABLED, change.actor, change.record((), reason))
        change.accounts.disable(principal, instant(change.transaction.now))


@refusable(Does.LIST_ACCOUNTS)
def list_accounts(workspace: Workspace, by: By) -> list[Listed]:
    """Everybody by name, also who is disabled, and who has only been invited. Raises Refused, MachineFault,
    VerificationFailed."""
    from governance.store.accounts import Accounts
    from governance.store.credentials import Credentials

    now = instant(workspace.clock())
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        accounts = Accounts.within(snapshot)
        authorised(workspace, snapshot, by, Does.LIST_ACCOUNTS)
        keys = {key.principal: key.key for key in accounts.every_key() if key.retired is None}
        tokens = Credentials.within(snapshot).usable_tokens(now)
        links = {link.principal: link for link in accounts.open_invitations(now)}
        found = [
            Listed(
                one.principal, ordered(one.roles), keys.get(one.principal), one.created, one.disabled, one.signed_in,
                links[one.principal].expires if one.principal in links else None, tokens.get(one.principal, 0),
            )
            for one in accounts.accounts()
        ]  # fmt: skip
    new = links.keys() - {one.principal for one in found}
    found += [Listed(who, links[who].roles, None, None, None, None, links[who].expires, 0) for who in new]
    return sorted(found)


@refusable("fetch a key")
def wrapped_key(workspace: Workspace, caller: Caller) -> bytes:
    """The caller's own key as it is kept: a WrappedKey document, to be opened with their password on their own machine.
    Raises Refused where they have none any more."""
    from governance.store.accounts import Accounts

    with workspace.open_trail() as store, store.snapshot() as snapshot:
        key = Accounts.within(snapshot).key(caller.principal)
    if key is None:
        raise Refused(f"{caller.principal} has no key", fix="ask an admin for a new link")
    return key.wrapped


class _Change(NamedTuple):
    transaction: "Transaction"
    accounts: "Accounts"
    actor: str
    principal: str
    roles: tuple[str, ...]
    key: str

    def record(self, roles: tuple[str, ...], reason: str) -> PersonRecord:
        return PersonRecord(principal=self.principal, key=self.key, roles=roles, reason=stated(reason))


@contextmanager
def _about(workspace: Workspace, principal: str, by: By, does: Does) -> Iterator[_Change]:
    """A transaction about somebody who has an account, by somebody who may, as of this moment."""
    from governance.store.accounts import Accounts

    log = log_signer(workspace)
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        accounts = Accounts.within(transaction)
        actor = authorised(workspace, transaction, by, does, principal)
        account, key = accounts.account(principal), accounts.key(principal)
        if account is None or account.disabled or key is None:
            raise BadInput(f"{principal} has no account that is in use", fix="`governance account list` shows who has")
        if does is not Does.DISABLE:  # which must be possible then more than ever
            assert_recorded(workspace, transaction, principal)
        yield _Change(transaction, accounts, actor, principal, ordered(account.roles), key.key)


def authorised(workspace: Workspace, at: "Snapshot", by: By, does: Does, to: str | None = None) -> str:
    """The principal under whom it is recorded. A caller is asked for what they hold at this moment, by the tables and
    by the trail, not what they held when they came in. Raises Refused, VerificationFailed."""
    if isinstance(by, Operator):
        return f"log|{_origin(workspace)}"
    account = assert_recorded(workspace, at, by.principal)
    by._replace(roles=in_use(account)).must(does, to)
    return by.principal


def assert_recorded(workspace: Workspace, at: "Snapshot", principal: str) -> "Account | None":
    """Somebody's account, which is what the trail says of it; None for nobody. Raises VerificationFailed."""
    from governance.store.accounts import Accounts

    accounts = Accounts.within(at)
    account = accounts.account(principal)
    if account is not None:
        workspace.register(at).assert_person(account, accounts.key(principal), at.where)
    return account


def _still_invites(workspace: Workspace, at: "Snapshot", inviter: str, principal: str) -> None:
    """Who gave the link may do so at this moment still; the operator always may."""
    if inviter.startswith("log|"):
        return
    if not may(Does.INVITE, inviter, in_use(assert_recorded(workspace, at, inviter)), to=principal).allowed:
        raise _no_link()


def tell(transaction: "Transaction", type: EntryType, actor: str, record: Document, causes: Sequence[str] = ()) -> str:
    """The id of an entry that refers to one document, such as one about a person."""
    ref = transaction.put_document(schema_of(record.__class__), record.to_bytes())
    entry = transaction.compose(type, actor, refs=[ref], causes=causes)
    transaction.append(entry)
    return entry.id


def log_signer(workspace: Workspace) -> KeySigner:
    """Raises BadInput where this machine does not hold the log's key."""
    return workspace.required_signer(_origin(workspace), "log")


def stated(reason: str) -> str:
    """Why something is done, as the trail keeps it; it may be left out. Raises BadInput for what no page could show."""
    said = unicodedata.normalize("NFC", reason.strip()[: 4 * MAX_REASON])
    if len(said) > MAX_REASON or not said.isprintable():
        raise BadInput("not a reason", got=ascii(said)[:100], expected=f"at most {MAX_REASON} characters on one line")
    return said


def _origin(workspace: Workspace) -> str:
    return workspace.trust().logs[0].origin


def ordered(roles: Collection[str]) -> tuple[str, ...]:
    """As they are always named."""
    return tuple(role for role in ACCOUNT_ROLES if role in roles)


def _assert_roles(roles: Collection[str]) -> None:
    if unknown := set(roles) - set(ACCOUNT_ROLES):
        raise BadInput("unknown role", got=ascii(min(unknown)), expected=", ".join(ACCOUNT_ROLES))


def _no_link() -> Refused:
    """One answer for what never was, was used, is too old or was withdrawn."""
    return Refused("this link is not valid, or not any more", fix="ask whoever sent it for a new one")
