"""What `governance check` has judged: by this project's keys, or by a service."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from governance.bundled import DEFAULT_POLICY
from governance.canonical import sha256
from governance.cli.context import Context, moment
from governance.cli.formats import as_the_repository_knows
from governance.errors import BadInput, MachineFault

if TYPE_CHECKING:
    from governance.client.remote import Remote, Ruling
    from governance.operations.browse import Me
    from governance.operations.evaluate import Checked
    from governance.policy.baseline import LoadedBaseline
    from governance.policy.decision import Decision
    from governance.policy.document import LoadedPolicy
    from governance.render.pipeline import CheckPage
    from governance.trail.trust import Trust


class Judged(NamedTuple):
    """`bundle`: how to get it where the decision was sealed; `unsealed_because`: why it was not. `trust`: whose pins
    say which policies count; `released` are those that count by a key of it."""

    page: "CheckPage"
    bundle: Callable[[], bytes]
    unsealed_because: str
    trust: "Trust | None"
    released: frozenset[str] = frozenset()


SERVER = "server"
"""What `--measure-on` is given to have the service measure."""


def check_here(context: Context, manifest: Path, *, dry_run: bool) -> Judged:
    from governance.operations.export import export_bundle
    from governance.operations.precedent import acts_and_precedents
    from governance.operations.release import adopt, counted, ruling
    from governance.policy.act import UNVERIFIED
    from governance.render.pipeline import CheckPage

    args = context.args
    if args.measure_on == SERVER:
        raise BadInput(
            f"--measure-on {SERVER} takes a service", expected="GOVERNANCE_URL", fix="name the service, or measure here"
        )
    if args.trust:
        raise BadInput("--trust is for what comes from elsewhere: a trail answers for itself", fix="leave out --trust")
    workspace = context.workspace(manifest.parent if manifest.parent.is_dir() else None)
    rules = ruling(workspace, args.policy or [context.settings.policy or DEFAULT_POLICY])
    policies = rules.policies
    baseline = _baseline(args.baseline or context.settings.baseline)
    _assert_known(args.environment, policies)
    submitter = UNVERIFIED
    if args.name:
        submitter = workspace.authenticate(args.name, context.password(args.name))[0].principal
    if not dry_run:
        adopt(workspace, rules.released)
    checked = _check(context, manifest, policies, submitter, baseline, dry_run=dry_run)
    context.tell_trail(workspace)
    context.tell_evidence(checked.evidence, checked.measured_because)
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
    digest = checked.sealed.decision_sha256 if checked.sealed else ""
    trust = workspace.trust() if checked.sealed else None
    by_key = counted(rules.released, trust) if trust else frozenset()
    return Judged(page, lambda: export_bundle(workspace, digest), checked.unsealed_because, trust, by_key)


def check_there(context: Context, remote: "Remote", manifest: Path, *, dry_run: bool, compared: bool) -> Judged:
    """`compared`: whether the decisions that allowed this model before are needed."""
    from governance.client.submit import precedents
    from governance.render.pipeline import CheckPage

    args = context.args
    _assert_the_services(context, dry_run)
    me, ruling = remote.assert_me(args.name), remote.ruling()
    policies = _own_policies(args.policy) or ruling.policies
    _assert_known(args.environment, policies)
    earlier = {}
    if dry_run:
        baseline = _baseline(args.baseline)
        checked = _check(context, manifest, policies, me.principal, baseline, dry_run=True)
        context.tell_evidence(checked.evidence, checked.measured_because)
        _tell_baseline(context, ruling, checked.decision, baseline)
        if compared:
            earlier = precedents(remote, checked.decision, None, context.note)
        page = CheckPage(
            decision=checked.decision,
            evidence=checked.evidence,
            policies=policies,
            baseline=baseline,
            acts=(),
            precedents=earlier,
            source=checked.source,
            uri=as_the_repository_knows(manifest),
            environment=args.environment,
            sealed=None,
        )
        return Judged(page, bytes, checked.unsealed_because, None)
    return _sealed_there(context, remote, me, policies, manifest, compared)


def _sealed_there(
    context: Context, remote: "Remote", me: "Me", policies: "tuple[LoadedPolicy, ...]", manifest: Path, compared: bool
) -> Judged:
    from governance.cli.places import say_trusted, with_bundle
    from governance.client.send import send
    from governance.client.submit import precedents, sealed_here, submit
    from governance.render.pipeline import CheckPage

    args = context.args
    if args.measure_on == SERVER:
        submitted = send(remote, manifest, policies, context.progress)
    else:
        if me.place != (there := "ci" if context.settings.ci else "local"):
            context.note(f"the token is for {me.place}, so the evidence says {me.place}; this looks like {there}")
        submitted = submit(
            remote, manifest, policies, allow_roots=tuple(args.allow_root), fresh=args.fresh, progress=context.progress
        )
    gathered = submitted.gathered
    context.tell_evidence(gathered.evidence, gathered.because)
    context.progress("fetching the bundle and verifying it")
    try:
        opened = sealed_here(remote, submitted)
        case = opened.case
        earlier = precedents(remote, case.decision, opened.sealed.index, context.note) if compared else {}
    except MachineFault as fault:
        name = f"{gathered.evidence.subject.name}@{gathered.evidence.subject.version}"
        raise _stands(fault, f"decision {submitted.decision_sha256}", name) from fault
    say_trusted(context, remote)
    page = CheckPage(
        decision=case.decision,
        evidence=case.evidence,
        policies=case.policies,
        baseline=opened.baseline,
        acts=case.acts,
        precedents=earlier,
        source=gathered.loaded.source,
        uri=as_the_repository_knows(manifest),
        environment=args.environment,
        sealed=with_bundle(context, opened.sealed),
    )
    return Judged(page, lambda: opened.data, "", remote.trust)


def sealed_all_the_same(fault: MachineFault, decision: "Decision") -> MachineFault:
    """The fault, with what stands in spite of it."""
    verdicts = ", ".join(f"{name}: {action.value}" for name, action in sorted(decision.outcomes.items()))
    name = f"{decision.subject.name}@{decision.subject.version}"
    return _stands(fault, f"decision {sha256(decision.to_bytes())} ({verdicts})", name)


def _stands(fault: MachineFault, decision: str, name: str) -> MachineFault:
    return MachineFault(
        f"{fault.what}; but {decision} is sealed",
        got=fault.got,
        fix=f"{fault.fix}; `governance bundle {name} --out FILE` and `governance show {name}` need no second check",
        where=fault.where,
    )


def _check(
    context: Context,
    manifest: Path,
    policies: "tuple[LoadedPolicy, ...]",
    submitter: str,
    baseline: "LoadedBaseline | None",
    *,
    dry_run: bool,
) -> "Checked":
    from governance.operations.evaluate import check

    args = context.args
    return check(
        context.workspace(manifest.parent if manifest.parent.is_dir() else None),
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


def _baseline(file: str | None) -> "LoadedBaseline | None":
    from governance.operations.adopt import read_baseline

    return read_baseline(Path(file)) if file else None


def _own_policies(names: Sequence[str] | None) -> "tuple[LoadedPolicy, ...]":
    from governance.operations.evaluate import load_policies

    return load_policies(names) if names else ()


def _assert_known(environment: str | None, policies: "tuple[LoadedPolicy, ...]") -> None:
    known = sorted({name for policy in policies for name in policy.document.environments})
    if environment is not None and environment not in known:
        raise BadInput("no policy knows this environment", got=environment, expected=", ".join(known))


def _assert_the_services(context: Context, dry_run: bool) -> None:
    """Whoever operates the service says what counts there, never whoever submits to it."""
    args, settings = context.args, context.settings
    if args.measure_on == SERVER:
        dry = "--dry-run" if args.dry_run else "--as-of"
        for option, given in ((dry, dry_run), ("--fresh", args.fresh), ("--allow-root", args.allow_root)):
            if given:
                raise BadInput(
                    f"{option} does not go with --measure-on {SERVER}",
                    expected="the files of one folder, measured and judged by the service, unless it knows them",
                    fix=f"leave out {option}, or measure here",
                )
    for option, given in (("--policy", args.policy), ("--baseline", args.baseline)):
        if given and not dry_run:
            raise BadInput(
                f"{option} does not count here: the service judges by its own",
                got=", ".join(given) if isinstance(given, list) else given,
                expected=f"what {settings.service} judges by; `governance policy list` shows it",
                fix=f"leave out {option}, or add --dry-run to judge by it here and hand in nothing",
            )
    for variable, given in (("GOVERNANCE_POLICY", settings.policy), ("GOVERNANCE_BASELINE", settings.baseline)):
        if given:
            context.note(f"{variable} does not count here: the service judges by its own")


def _tell_baseline(context: Context, ruling: "Ruling", decision: "Decision", baseline: "LoadedBaseline | None") -> None:
    """A service lists the digests of its baselines; what is in them, only whoever has the file knows."""
    listed = ruling.baselines.get(decision.subject.name)
    if listed is not None and (baseline is None or baseline.sha256 != listed):
        context.note(f"the service also counts a baseline of known failures, {listed}: give its file with --baseline")
