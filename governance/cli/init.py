"""governance init"""

import json
import os
import shlex
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from governance.bundled import DEFAULT_POLICY
from governance.cli.context import Context
from governance.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from governance.operations.choices import Answers
    from governance.operations.draft import Draft
    from governance.operations.look import Seen
    from governance.operations.workspace import Workspace

_ABOUT_THE_MANIFEST = (
    "name", "version", "owner", "risk_tier", "objective", "rollback", "contact", "artifact", "feature", "evaluation",
    "label", "positive", "prediction", "sensitive", "bins",
)  # fmt: skip
# Without these there is nothing to measure, or no fairness.
_FIRST = ("model.version", "artifact", "features", "data.evaluation", "sensitive", "join")


def run(context: Context) -> int:
    from governance.collect.manifest import FILE_NAME
    from governance.operations.draft import draft, write_new
    from governance.operations.initialise import start_trail

    args = context.args
    folder: Path = args.folder or args.project or Path.cwd()
    workspace = context.workspace(folder)
    if not folder.is_dir():
        raise BadInput("no such folder", got=str(folder), expected="the model's folder")
    manifest: Path | None = None
    if args.no_manifest:
        _refuse_with_no_manifest(args, workspace)
    else:
        manifest = folder / FILE_NAME
        if manifest.is_relative_to(Path.cwd()):
            manifest = manifest.relative_to(Path.cwd())
    wanted = not args.no_trail and not workspace.exists
    if wanted and context.settings.ci:
        raise BadInput(
            "no key is made on a CI machine",
            got="CI is set",
            fix="give --no-trail for the manifest alone, and start the trail on your own machine"
            " (docs/how-to/pipeline-keys.md)",
        )
    if wanted and context.settings.service:
        raise BadInput(
            "no trail is started here: the service keeps it",
            got=f"GOVERNANCE_URL is {context.settings.service}",
            fix="give --no-trail for the manifest alone; the service's trust file belongs into .governance/trust.json",
        )
    seen = made = None
    if manifest and os.path.lexists(manifest):
        _refuse_to_overwrite(args, manifest, wanted)
    elif manifest:
        from governance.operations.look import look

        seen = look(folder, context.progress)
        context.done()
        answers = _flags(args, seen)
        if not context.as_json:
            from governance.cli.questions import ask, on_a_terminal

            answers = ask(seen, answers) if on_a_terminal() else answers
        made = draft(seen, answers, context.progress)
        context.done()
    origin = start_trail(workspace) if wanted else workspace.trust().logs[0].origin if workspace.exists else None
    if manifest and made:
        write_new(manifest, made.text)
    said = _as_json if context.as_json else _as_text
    context.say(said(_Begun(workspace, manifest, seen, made, origin, wanted)))
    return ExitCode.ALLOW


def _refuse_to_overwrite(args: Namespace, manifest: Path, wanted: bool) -> None:
    """A project that came with its manifest still needs its trail started: nothing else may be asked of us then."""
    given = [name for name in _ABOUT_THE_MANIFEST if getattr(args, name)]
    if given or not wanted:
        raise BadInput(
            "there is a manifest already",
            got=str(manifest),
            expected=f"a folder without one, to write what --{given[0].replace('_', '-')} says" if given else "",
            fix="it is never overwritten: edit it, or move it away and run this again",
        )


def _refuse_with_no_manifest(args: Namespace, workspace: "Workspace") -> None:
    """Where a trail alone is asked for, there is one to start, and nothing is said about a model."""
    given = [name for name in _ABOUT_THE_MANIFEST if getattr(args, name)] + ["no_trail"] * args.no_trail
    if given:
        option = f"--{given[0].replace('_', '-')}"
        raise BadInput(f"--no-manifest writes nothing about a model: {option} does not go with it")
    if workspace.exists:
        raise BadInput("there is a trail already", got=str(workspace.place), fix="serve it: `governance serve`")


def _flags(args: Namespace, seen: "Seen") -> "Answers":
    from governance.operations.choices import Answers

    return Answers(
        name=args.name,
        version=args.version,
        owner=args.owner,
        risk_tier=args.risk_tier,
        objective=args.objective,
        rollback=args.rollback,
        contact=args.contact,
        artifact=_within(seen, args.artifact),
        features=tuple(args.feature),
        evaluation=_within(seen, args.evaluation),
        label=args.label,
        positive=tuple(args.positive),
        prediction=args.prediction,
        sensitive=tuple(dict.fromkeys(args.sensitive)),
        bins=dict(_bins(text) for text in args.bins),
    )


def _within(seen: "Seen", text: str | None) -> str | None:
    """A path as the manifest has it: from the folder. It may be given from there, or from where the caller stands."""
    if text is None or text in seen.found.files:
        return text
    path, root = Path(os.path.normpath(Path.cwd() / text)), seen.project.root
    for real in (path, path.parent.resolve() / path.name):
        if real.exists() and real.is_relative_to(root):
            return real.relative_to(root).as_posix()
    return text


