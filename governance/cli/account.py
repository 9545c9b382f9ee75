"""governance account: what whoever is at the service's machine does without an account of their own"""

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from governance.canonical import instant
from governance.cli.context import Context, moment
from governance.errors import BadInput, ExitCode
from governance.settings import public_url

if TYPE_CHECKING:
    from governance.operations.accounts import Listed

ACTIONS = ("invite", "list", "grant", "revoke", "disable", "token", "tokens", "revoke-token")
# Which options say something to which of them.
_TAKES = {
    "role": ("invite", "grant", "revoke"),
    "url": ("invite",),
    "scope": ("token",),
    "where": ("token",),
    "expires": ("token",),
    "label": ("token",),
    "reason": ("invite", "grant", "revoke", "disable", "revoke-token"),
}


def run(context: Context) -> int:
    action = context.args.action
    for option, actions in _TAKES.items():
        if getattr(context.args, option) and action not in actions:
            raise BadInput(f"`--{option}` goes with account {' and '.join(actions)}", got=f"account {action}")
    return {
        "invite": _invite,
        "list": _list,
        "grant": _change,
        "revoke": _change,
        "disable": _disable,
        "token": _token,
        "tokens": _tokens,
        "revoke-token": _revoke_token,
    }[action](context)


def _invite(context: Context) -> int:
    from governance.operations.accounts import invite
    from governance.operations.caller import Operator

    base = public_url(url, "--url") if (url := context.args.url) else context.settings.public_url or ""
    link = invite(context.workspace(), _name(context), tuple(context.args.role), Operator(), context.args.reason or "")
    shown = f"{base}/invitation/{link.token}"
    if context.as_json:
        body = {"schema": "governance.invitation/v1", "principal": link.principal, "roles": link.roles}
        context.say(json.dumps(body | {"link": shown, "expires": link.expires}, indent=2))
        return ExitCode.ALLOW
    what = f"an account as {', '.join(link.roles)}" if link.roles else "a new password and a new key"
    context.note(f"For {_short(link.principal)}, who opens it for {what}: once, before {link.expires}.")
    if not base:
        context.note("It goes behind the address of the service; --url or GOVERNANCE_PUBLIC_URL says that.")
    context.say(shown)
    return ExitCode.ALLOW


def _list(context: Context) -> int:
    from governance.operations.accounts import list_accounts
    from governance.operations.caller import Operator

    everybody = list_accounts(context.workspace(), Operator())
    if context.as_json:
        body = {"schema": "governance.accounts/v1", "accounts": [one._asdict() for one in everybody]}
        context.say(json.dumps(body, indent=2))
        return ExitCode.ALLOW
    if not everybody:
        context.say("nobody has an account; `governance account invite NAME --role admin` invites the first")
    for one in everybody:
        context.say(f"{_short(one.principal):<20} {_state(one)}")
    return ExitCode.ALLOW


def _state(one: "Listed") -> str:
    from governance.signing.keys import decode_public, key_id

    roles = ", ".join(one.roles) or "no role"
    if one.created is None:
        return f"invited as {roles}, until {one.invited}"
    if one.disabled:
        parts = [f"disabled since {one.disabled}"]
    else:
        parts = [roles, f"last signed in {one.signed_in}" if one.signed_in else "never signed in"]
        parts += [f"key {key_id(decode_public(one.key))[:16]}"] if one.key else []
        parts += [f"{one.tokens} token{'s' if one.tokens > 1 else ''}"] if one.tokens else []
    parts += [f"a new link until {one.invited}"] if one.invited else []
    return "; ".join(parts)


def _change(context: Context) -> int:
    from governance.operations.accounts import grant, revoke
    from governance.operations.caller import Operator
    from governance.operations.workspace import local

    args, name = context.args, _name(context)
    if len(args.role) != 1:
        raise BadInput("which role?", got=", ".join(args.role) or "none", expected="one --role")
    change = grant if args.action == "grant" else revoke
    roles = change(context.workspace(), local(name), args.role[0], Operator(), args.reason or "")
    if context.as_json:
        body = {"schema": "governance.account-roles/v1", "principal": local(name), "roles": roles}
        context.say(json.dumps(body, indent=2))
    else:
        context.say(f"{name} holds now: {', '.join(roles) or 'no role'}")
    return ExitCode.ALLOW


