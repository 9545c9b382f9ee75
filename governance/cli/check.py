"""governance check"""

from pathlib import Path
from typing import TYPE_CHECKING

from governance.bundled import DEFAULT_POLICY
from governance.cli.context import Context, exit_for, moment
from governance.cli.formats import as_the_repository_knows, rendered, wanted
from governance.errors import BadInput, MachineFault

if TYPE_CHECKING:
    from governance.operations.adopt import Adoption
    from governance.operations.evaluate import Checked


def run(context: Context) -> int:
    from governance.operations.adopt import read_baseline, write_baseline
    from governance.operations.evaluate import check, load_policies
    from governance.operations.export import export_bundle
    from governance.operations.files import write_whole
    from governance.operations.pin import unpinned
    from governance.operations.precedent import acts_and_precedents
    from governance.policy.act import UNVERIFIED
    from governance.render.pipeline import CheckPage

    args = context.args
    manifest = args.manifest / "governance.yaml" if args.manifest.is_dir() else args.manifest
    files = wanted(args.also, [manifest, *(path for path in (args.bundle, args.write_baseline) if path)])
    default = [context.settings.policy or DEFAULT_POLICY]
    policies = load_policies(args.policy or default)
    known_failures = args.baseline or context.settings.baseline
    baseline = read_baseline(Path(known_failures)) if known_failures else None
    adopted = _adopted(context)
    known = sorted({name for policy in policies for name in policy.document.environments})
    if args.environment is not None and args.environment not in known:
        raise BadInput("no policy knows this environment", got=args.environment, expected=", ".join(known))
    # Judged as of another day it is an answer to "what if", not a release: sealed, it would replace the real decision.
    dry_run = args.dry_run or args.as_of is not None
    if args.bundle and dry_run:
        option = "--dry-run" if args.dry_run else "--as-of"
        raise BadInput(f"{option} seals nothing, so there is no bundle", fix=f"leave out {option} or --bundle")
    workspace = context.workspace(manifest.parent if manifest.parent.is_dir() else None)
    submitter = UNVERIFIED
    if args.name:
        submitter = workspace.authenticate(args.name, context.password(args.name))[0].principal
    checked = check(
        workspace,
        manifest,
        policies,
        submitter=submitter,
        baseline=baseline,
        allow_roots=tuple(args.allow_root),
        as_of=moment(args.as_of, "--as-of") if args.as_of is not None else None,
        dry_run=dry_run,
        fresh=args.fresh,
        progress=context.progress,
    )
    context.tell_checked(workspace, checked)
    acts, precedents = acts_and_precedents(workspace, checked)
    page = CheckPage(
        decision=checked.decision,
        evidence=checked.evidence,
        policies=policies,
        baseline=baseline,
        acts=acts,
        precedents=precedents,
        source=checked.source,
        uri=as_the_repository_knows(manifest),
        environment=args.environment,
        sealed=context.sealed(workspace, checked.sealed),
    )
    code = exit_for(page.verdict)
    text = rendered(args.format, page, code, colour=context.colour, width=context.width)
    also = [(path, rendered(name, page, code).encode()) for name, path in files]
    unmet = args.bundle is not None and checked.sealed is None

    def write() -> None:
        try:
            if args.bundle and checked.sealed:
                write_whole(args.bundle, export_bundle(workspace, checked.sealed.decision_sha256))
            for path, data in also:
                write_whole(path, data)
            if adopted:
                _say_adopted(context, adopted, write_baseline(adopted, checked.decision))
        except MachineFault as fault:
            raise _sealed_all_the_same(fault, checked) from fault

    if context.as_json:
        # One document on standard output: the verdict, or the error, which names it.
        write()
        if not unmet:
            context.say(text)
    else:
        # The verdict first: it stands, whatever becomes of the files. And the files are written even if nobody reads.
        try:
            context.say(text)
        finally:
            write()
    if unmet:
        # Said after the verdict, which is of use without a bundle.
        raise BadInput(
            "the decision is not sealed, so there is no bundle",
            got=checked.unsealed_because,
            fix="leave out --bundle, or give this machine the keys (docs/how-to/pipeline-keys.md)",
        )
    if checked.sealed is None:
        context.note(f"not sealed: {checked.unsealed_because}")
    elif foreign := unpinned(workspace.trust(), checked.decision):
        context.note(
            f"{workspace.trust_path} does not pin {', '.join(foreign)}, so that no gate accepts this decision: have "
            "whoever answers for that file say `governance policy pin`"
        )
    return code


def _adopted(context: Context) -> "Adoption | None":
    """The baseline to be written. Raises BadInput for options that do not go together."""
    from governance.operations.adopt import adoption

    args = context.args
    if args.write_baseline is None:
        for option, given in (("--expires", args.expires), ("--reason", args.reason)):
            if given is not None:
                raise BadInput(f"{option} goes with --write-baseline", fix=f"leave out {option}")
        return None
    if args.expires is None or args.reason is None:
        raise BadInput("--write-baseline takes --expires DATE and --reason TEXT: nothing is excused for ever")
    if args.as_of is not None:
        raise BadInput("--as-of asks about another day, and a baseline holds what fails now", fix="leave out --as-of")
    return adoption(args.write_baseline, args.reason, moment(args.expires, "--expires"), context.now())


def _say_adopted(context: Context, adopted: "Adoption", entries: int) -> None:
    if not entries:
        context.note("nothing that fails denies, so there is no baseline to write")
        return
    from governance.render.wording import plural

    said = f"{adopted.path}: {plural(entries, 'known failure')}. With `governance check --baseline {adopted.path}`"
    context.note(f"{said} they need a review, and only new failures deny")


def _sealed_all_the_same(fault: MachineFault, checked: "Checked") -> MachineFault:
    """The fault, with what stands in spite of it."""
    if checked.sealed is None:
        return fault
    decision, place = checked.decision, checked.sealed
    verdicts = ", ".join(f"{name}: {action.value}" for name, action in sorted(decision.outcomes.items()))
    name = f"{decision.subject.name}@{decision.subject.version}"
    return MachineFault(
        f"{fault.what}; but decision {place.decision_sha256} ({verdicts}) is sealed",
        got=fault.got,
        fix=f"{fault.fix}; `governance bundle {name} --out FILE` and `governance show {name}` need no second check",
        where=fault.where,
    )
