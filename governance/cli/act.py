"""governance approve, reject, comment, waive, attest"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from governance.canonical import instant
from governance.cli.context import Context, model_version, moment
from governance.errors import BadInput, ExitCode
from governance.policy.act import Named, Part, Values, Waiver
from governance.policy.outcome import Action

if TYPE_CHECKING:
    from governance.cli.places import Shown
    from governance.client.remote import Remote
    from governance.operations.case import Case
    from governance.policy.attesting import Stating


def run(context: Context) -> int:
    from governance.operations.files import write_whole

    remote = context.remote()
    reviewed = _here(context) if remote is None else _there(context, remote)
    if context.args.bundle:
        write_whole(context.args.bundle, reviewed.bundle())
    context.say_case(*reviewed.shown)
    outcomes = reviewed.shown.case.decision.outcomes
    denied = sorted(name for name, action in outcomes.items() if action is Action.DENY)
    if context.args.command == "approve" and denied:
        context.note(
            f"approved, and still denied in {', '.join(denied)}: an approval answers for what needs review;"
            " a denial takes a waiver or another version"
        )
    return ExitCode.ALLOW


class _Reviewed(NamedTuple):
    """The case after the act, and how to get its bundle."""

    shown: "Shown"
    bundle: Callable[[], bytes]


def _here(context: Context) -> _Reviewed:
    from governance.cli.places import Here
    from governance.operations.review import act
    from governance.operations.workspace import local

    args, where = context.args, Here(context)
    model, version = model_version(args.model)
    stating, seen = None, args.decision
    if args.command == "attest":
        stating, seen = _stating(context), seen or where.latest(model, version)
        _put(context, stating, where.shown(seen).case)
    reviewed = act(
        context.workspace(),
        args.command,
        model=model,
        version=version,
        principal=local(args.name),
        role=args.role,
        password=context.password(args.name),
        reason=args.reason,
        seen=seen,
        waiver=_waiver(context) if args.command == "waive" else None,
        stating=stating,
    )
    digest = reviewed.sealed.decision_sha256
    return _Reviewed(where.shown(digest), lambda: where.bundle(digest))


def _there(context: Context, remote: "Remote") -> _Reviewed:
    """The key stays on the service, wrapped; what it signs is verified and signed here."""
    from governance.cli.places import Shown, say_trusted, with_bundle
    from governance.client.review import act
    from governance.render.text import decision_text

    args = context.args
    model, version = model_version(args.model)
    say_trusted(context, remote)

    stating = _stating(context) if args.command == "attest" else None

    def show(case: "Case") -> None:
        said = decision_text(
            case.decision,
            case.evidence,
            environment=None,
            colour=False,
            width=context.width,
            sealed=None,
            acts=case.acts,
            policies=case.policies,
        )
        context.hint(f"About to {args.command}:\n{said}")
        if stating is not None:
            _put(context, stating, case)

    opened = act(
        remote,
        args.command,
        model=model,
        version=version,
        name=args.name,
        role=args.role,
        password=context.password(args.name),
        reason=args.reason,
        seen=args.decision,
        waiver=_waiver(context) if args.command == "waive" else None,
        stating=stating,
        show=show,
    )
    return _Reviewed(Shown(opened.case, with_bundle(context, opened.sealed)), lambda: opened.data)


def _group(text: str) -> Named | Values:
    """sex=female,race=black, or values alone."""
    parts = [part.partition("=") for part in text.split(",")]
    if all(equals for _, equals, _ in parts):
        return tuple(Part(attribute=name, value=value) for name, _, value in parts)
    return tuple(text.split(","))


def _stating(context: Context) -> "Stating":
    from governance.policy.attesting import Stating

    args = context.args
    ends = moment(args.expires, "--expires")
    if ends <= context.now():
        raise BadInput("a statement must expire after it is signed", got=args.expires, where="--expires")
    return Stating(tuple(args.findings), not args.not_so, instant(ends), args.covers)


def _put(context: Context, stating: "Stating", case: "Case") -> None:
    """What is about to be signed, word for word, before the password is asked for."""
    from governance.policy.attesting import drawn_up

    for one in drawn_up(stating, case.policies).statements:
        so = "it is so" if one.holds else "it is NOT so"
        context.hint(f"About to attest {one.key}, until {stating.expires}, that {so}:\n  {one.text}")


def _waiver(context: Context) -> Waiver:
    from governance.operations.workspace import local

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
            groups=tuple(_group(group) for group in args.group),
            no_worse_than=args.no_worse_than,
            ticket=args.ticket,
            requester=args.requester and (args.requester if "|" in args.requester else local(args.requester)),
            covers=args.covers,
            not_before=instant(begins),
            expires=instant(ends),
            compensating=args.compensating,
            compensating_condition=args.condition,
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = "--" + "-".join(str(part) for part in first["loc"]).replace("_", "-") if first["loc"] else "waiver"
        message = str(first["msg"]).removeprefix("Value error, ")
        raise BadInput(message, got=str(first["input"])[:100], where=option) from error
