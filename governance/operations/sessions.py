"""Signing in and staying so; the password for one signature, and a new one."""

import base64
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, NamedTuple

from governance.canonical import instant, sha256
from governance.errors import Broken, Refused, TooMany, VerificationFailed
from governance.keys import KeySigner, decoy_key, open_person_key, rewrap_person_key
from governance.operations import throttle
from governance.operations.accounts import assert_recorded, log_signer, ordered, tell
from governance.operations.caller import Caller, in_use, new_secret, secret_hash
from governance.operations.refusals import refusable, refused
from governance.operations.workspace import Workspace, local
from governance.signing.keys import encode_public
from governance.trail.entry import EntryType
from governance.trail.person import PersonRecord

if TYPE_CHECKING:
    from governance.store.accounts import AccountKey
    from governance.store.credentials import Credentials, LoginSession

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=8)
"""A session ends when nobody came for so long, and in any case so long after it began."""
MAC = 43
"""Characters of 32 bytes in base64url."""
_SEEN_EVERY = timedelta(minutes=1)
ANSWERS_KEPT = timedelta(days=1)
AT_ONCE = 8
"""Who sign in at once. Strangers from a thousand addresses would else take up every thread, and whoever is in would
wait behind them."""
_DOOR = BoundedSemaphore(AT_ONCE)


class SignedIn(NamedTuple):
    """`token` is the session's secret: it goes into a cookie and nowhere else."""

    token: str
    caller: Caller


def sign_in(workspace: Workspace, name: str, password: str, address: str) -> SignedIn:
    """A session for whoever knows the password, which opens the key that the trail says is theirs. `address` is where
    they come from, as text.

    Refused, in the same words and after the same work, for an unknown name, a wrong password and a disabled account;
    TooMany where it must wait, for every name alike. MachineFault, VerificationFailed.
    """
    with _at_the_door():
        return _sign_in(workspace, name, password, address)


@contextmanager
def _at_the_door() -> Iterator[None]:
    """Raises TooMany where as many are signing in as may at once."""
    if not _DOOR.acquire(blocking=False):
        error = TooMany("too many are signing in at this moment", wait=1, fix="wait, then try again")
        refused("sign in", "", error)
        raise error
    try:
        yield
    finally:
        _DOOR.release()


def _sign_in(workspace: Workspace, name: str, password: str, address: str) -> SignedIn:
    from governance.store.accounts import Accounts, changing
    from governance.store.credentials import Credentials

    principal = local(name)
    slowed = throttle.account(principal), throttle.address(address)
    with workspace.open_trail() as store:
        with changing(store) as session:
            there = name.isprintable() and Accounts(session).account(principal) is not None
            try:
                throttle.attempt(Credentials(session), workspace.clock(), *slowed)
            except TooMany as error:
                refused("sign in", principal if there else "", error)
                raise
        key = None
        if name.isprintable():
            with store.confirmed(workspace.trust().vkeys()) as snapshot:
                account = assert_recorded(workspace, snapshot, principal)
                key = Accounts.within(snapshot).key(principal) if account and not account.disabled else None
        # Half a second of work, so not under the lock; and for nobody as much as for somebody.
        try:
            _open(key.wrapped if key else decoy_key(), principal if key else "", password, key.key if key else "")
        except Refused as error:
            raise _wrong(principal if key else "", address) from error
        if key is None:
            raise RuntimeError("a key that nobody has was opened")
        now = workspace.clock()
        with changing(store) as session:
            accounts = Accounts(session)
            account = accounts.account(principal)
            # Disabled, a new key or a new password meanwhile: it is not the one that was opened.
            if account is None or account.disabled or accounts.key(principal) != key:
                raise _wrong(principal, address)
            credentials = Credentials(session)
            throttle.succeeded(credentials, now, *slowed)
            credentials.forget(
                sessions=instant(now),
                throttles=instant(now - throttle.FORGOTTEN),
                answers=instant(now - ANSWERS_KEPT),
                invitations=instant(now),
            )
            accounts.signed_in(principal, instant(now))
            return _begin(workspace, credentials, principal, in_use(account))


def _open(wrapped: bytes, principal: str, password: str, public: str) -> KeySigner:
    """Somebody's key, which is the one that counts as theirs: whoever put another one in its place signs nothing with
    it. Raises Refused for a wrong password, VerificationFailed for a wrong key."""
    signer = open_person_key(wrapped, principal, password, principal)
    if (opened := encode_public(signer.public_key)) != public:
        raise VerificationFailed(
            Broken.TAMPERED, f"the key that is kept for {principal} is another one", got=opened, expected=public
        )
    return signer


def session(workspace: Workspace, token: str) -> Caller | None:
    """Who it is, with the roles of this moment; None for no session, one that ended, or somebody disabled.

    Coming back puts the idle end off, to the minute. Raises MachineFault; VerificationFailed where the tables say
    otherwise of this person, or of this session, than the trail does and the session's secret.
    """
    from governance.store.accounts import changing
    from governance.store.credentials import Credentials

    secret, now = token[:-MAC], workspace.clock()
    if len(token) != 2 * MAC or (digest := secret_hash(secret)) is None:
        return None
    with workspace.open_trail() as store:
        with store.confirmed(workspace.trust().vkeys()) as snapshot:
            found = Credentials.within(snapshot).session(digest)
            if found is None:
                return None
            if not hmac.compare_digest(token.encode(), _sealed(workspace, secret, found).encode()):
                raise VerificationFailed(
                    Broken.TAMPERED, "a session is not what was given out", got=f"a session of {found.principal}",
                    fix="somebody wrote to the tables of accounts: find out who", where=snapshot.where,
                )  # fmt: skip
            account = assert_recorded(workspace, snapshot, found.principal)
        if account is None or account.disabled:
            return None
        # Whole seconds are rounded down on both sides: it may end a second early and never late.
        if found.expires <= instant(now) or found.seen <= instant(now - IDLE):
            return None
        if found.seen <= instant(now - _SEEN_EVERY):
            with changing(store) as writing:
                Credentials(writing).seen(digest, instant(now))
    return Caller(account.principal, in_use(account), None, digest, _csrf(token))


