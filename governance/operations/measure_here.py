"""Files that somebody sent are measured here, judged and sealed: the other way in beside `submit`."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from threading import BoundedSemaphore

from governance.canonical import instant, sha256
from governance.errors import BadInput, GovernanceError, MachineFault, VerificationFailed
from governance.evidence.evidence import EvidenceSet
from governance.evidence.plan import Plan
from governance.measure import NEEDS
from governance.measure.child import document, run
from governance.measure.messages import Limits
from governance.operations.caller import Caller
from governance.operations.judging import Also, Judged, judge_submitted
from governance.operations.measuring import why_anew
from governance.operations.measuring_child import EVIDENCE, PROGRAM, Task
from governance.operations.refusals import refusable
from governance.operations.sealing import read_decision
from governance.operations.tokens import still_may
from governance.operations.trouble import TROUBLE, Trouble
from governance.operations.uploads import FILES, WORK, Upload, assert_complete
from governance.operations.workspace import Workspace
from governance.permissions import Does
from governance.policy.baseline import LoadedBaseline
from governance.policy.document import LoadedPolicy
from governance.policy.plan import plan
from governance.settings import Measuring
from governance.verification.documents import check_subject

_EVIDENCE = 32 << 20
"""Bytes of evidence that are read from the process that measured."""


class NotMeasured(GovernanceError):
    """This service measures nothing: a part is not installed, or its operator does not want it."""


class Busy(MachineFault):
    """As much is measured as may be at once. Nothing was read."""


class Abandoned(GovernanceError):
    """Nobody waits for the answer any more. Nothing was recorded."""


class Places:
    """How many uploads are taken and measured at once, in this process: none where `at_once` is 0, or where something
    is missing for it."""

    def __init__(self, at_once: int) -> None:
        # The last two are the system's: only POSIX can limit a process.
        self._missing = next((name for name in (*NEEDS, "fcntl", "resource") if find_spec(name) is None), None)
        self._free = BoundedSemaphore(at_once) if at_once and self._missing is None else None

    @property
    def closed(self) -> bool:
        return self._free is None

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises Busy where none is free, NotMeasured where there are none."""
        if self._missing is not None:
            raise NotMeasured("measuring is not installed here", got=f"no module {self._missing}")
        if self._free is None:
            raise NotMeasured("this service measures nothing", fix="measure where the files are, and hand in evidence")
        if not self._free.acquire(blocking=False):
            raise Busy("as much is being measured as this service takes on at once", fix="try again later")
        try:
            yield
        finally:
            self._free.release()


@refusable(Does.SUBMIT)
def measure_here(
    workspace: Workspace,
    policies: tuple[LoadedPolicy, ...],
    upload: Upload,
    *,
    caller: Caller,
    baselines: Mapping[str, LoadedBaseline] | None = None,
    gone: Callable[[], bool],
    also: Also | None = None,
) -> Judged:
    """Measure what came in a limited process, judge and seal it as the caller's, measured by this service.

    Evidence that the latest decision rests on is used again where it was measured here for the same caller from the
    same bytes, by the same plan and release: so approvals and waivers stay in force. `gone` says whether the caller
    has left; until it is sealed, that ends it. Raises BadInput, Refused, MachineFault, VerificationFailed (of the
    trail), Abandoned, NotMeasured.
    """
    caller.must(Does.SUBMIT)
    wanted = plan(policies, upload.manifest)
    assert_complete(upload, wanted.facts)
    baseline = (baselines or {}).get(upload.manifest.model.name)
    evidence = _recorded(workspace, upload, wanted, caller)
    if evidence is None:
        evidence = _measured(workspace.settings.measuring, upload, wanted, caller, workspace.clock(), gone)
    _leave_if(gone)
    also = still_may(workspace, caller, Does.SUBMIT, also)
    return judge_submitted(
        workspace, upload.data, evidence, policies, submitter=caller.principal, baseline=baseline, also=also
    )


def _recorded(workspace: Workspace, upload: Upload, wanted: Plan, caller: Caller) -> EvidenceSet | None:
    model = upload.manifest.model
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        issued = snapshot.latest_decision(name=model.name, version=model.version)
        if issued is None:
            return None
        before = read_decision(snapshot, issued.sha256)
        evidence = EvidenceSet.from_bytes(snapshot.document(before.evidence[0]).data)
    ours = evidence.origin.by == caller.principal and evidence.origin.where == "service"
    same = ours and not why_anew(evidence, upload.data, wanted) and _is_of(evidence, upload)
    return evidence if same else None


def _is_of(evidence: EvidenceSet, upload: Upload) -> bool:
    """Whether it was taken from exactly these bytes. The same manifest and plan read the same files."""
    came = {upload.manifest_name: sha256(upload.data), **upload.files}
    return all(came.get(item.path) == item.sha256 for item in evidence.inputs)


def _measured(
    settings: Measuring, upload: Upload, wanted: Plan, caller: Caller, now: datetime, gone: Callable[[], bool]
) -> EvidenceSet:
    limits = Limits(
        wall=settings.seconds,
        cpu=settings.seconds * (os.cpu_count() or 1),
        memory=settings.memory,
        # What is counted on the disk may outgrow what came, which is packed.
        file=4 * settings.whole,
    )
    task = Task(
        project=str(upload.folder / FILES),
        manifest=upload.manifest_name,
        plan=wanted,
        by=caller.principal,
        started_at=instant(now),
        limits=limits,
    )
    work = upload.folder / WORK
    died = run(task.to_bytes(), limits.wall, work, PROGRAM, lambda: _leave_if(gone))
    _leave_if(gone)
    if (trouble := document(work / TROUBLE, Trouble)[0]) is not None:
        raise _told(trouble)
    evidence, why = document(work / EVIDENCE, EvidenceSet, _EVIDENCE)
    if evidence is None or died:
        raise BadInput(
            "it could not be measured within what one measurement may take here",
            got=died or why,
            expected=f"{limits.wall} s, {limits.memory >> 20} MiB",
            fix="measure where the files are, and hand in the evidence",
        )
    _assert_asked(evidence, task, upload)
    return evidence


def _told(trouble: Trouble) -> GovernanceError:
    if trouble.kind == "installed":
        return NotMeasured("measuring is not installed here", got=trouble.what)
    return trouble.error()


def _assert_asked(evidence: EvidenceSet, task: Task, upload: Upload) -> None:
    """A process that a file took over could leave anything: what can be known without opening a file must be so."""
    origin = evidence.origin.model_copy(update={"predictions": None})
    asked = (task.origin, task.plan, task.started_at, sha256(upload.data))
    if (origin, evidence.plan, evidence.started_at, evidence.manifest) != asked:
        raise _another("origin, plan or manifest")
    try:
        check_subject(evidence, upload.data)
    except VerificationFailed as error:
        raise _another(error.what) from error
    if not _is_of(evidence, upload):
        raise _another("inputs")


def _another(what: str) -> MachineFault:
    return MachineFault("the process that measures answered for something else", got=what)


def _leave_if(gone: Callable[[], bool]) -> None:
    if gone():
        raise Abandoned("nobody waits for the answer any more")
