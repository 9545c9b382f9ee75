"""Many cases at once: one measurement, judged under other names, by the verbs that the service uses."""

from governance.evidence.evidence import EvidenceSet
from governance.operations.evaluate import load_policies
from governance.operations.judging import Judged, judge_submitted
from tests.operations.project import NAME, VERSION, Project


class Cases:
    """`put("churn", "1.0", tier="low")` puts a version before the approvers; `right` of 100 predictions were right:
    below 90 the policy denies it in prod, else its artifact's digest wants a review."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._policies = load_policies([str(project.root / "policy.yaml")])
        self._evidence: dict[int, EvidenceSet] = {}

    def _measured(self, right: int) -> EvidenceSet:
        if right not in self._evidence:
            self._project.table(right, 100)
            checked = self._project.check(dry_run=True)
            self._evidence[right] = checked.evidence
        return self._evidence[right]

    def put(
        self,
        name: str = NAME,
        version: str = VERSION,
        *,
        right: int = 95,
        tier: str = "high",
        submitter: str = "local|ann",
        measured_by: str | None = None,
    ) -> Judged:
        measured = self._measured(right)
        evidence = measured.model_copy(
            update={
                "subject": measured.subject.model_copy(update={"name": name, "version": version}),
                "risk_tier": tier,
                "origin": measured.origin.model_copy(update={"by": measured_by or submitter}),
            }
        )
        manifest = (self._project.root / "governance.yaml").read_bytes()
        return judge_submitted(
            self._project.workspace, manifest, evidence, self._policies, submitter=submitter, baseline=None
        )
