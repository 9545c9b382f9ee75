"""One's own account."""

from typing import NamedTuple

from governance.errors import Refused
from governance.operations.caller import Caller
from governance.operations.workspace import Workspace
from governance.signing.keys import decode_public, key_id


class Own(NamedTuple):
    """`key`: the fingerprint of one's public key, `key_since`: when it was added; both empty where there is none."""

    created: str
    key: str
    key_since: str


def own(workspace: Workspace, caller: Caller) -> Own:
    """Raises Refused where the account is gone or disabled."""
    from governance.store.accounts import Accounts

    with workspace.open_trail() as store, store.snapshot() as snapshot:
        accounts = Accounts.within(snapshot)
        account, key = accounts.account(caller.principal), accounts.key(caller.principal)
    if account is None or account.disabled:
        raise Refused(f"{caller.principal} has no account that is in use")
    return Own(account.created, fingerprint(key.key) if key else "", key.added if key else "")


def fingerprint(key: str) -> str:
    """Of a public key in its text form: SHA-256 of the SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) in hex, by which
    signatures name it."""
    return key_id(decode_public(key))
