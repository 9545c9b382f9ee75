"""governance policy diff, replay, release: what a policy that changes would do, and who answers for it."""

import json

from governance.cli.context import Context
from governance.errors import BadInput, ExitCode

ACTIONS = ("diff", "replay", "release")


def run(context: Context) -> int:
    return {"diff": _diff}[context.args.action](context)


def _diff(context: Context) -> int:
    """0, or 10 where a person must answer for a change: it loosens, or nobody knows its direction."""
    from governance.operations.parents import load_placed_with_parents
    from governance.policy.difference import difference
    from governance.render.policy_diff import Placed, diff_markdown, diff_text

    names = context.args.name
    if len(names) != 2:
        raise BadInput("`policy diff` takes two policies", got=" ".join(names) or "none", expected="OLD and NEW")
    (old, old_at), (new, new_at) = map(load_placed_with_parents, names)
    diff = difference(old, new, old_at, new_at)
    if context.as_json:
        context.say(json.dumps(diff.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False))
    elif context.args.format == "markdown":
        context.say(diff_markdown(diff))
    else:
        context.say(diff_text(Placed(diff, old_at, new_at), context.width))
    return ExitCode.ALLOW if diff.safe else ExitCode.NEEDS_REVIEW
