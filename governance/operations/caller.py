"""Who asks a verb of the service, and the secrets that prove it."""

import base64
import re
from typing import TYPE_CHECKING, NamedTuple

from governance.canonical import sha256
from governance.errors import Refused
from governance.keys import Entropy
from governance.operations.refusals import refused
from governance.permissions import Does, Permission, Scope, may

if TYPE_CHECKING:
    from governance.store.accounts import Account

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


class Caller(NamedTuple):
    """Who asks, as a session or a token proves it. `scopes` are the token's, None where they signed in themselves;
    `via` names the session or token; `csrf` goes into each form of a session; `place` is where evidence that comes with
    a token was measured."""

    principal: str
    roles: tuple[str, ...]
    scopes: frozenset[Scope] | None
    via: str
    csrf: str = ""
    place: str = ""

    def may(self, does: Does, to: str | None = None) -> Permission:
        return may(does, self.principal, self.roles, self.scopes, to=to)

    def must(self, does: Does, to: str | None = None) -> None:
        """Raises Refused, with the reason, once that is written down."""
        permission = self.may(does, to)
        if not permission.allowed:
            error = Refused(f"{self.principal} may not {does}", got=permission.reason)
            refused(does, self.principal, error)
            raise error


class Operator:
    """Whoever is at the machine that holds the log's key: nobody has to permit what they could do by hand."""


By = Caller | Operator


def in_use(account: "Account | None") -> tuple[str, ...]:
    """The roles of an account, none where it is disabled."""
    return () if account is None or account.disabled else account.roles


def new_secret(entropy: Entropy) -> str:
    """32 random bytes in base64url, 43 characters."""
    return base64.urlsafe_b64encode(entropy(32)).rstrip(b"=").decode()


def secret_hash(secret: str) -> str | None:
    """What is kept of a secret; None for what cannot be one. 256 random bits need no salt, and nobody guesses them."""
    return sha256(secret.encode()) if _SECRET.fullmatch(secret) else None
