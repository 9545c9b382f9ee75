"""Tokens, with which programs speak for a person: made by the person, scoped, expiring, shown once."""

import base64
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple
from zlib import crc32

from governance.canonical import instant, sha256
from governance.errors import BadInput, Refused
from governance.operations.accounts import assert_recorded, authorised, log_signer, stated, tell
from governance.operations.caller import By, Caller, Operator, in_use, secret_hash
from governance.operations.refusals import refusable, refused
from governance.operations.workspace import Workspace
from governance.permissions import Does, Scope
from governance.trail.entry import UUID_RANDOM_SIZE, EntryType, uuid7
from governance.trail.person import TokenRecord

if TYPE_CHECKING:
    from governance.operations.judging import Also, Judged
    from governance.store.credentials import ApiToken
    from governance.store.snapshot import Snapshot
    from governance.store.transaction import Transaction

Place = Literal["local", "ci"]
"""Where a token may say that evidence was measured."""
PLACES: Mapping[Place, str] = {"ci": "by a pipeline", "local": "on somebody's own machine"}
PREFIX = "gvt_"
"""By which secret scanners and people know a token."""
LONGEST = timedelta(days=365)
LABEL = 100
"""Characters a label may have."""
_USED_EVERY = timedelta(minutes=1)


class MadeToken(NamedTuple):
    """`secret` is shown once and kept nowhere."""

    secret: str
    token: "ApiToken"


@refusable(Does.MAKE_TOKEN)
def create_token(
    workspace: Workspace,
    by: By,
    scopes: Collection[Scope],
    label: str,
    expires: datetime,
    place: Place = "ci",
    of: str | None = None,
) -> MadeToken:
    """A token of the caller's own; the operator makes one for the principal `of`. It can do what its scopes say of what
    they may do when it is used.

    `place` is what evidence that it hands in says about where it was measured. Raises BadInput, Refused, MachineFault.
    """
    from governance.store.credentials import ApiToken, Credentials

    now, owner = workspace.clock(), of if isinstance(by, Operator) else by.principal
    if owner is None or (of is not None and of != owner):
        raise RuntimeError("a caller makes tokens of their own, the operator those of somebody")
    wanted = tuple(scope for scope in Scope if scope in scopes)
    if not wanted or set(scopes) - set(Scope):
        raise BadInput("not scopes of a token", got=", ".join(map(ascii, scopes)) or "none", expected=", ".join(Scope))
    if not (label.strip() and label.isprintable() and len(label) <= LABEL):
        raise BadInput("not a label", got=ascii(label)[:LABEL], expected=f"1 to {LABEL} characters on one line")
    if not now < expires <= now + LONGEST:
        latest = instant(now + LONGEST)
        raise BadInput("a token must expire", got=instant(expires), expected=f"after now, at the latest {latest}")
    secret, log = _secret(workspace), log_signer(workspace)
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        actor = authorised(workspace, transaction, by, Does.MAKE_TOKEN)
        account = assert_recorded(workspace, transaction, owner)
        if account is None or account.disabled:
            raise BadInput(f"{owner} has no account that is in use", fix="`governance account list` shows who has")
        made = ApiToken(
            uuid7(transaction.now, workspace.entropy(UUID_RANDOM_SIZE)), sha256(secret.encode()), owner,
            tuple(map(str, wanted)), place, label, instant(transaction.now), instant(expires), None, None,
        )  # fmt: skip
        Credentials.within(transaction).add_token(made)
        tell(transaction, EntryType.TOKEN_MADE, actor, _record(made, ""))
    # COMMIT has returned: only now is there a token to be shown.
    return MadeToken(PREFIX + secret, made)


def _secret(workspace: Workspace) -> str:
    """28 random bytes and their CRC-32, by which a scanner of leaked secrets knows a token without asking us; 43
    characters of base64url."""
    raw = workspace.entropy(28)
    return base64.urlsafe_b64encode(raw + crc32(raw).to_bytes(4, "big")).rstrip(b"=").decode()


def _record(token: "ApiToken", reason: str) -> TokenRecord:
    return TokenRecord(
        token=token.id, sha256=token.hash, principal=token.principal, scopes=token.scopes, place=token.place,
        label=token.label, expires=token.expires, reason=reason,
    )  # fmt: skip


