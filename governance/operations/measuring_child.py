"""The process that measures a stranger's files for a service: it reads what came, and leaves the evidence or the reason
why there is none.

The service itself opens no table, no model and none of the other files; what it reads of this one's answers are closed
documents. A model is opened one process further down, as everywhere.
"""

import os
import sys
from datetime import datetime
from pathlib import Path

from governance.canonical import Document, Instant, parse_instant
from governance.collect.collected import collect
from governance.collect.manifest import load
from governance.errors import GovernanceError
from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Origin
from governance.evidence.plan import Plan
from governance.measure.child import program
from governance.measure.messages import Limits
from governance.operations.measuring import measure_project
from governance.operations.trouble import TROUBLE, Trouble, leave
from governance.progress import silent

EVIDENCE = "evidence.json"
PROGRAM = program("governance.operations.measuring_child")


class Task(Document):
    """`project` is the folder with the files, `manifest` the name of the one that says what they are. `by` is whose
    evidence it becomes, `started_at` when."""

    project: str
    manifest: str
    plan: Plan
    by: str
    started_at: Instant
    limits: Limits

    @property
    def origin(self) -> Origin:
        return Origin(kind="measured", by=self.by, where="service")


def main() -> None:
    """Read a Task from stdin; write EVIDENCE or TROUBLE into the working folder."""
    from governance.measure.worker import limit

    task = Task.from_bytes(sys.stdin.buffer.read())
    limit(task.limits)
    here = Path.cwd()
    # Errors then name files as the manifest does, and not where this service keeps them.
    os.chdir(task.project)
    try:
        evidence = measured(task)
    except ModuleNotFoundError as error:
        leave(here / TROUBLE, Trouble(kind="installed", what=f"no module {error.name}"))
    except MemoryError:
        leave(here / TROUBLE, Trouble(kind="input", what="it takes more memory than one measurement may have here"))
    except GovernanceError as error:
        leave(here / TROUBLE, Trouble.of(error))
    else:
        leave(here / EVIDENCE, evidence)


def measured(task: Task) -> EvidenceSet:
    """Execute the task's plan in the working folder, which is the project. Raises BadInput, MachineFault."""
    loaded = load(Path(task.manifest))
    collected = collect(loaded, frozenset(task.plan.facts))
    started: datetime = parse_instant(task.started_at)
    evidence = measure_project(loaded, task.plan, collected, task.origin, started, silent)
    loaded.project.assert_unchanged()
    return evidence
