"""Try a draft of a policy that a stranger wrote: in a limited process, and without a trace in the trail.

The command line reads a draft in its own process. Files, conditions and their steps are bounded there too, so that the
worst draft costs whoever typed the command some seconds and a few hundred megabytes; a service has others to answer.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore

from governance import bundled
from governance.canonical import instant
from governance.errors import BadInput
from governance.measure.child import document, run
from governance.measure.messages import Limits
from governance.operations.measure_here import Busy, NotMeasured
from governance.operations.trial_child import (
    CASES,
    EVIDENCE,
    PARENTS,
    POLICY,
    PROGRAM,
    TRIAL,
    Task,
    Trial,
    out_of_memory,
)
from governance.operations.trouble import TROUBLE, Trouble
from governance.policy.document import LoadedPolicy

LIMITS = Limits(wall=30, cpu=20, memory=256 << 20, file=32 << 20)
"""What one draft may take."""
AT_ONCE = 2
"""Drafts that one process of the service tries at once."""
_free = BoundedSemaphore(AT_ONCE)


def try_policy(
    data: bytes,
    *,
    now: datetime,
    cases: bytes | None = None,
    evidence: bytes | None = None,
    given: Iterable[LoadedPolicy] = (),
    limits: Limits = LIMITS,
) -> Trial:
    """Compile a policy, run its `cases`, judge `evidence` (an evidence set, as it is recorded) by it.

    It may extend the shipped policies and those that are `given`. Raises BadInput: for each static fault at line and
    column, and where the draft takes more than `limits`; Busy, MachineFault.
    """
    if not _free.acquire(blocking=False):
        raise Busy("as many drafts are being tried as this service takes on at once", fix="try again later")
    try:
        with TemporaryDirectory(prefix="governance-", ignore_cleanup_errors=True) as name:
            return _tried(Path(name), data, cases, evidence, given, now, limits)
    finally:
        _free.release()


def _tried(
    folder: Path,
    data: bytes,
    cases: bytes | None,
    evidence: bytes | None,
    given: Iterable[LoadedPolicy],
    now: datetime,
    limits: Limits,
) -> Trial:
    parents = [(f"{one.document.id} {one.document.version}", one.text) for one in given]
    parents += [bundled.policy(name) for name in bundled.policy_names()]
    (folder / PARENTS).mkdir()
    files = {POLICY: data, CASES: cases, EVIDENCE: evidence}
    files |= {f"{PARENTS}/{at}": text for at, (_, text) in enumerate(parents)}
    for path, content in files.items():
        if content is not None:
            (folder / path).write_bytes(content)
    task = Task(
        cases=cases is not None,
        evidence=evidence is not None,
        parents=tuple(shown for shown, _ in parents),
        now=instant(now),
        limits=limits,
    )
    died = run(task.to_bytes(), limits.wall, folder, PROGRAM, lambda: None)
    if (trouble := document(folder / TROUBLE, Trouble)[0]) is not None:
        if trouble.kind == "installed":
            raise NotMeasured("drafts cannot be tried here", got=trouble.what)
        raise trouble.error()
    trial, why = document(folder / TRIAL, Trial, limits.file)
    if trial is None or died:
        raise BadInput(
            _because(died, limits),
            got=died or why,
            expected=f"at most {limits.memory >> 20} MiB, {limits.cpu} s of work and {limits.wall} s in all",
            fix="make its expressions simpler, or the policy shorter",
        )
    return trial


# How a process ends that is refused memory where it cannot say so (C++, the interpreter's own start), or time.
_MEMORY, _TIME = ("SIGABRT", "SIGSEGV"), ("SIGXCPU", "SIGKILL", "did not end")


def _because(died: str, limits: Limits) -> str:
    if any(sign in died for sign in _MEMORY):
        return out_of_memory(limits)
    if any(sign in died for sign in _TIME):
        return "the draft takes more time than one may have here"
    return "the draft could not be tried within what one may take here"
