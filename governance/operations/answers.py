"""A request that comes again under its idempotency key is answered as before, and does nothing twice."""

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from governance.canonical import instant
from governance.errors import BadInput, Broken, GovernanceError, VerificationFailed
from governance.operations.accounts import log_signer
from governance.operations.sealing import Place
from governance.operations.workspace import Workspace

if TYPE_CHECKING:
    from governance.store.snapshot import Snapshot
    from governance.store.transaction import Transaction


class KeyReused(BadInput):
    """An idempotency key came with another request than the first time."""


class Sealed(Protocol):
    """What a verb did that sealed a decision."""

    @property
    def sealed(self) -> Place: ...


Remember = Callable[["Transaction", Sealed], None]


class Done(NamedTuple):
    """The decision that was sealed, and whether that was at an earlier request."""

    decision_sha256: str
    again: bool


def once(
    workspace: Workspace, principal: str, key: str | None, request: str, status: int, do: Callable[[Remember], Sealed]
) -> Done:
    """Do it, or say what was done for the same request under the same key of the same principal.

    `request` is its digest. The answer is kept in the transaction of what was done, for `sessions.ANSWERS_KEPT`.
    Raises KeyReused, VerificationFailed where the table was written to, and what `do` raises.
    """
    if key is None:
        return Done(do(lambda transaction, made: None).sealed.decision_sha256, False)
    if (known := _answered(workspace, principal, key, request)) is not None:
        return known

    def remember(transaction: "Transaction", made: Sealed) -> None:
        from governance.store.credentials import Answered, Credentials

        if _find(workspace, transaction, principal, key, request) is not None:
            raise _Overtaken("the same request was answered meanwhile")
        digest = made.sealed.decision_sha256
        answer = Answered(request, status, f"{digest} {_mac(workspace, principal, key, request, digest)}".encode())
        Credentials.within(transaction).add_answer(principal, key, answer, instant(transaction.now))

    try:
        return Done(do(remember).sealed.decision_sha256, False)
    except GovernanceError:
        # Of two at once, the second finds the case changed: by the first.
        if (known := _answered(workspace, principal, key, request)) is not None:
            return known
        raise


class _Overtaken(GovernanceError):
    """Takes back what the second of two equal requests did."""


def _answered(workspace: Workspace, principal: str, key: str, request: str) -> Done | None:
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        return _find(workspace, snapshot, principal, key, request)


def _find(workspace: Workspace, snapshot: "Snapshot", principal: str, key: str, request: str) -> Done | None:
    from governance.store.credentials import Credentials

    answer = Credentials.within(snapshot).answered(principal, key)
    if answer is None:
        return None
    if answer.request != request:
        raise KeyReused(
            "this idempotency key was used for another request",
            got=key,
            expected="a new key for a new request, the same body for the same key",
        )
    digest, _, mac = answer.body.decode("ascii", "replace").partition(" ")
    if not hmac.compare_digest(mac.encode(), _mac(workspace, principal, key, request, digest).encode()):
        raise VerificationFailed(
            Broken.TAMPERED, "an answer is not the one that was given", got=digest,
            fix="somebody wrote to the table of answers: find out who", where=snapshot.where,
        )  # fmt: skip
    return Done(digest, True)


def _mac(workspace: Workspace, principal: str, key: str, request: str, digest: str) -> str:
    """Of what was answered to whom, under a key that is not in the database: whoever writes there gives no answer in
    our name. (HMAC-SHA-256, RFC 2104.)"""
    secret = log_signer(workspace).derive("governance answer")
    return hmac.digest(secret, "\0".join((principal, key, request, digest)).encode(), "sha256").hex()
