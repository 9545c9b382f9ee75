"""governance account invite, list, disable: what whoever is at the service's machine does without an account"""

import json

from governance.cli.context import Context
from governance.errors import BadInput, ExitCode
from governance.settings import public_url


def run(context: Context) -> int:
    return {"invite": _invite, "list": _list, "disable": _disable}[context.args.action](context)


def _invite(context: Context) -> int:
    from governance.operations.accounts import invite
    from governance.operations.caller import Operator
    from governance.operations.workspace import local

    base = public_url(url, "--url") if (url := context.args.url) else context.settings.public_url or ""
    link = invite(context.workspace(), _name(context), tuple(context.args.role), Operator())
    shown = f"{base}/invitation/{link.token}"
    if context.as_json:
        body = {"schema": "governance.invitation/v1", "principal": link.principal, "roles": link.roles}
        context.say(json.dumps(body | {"link": shown, "expires": link.expires}, indent=2))
        return ExitCode.ALLOW
    what = f"an account as {', '.join(link.roles)}" if link.roles else "a new password and a new key"
    context.note(f"For {link.principal.removeprefix(local(''))}, who opens it for {what}: once, before {link.expires}.")
    if not base:
        context.note("It goes behind the address of the service; --url or GOVERNANCE_PUBLIC_URL says that.")
    context.say(shown)
    return ExitCode.ALLOW


def _list(context: Context) -> int:
    from governance.operations.accounts import list_accounts
    from governance.operations.caller import Operator
    from governance.operations.workspace import local

    everybody = list_accounts(context.workspace(), Operator())
    if context.as_json:
        body = {"schema": "governance.accounts/v1", "accounts": [one._asdict() for one in everybody]}
        context.say(json.dumps(body, indent=2))
        return ExitCode.ALLOW
    if not everybody:
        context.say("nobody has an account; `governance account invite NAME --role admin` invites the first")
    for one in everybody:
        state = f"disabled since {one.disabled}" if one.disabled else ", ".join(one.roles) or "no role"
        context.say(f"{one.principal.removeprefix(local('')):<20} {state}")
    return ExitCode.ALLOW


def _disable(context: Context) -> int:
    from governance.operations.accounts import disable
    from governance.operations.caller import Operator
    from governance.operations.workspace import local

    name = _name(context)
    disable(context.workspace(), local(name), Operator())
    if context.as_json:
        context.say(json.dumps({"schema": "governance.account-disabled/v1", "principal": local(name)}, indent=2))
    else:
        context.say(f"{name} is out: sessions, tokens, roles and key ended; what {name} signed before stays valid")
    return ExitCode.ALLOW


def _name(context: Context) -> str:
    name: str | None = context.args.person
    if name is None:
        raise BadInput("whose account?", expected=f"governance account {context.args.action} NAME")
    return name
