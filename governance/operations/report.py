"""The PDF of a decision: verified first, rendered purely, its digest appended to the trail."""

from datetime import datetime
from typing import TYPE_CHECKING

from governance import __version__, bundled
from governance.canonical import instant
from governance.operations.export import export_bundle
from governance.operations.people import FilePeople, People
from governance.operations.sealing import issuing
from governance.operations.workspace import Workspace
from governance.progress import Progress, silent
from governance.trail.entry import EntryType
from governance.trail.trust import Trust
from governance.verification import verify

if TYPE_CHECKING:
    from governance.store.snapshot import Snapshot

REPORT = "governance.report/pdf"


def render_bundle(data: bytes, trust: Trust | None, now: datetime, progress: Progress = silent) -> bytes:
    """A PDF of whoever's bundle, for whoever trusts these keys. Nothing is recorded. Raises VerificationFailed."""
    from governance.render.pdf import render_pdf

    progress("verifying the bundle")
    verified = verify(data, trust, now=now)
    progress("drawing the report")
    return render_pdf(verified, instant(now), f"governance {__version__}", bundled.report("audit"))


def issue_report(
    workspace: Workspace,
    decision_sha256: str,
    principal: str,
    progress: Progress = silent,
    people: People | None = None,
    anew: bool = False,
) -> bytes:
    """The PDF of a decision in this trail that was recorded last; where none was, or `anew` one is wanted, it is drawn
    and recorded. Of several who ask at once all get the one that was recorded first: so whoever may read adds no more
    than one to the trail. `people` may be left to the project's files.

    Raises BadInput, VerificationFailed, MachineFault.
    """
    if not anew:
        with workspace.open_trail() as store, store.confirmed(workspace.trust().vkeys()) as snapshot:
            if (there := _last(snapshot, decision_sha256)) is not None:
                return there
    trust = (people or FilePeople(workspace)).trust()
    log = workspace.required_signer(trust.logs[0].origin, "log")
    progress("gathering the bundle")
    pdf = render_bundle(export_bundle(workspace, decision_sha256), trust, workspace.clock(), progress)
    progress("recording the report")
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        if not anew and (there := _last(transaction, decision_sha256)) is not None:
            return there
        issued = issuing(transaction, decision_sha256).entry
        transaction.append(
            transaction.compose(
                EntryType.REPORT_RENDERED,
                principal,
                subject=issued.subject,
                refs=[transaction.put_document(REPORT, pdf)],
                causes=[issued.id],
            )
        )
    return pdf


def _last(snapshot: "Snapshot", decision_sha256: str) -> bytes | None:
    from governance.store.browse import about

    issued = issuing(snapshot, decision_sha256).entry
    if issued.subject is None:
        return None
    for stored in reversed(about(snapshot, EntryType.REPORT_RENDERED, issued.subject)):
        if issued.id in stored.entry.causes:
            recorded, pdf = snapshot.recorded(snapshot.documents_of(stored.index)[0].sha256, REPORT)
            if recorded == stored:  # the log vouches for what it was made of, too
                return pdf
    return None
