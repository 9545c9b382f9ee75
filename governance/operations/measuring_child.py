"""The process that measures a stranger's files for a service: it reads what came, and leaves the evidence or the reason
why there is none.

The service itself opens no table, no model and none of the other files; what it reads of this one's answers are closed
documents. A model is opened one process further down, as everywhere.
"""

import os
import sys
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Document, Instant, parse_instant
from governance.collect.collected import collect
from governance.collect.manifest import load
from governance.errors import BadInput, GovernanceError, MachineFault
from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Origin
from governance.evidence.plan import Plan
from governance.measure.messages import Limits
from governance.operations.measuring import measure_project
from governance.progress import silent

EVIDENCE, TROUBLE = "evidence.json", "trouble.json"
_MOST = 2000
# As for a model's process (`measure.child`), with this module's `main`.
PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); import governance; del sys.path[0]; "
    "from governance.operations.measuring_child import main; main()"
)


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


class Trouble(Document):
    """Why there is no evidence: something wrong with the `input`, the `machine`, or a part that is not `installed`."""

    kind: Literal["input", "machine", "installed"]
    what: Annotated[str, Field(max_length=_MOST)]
    got: Annotated[str, Field(max_length=_MOST)] = ""
    expected: Annotated[str, Field(max_length=_MOST)] = ""
    fix: Annotated[str, Field(max_length=_MOST)] = ""
    where: Annotated[str, Field(max_length=_MOST)] = ""


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
        _leave(here / TROUBLE, Trouble(kind="installed", what=f"no module {error.name}"))
    except MemoryError:
        _leave(here / TROUBLE, Trouble(kind="input", what="it takes more memory than one measurement may have here"))
    except GovernanceError as error:
        _leave(here / TROUBLE, _trouble(error))
    else:
        _leave(here / EVIDENCE, evidence)


def measured(task: Task) -> EvidenceSet:
    """Execute the task's plan in the working folder, which is the project. Raises BadInput, MachineFault."""
    loaded = load(Path(task.manifest))
    collected = collect(loaded, frozenset(task.plan.facts))
    started: datetime = parse_instant(task.started_at)
    evidence = measure_project(loaded, task.plan, collected, task.origin, started, silent)
    loaded.project.assert_unchanged()
    return evidence


def _trouble(error: GovernanceError) -> Trouble:
    return Trouble(
        kind="input" if isinstance(error, BadInput) else "machine",
        what=_said(error.what),
        got=_said(error.got),
        expected=_said(error.expected),
        fix=_said(error.fix),
        where=_said(error.where),
    )


def _said(text: str) -> str:
    """Fit for a document: NFC, printable but for line ends, and not too long."""
    text = "".join(char if char.isprintable() or char == "\n" else " " for char in text[:_MOST])
    return unicodedata.normalize("NFC", text)[:_MOST]


def _leave(path: Path, document: Document) -> None:
    try:
        path.write_bytes(document.to_bytes())
    except OSError as error:
        raise MachineFault("the evidence cannot be kept here", got=str(error)) from error
