"""governance policy diff, replay, release: what a policy that changes would do, and who answers for it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from governance.cli.context import Context, moment
from governance.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from governance.policy.document import LoadedPolicy

ACTIONS = ("diff", "replay", "release")


def run(context: Context) -> int:
    return {"diff": _diff, "replay": _replay, "release": _release}[context.args.action](context)


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


def _replay(context: Context) -> int:
    """0: what a draft would do is no verdict about a model."""
    from governance.operations.evaluate import load_policies
    from governance.operations.replay import Asked, of_bundles, of_trail, replay
    from governance.policy.difference import named
    from governance.render.replay import replay_json, replay_markdown, replay_text

    args = context.args
    drafts = load_policies(args.name)
    if not drafts:
        raise BadInput("say which draft", expected="a policy.yaml, or the name of a shipped policy")
    old, bundles = _against(args.against or ["trail"])
    if args.environment and not any(draft.document.covers(args.environment) for draft in drafts):
        known = sorted({name for draft in drafts for name in draft.document.environments})
        raise BadInput("no draft knows this environment", got=args.environment, expected=", ".join(known))
    asked = Asked(drafts, old, args.environment, moment(args.as_of, "--as-of") if args.as_of else None)
    name, _, version = (args.model or "").partition("@")
    if bundles:
        if args.all or args.model:
            raise BadInput("`--all` and `--model` are for a trail", fix="name the bundles that you mean")
        recorded = of_bundles(bundles, context.own_trust(), context.now(), context.progress)
    elif context.settings.service:
        raise BadInput(
            "a service's decisions are not replayed from here: it would mean to fetch every bundle",
            got=f"GOVERNANCE_URL is {context.settings.service}",
            fix="fetch those you mean (`governance bundle NAME@VERSION --out FILE`) and give them with --against, or "
            "unset GOVERNANCE_URL for this project's trail",
        )
    else:
        recorded = of_trail(
            context.workspace(), name=name or None, version=version or None, everything=args.all,
            progress=context.progress,
        )  # fmt: skip
    cases = replay(recorded, asked)
    names = tuple(map(named, drafts))
    head = f"Replay of {', '.join(f'{one.id} {one.version}' for one in names)}"
    if context.as_json:
        pieces = replay_json(names, tuple(map(named, old)) or "recorded", cases)
    elif args.format == "markdown":
        pieces = replay_markdown(head, cases)
    else:
        pieces = replay_text(head, cases, context.width)
    for piece in pieces:
        context.say(piece)
    return ExitCode.ALLOW


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
    from governance.render.policy_diff import MEANS, head, in_order, said

    args = context.args
    if len(args.name) != 1 or not args.signer:
        raise BadInput(
            "`policy release` takes one file, and who signs it", got=" ".join(args.name) or "no file",
            expected="a policy.yaml or a release.json, and `--as NAME`",
        )  # fmt: skip
    if context.settings.service:
        raise BadInput(
            "policies are released in the project whose trail the service keeps",
            got=f"GOVERNANCE_URL is {context.settings.service}", fix="unset GOVERNANCE_URL, and do it there",
        )  # fmt: skip
    (name,), workspace, reason = args.name, context.workspace(), args.reason or ""
    approving = name.endswith(".json")
    password = context.password(args.signer)
    if approving:
        if args.effective:
            raise BadInput("--effective is for the author", fix="leave it out: it is signed already")
        file = read_release(read_whole(Path(name), "release"), name)
        signed = approve(workspace, file, person=args.signer, password=password, reason=reason)
    else:
        effective = moment(args.effective, "--effective") if args.effective else None
        signed = author(workspace, name, person=args.signer, password=password, reason=reason, effective=effective)
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
    until = f" until {release.expires}" if release.expires else ""
    lines = [
        f"{release.id} {release.version}, sha256 {release.sha256}",
        f"  effective from {release.effective}{until}",
        f"  signed by {release.author}" + (f", approved by local|{args.signer}" if approving else ""),
    ]
    if release.changes is None:
        lines.append("  the first release of this policy here")
    else:
        lines.append(f"  {head(release.changes)}; {MEANS[release.changes.direction]}")
        lines += [f"    {change.kind.value}  {said(change)}" for change in in_order(release.changes)]
    lines.append(f"  written to {out}")
    if approving:
        lines.append(f"  entry {signed.entry} of the trail tells of it")
    else:
        lines.append("  it counts once somebody else, who is an approver, has signed it too:")
        lines.append(f"  governance policy release {out} --as NAME")
    from governance.render.visible import visible

    context.say("\n".join(map(visible, lines)))
    return ExitCode.ALLOW