def _bins(text: str) -> tuple[str, tuple[float, ...]]:
    """COLUMN:40,60"""
    column, colon, limits = text.rpartition(":")
    try:
        if not (column and colon):
            raise ValueError(text)
        return column, tuple(float(limit) for limit in limits.split(","))
    except ValueError as error:
        raise BadInput("not bins", got=repr(text), expected="COLUMN:40,60", where="--bins") from error


def _next(workspace: "Workspace", manifest: Path | None, wanted: bool) -> list[str]:
    """The commands that follow, to be typed as they stand but for NAME."""
    trail = Path.cwd().resolve()
    apart = "" if trail == workspace.root or workspace.root in trail.parents else f" --project {workspace.root}"
    policy = shlex.quote(workspace.settings.policy or DEFAULT_POLICY)
    if manifest is None:
        return [f"governance account invite NAME --role admin{apart}", f"governance serve --policy {policy}{apart}"]
    here = manifest.parent.resolve() == Path.cwd().resolve()
    named = "" if here else f" {shlex.quote(str(manifest))}"
    if not workspace.exists:
        return [f"governance check{named} --dry-run"]
    # Without a pin, whoever checks picks the policy that the gate then goes by.
    pin = f"governance policy pin {policy}{apart}"
    steps = [f"governance key new NAME --role submitter{apart}", pin] if wanted else []
    return [*steps, f"governance check{named}{' --as NAME' if wanted else ''}"]


class _Begun(NamedTuple):
    """What `seen` shows was looked at for the manifest that was `made`, None where there was one; and whether the trail
    of this `origin` was started now, as `wanted`, or is kept."""

    workspace: "Workspace"
    manifest: Path | None
    seen: "Seen | None"
    made: "Draft | None"
    origin: str | None
    wanted: bool


def _as_text(begun: _Begun) -> str:
    from governance.render.visible import visible, wrap

    workspace, manifest, seen, made, origin, wanted = begun
    lines: list[str] = []

    def row(label: str, text: str) -> None:
        lines.extend(wrap(visible(text), 110, f"  {label:<21} ", " " * 24))

    if manifest and seen and made:
        lines.append(f"Looked at {len(seen.found.files):,} files in {visible(str(seen.project.root))}")
        for what, how in made.seen:
            row(what, how)
        for text in seen.found.odd[:10]:
            row("not used", text)
        if len(seen.found.odd) > 10:
            row("not used", f"and {len(seen.found.odd) - 10} more")
        lines += ["", f"Wrote {visible(str(manifest))}"]
        first = [gap for gap in made.gaps if gap.key.startswith(_FIRST)]
        later = [gap for gap in made.gaps if gap not in first]
        for title, gaps in (("To be filled in first:", first), ("Open in comments there, as policies ask:", later)):
            lines += [title] if gaps else []
            for gap in gaps:
                row(gap.key, gap.why)
        if any("--" in gap.why for gap in made.gaps):
            lines.append(f"Edit it; or move {visible(manifest.name)} away and run this again with the options named")
    elif manifest:
        lines.append(f"Kept {visible(str(manifest))} as it is")
    lines += [""] * bool(lines)
    if origin is None:
        lines.append("No trail was started: a check seals nothing until `governance init` starts one")
    elif wanted:
        lines.append(f"Started the trail {origin}")
        row("trail", str(workspace.place))
        row("public keys", f"{workspace.trust_path}  (give this to whoever verifies)")
        row("private keys", f"{workspace.machine_keys(origin)}  (back them up; they are never made anew)")
    else:
        lines.append(f"Kept the trail {origin} in {visible(str(workspace.place))}")
    unmeasured = made is not None and made.manifest.data.evaluation is None
    lines += ["", "Next, when `data.evaluation` is filled in and uncommented:" if unmeasured else "Next:"]
    return "\n".join([*lines, *(f"  {step}" for step in _next(workspace, manifest, wanted))])


def _as_json(begun: _Begun) -> str:
    workspace, manifest, seen, made, origin, wanted = begun
    body = {
        "schema": "governance.init/v1",
        "manifest": str(manifest) if manifest else None,
        "written": made is not None,
        "files": len(seen.found.files) if seen else None,
        "found": [{"what": what, "how": how} for what, how in made.seen] if made else [],
        "not_used": list(seen.found.odd) if seen else [],
        "open": [{"key": gap.key, "why": gap.why} for gap in made.gaps] if made else [],
        "origin": origin,
        "started": wanted,
        "trail": str(workspace.place) if origin else None,
        "trust": str(workspace.trust_path) if origin else None,
        "next": _next(workspace, manifest, wanted),
    }
    return json.dumps(body, indent=2)
