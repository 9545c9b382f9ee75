"""governance policy diff, replay, release: what a policy that changes would do, and who answers for it."""

import json
import sys
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING

from governance.canonical import parse_instant
from governance.cli.context import Context, moment
from governance.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from governance.operations.past import Judged, Unread
    from governance.operations.replay import Asked
    from governance.policy.document import LoadedPolicy
    from governance.policy.release import Release
    from governance.render.replay import Head

ACTIONS = ("diff", "replay", "release")


def run(context: Context) -> int:
    return {"diff": _diff, "replay": _replay, "release": _release}[context.args.action](context)


def _diff(context: Context) -> int:
    """0, or 10 where a person must answer for a change: it loosens, or nobody knows its direction."""
    from governance.operations.parents import load_placed_with_parents
    from governance.policy.difference import difference
    from governance.render.policy_diff import Placed, diff_markdown, diff_text

    args = context.args
    (old, old_at), (new, new_at) = map(load_placed_with_parents, (args.old, args.new))
    diff = difference(old, new, old_at, new_at)
    if context.as_json:
        context.say(json.dumps(diff.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False))
    elif context.args.format == "markdown":
        context.say(diff_markdown(diff))
    else:
        context.say(diff_text(Placed(diff, old_at, new_at), context.width))
    return ExitCode.ALLOW if diff.safe else ExitCode.NEEDS_REVIEW


def _replay(context: Context) -> int:
    """0: what a draft would do is no verdict about a model."""
    from governance.operations.evaluate import load_policies
    from governance.operations.replay import Asked, stands_for
    from governance.policy.difference import named
    from governance.render.replay import Head

    args = context.args
    drafts = load_policies(args.name)
    old, bundles = _against(args.against or ["trail"])
    if args.environment and not any(draft.document.covers(args.environment) for draft in drafts):
        places = sorted({name for draft in drafts for name in draft.document.environments})
        raise BadInput("no draft knows this environment", got=args.environment, expected=", ".join(places))
    found, known = recorded(context, bundles, everything=args.all)
    as_of = moment(args.as_of, "--as-of") if args.as_of else None
    alone = not old and not any(known & stands_for(draft) for draft in drafts)
    asked = Asked(drafts, old, args.environment, as_of, alone)
    later = {day for draft in drafts for rule in draft.rules for day in rule.days}
    shown = tuple(day for day in sorted(later) if as_of is None or parse_instant(day) > as_of)
    head = Head(tuple(map(named, drafts)), tuple(map(named, old)), alone, shown)
    return say_replay(context, head, found, asked)


def say_replay(context: Context, head: "Head", found: "Iterable[Judged | Unread]", asked: "Asked") -> int:
    """What was recorded, judged again, while it goes on."""
    from governance.operations.replay import replay
    from governance.render.replay import replay_json, replay_markdown, replay_text

    cases = replay(found, asked)
    if context.as_json:
        pieces = replay_json(head, cases)
    elif context.args.format == "markdown":
        pieces = replay_markdown(head, cases)
    else:
        pieces = replay_text(head, cases, context.width)
    for piece in pieces:
        context.say(piece)
    return ExitCode.ALLOW


def recorded(
    context: Context, bundles: list[Path], *, everything: bool
) -> "tuple[Iterable[Judged | Unread], AbstractSet[str]]":
    """What is judged again, and the ids of the policies that any of it was judged by."""
    from governance.operations.past import Judged, ids_of_trail, of_bundles, of_trail

    args = context.args
    if bundles:
        if everything or args.model:
            raise BadInput("`--all` and `--model` are for a trail", fix="name the bundles that you mean")
        verified = [*of_bundles(bundles, context.own_trust(), context.now(), context.progress)]
        judged = [one for one in verified if isinstance(one, Judged)]
        return verified, {policy.document.id for one in judged for policy in one.policies}
    if context.settings.service:
        raise BadInput(
            "a service's decisions are not replayed from here: it would mean to fetch every bundle",
            got=f"GOVERNANCE_URL is {context.settings.service}",
            fix="fetch those you mean (`governance bundle NAME@VERSION --out FILE`) and give them with --against, or "
            "unset GOVERNANCE_URL for this project's trail",
        )
    name, _, version = (args.model or "").partition("@")
    workspace = context.workspace()
    found = of_trail(
        workspace, name=name or None, version=version or None, everything=everything, progress=context.progress
    )
    return found, ids_of_trail(workspace)