def token(workspace: Workspace, secret: str) -> Caller | None:
    """Whose it is, with the roles of this moment and the token's scopes; None for none, one that expired or was
    revoked, or somebody disabled. Raises MachineFault; VerificationFailed where the tables say otherwise of it, or of
    its owner, than the trail does."""
    from governance.store.accounts import changing
    from governance.store.credentials import Credentials

    digest = secret_hash(secret.removeprefix(PREFIX)) if secret.startswith(PREFIX) else None
    now = workspace.clock()
    if digest is None:
        _no_use("", "not of the form of a token")
        return None
    with workspace.open_trail() as store:
        with store.confirmed(workspace.trust().vkeys()) as snapshot:
            found = Credentials.within(snapshot).token(digest)
            if found is None:
                _no_use("", "unknown")
                return None
            if found.revoked is not None or found.expires <= instant(now):
                over = f"revoked {found.revoked}" if found.revoked else f"expired {found.expires}"
                _no_use(found.principal, f"{found.id} {over}")
                return None
            workspace.register(snapshot).assert_token(found, snapshot.where)
            account = assert_recorded(workspace, snapshot, found.principal)
        if account is None or account.disabled:
            _no_use(found.principal, f"{found.id} is of a disabled account")
            return None
        if found.used is None or found.used <= instant(now - _USED_EVERY):
            with changing(store) as writing:
                Credentials(writing).used(found.id, instant(now))
    scopes = frozenset(scope for scope in Scope if scope in found.scopes)
    return Caller(found.principal, in_use(account), scopes, found.id, place=found.place)


def still_may(workspace: Workspace, caller: Caller, does: Does, also: "Also | None") -> "Also":
    """What else goes into the transaction, once it is asked there whether the caller may do this at that moment: a body
    takes a while to come and a measurement longer, and who was shut out meanwhile is out. It raises Refused,
    VerificationFailed."""
    from governance.store.credentials import Credentials

    def asked(transaction: "Transaction", made: "Judged") -> None:
        authorised(workspace, transaction, caller, does)
        if caller.scopes is not None:
            used = Credentials.within(transaction).token_by_id(caller.via)
            if used is None or used.revoked is not None:
                raise Refused("the token was revoked meanwhile", got=caller.via)
            workspace.register(transaction).assert_token(used, transaction.where)
        if also is not None:
            also(transaction, made)

    return asked


def _no_use(who: str, why: str) -> None:
    refused("use a token", who, Refused("a token that lets nobody in", got=why))


def revoke_token(workspace: Workspace, by: By, identifier: str, reason: str = "") -> None:
    """At once, and for good: again changes nothing. One's own, or, as an admin, anybody's. Raises BadInput where there
    is none to revoke, in the same words where it is somebody else's; MachineFault, VerificationFailed."""
    from governance.store.credentials import Credentials

    said, log = stated(reason), log_signer(workspace)
    with workspace.open_trail() as store:
        with store.snapshot() as snapshot:
            _to_revoke(workspace, snapshot, by, identifier)  # says no before a stranger takes the writer's lock
        with store.transaction(log, workspace.clock()) as transaction:
            found, actor = _to_revoke(workspace, transaction, by, identifier)
            if found.revoked is None:
                Credentials.within(transaction).revoke(identifier, instant(transaction.now))
                tell(transaction, EntryType.TOKEN_REVOKED, actor, _record(found, said))


def _to_revoke(workspace: Workspace, at: "Snapshot", by: By, identifier: str) -> "tuple[ApiToken, str]":
    """With the principal under whom it is recorded."""
    from governance.store.credentials import Credentials

    found = Credentials.within(at).token_by_id(identifier) if identifier.isprintable() else None
    try:
        if found is not None and isinstance(by, Caller) and by.principal == found.principal and by.scopes is None:
            return found, by.principal
        if found is not None:
            return found, authorised(workspace, at, by, Does.REVOKE_TOKEN)
    except Refused as error:
        refused(Does.REVOKE_TOKEN, getattr(by, "principal", ""), error)
        raise _no_token(identifier) from error
    raise _no_token(identifier)


def _no_token(identifier: str) -> BadInput:
    return BadInput("no such token", got=ascii(identifier)[:100], expected="the id of a token of your own")


@refusable(Does.LIST_ACCOUNTS)
def tokens(workspace: Workspace, by: By, of: str | None = None) -> "list[ApiToken]":
    """The caller's own, or, for an admin and the operator, those of the principal `of`, the newest first; expired and
    revoked ones too. `hash` opens nothing. Raises Refused."""
    from governance.store.credentials import Credentials

    with workspace.open_trail() as store, store.snapshot() as snapshot:
        if isinstance(by, Operator):
            if of is None:
                raise RuntimeError("the operator has no tokens of their own")
        elif of not in (None, by.principal):
            authorised(workspace, snapshot, by, Does.LIST_ACCOUNTS)
        else:
            of = by.principal
        return Credentials.within(snapshot).tokens(of)
