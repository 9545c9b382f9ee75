"""The process that tries a stranger's policy: it compiles it, runs its cases and judges evidence by it. It leaves what
came of that, or the reason why nothing did.

A condition can need any amount of memory before the engine can be stopped, and any YAML is read whole: so a draft is
tried here, within limits, and nothing of it runs in the service itself.
"""

import sys
from pathlib import Path
from typing import Literal

from pydantic import Field

from governance.canonical import Document, Instant, Sha256, parse_instant, sha256
from governance.errors import BadInput, GovernanceError
from governance.evidence.evidence import EvidenceSet
from governance.measure.child import program
from governance.measure.messages import Limits
from governance.operations.trouble import TROUBLE, Trouble, leave
from governance.policy.cases import load_cases
from governance.policy.decision import decide
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.examination import examine
from governance.policy.finding import Finding
from governance.policy.outcome import Action, Outcome

TRIAL = "trial.json"
POLICY, CASES, EVIDENCE, PARENTS = "policy.yaml", "cases.yaml", "evidence.json", "parents"
"""What lies in the working folder: the last is a folder."""
PROGRAM = program("governance.operations.trial_child")


class Task(Document):
    """`cases` and `evidence`: whether they came. `parents`: names to show of the files in PARENTS, which are called by
    their number. `now` is when it is tried, and the legal date."""

    cases: bool
    evidence: bool
    parents: tuple[str, ...]
    now: Instant
    limits: Limits


class Differs(Document):
    """Where a case came out otherwise than it expects. `of` is a rule's id, an environment, one in the other, or a
    waiver; `got` is null where the rule was not judged."""

    of: str
    expected: str
    got: str | None
    why: str


class TriedCase(Document):
    """`found`: the outcomes by rule."""

    name: str
    found: dict[str, Outcome]
    differs: tuple[Differs, ...]


class NotShown(Document):
    """A rule, and what no case shows of it; or an excuse that excuses nothing."""

    rule: str
    why: str


class Trial(Document):
    """What a draft of a policy does. Nothing of it is recorded, and no gate takes it.

    `sha256`: of the draft as it came. `rules`: their ids, with those of the policies that it extends. `holds`: whether
    all cases came out as they expect and leave no gap; null where none came. `cases`: the sound one first. `gaps`: what
    they do not show. `findings`, `outcomes` and `notes` are what it says of the evidence that was named, empty where
    none was."""

    schema_: Literal["governance.trial/v1"] = Field("governance.trial/v1", alias="schema")
    policy: str
    version: str
    sha256: Sha256
    rules: tuple[str, ...]
    holds: bool | None
    cases: tuple[TriedCase, ...] = ()
    gaps: tuple[NotShown, ...] = ()
    findings: tuple[Finding, ...] = ()
    outcomes: dict[str, Action] = {}
    notes: tuple[str, ...] = ()


def main() -> None:
    """Read a Task from stdin; write TRIAL or TROUBLE into the working folder."""
    from governance.measure.worker import limit

    task = Task.from_bytes(sys.stdin.buffer.read())
    limit(task.limits)
    here = Path.cwd()
    try:
        trial = tried(task, here)
    except MemoryError:
        leave(here / TROUBLE, Trouble(kind="input", what=out_of_memory(task.limits)))
    except GovernanceError as error:
        leave(here / TROUBLE, Trouble.of(error))
    else:
        leave(here / TRIAL, trial)


def out_of_memory(limits: Limits) -> str:
    return f"the draft takes more memory than one may have here, which is {limits.memory >> 20} MiB"


def tried(task: Task, folder: Path) -> Trial:
    """Raises BadInput, at file, line and column for every static fault."""
    data = (folder / POLICY).read_bytes()
    parents = [(name, (folder / PARENTS / str(at)).read_bytes()) for at, name in enumerate(task.parents)]
    policy = load_policy(data, POLICY, parents=lambda: parents)
    trial = Trial(
        policy=policy.document.id,
        version=policy.document.version,
        sha256=sha256(data),
        rules=tuple(section.id for section in policy.document.rules),
        holds=None,
    )
    if task.cases:
        trial = trial.model_copy(update=_cases(policy, (folder / CASES).read_bytes()))
    if task.evidence:
        trial = trial.model_copy(update=_judged(policy, (folder / EVIDENCE).read_bytes(), task))
    return trial


def _cases(policy: LoadedPolicy, data: bytes) -> dict[str, object]:
    found = examine(policy, load_cases(data, CASES, policy), mutate=False)
    cases = tuple(
        TriedCase(name=one.name, found=one.found, differs=tuple(Differs(**d._asdict()) for d in one.differences))
        for one in found.ran
    )
    return {
        "holds": found.holds,
        "cases": cases,
        "gaps": tuple(NotShown(rule=gap.rule, why=gap.why) for gap in found.gaps),
    }


def _judged(policy: LoadedPolicy, data: bytes, task: Task) -> dict[str, object]:
    try:
        evidence = EvidenceSet.from_bytes(data)
    except BadInput as error:
        raise BadInput(error.what, got=error.got, expected=error.expected, fix=error.fix, where=EVIDENCE) from error
    now = parse_instant(task.now)
    decision = decide(
        evidence, sha256(data), (policy,), (), baseline=None, now=now, as_of=now, identifier="",
        submitter=evidence.origin.by, previous=None,
    )  # fmt: skip
    return {"findings": decision.findings, "outcomes": decision.outcomes, "notes": decision.notes}
