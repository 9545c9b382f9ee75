"""governance check"""

from datetime import UTC, datetime

from governance.cli.context import Context, exit_for
from governance.errors import BadInput
from governance.policy.outcome import worst


def run(context: Context) -> int:
    from governance.operations.evaluate import check, load_policies
    from governance.operations.export import export_bundle
    from governance.operations.files import write_whole
    from governance.policy.act import UNVERIFIED
    from governance.render.json import decision_json
    from governance.render.text import decision_text

    args = context.args
    manifest = args.manifest / "governance.yaml" if args.manifest.is_dir() else args.manifest
    default = [str(context.settings.policy)] if context.settings.policy else ["baseline"]
    policies = load_policies(args.policy or default)
    known = sorted({name for policy in policies for name in policy.document.environments})
    if args.environment is not None and args.environment not in known:
        raise BadInput("no policy knows this environment", got=args.environment, expected=", ".join(known))
    if args.bundle and args.dry_run:
        raise BadInput("a dry run seals nothing, so there is no bundle", fix="leave out --dry-run or --bundle")
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
        dry_run=args.dry_run,
        fresh=args.fresh,
        progress=context.progress,
    )
    context.done()
    decision = checked.decision
    if args.bundle:
        if checked.sealed is None:
            raise BadInput("the decision is not sealed, so there is no bundle", got=checked.unsealed_because)
        write_whole(args.bundle, export_bundle(workspace, checked.sealed.decision_sha256))
    sealed = context.sealed(workspace, checked.sealed)
    outcome = decision.outcomes[args.environment] if args.environment else worst(list(decision.outcomes.values()))
    code = exit_for(outcome)
    if context.as_json:
        context.say(decision_json(decision, checked.evidence, sealed, code))
    else:
        context.say(
            decision_text(
                decision,
                checked.evidence,
                environment=args.environment,
                colour=context.colour,
                width=context.width,
                sealed=sealed,
            )
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
