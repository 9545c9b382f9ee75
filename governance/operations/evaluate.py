"""Check a model version: collect, measure, judge, seal."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from governance.canonical import sha256
from governance.collect.collected import Collected, collect
from governance.collect.manifest import Loaded, load
from governance.errors import BadInput, Refused
from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Origin, Subject
from governance.evidence.plan import Plan
from governance.operations.judging import judge_submitted
from governance.operations.measuring import measure_project, subject_of, why_anew
from governance.operations.parents import load_with_parents, read_policy
from governance.operations.sealing import Place, read_decision
from governance.operations.workspace import Clock, Workspace
from governance.permissions import may_submit
from governance.policy.baseline import LoadedBaseline
from governance.policy.decision import Decision, decide
from governance.policy.document import LoadedPolicy
from governance.policy.plan import plan
from governance.progress import Progress, silent
from governance.strictyaml import Source
from governance.trail.entry import UUID_RANDOM_SIZE, uuid7


class Checked(NamedTuple):
    """`sealed` is None for a dry run and where the keys are not here; `unsealed_because` then says why. `source` is the
    manifest as it was read, with where each of its values stands. `measured_because` is empty where the trail's
    evidence was used again."""

    decision: Decision
    evidence: EvidenceSet
    sealed: Place | None
    unsealed_because: str
    source: Source
    measured_because: str


class Gathered(NamedTuple):
    """Evidence of a project's files. `because`: why it was measured; empty where recorded evidence was used again."""

    loaded: Loaded
    evidence: EvidenceSet
    because: str


def load_policies(names: Sequence[str], texts: Mapping[str, bytes] = MappingProxyType({})) -> tuple[LoadedPolicy, ...]:
    """Policies by path or by the name of a shipped one; `texts`: of those that came in another way, by name. Raises
    BadInput, also where two are the same."""
    read = [(name, texts[name]) if name in texts else read_policy(name) for name in names]
    loaded = [load_with_parents(shown, data, read) for shown, data in read]
    ids = [policy.document.id for policy in loaded]
    if len(set(ids)) != len(ids):
        raise BadInput("two policies have the same id", got=", ".join(ids), expected="each policy once")
    return tuple(loaded)


def check(
    workspace: Workspace,
    manifest: Path,
    policies: tuple[LoadedPolicy, ...],
    *,
    submitter: str,
    baseline: LoadedBaseline | None = None,
    allow_roots: tuple[Path, ...] = (),
    as_of: datetime | None = None,
    dry_run: bool = False,
    fresh: bool = False,
    progress: Progress = silent,
) -> Checked:
    """Judge one model version and, unless `dry_run`, seal the decision in the trail.

    Evidence that the trail holds for the same inputs, plan and release is used again unless `fresh`: so approvals and
    waivers given for it stay in force. Raises BadInput, MachineFault, VerificationFailed.
    """
    because = "a dry run, or a question about another day, leaves no trace" if dry_run else _cannot_seal(workspace)
    if not because:
        _may_submit(workspace, submitter)
    origin = Origin(kind="measured", by=submitter, where="ci" if workspace.settings.ci else "local")
    gathered = gather(
        manifest,
        policies,
        origin,
        lambda subject: _recorded(workspace, subject, because, fresh),
        baseline=baseline,
        allow_roots=allow_roots,
        clock=workspace.clock,
        progress=progress,
    )
    loaded, evidence, anew = gathered
    progress("judging")
    if because:
        now = workspace.clock()
        data = evidence.to_bytes()
        decision = decide(
            evidence,
            sha256(data),
            policies,
            [],
            baseline=baseline,
            now=now,
            as_of=as_of or now,
            identifier=uuid7(now, workspace.entropy(UUID_RANDOM_SIZE)),
            submitter=submitter,
            previous=None,
        )
        return Checked(decision, evidence, None, because, loaded.source, anew)
    progress("sealing")
    judged = judge_submitted(
        workspace, loaded.data, evidence, policies, submitter=submitter, baseline=baseline, as_of=as_of
    )
    return Checked(judged.decision, evidence, judged.sealed, "", loaded.source, anew)


def _cannot_seal(workspace: Workspace) -> str:
    if not workspace.exists:
        return "there is no trail here; `governance init` starts one"
    origin = workspace.trust().logs[0].origin
    missing = [role for role in ("measurer", "issuer", "log") if workspace.signer(origin, role) is None]
    return f"this machine does not hold the {', '.join(missing)} key of {origin}" if missing else ""


def _may_submit(workspace: Workspace, submitter: str) -> None:
    roles = tuple(role for one in workspace.trust().people if one.principal == submitter for role in one.roles)
    permission = may_submit(submitter, roles)
    if not permission.allowed:
        raise Refused("this person may not submit", got=permission.reason)


def _recorded(workspace: Workspace, subject: Subject, unsealed: str, fresh: bool) -> EvidenceSet | str:
    """The evidence of the latest decision about this model version, or why it is not asked for."""
    if unsealed or fresh:
        return "it was asked for" if fresh else "what is not sealed uses nothing of a trail"
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        issued = snapshot.latest_decision(name=subject.name, version=subject.version)
        if issued is None:
            return f"no decision about {subject.name} {subject.version} is in the trail"
        decision = read_decision(snapshot, issued.sha256)
        return EvidenceSet.from_bytes(snapshot.document(decision.evidence[0]).data)


def gather(
    manifest: Path,
    policies: tuple[LoadedPolicy, ...],
    origin: Origin,
    recorded: Callable[[Subject], EvidenceSet | str],
    *,
    baseline: LoadedBaseline | None,
    allow_roots: tuple[Path, ...],
    clock: Clock,
    progress: Progress,
) -> Gathered:
    """The evidence that these policies ask for: what `recorded` has of the same inputs, manifest, plan and release, or
    else measured now. `recorded` may also say why it has none. `origin` is who measures, and where. Raises BadInput,
    MachineFault."""
    loaded = load(manifest, allow_roots, progress)
    if baseline is not None:
        baseline.assert_about(loaded.manifest.model.name)
    wanted = plan(policies, loaded.manifest)
    progress("reading the inputs")
    collected = collect(loaded, frozenset(wanted.facts))
    subject = subject_of(loaded, collected)
    progress("looking for evidence of the same inputs")
    known = recorded(subject)
    anew = known if isinstance(known, str) else _other(known, loaded, wanted, collected, subject)
    if anew or isinstance(known, str):
        known = measure_project(loaded, wanted, collected, origin, clock(), progress)
    loaded.project.assert_unchanged()
    return Gathered(loaded, known, anew)


def _other(evidence: EvidenceSet, loaded: Loaded, wanted: Plan, collected: Collected, subject: Subject) -> str:
    """Why measuring again would not read the same bytes in the same way; empty where it would."""
    inputs = [item.model_copy(update={"rows": None}) for item in evidence.inputs]
    changed = [item.path for item in collected.inputs if item not in inputs]
    if evidence.subject != subject or inputs != list(collected.inputs):
        return f"other inputs: {', '.join(changed) or 'fewer than before'}"
    return why_anew(evidence, loaded.data, wanted)
