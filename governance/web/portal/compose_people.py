"""From accounts to what pages about people show."""

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from governance.errors import GovernanceError, Refused, TooMany
from governance.keys import MIN_PASSWORD
from governance.operations.accounts import Listed
from governance.operations.caller import Caller
from governance.operations.own import fingerprint
from governance.permissions import ACCOUNT_ROLES, TABLE, Does
from governance.web.portal.pages_people import Named, PersonRow, PersonTokenRow, RoleRow, Step, TokenRow

if TYPE_CHECKING:
    from governance.store.credentials import ApiToken

PASSWORD_RULE = (
    f"At least {MIN_PASSWORD} characters: four words that have nothing to do with each other are easy to keep."
)

PLACES = {"ci": "in a pipeline", "local": "on somebody's machine"}
"""Where a token may say that evidence was measured, in words."""


def name_of(principal: str) -> str:
    return principal.removeprefix("local|")


def person_at(principal: str, step: str = "", **query: str) -> str:
    """The address of somebody, or of something that may be done to them."""
    path = f"/people/{quote(principal, safe='')}{f'/{step}' if step else ''}"
    return f"{path}?{urlencode(query)}" if query else path


def said(error: GovernanceError) -> str:
    """An error in one paragraph, for above a form."""
    what = error.what[:1].upper() + error.what[1:]
    parts = [what if what.endswith((".", "!", "?")) else f"{what}."]
    if isinstance(error, TooMany):
        return f"{parts[0]} Wait {error.wait} seconds, then try again."
    if isinstance(error, Refused):
        parts += [f"{error.got[:1].upper()}{error.got[1:]}."] if error.got else []
    else:
        parts += [f"Got {error.got}."] if error.got else []
        parts += [f"Expected: {error.expected}."] if error.expected else []
    parts += [f"What to do: {error.fix}."] if error.fix else []
    return " ".join([*parts, "Nothing was changed."])


def token_row(token: "ApiToken", now: str) -> TokenRow:
    state = "revoked" if token.revoked else "expired" if token.expires <= now else "live"
    return TokenRow(
        token.id, token.label, ", ".join(token.scopes), PLACES[token.place], token.expires, token.used or "", state
    )


def state_of(one: Listed) -> str:
    return "invited" if one.created is None else "disabled" if one.disabled else "in use" if one.roles else "no role"


def person_row(one: Listed) -> PersonRow:
    return PersonRow(
        name=name_of(one.principal),
        href=person_at(one.principal),
        roles=", ".join(one.roles),
        state=state_of(one),
        signed_in=one.signed_in or "",
        key=fingerprint(one.key) if one.key else "",
        invited=one.invited or "",
        tokens=one.tokens,
    )


def lets(role: str) -> tuple[str, ...]:
    """What a role lets somebody do, in words."""
    return tuple(row.means for row in TABLE.values() if role in row.roles)


def roles_to_pick() -> tuple[Named, ...]:
    return tuple(Named(role, "; ".join(lets(role))) for role in ACCOUNT_ROLES)


def refusal(by: Caller, does: Does, principal: str | None = None) -> str:
    """Why the caller may not, empty where they may."""
    permission = by.may(does, principal)
    return "" if permission.allowed else permission.reason


def role_rows(one: Listed, by: Caller) -> tuple[RoleRow, ...]:
    """Every role, with what would change it; nothing can change of who has no account in use."""
    shut = state_of(one) in ("disabled", "invited")
    refused = f"the account is {state_of(one)}" if shut else refusal(by, Does.GRANT, one.principal)
    return tuple(
        RoleRow(
            role,
            role in one.roles,
            lets(role),
            Step(*_changes(role in one.roles, one.principal, role), refused),
        )
        for role in ACCOUNT_ROLES
    )


def _changes(held: bool, principal: str, role: str) -> tuple[str, str]:
    return ("Revoke", person_at(principal, "revoke", role=role)) if held else (
        "Grant", person_at(principal, "grant", role=role)
    )  # fmt: skip


def steps(one: Listed, by: Caller) -> tuple[Step, ...]:
    """What may be done to the whole account."""
    anew = "New link for a lost password" if one.created and not one.disabled else "Invite again"
    found = [Step(anew, person_at(one.principal, "link"), refusal(by, Does.INVITE, one.principal))]
    if one.created and not one.disabled:
        label, at = "Disable the account", person_at(one.principal, "disable")
        found.append(Step(label, at, refusal(by, Does.DISABLE, one.principal)))
    return tuple(found)


def person_token(token: "ApiToken", now: str, by: Caller) -> PersonTokenRow:
    at = person_at(token.principal, "token", id=token.id)
    return PersonTokenRow(token_row(token, now), Step("Revoke", at, refusal(by, Does.REVOKE_TOKEN)))
