"""governance policy list, rules, check, test, pin, unpin, pins; `policy_change` has diff, replay and release,
`policy_author` init, lint, fmt and explain, `policy_law` coverage, soa, calendar and portfolio"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from governance.cli import policy_author, policy_change, policy_law
from governance.cli.context import Context
from governance.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from governance.operations.pin import Pins
    from governance.policy.document import Policy


def run(context: Context) -> int:
    action = context.args.action
    if action in policy_author.ACTIONS:
        return policy_author.run(context)
    if action in policy_change.ACTIONS:
        return policy_change.run(context)
    if action in policy_law.ACTIONS:
        return policy_law.run(context)
    if action == "test":
        return _test(context)
    if action in ("pin", "unpin", "pins"):
        return _pins(context)
    rows, text = _rules(context) if action == "rules" else _policies(context)
    context.say(json.dumps(rows, indent=2) if context.as_json else text)
    return ExitCode.ALLOW


def _pins(context: Context) -> int:
    from governance.operations.pin import pin, pin_key, pins, unpin

    args, workspace = context.args, context.workspace()
    if args.action == "pins":
        return _say_pins(context, pins(workspace, args.trust))
    if bool(args.name) is bool(args.key):
        raise BadInput(
            f"`policy {args.action}` takes names, or a key",
            got="both" if args.key else "neither",
            expected="the name of a shipped policy, the file of a policy, a release or a baseline; or --key",
        )
    reason, away = args.reason or "", args.action == "unpin"
    if args.key:
        return _say_pins(context, pin_key(workspace, args.key, args.trust, reason, away=away))
    return _say_pins(context, (unpin if away else pin)(workspace, args.name, args.trust, reason))


def _say_pins(context: Context, found: "Pins") -> int:
    from governance.render.visible import visible

    if context.as_json:
        body = {"trust": str(found.file), "changed": found.changed, "pinned": [one._asdict() for one in found.pinned]}
        context.say(json.dumps(body, indent=2))
        return ExitCode.ALLOW
    said = "pins" if context.args.action == "pins" or not found.changed else "now pins"
    lines = [f"{found.file} {said} nothing: a decision under any policy counts"]
    if found.pinned:
        lines = [f"{found.file} {said} these, and nothing else counts:"]
        lines += [f"  {one.sha256}  {one.what or 'neither shipped nor released here'}" for one in found.pinned]
    context.say("\n".join(map(visible, lines)))
    return ExitCode.ALLOW


def _test(context: Context) -> int:
    """0, or 2 where a policy does not do what its cases say: no verdict about a model, but input that contradicts
    itself."""
    from governance.operations.examine import examine_policies
    from governance.render.examined import examined_junit, examined_text
    from governance.render.policy_test import examined_json

    args = context.args
    if args.strict and not args.mutate:
        raise BadInput("`--strict` goes with `policy test --mutate`", fix="add --mutate")
    found = examine_policies(args.name, mutate=args.mutate, strict=args.strict, progress=context.progress)
    if args.format == "junit":
        context.say(examined_junit(found))
    else:
        context.say(examined_json(found) if context.as_json else examined_text(found, context.width))
    return ExitCode.ALLOW if all(one.holds for one in found) else ExitCode.USAGE


_Rows = list[dict[str, object]]


def _rules(context: Context) -> tuple[_Rows, str]:
    """One rule of the catalogue in full, or those of a family, or that serve a law or a clause of it, or all."""
    from governance.operations.explain import catalogue_rule, catalogue_rules
    from governance.render.explain import rule_text
    from governance.render.explain_text import rule_lines

    name = context.args.name
    rule = catalogue_rule(name) if name else None
    if rule is None:
        found = catalogue_rules(name)
        width = max(len(one.name) for one in found)
        if not context.as_json:
            context.hint("`governance policy rules NAME` shows what one rule checks and its options")
        rows: _Rows = [{"rule": one.name, "summary": one.summary, "controls": list(one.controls)} for one in found]
        return rows, "\n".join(f"{one.name:<{width}}  {one.summary}" for one in found)
    shown = {"rule": rule.name, "summary": rule.summary, "controls": list(rule.controls)}
    return [shown | {"with": rule.params.model_json_schema()}], rule_lines(rule_text(rule), context.width)


def _said(policy: "Policy", now: datetime) -> Iterator[str]:
    """What only some policies say of themselves."""
    from governance.render.visible import visible

    if policy.owner:
        yield f"owner {visible(policy.owner)}"
    if policy.applies:
        yield f"applies where {visible(' '.join(policy.applies.split()))}"
    if policy.law:
        yield f"about {visible(policy.law.title)} ({policy.law.id}): {policy.law.status_on(now).value}"
    for layer in policy.merged:
        yield f"merged from {layer.policy} {layer.version}, whose file has the sha256 {layer.sha256}"


def _policies(context: Context) -> tuple[_Rows, str]:
    """The policies that are named; none named, those of the service, or those that are shipped."""
    from governance import bundled
    from governance.operations.evaluate import load_policies
    from governance.operations.examine import policy_files
    from governance.operations.parents import load_with_parents
    from governance.policy.finding import plural
    from governance.render.visible import visible

    args = context.args
    names = [args.name] if args.action == "check" else args.name
    if names:
        policies = tuple(load_with_parents(shown, data) for shown, data, *_ in policy_files(names))
    elif (remote := context.remote()) is not None:
        policies = remote.ruling().policies
    else:
        policies = load_policies(bundled.policy_names())
    now = context.now()
    rows: _Rows = [
        {
            "id": policy.document.id,
            "version": policy.document.version,
            "sha256": policy.sha256,
            "status": _status(policy.document, now),
            "in_force": policy.document.in_force.model_dump(mode="json", by_alias=True),
            "environments": policy.document.environments,
            "owner": policy.document.owner,
            "applies": policy.document.applies,
            "merged": [layer.model_dump(mode="json", exclude={"rules"}) for layer in policy.document.merged],
            "law": policy.document.law and policy.document.law.id,
            "rules": [rule.uses for rule in policy.rules],
        }
        for policy in policies
    ]
    text = "\n".join(
        f"{policy.document.id} {policy.document.version}  {visible(policy.document.title or '')}\n"
        f"  sha256 {policy.sha256}\n"
        f"  in force from {policy.document.in_force.from_} "
        f"until {policy.document.in_force.until or 'further notice'}"
        f"{'' if (status := _status(policy.document, now)) == 'in force' else f' ({status})'}, "
        f"for {', '.join(policy.document.environments)}; {plural(len(policy.rules), 'rule')}"
        + "".join(f"\n  {line}" for line in _said(policy.document, now))
        for policy in policies
    )
    return rows, text


def _status(policy: "Policy", now: datetime) -> str:
    from governance.canonical import parse_instant

    if policy.in_force.covers(now):
        return "in force"
    return "not yet" if now < parse_instant(policy.in_force.from_) else "ended"