def _disable(context: Context) -> int:
    from governance.operations.accounts import disable
    from governance.operations.caller import Operator
    from governance.operations.workspace import local

    name = _name(context)
    disable(context.workspace(), local(name), Operator(), context.args.reason or "")
    if context.as_json:
        context.say(json.dumps({"schema": "governance.account-disabled/v1", "principal": local(name)}, indent=2))
    else:
        context.say(f"{name} is out: sessions, tokens, roles and key ended; what {name} signed before stays valid")
    return ExitCode.ALLOW


def _token(context: Context) -> int:
    from governance.operations.caller import Operator
    from governance.operations.tokens import Place, create_token
    from governance.operations.workspace import local
    from governance.permissions import Scope

    args, name, workspace = context.args, _name(context), context.workspace()
    expires = moment(args.expires, "--expires") if args.expires else workspace.clock() + _USUAL
    scopes = [scope for scope in Scope if scope in args.scope]
    place: Place = args.where or "ci"
    label = args.label or "made at the machine"
    made = create_token(workspace, Operator(), scopes, label, expires, place, local(name))
    if context.as_json:
        body = {"schema": "governance.token-made/v1", "secret": made.secret, "id": made.token.id}
        fields = {"principal": made.token.principal, "scopes": made.token.scopes, "place": made.token.place}
        context.say(json.dumps(body | fields | {"expires": made.token.expires}, indent=2))
        return ExitCode.ALLOW
    can = ", ".join(made.token.scopes)
    context.note(f"{name} by token, to {can} ({place}), until {made.token.expires}. It is shown this once.")
    context.note(f"`governance account revoke-token {made.token.id}` ends it.")
    context.say(made.secret)
    return ExitCode.ALLOW


_USUAL = timedelta(days=90)


def _tokens(context: Context) -> int:
    from governance.operations.accounts import list_accounts
    from governance.operations.caller import Operator
    from governance.operations.tokens import tokens
    from governance.operations.workspace import local
    from governance.render.visible import visible

    workspace = context.workspace()
    now = instant(workspace.clock())
    named = context.args.person
    whose = [local(named)] if named else [one.principal for one in list_accounts(workspace, Operator())]
    found = [token for principal in whose for token in tokens(workspace, Operator(), principal)]
    if context.as_json:
        # The digest of the secret opens nothing, and nobody needs it.
        shown = [{name: value for name, value in token._asdict().items() if name != "hash"} for token in found]
        context.say(json.dumps({"schema": "governance.tokens/v1", "tokens": shown}, indent=2))
        return ExitCode.ALLOW
    if not found:
        context.say(f"{named or 'nobody'} has no token")
    for one in found:
        over = f"expired {one.expires}" if one.expires <= now else f"until {one.expires}"
        state = f"revoked {one.revoked}" if one.revoked else over
        used = f"last used {one.used}" if one.used else "never used"
        what = f"{', '.join(one.scopes)} ({one.place}); {state}; {used}; {one.label}"
        context.say(visible(f"{one.id}  {_short(one.principal):<12} {what}"))
    return ExitCode.ALLOW


def _revoke_token(context: Context) -> int:
    from governance.operations.caller import Operator
    from governance.operations.tokens import revoke_token

    identifier: str | None = context.args.person
    if identifier is None:
        raise BadInput("which token?", expected="its id", fix="`governance account tokens` lists them")
    revoke_token(context.workspace(), Operator(), identifier, context.args.reason or "")
    if context.as_json:
        context.say(json.dumps({"schema": "governance.token-revoked/v1", "id": identifier}, indent=2))
    else:
        context.say(f"token {identifier} is void")
    return ExitCode.ALLOW


def _name(context: Context) -> str:
    name: str | None = context.args.person
    if name is None:
        raise BadInput("whose account?", expected=f"governance account {context.args.action} NAME")
    return name


def _short(principal: str) -> str:
    return principal.removeprefix("local|")
