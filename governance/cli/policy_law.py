"""governance policy coverage, soa, calendar, portfolio: what of a law is checked, what applies, what changes when, and
for whom."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from governance.canonical import instant, parse_instant
from governance.cli.context import Context, model_version, moment
from governance.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from governance.policy.applicability import Case
    from governance.policy.clauses import LawCoverage
    from governance.policy.document import LoadedPolicy

ACTIONS = ("coverage", "soa", "calendar", "portfolio")


def run(context: Context) -> int:
    actions = {"coverage": _coverage, "soa": _soa, "calendar": _calendar, "portfolio": _portfolio}
    return actions[context.args.action](context)


def _coverage(context: Context) -> int:
    from governance.policy.clauses import coverage
    from governance.render.law import coverage_json, coverage_markdown, coverage_text

    args = context.args
    as_of = _day(context, args.as_of, "--as-of")
    policies = _policies(context)
    found = [coverage(policy, law, as_of) for policy in policies if (law := policy.document.law) is not None]
    if args.name and len(found) < len(policies):
        bare = next(policy.document.id for policy in policies if policy.document.law is None)
        raise _lawless(bare)
    if context.as_json:
        context.say(coverage_json(found))
    elif args.format.startswith("oscal-"):
        context.say(_oscal(args.format, [one for one in policies if one.document.law], found))
    elif not found:
        context.say("No policy here is about a law.")
    elif args.format == "markdown":
        context.say(coverage_markdown(found))
    else:
        context.say(coverage_text(found, context.width))
    return ExitCode.ALLOW


def _lawless(policy: str) -> BadInput:
    return BadInput(
        "this policy is about no law: it has no clauses to cover",
        got=policy,
        expected="a policy with `law:`",
        fix="`governance policy list` lists the policies",
    )


def _soa(context: Context) -> int:
    from governance.operations.files import read_written
    from governance.policy.applicability import load_applicability, statement
    from governance.render.applicability import statement_csv, statement_json, statement_text

    args = context.args
    policies = _policies(context, [args.name])
    if len(policies) != 1:
        raise BadInput("a statement is about one policy", got=f"{args.name}, with {len(policies)}", fix="name one")
    (policy,) = policies
    if (law := policy.document.law) is None:
        raise _lawless(policy.document.id)
    said, file = None, args.applicability
    if file is not None:
        said = load_applicability(read_written(file, "statement of what applies"), str(file), law)
    case = _decided(context, policy) if args.model else None
    as_of = parse_instant(case.decision.as_of) if case else _day(context, args.as_of, "--as-of")
    found = statement(policy, law, as_of, said, case)
    if args.format == "csv":
        context.say(statement_csv(found))
    else:
        context.say(statement_json(found) if context.as_json else statement_text(found, context.width))
    return ExitCode.ALLOW


def _decided(context: Context, policy: "LoadedPolicy") -> "Case":
    """The latest decision about a model version. Raises BadInput where it was made under another text of the policy:
    what was found then answers for other rules."""
    from governance.cli.places import place
    from governance.policy.applicability import Case

    args = context.args
    if args.as_of:
        raise BadInput("--as-of does not go with --model: a decision has a day of its own", fix="leave out --as-of")
    where = place(context)
    found = where.shown(where.latest(*model_version(args.model))).case
    if policy.sha256 not in (under := {ref.sha256: ref for ref in found.decision.policies}):
        raise BadInput(
            "the decision was made under other policies",
            got=", ".join(f"{ref.id} {ref.version}, sha256 {ref.sha256}" for ref in under.values()),
            expected=f"{policy.document.id} {policy.document.version}, sha256 {policy.sha256}",
            fix=f"check it: `governance check --policy {args.name}`",
        )
    return Case(found.decision, found.decision_sha256)


def _oscal(form: str, policies: "list[LoadedPolicy]", found: "list[LawCoverage]") -> str:
    """A document of OSCAL is about one policy."""
    from governance.render.oscal import catalog, profile

    if len(found) != 1:
        raise BadInput(
            f"`--format {form}` writes one policy",
            got=", ".join(one.policy.id for one in found) or "none that is about a law",
            expected="one policy that is about a law",
            fix=f"name it: `governance policy coverage NAME --format {form}`",
        )
    return (catalog if form == "oscal-catalog" else profile)(policies[0], found[0])


def _calendar(context: Context) -> int:
    from governance.policy.calendar import calendar
    from governance.render.law import calendar_json, calendar_text

    args = context.args
    begin = _day(context, args.from_, "--from").replace(hour=0, minute=0, second=0, microsecond=0)
    end = moment(args.until, "--until") if args.until else None
    if end is not None and end <= begin:
        raise BadInput("--until is not after --from", got=args.until, expected=f"a day after {instant(begin)}")
    found = calendar(_policies(context), instant(begin), instant(end) if end else None)
    context.say(calendar_json(found) if context.as_json else calendar_text(found, context.width))
    return ExitCode.ALLOW


def _portfolio(context: Context) -> int:
    """0: what a day would bring is no verdict about a model."""
    from governance.cli.policy_change import recorded, say_replay
    from governance.operations.evaluate import load_policies
    from governance.operations.replay import Asked
    from governance.policy.difference import named
    from governance.render.replay import Head

    args = context.args
    policies, as_of = load_policies(args.name), moment(args.as_of, "--as-of")
    cases, _ = recorded(context, [], everything=False)
    asked = Asked(policies, (), args.environment, as_of, alone=bool(policies), then=True)
    head = Head(tuple(map(named, policies)), alone=bool(policies), day=instant(as_of))
    return say_replay(context, head, cases, asked)


def _day(context: Context, text: str | None, option: str) -> datetime:
    return moment(text, option) if text else context.now()


def _policies(context: Context, only: Sequence[str] = ()) -> "tuple[LoadedPolicy, ...]":
    """Those that are named, or in the folders that are; else the shipped ones."""
    from governance import bundled
    from governance.operations.examine import policy_files
    from governance.operations.parents import load_with_parents

    names = only or context.args.name or bundled.policy_names()
    return tuple(load_with_parents(files.shown, files.policy) for files in policy_files(names))
