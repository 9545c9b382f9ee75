"""governance policy lint, fmt, explain: for whoever writes a policy"""

from governance.cli.context import Context
from governance.errors import BadInput, ExitCode


def lint(context: Context) -> int:
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


def fmt(context: Context) -> int:
    """0, or 2 where `--check` finds a file that is not laid out so."""
    import json

    from governance.operations.layout import lay_out

    args = context.args
    if not args.name:
        raise BadInput("say which files", expected="policies, as files or folders")
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
