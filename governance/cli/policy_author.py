"""governance policy init, lint, fmt, explain: for whoever writes a policy, or is asked something by one."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from governance.cli.context import Context
from governance.errors import ExitCode

if TYPE_CHECKING:
    from governance.policy.document import LoadedPolicy, SelectedRule

ACTIONS = ("init", "lint", "fmt", "explain")


def run(context: Context) -> int:
    return {"init": _init, "lint": _lint, "fmt": _fmt, "explain": _explain}[context.args.action](context)


def _init(context: Context) -> int:
    """Below the current folder."""
    from governance.operations.begin_policy import begin_policy

    args = context.args
    files = begin_policy(args.name, args.rule, args.owner, Path("policies"))
    folder = files[0].parent
    lines = [f"Wrote {file}" for file in files]
    lines += ["", "Fill in what has a comment there; then:", f"  governance policy test {folder} --mutate"]
    lines += [f"  governance policy {one} {folder}" for one in ("lint", "fmt")]
    text = "\n".join(lines)
    context.say(json.dumps({"written": [str(file) for file in files]}, indent=2) if context.as_json else text)
    return ExitCode.ALLOW


def _lint(context: Context) -> int:
    """0, or 2 where a policy is wrong: no verdict about a model, but input that cannot mean what it says. Warnings
    count with `--strict`."""
    from governance.operations.lint import lint_policies
    from governance.policy.lint import Level
    from governance.render.lint import linted_json, linted_sarif, linted_text

    args = context.args
    found = lint_policies(args.name, as_of=context.now(), progress=context.progress)
    if args.format == "sarif":
        context.say(linted_sarif(found))
    else:
        context.say(linted_json(found) if context.as_json else linted_text(found, context.width))
    counted = {remark.lint.level for one in found for remark in one.remarks}
    failing = {*Level} if args.strict else {Level.ERROR}
    return ExitCode.USAGE if counted & failing else ExitCode.ALLOW


def _fmt(context: Context) -> int:
    """0, or 2 where `--check` finds a file that is not laid out so."""
    from governance.operations.layout import lay_out

    args = context.args
    found = lay_out(args.name, write=not args.check)
    if context.as_json:
        context.say(json.dumps([one._asdict() for one in found], indent=2))
    elif args.check:
        context.say("".join(one.difference or f"{one.file}: as it should be\n" for one in found))
    else:
        said = {
            one.file: f"written, sha256 {one.sha256}: pins of {one.was} no longer count for it"
            if one.difference
            else "as it should be"
            for one in found
        }
        context.say("\n".join(f"{file}: {text}" for file, text in said.items()))
    return ExitCode.USAGE if args.check and any(one.difference for one in found) else ExitCode.ALLOW


def _explain(context: Context) -> int:
    """A rule as a policy asks it, whatever was decided; else what `governance explain` finds under this name."""
    from governance.cli import explain
    from governance.operations.explain import catalogue_rule
    from governance.render.explain import explain_asked, explain_rule

    args = context.args
    name = args.name
    if (rule := catalogue_rule(name)) is not None:
        return explain.say(context, explain_rule(rule))
    if (found := _rule(context, name)) is not None:
        return explain.say(context, explain_asked(*found))
    args.finding, args.model, args.bundle = name, None, None
    return explain.run(context)


def _rule(context: Context, name: str) -> "tuple[LoadedPolicy, SelectedRule] | None":
    """Of the policy that is named with it, or of those that count here; None where those have no such rule. Raises
    BadInput where the policy that is named has none, and where several have one."""
    from governance import bundled
    from governance.cli.places import place
    from governance.operations.evaluate import load_policies
    from governance.operations.explain import selected_of

    policy, named, rule = name.rpartition("#")
    if named and (policy in bundled.policy_names() or Path(policy).exists() or policy.endswith((".yaml", ".yml"))):
        return selected_of(load_policies([policy]), rule)
    asked = place(context).asked()
    if name not in {key for one in asked for rule in one.rules for key in (rule.key, rule.section.id)}:
        return None
    return selected_of(asked, name)
