"""Evidence that was measured elsewhere is handed in, or recorded evidence is judged anew: under our policies."""

from collections.abc import Mapping

from governance import strictyaml
from governance.canonical import parse_instant, sha256
from governance.errors import BadInput, Refused, VerificationFailed
from governance.evidence.evidence import EvidenceSet
from governance.evidence.manifest import Manifest
from governance.operations.caller import Caller
from governance.operations.judging import Also, Judged, judge_recorded, judge_submitted
from governance.operations.refusals import refusable
from governance.operations.tokens import still_may
from governance.operations.workspace import Workspace
from governance.permissions import Does
from governance.policy.baseline import LoadedBaseline
from governance.policy.document import LoadedPolicy
from governance.policy.plan import plan
from governance.verification.documents import check_subject


@refusable(Does.SUBMIT)
def submit(
    workspace: Workspace,
    policies: tuple[LoadedPolicy, ...],
    *,
    evidence: bytes,
    manifest: bytes,
    caller: Caller,
    baselines: Mapping[str, LoadedBaseline] | None = None,
    also: Also | None = None,
) -> Judged:
    """Judge and seal evidence that the caller measured, where their token says, and hands in as a document.

    It must be what these policies plan for that very manifest. What was measured stays the submitter's word: what we
    sign is that they said it. `baselines` are known failures by model. Raises BadInput, Refused, MachineFault,
    VerificationFailed (of the trail).
    """
    from governance.store.transaction import CLOCK_TOLERANCE

    caller.must(Does.SUBMIT)
    measured = EvidenceSet.from_bytes(evidence)
    said = strictyaml.load(manifest, Manifest, "manifest")
    _is_theirs(measured, caller)
    _is_of(measured, manifest)
    if measured.plan != (wanted := plan(policies, said)):
        raise BadInput(
            "the evidence was measured by another plan than this service's policies ask for",
            got=_differing(measured.plan.model_dump(), wanted.model_dump()),
            expected=", ".join(f"{one.document.id} {one.document.version}" for one in policies),
            fix="measure again under the policies that the service lists",
            where="plan",
        )
    if parse_instant(measured.started_at) > workspace.clock() + CLOCK_TOLERANCE:
        raise BadInput(
            "the evidence was measured in time to come",
            got=measured.started_at,
            fix="set the clock of the machine that measures",
            where="started_at",
        )
    return judge_submitted(
        workspace,
        manifest,
        measured,
        policies,
        submitter=caller.principal,
        baseline=(baselines or {}).get(measured.subject.name),
        also=still_may(workspace, caller, Does.SUBMIT, also),
    )


def _is_theirs(evidence: EvidenceSet, caller: Caller) -> None:
    if evidence.origin.by != caller.principal:
        raise Refused("the evidence is somebody else's", got=evidence.origin.by, expected=caller.principal)
    if evidence.origin.where != caller.place:
        raise Refused(
            "the evidence says that it comes from elsewhere than the token says",
            got=evidence.origin.where,
            expected=caller.place or "a token, which says where it is used",
            fix="a token of CI hands in what CI measured, and no other",
        )


def _is_of(evidence: EvidenceSet, manifest: bytes) -> None:
    if evidence.manifest != sha256(manifest):
        raise BadInput(
            "the evidence was measured by another manifest",
            got=evidence.manifest,
            expected=sha256(manifest),
            where="manifest",
        )
    try:
        check_subject(evidence, manifest)
    except VerificationFailed as error:
        raise BadInput(error.what, got=error.got, where="subject") from error


def _differing(got: dict[str, object], wanted: dict[str, object]) -> str:
    return ", ".join(name for name in wanted if got[name] != wanted[name]) + " of the plan"


@refusable(Does.EVALUATE)
def evaluate_again(
    workspace: Workspace,
    policies: tuple[LoadedPolicy, ...],
    *,
    name: str,
    version: str,
    caller: Caller,
    baselines: Mapping[str, LoadedBaseline] | None = None,
    seen: str | None = None,
    also: Also | None = None,
) -> Judged:
    """Judge the evidence of the latest decision about a model version again, under these policies, now. Whoever
    submitted it stays its submitter. Raises NotThere, Refused (Stale where `seen` is not the latest decision any more),
    MachineFault, VerificationFailed."""
    caller.must(Does.EVALUATE)
    baseline = (baselines or {}).get(name)
    also = still_may(workspace, caller, Does.EVALUATE, also)
    return judge_recorded(workspace, policies, name=name, version=version, baseline=baseline, seen=seen, also=also)
