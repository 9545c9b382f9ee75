"""Tokens, with which programs speak for a person: made by the person, scoped, expiring, shown once."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from governance.canonical import instant, sha256
from governance.errors import BadInput
from governance.operations.caller import By, Caller, Operator, in_use, new_secret, secret_hash
from governance.operations.workspace import Workspace
from governance.permissions import Does, Scope
from governance.trail.entry import UUID_RANDOM_SIZE, uuid7

if TYPE_CHECKING:
    from governance.store.accounts import Accounts
    from governance.store.credentials import ApiToken

Place = Literal["local", "ci"]
"""Where a token may say that evidence was measured."""
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
    from governance.store.accounts import Accounts, changing
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
    secret = new_secret(workspace.entropy)
    identifier = uuid7(now, workspace.entropy(UUID_RANDOM_SIZE))
    made = ApiToken(
        identifier, sha256(secret.encode()), owner, tuple(map(str, wanted)), place, label, instant(now),
        instant(expires), None, None,
    )  # fmt: skip
    with workspace.open_trail() as store, changing(store) as writing:
        account = Accounts(writing).account(owner)
        if isinstance(by, Caller):
            by._replace(roles=in_use(account)).must(Does.MAKE_TOKEN)
        elif account is None or account.disabled:
            raise BadInput(f"{owner} has no account that is in use", fix="`governance account list` shows who has")
        Credentials(writing).add_token(made)
    return MadeToken(PREFIX + secret, made)


def token(workspace: Workspace, secret: str) -> Caller | None:
    """Whose it is, with the roles of this moment and the token's scopes; None for none, one that expired or was
    revoked, or somebody disabled. Raises MachineFault, VerificationFailed."""
    from governance.store.accounts import Accounts, changing
    from governance.store.credentials import Credentials

    digest = secret_hash(secret.removeprefix(PREFIX)) if secret.startswith(PREFIX) else None
    now = workspace.clock()
    if digest is None:
        return None
    with workspace.open_trail() as store:
        with store.snapshot() as snapshot:
            found = Credentials.within(snapshot).token(digest)
            account = Accounts.within(snapshot).account(found.principal) if found else None
        if found is None or account is None or account.disabled:
            return None
        if found.revoked is not None or found.expires <= instant(now):
            return None
        if found.used is None or found.used <= instant(now - _USED_EVERY):
            with changing(store) as writing:
                Credentials(writing).used(found.id, instant(now))
    scopes = frozenset(scope for scope in Scope if scope in found.scopes)
    return Caller(found.principal, in_use(account), scopes, found.id, place=found.place)


def revoke_token(workspace: Workspace, by: By, identifier: str, reason: str = "") -> None:
    """At once, and for good. One's own, or, as an admin, anybody's. Raises BadInput where there is none to revoke, in
    the same words where it is somebody else's; MachineFault."""
    from governance.store.accounts import Accounts, changing
    from governance.store.credentials import Credentials

    with workspace.open_trail() as store, changing(store) as writing:
        found = Credentials(writing).token_by_id(identifier) if identifier.isprintable() else None
        allowed = isinstance(by, Operator) or (found is not None and _revokes(by, found, Accounts(writing)))
        if found is None or not allowed:
            raise BadInput("no such token", got=ascii(identifier)[:100], expected="the id of a token of your own")
        Credentials(writing).revoke(identifier, instant(workspace.clock()))


def _revokes(by: Caller, token: "ApiToken", accounts: "Accounts") -> bool:
    if token.principal == by.principal and by.scopes is None:
        return True
    return by._replace(roles=in_use(accounts.account(by.principal))).may(Does.REVOKE_TOKEN).allowed


def tokens(workspace: Workspace, by: By, of: str | None = None) -> "list[ApiToken]":
    """The caller's own, or, for an admin and the operator, those of the principal `of`, the newest first; expired and
    revoked ones too. `hash` opens nothing. Raises Refused."""
    from governance.store.accounts import Accounts
    from governance.store.credentials import Credentials

    with workspace.open_trail() as store, store.snapshot() as snapshot:
        if isinstance(by, Operator):
            if of is None:
                raise RuntimeError("the operator has no tokens of their own")
        elif of not in (None, by.principal):
            by._replace(roles=in_use(Accounts.within(snapshot).account(by.principal))).must(Does.LIST_ACCOUNTS)
        else:
            of = by.principal
        return Credentials.within(snapshot).tokens(of)
