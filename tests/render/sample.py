"""The sample of the audit report: real evidence, recorded once, sealed again by keys and at times that never change.

`make sample` writes reports/audit/sample.pdf anew; `make sample RECORD=1` takes the evidence from the demo anew first.
"""

import hashlib
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from governance import keys
from governance.canonical import instant
from governance.evidence.evidence import EvidenceSet
from governance.operations.evaluate import load_policies
from governance.operations.export import export_bundle
from governance.operations.initialise import add_person, start_trail
from governance.operations.judging import judge_submitted
from governance.operations.report import render_bundle
from governance.operations.review import Reviewed, act
from governance.operations.sealing import read_decision
from governance.operations.workspace import Workspace
from governance.policy.act import Waiver
from governance.settings import Settings
from tests.operations.project import CHEAP_SCRYPT, PASSWORD, Clock

HERE = Path(__file__).parent / "sample"
PDF = Path(__file__).resolve().parents[2] / "reports/audit/sample.pdf"
START = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def made() -> bytes:
    """The case from the first key to the PDF. Everything in it that is random elsewhere follows from a counter here."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
        clock = Clock(START)
        settings = Settings(config=Path(folder, "config"), ci=False, colour=False, policy=None)
        workspace = Workspace(Path(folder), settings, clock, _counted())
        start_trail(workspace)
        add_person(workspace, "ann", ("submitter",), PASSWORD)
        add_person(workspace, "bo", ("approver",), PASSWORD)
        evidence = EvidenceSet.from_bytes((HERE / "evidence.json").read_bytes())
        manifest, policies = (HERE / "governance.yaml").read_bytes(), load_policies(["baseline"])
        judge_submitted(workspace, manifest, evidence, policies, submitter="local|ann", baseline=None)

        def said(kind: Literal["waive", "comment"], reason: str, waiver: Waiver | None = None) -> Reviewed:
            clock.tick(minutes=7)
            return act(
                workspace, kind, model=evidence.subject.name, version=evidence.subject.version, principal="local|bo",
                role="approver", password=lambda: PASSWORD, reason=reason, waiver=waiver,
            )  # fmt: skip

        excuse = Waiver(
            key="baseline#model-card",
            ticket="RISK-12",
            not_before=instant(START),
            expires=instant(START + timedelta(days=30)),
            compensating="the clinic gets the section on limits on paper",
        )
        said("waive", "The section on limits is with the translators.", excuse)
        last = said("comment", "Sent back to the team: the forbidden column alone is reason enough.")
        clock.tick(minutes=7)
        return render_bundle(export_bundle(workspace, last.sealed.decision_sha256), workspace.trust(), clock())


def _counted() -> Callable[[int], bytes]:
    """Bytes that look random and are the same each time: keys made of them guard nothing."""
    drawn = 0

    def draw(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(f"sample of the report, {drawn}".encode()).digest(size)

    return draw


def record() -> None:
    """Evidence and manifest of the demo's first version, which has a fault of each kind."""
    from tests.demonstration import demonstrate

    with tempfile.TemporaryDirectory() as folder:
        demonstrate(Path(folder, "demo"))
        settings = Settings(config=Path(folder, "demo/keys"), ci=True, colour=False, policy=None)
        workspace = Workspace(Path(folder, "demo"), settings, lambda: START, _counted())
        with workspace.open_trail() as store, store.snapshot() as snapshot:
            issued = snapshot.latest_decision(name="diabetes-progression", version="1")
            (digest,) = read_decision(snapshot, issued.sha256).evidence
            evidence = EvidenceSet.from_bytes(snapshot.document(digest).data)
        fixed = evidence.model_copy(update={"started_at": instant(START - timedelta(seconds=40))})
        HERE.mkdir(exist_ok=True)
        (HERE / "evidence.json").write_bytes(fixed.to_bytes())
        (HERE / "governance.yaml").write_bytes(Path(folder, "demo/v1/governance.yaml").read_bytes())


if __name__ == "__main__":
    if "--record" in sys.argv:
        record()
    PDF.write_bytes(made())