def sign_out(workspace: Workspace, caller: Caller, via: str | None = None) -> None:
    """End the caller's session, or another one of theirs, named as `sessions` does. Gone already is well, too."""
    from governance.store.accounts import changing
    from governance.store.credentials import Credentials

    with workspace.open_trail() as store, changing(store) as writing:
        credentials = Credentials(writing)
        digest = caller.via if via is None else via
        if (found := credentials.session(digest)) and found.principal == caller.principal:
            credentials.end_session(digest)


def sessions(workspace: Workspace, caller: Caller) -> "list[LoginSession]":
    """The caller's own that have not ended, the newest first. `hash` is no secret: it opens nothing."""
    from governance.store.credentials import Credentials

    now = workspace.clock()
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        every = Credentials.within(snapshot).sessions(caller.principal)
    return [one for one in every if one.expires > instant(now) and one.seen > instant(now - IDLE)]


@refusable("sign")
def step_up(workspace: Workspace, principal: str, password: str) -> KeySigner:
    """The person's key, for one signature; nothing keeps it. Raises Refused for a wrong password or where they have no
    key any more, TooMany, BadInput for a damaged key, VerificationFailed for one that is not theirs."""
    with _guessing(workspace, principal) as key:
        return _open(key.wrapped, principal, password, key.key)


@refusable("change a password")
def change_password(workspace: Workspace, caller: Caller, old: str, new: str) -> SignedIn:
    """Wraps the same key anew, and ends every session of this person, this one too: what it returns takes its place.
    Their tokens stay, see `revoke_token`. That it was done is an entry of the trail.

    Raises BadInput for the new password, Refused for the old one, a token, or where somebody else just changed it;
    MachineFault, VerificationFailed.
    """
    from governance.store.accounts import Accounts
    from governance.store.credentials import Credentials

    if caller.scopes is not None:
        raise Refused("no token may change a password", fix="sign in for it")
    with _guessing(workspace, caller.principal) as key:
        wrapped = rewrap_person_key(key.wrapped, caller.principal, old, new, workspace.entropy, caller.principal)
    log = log_signer(workspace)
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        accounts, credentials = Accounts.within(transaction), Credentials.within(transaction)
        account = assert_recorded(workspace, transaction, caller.principal)
        if account is None or not accounts.rewrap(key.key, key.wrapped, wrapped):
            raise Refused("the password or the key was changed meanwhile", fix="sign in again")
        credentials.end_sessions(caller.principal)
        record = PersonRecord(principal=caller.principal, key=key.key, roles=ordered(account.roles))
        tell(transaction, EntryType.PASSWORD_CHANGED, caller.principal, record)
        begun = _begin(workspace, credentials, caller.principal, in_use(account))
    # COMMIT has returned: only now does the new password open anything.
    return begun


def _begin(workspace: Workspace, credentials: "Credentials", principal: str, roles: tuple[str, ...]) -> SignedIn:
    """A session that begins now, under a secret that nobody has seen: none is ever taken from who signs in."""
    from governance.store.credentials import LoginSession

    secret, now = new_secret(workspace.entropy), workspace.clock()
    digest = sha256(secret.encode())
    made = LoginSession(digest, principal, instant(now), instant(now), instant(now + LONGEST))
    credentials.add_session(made)
    token = _sealed(workspace, secret, made)
    return SignedIn(token, Caller(principal, roles, None, digest, _csrf(token)))


def _sealed(workspace: Workspace, secret: str, made: "LoginSession") -> str:
    """The secret of a session, and behind it whose it is and how long, under a key that is not in the database: whoever
    writes there makes no session and turns theirs into nobody else's. (HMAC-SHA-256, RFC 2104.)"""
    fields = "\0".join((secret, made.principal, made.created, made.expires))
    mac = hmac.digest(log_signer(workspace).derive("governance session"), fields.encode(), "sha256")
    return secret + base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


@contextmanager
def _guessing(workspace: Workspace, principal: str) -> "Iterator[AccountKey]":
    """Their wrapped key, for an attempt to open it. It counts as failed where the block raises, or never ends."""
    from governance.store.accounts import Accounts, changing
    from governance.store.credentials import Credentials

    slow = throttle.step_up(principal)
    with workspace.open_trail() as store:
        with changing(store) as writing:
            key = Accounts(writing).key(principal)
            if key is None:
                raise Refused(f"{principal} has no key", fix="ask an admin for a new link")
            throttle.attempt(Credentials(writing), workspace.clock(), slow)
        yield key
        with changing(store) as writing:
            throttle.succeeded(Credentials(writing), workspace.clock(), slow)


def _wrong(principal: str, address: str) -> Refused:
    """Written down with the name where somebody has it: else a password may have been typed there."""
    refused("sign in", principal, Refused("a wrong name or password", got=f"from {address}"))
    return Refused("the name or the password is wrong", fix="type both again")


def _csrf(token: str) -> str:
    """What a form of this session carries: made of its secret, so that it need not be kept, and not the other way."""
    made = hmac.digest(token.encode(), b"governance csrf", "sha256")
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
