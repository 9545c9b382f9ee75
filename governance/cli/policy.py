"""governance policy list, rules, check, test, pin, unpin, pins; `policy_change` has diff, replay and release,
`policy_author` lint, fmt and explain"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from governance.cli import policy_author, policy_change
from governance.cli.context import Context
from governance.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from governance.operations.pin import Pins
    from governance.policy.document import Policy

ACTIONS = ("list", "rules", "check", *policy_author.ACTIONS, "test", *policy_change.ACTIONS, "pin", "unpin", "pins")


def run(context: Context) -> int:
    args = context.args
    strict = args.strict and not (args.action == "test" and args.mutate)
    _fitting(args.action, args.format, strict, args.check)
    if args.action in policy_author.ACTIONS:
        return policy_author.run(context)
    if args.action in policy_change.ACTIONS:
        return policy_change.run(context)
    if args.format == "markdown":
        raise BadInput("`--format markdown` goes with `policy diff` and `replay`", got=f"policy {args.action}")
    if args.action == "test":
        return _test(context)
    if args.format == "junit" or args.mutate:
        raise BadInput("`--format junit` and `--mutate` go with `policy test`", got=f"policy {args.action}")
    if args.action in ("pin", "unpin", "pins"):
        return _pins(context)
    if args.trust:
        raise BadInput("`--trust` goes with `policy pin`, `unpin` and `pins`", got=f"policy {args.action}")
    if len(args.name) > 1:
        raise BadInput(f"`policy {args.action}` takes one name", got=" ".join(args.name))
    name = args.name[0] if args.name else None
    rows, text = _rules(context, name) if args.action == "rules" else _policies(context, args.action, name)
    context.say(json.dumps(rows, indent=2) if context.as_json else text)
    return ExitCode.ALLOW


def _fitting(action: str, format_: str, strict: bool, check: bool) -> None:
    """Raises BadInput for what belongs to other actions."""
    for given, owner in ((format_ == "sarif", "lint"), (strict, "lint"), (check, "fmt")):
        if given and action != owner:
            raise BadInput(
                "`--format sarif` and `--strict` go with `policy lint`, `--check` with `policy fmt`",
                got=f"policy {action}",
                fix="`--strict` goes with `test --mutate`, too" if strict else "",
            )
    if action in policy_author.ACTIONS and format_ in ("junit", "markdown"):
        raise BadInput(f"`policy {action}` has no format {format_}", expected="text, json; lint: sarif, too")


def _pins(context: Context) -> int:
    from governance.operations.pin import pin, pin_key, pins, unpin

    args, workspace = context.args, context.workspace()
    if args.key and not args.name and args.action != "pins":
        return _say_pins(
            context, pin_key(workspace, args.key, args.trust, args.reason or "", away=args.action == "unpin")
        )
    if bool(args.name) is (args.action == "pins") or args.key:
        expected = "" if args.name else "the name of a shipped policy, or the file of a policy or a baseline"
        raise BadInput(f"`policy {args.action}` takes {'no' if args.name else 'a'} name", expected=expected)
    if args.action == "pins":
        found = pins(workspace, args.trust)
    else:
        found = (pin if args.action == "pin" else unpin)(workspace, args.name, args.trust, args.reason or "")
    return _say_pins(context, found)


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
        lines += [f"  {one.sha256}  {one.what or 'neither shipped nor named here'}" for one in found.pinned]
    context.say("\n".join(map(visible, lines)))
    return ExitCode.ALLOW


def _test(context: Context) -> int:
    """0, or 2 where a policy does not do what its cases say: no verdict about a model, but input that contradicts
    itself."""
    from governance.operations.examine import examine_policies
    from governance.render.examined import examined_json, examined_junit, examined_text

    args = context.args
    found = examine_policies(args.name, mutate=args.mutate, strict=args.strict, progress=context.progress)
    if args.format == "junit":
        context.say(examined_junit(found))
    else:
        context.say(examined_json(found) if context.as_json else examined_text(found, context.width))
    return ExitCode.ALLOW if all(one.holds for one in found) else ExitCode.USAGE


_Rows = list[dict[str, object]]


def _rules(context: Context, name: str | None) -> tuple[_Rows, str]:
    """One rule of the catalogue, or all."""
    from governance.operations.explain import catalogue_rule
    from governance.policy.rules import ALL
    from governance.render.explain import rule_text
    from governance.render.explain_text import rule_lines

    if name is None:
        width = max(len(rule.name) for rule in ALL)
        if not context.as_json:
            context.hint("`governance policy rules NAME` shows what one rule checks and its options")
        rows: _Rows = [{"rule": rule.name, "summary": rule.summary, "controls": list(rule.controls)} for rule in ALL]
        return rows, "\n".join(f"{rule.name:<{width}}  {rule.summary}" for rule in ALL)
    rule = catalogue_rule(name)
    if rule is None:
        raise BadInput("no such rule", got=name, fix="`governance policy rules` lists them")
    shown = {"rule": rule.name, "summary": rule.summary, "controls": list(rule.controls)}
    return [shown | {"with": rule.params.model_json_schema()}], rule_lines(rule_text(rule), context.width)


def _said(policy: "Policy") -> Iterator[str]:
    """What only some policies say of themselves."""
    from governance.render.visible import visible

    if policy.owner:
        yield f"owner {visible(policy.owner)}"
    if policy.applies:
        yield f"applies where {visible(' '.join(policy.applies.split()))}"
    for layer in policy.merged:
        yield f"merged from {layer.policy} {layer.version}, whose file has the sha256 {layer.sha256}"


def _policies(context: Context, action: str, name: str | None) -> tuple[_Rows, str]:
    """The shipped policies, or those of the service; or one that is checked."""
    from governance import bundled
    from governance.operations.evaluate import load_policies
    from governance.render.visible import visible

    if action == "check" and name is None:
        raise BadInput("say which policy", expected="the name of a shipped policy, or a policy.yaml")
    if action == "list" and name is not None:
        raise BadInput("`policy list` takes no file", got=name, fix=f"`governance policy check {name}` reads it")
    if action == "list" and (remote := context.remote()) is not None:
        policies = remote.ruling().policies
    else:
        policies = load_policies([name] if name else bundled.policy_names())
    rows: _Rows = [
        {
            "id": policy.document.id,
            "version": policy.document.version,
            "sha256": policy.sha256,
            "in_force": policy.document.in_force.model_dump(mode="json", by_alias=True),
            "environments": policy.document.environments,
            "owner": policy.document.owner,
            "applies": policy.document.applies,
            "merged": [layer.model_dump(mode="json", exclude={"rules"}) for layer in policy.document.merged],
            "rules": [rule.uses for rule in policy.rules],
        }
        for policy in policies
    ]
    text = "\n".join(
        f"{policy.document.id} {policy.document.version}  {visible(policy.document.title or '')}\n"
        f"  sha256 {policy.sha256}\n"
        f"  in force from {policy.document.in_force.from_} "
        f"until {policy.document.in_force.until or 'further notice'}, "
        f"for {', '.join(policy.document.environments)}; {len(policy.rules)} rules"
        + "".join(f"\n  {line}" for line in _said(policy.document))
        for policy in policies
    )
    return rows, text
