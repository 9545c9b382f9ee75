"""governance policy list, rules, check"""

import json

from governance.cli.context import Context
from governance.errors import BadInput, ExitCode


def run(context: Context) -> int:
    from governance import bundled
    from governance.operations.evaluate import load_policies
    from governance.policy.rules import ALL

    action, name = context.args.action, context.args.file
    if action == "rules":
        rows: list[dict[str, object]] = [
            {"rule": rule.name, "summary": rule.summary, "controls": list(rule.controls)} for rule in ALL
        ]
        width = max(len(rule.name) for rule in ALL)
        text = "\n".join(f"{rule.name:<{width}}  {rule.summary}" for rule in ALL)
    else:
        if (action == "check") != (name is not None):
            raise BadInput(
                "say which policy" if action == "check" else f"`policy {action}` takes no file", got=str(name)
            )
        policies = load_policies([name] if name else bundled.policy_names())
        rows = [
            {
                "id": policy.document.id,
                "version": policy.document.version,
                "sha256": policy.sha256,
                "in_force": policy.document.in_force.model_dump(mode="json", by_alias=True),
                "environments": policy.document.environments,
                "rules": [rule.uses for rule in policy.rules],
            }
            for policy in policies
        ]
        text = "\n".join(
            f"{policy.document.id} {policy.document.version}  {policy.document.title or ''}\n"
            f"  sha256 {policy.sha256}\n"
            f"  in force from {policy.document.in_force.from_} "
            f"until {policy.document.in_force.until or 'further notice'}, "
            f"for {', '.join(policy.document.environments)}; {len(policy.rules)} rules"
            for policy in policies
        )
    context.say(json.dumps(rows, indent=2) if context.as_json else text)
    return ExitCode.ALLOW
