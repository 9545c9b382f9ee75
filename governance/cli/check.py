"""governance check"""

from datetime import UTC, datetime

from governance.cli.context import Context, exit_for
from governance.cli.formats import as_the_repository_knows, rendered, wanted
from governance.errors import BadInput


def run(context: Context) -> int:
    from governance.operations.evaluate import check, load_policies
    from governance.operations.export import export_bundle
    from governance.operations.files import write_whole
    from governance.operations.precedent import acts_and_precedents
    from governance.policy.act import UNVERIFIED
    from governance.render.pipeline import CheckPage

    args = context.args
    manifest = args.manifest / "governance.yaml" if args.manifest.is_dir() else args.manifest
    files = wanted(args.also, [manifest, *([args.bundle] if args.bundle else [])])
    default = [context.settings.policy] if context.settings.policy else ["baseline"]
    policies = load_policies(args.policy or default)
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
        allow_roots=tuple(args.allow_root),
        as_of=_date(args.as_of),
        dry_run=dry_run,
        fresh=args.fresh,
        progress=context.progress,
    )
    context.done()
    decision = checked.decision
    unmet = args.bundle is not None and checked.sealed is None
    if args.bundle and checked.sealed:
        write_whole(args.bundle, export_bundle(workspace, checked.sealed.decision_sha256))
    sealed = context.sealed(workspace, checked.sealed)
    acts, precedents = acts_and_precedents(workspace, checked)
    page = CheckPage(
        decision=decision,
        evidence=checked.evidence,
        policies=policies,
        acts=acts,
        precedents=precedents,
        source=checked.source,
        uri=as_the_repository_knows(manifest),
        environment=args.environment,
        sealed=sealed,
    )
    code = exit_for(page.verdict)
    text = rendered(args.format, page, code, colour=context.colour, width=context.width)
    for path, data in [(path, rendered(name, page, code).encode()) for name, path in files]:
        write_whole(path, data)
    if not (unmet and context.as_json):  # there, the error is the one document on standard output
        context.say(text)
    if unmet:
        # Said after the verdict, which is of use without a bundle.
        raise BadInput(
            "the decision is not sealed, so there is no bundle",
            got=checked.unsealed_because,
            fix="leave out --bundle, or give this machine the keys (docs/ci.md)",
        )
    if checked.sealed is None:
        context.note(f"not sealed: {checked.unsealed_because}")
    return code


def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise BadInput("not a date", got=repr(text), expected="2026-06-01", where="--as-of")
