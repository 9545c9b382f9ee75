"""What a decision is shown beside: the acts it stands on, and the decisions that allowed this model before."""

from governance.evidence.evidence import EvidenceSet
from governance.operations.evaluate import Checked
from governance.operations.sealing import read_acts, read_decision
from governance.operations.workspace import Workspace
from governance.policy.decision import Recorded
from governance.render.pipeline import Precedent


def acts_and_precedents(workspace: Workspace, checked: Checked) -> tuple[tuple[Recorded, ...], dict[str, Precedent]]:
    """The acts of a decision and, for each of its environments that has one, the decision that last allowed a version
    of the same model there: before this one where it is sealed, else the latest. Nothing where there is no trail."""
    if not workspace.exists:
        return (), {}
    decision = checked.decision
    before = checked.sealed.position if checked.sealed else None
    precedents = {}
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        for environment in decision.outcomes:
            issued = snapshot.latest_allowed(decision.subject.name, environment, before=before)
            if issued is not None:
                earlier = read_decision(snapshot, issued.sha256)
                evidence = EvidenceSet.from_bytes(snapshot.document(earlier.evidence[0]).data)
                precedents[environment] = Precedent(earlier, evidence)
        return tuple(read_acts(snapshot, decision.acts)), precedents
