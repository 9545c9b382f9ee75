"""governance approve, reject, comment, waive"""

from pydantic import ValidationError

from governance.canonical import instant
from governance.cli.context import Context, model_version, moment
from governance.errors import BadInput, ExitCode
from governance.policy.act import Waiver
from governance.policy.outcome import Action


def run(context: Context) -> int:
    from governance.operations.case import read_case
    from governance.operations.export import export_bundle
    from governance.operations.files import write_whole
    from governance.operations.review import act
    from governance.operations.workspace import local

    args = context.args
    model, version = model_version(args.model)
    workspace = context.workspace()
    reviewed = act(
        workspace,
        args.command,
        model=model,
        version=version,
        principal=local(args.name),
        role=args.role,
        password=context.password(args.name),
        reason=args.reason,
        seen=args.decision,
        waiver=_waiver(context) if args.command == "waive" else None,
    )
    if args.bundle:
        write_whole(args.bundle, export_bundle(workspace, reviewed.sealed.decision_sha256))
    context.say_case(workspace, read_case(workspace, reviewed.sealed.decision_sha256))
    denied = sorted(name for name, action in reviewed.decision.outcomes.items() if action is Action.DENY)
    if args.command == "approve" and denied:
        context.note(
            f"approved, and still denied in {', '.join(denied)}: an approval answers for what needs review;"
            " a denial takes a waiver or another version"
        )
    return ExitCode.ALLOW


def _waiver(context: Context) -> Waiver:
    args = context.args
    begins = context.now() if args.not_before is None else moment(args.not_before, "--not-before")
    ends = moment(args.expires, "--expires")
    if ends <= begins:
        raise BadInput(
            "a waiver must expire after it begins",
            got=args.expires,
            expected=f"later than {instant(begins)}",
            fix="name the day until which the finding is excused",
            where="--expires",
        )
    try:
        return Waiver(
            key=args.finding,
            groups=tuple(tuple(group.split(",")) for group in args.group),
            no_worse_than=args.no_worse_than,
            ticket=args.ticket,
            not_before=instant(begins),
            expires=instant(ends),
            compensating=args.compensating,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = "--" + "-".join(str(part) for part in first["loc"]).replace("_", "-") if first["loc"] else "waiver"
        message = str(first["msg"]).removeprefix("Value error, ")
        raise BadInput(message, got=str(first["input"])[:100], where=option) from error