def _against(names: "list[str]") -> "tuple[tuple[LoadedPolicy, ...], list[Path]]":
    """Policies to compare with, and bundles to read from; `trail` is neither."""
    from governance.operations.evaluate import load_policies

    bundles = [Path(name) for name in names if name.endswith(".json")]
    policies = [name for name in names if name != "trail" and not name.endswith(".json")]
    if "trail" in names and bundles:
        raise BadInput("either the trail or bundles", got=" ".join(names), expected="`trail`, or files *.json")
    return load_policies(policies), bundles


def _release(context: Context) -> int:
    """Of a policy: its author's signature. Of a release that somebody else signed: the approval, and the entry."""
    from governance.operations.files import read_whole
    from governance.operations.release import approve, author, read_release, write
    from governance.render.visible import visible

    args = context.args
    if context.settings.service:
        raise BadInput(
            "policies are released in the project whose trail the service keeps",
            got=f"GOVERNANCE_URL is {context.settings.service}", fix="unset GOVERNANCE_URL, and do it there",
        )  # fmt: skip
    name, workspace, reason = args.name, context.workspace(), args.reason or ""
    approving = name.endswith(".json")
    password = context.password(args.signer)

    def show(release: "Release") -> None:
        """Whoever signs has read what it changes before they are asked for their password."""
        lines = [visible(line) for line in _contents(release)]
        if context.as_json:
            context.note("\n".join(lines))
        else:
            context.say("\n".join(lines))
            sys.stdout.flush()

    if approving:
        if args.effective:
            raise BadInput("--effective is for the author", fix="leave it out: it is signed already")
        file = read_release(read_whole(Path(name), "release"), name)
        signed = approve(workspace, file, person=args.signer, password=password, reason=reason, show=show)
    else:
        effective = moment(args.effective, "--effective") if args.effective else None
        signed = author(
            workspace, name, person=args.signer, password=password, reason=reason, effective=effective, show=show
        )
    out = args.out or (Path(name) if approving else Path("release.json"))
    write(signed.file, out)
    release = signed.release
    if context.as_json:
        body = {
            "release": release.model_dump(mode="json", by_alias=True, exclude={"text"}),
            "approved": approving,
            "entry": signed.entry or None,
            "file": str(out),
        }
        context.say(json.dumps(body, indent=2, ensure_ascii=False))
        return ExitCode.ALLOW
    lines = [
        f"  signed by {release.author}" + (f", approved by local|{args.signer}" if approving else ""),
        f"  written to {out}",
    ]
    if approving:
        lines.append(f"  entry {signed.entry} of the trail tells of it")
    else:
        lines.append("  it counts once somebody else, who is an approver, has signed it too:")
        lines.append(f"  governance policy release {out} --as NAME")
    context.say("\n".join(map(visible, lines)))
    return ExitCode.ALLOW


def _contents(release: "Release") -> list[str]:
    """What is signed, in lines: which policy, from when, why, and what it changes."""
    from governance.render.policy_diff import MEANS, head, in_order, said

    until = f" until {release.expires}" if release.expires else ""
    lines = [
        f"{release.id} {release.version}, sha256 {release.sha256}",
        f"  effective from {release.effective}{until}",
        *([f"  because: {release.reason}"] if release.reason else []),
    ]
    if release.changes is None:
        return [*lines, "  the first release of this policy here"]
    lines.append(f"  {head(release.changes)}; {MEANS[release.changes.direction]}")
    return [*lines, *(f"    {change.kind.value}  {said(change)}" for change in in_order(release.changes))]
