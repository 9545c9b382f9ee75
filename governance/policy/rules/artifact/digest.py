"""artifact.digest: the artifact is the one that was recorded."""

from governance.evidence.artifact import ArtifactFacts
from governance.policy.finding import Limit, Looked, Verdict
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule


class DigestParams(Params):
    """Takes no parameter."""


def specimen(**change: object) -> ArtifactFacts:
    """A skops file that opened."""
    facts = ArtifactFacts(
        path="model.skops", format="skops", found_format="skops", recorded="a" * 64, sha256="a" * 64, size=1000,
        opened=True, problem=None, untrusted_types=(),
    )  # fmt: skip
    return facts.model_copy(update=change)


@rule(
    "artifact.digest",
    controls=("eu-ai-act/art-15.5",),
    examples=lambda: (
        passes("same bytes", specimen()),
        fails("other bytes", specimen(sha256="b" * 64)),
        inconclusive("nothing recorded", specimen(recorded=None)),
    ),
)
def digest(evidence: ArtifactFacts, params: DigestParams) -> Verdict:
    """The artifact's bytes have the digest that the manifest records.

    What it checks: the SHA-256 that we computed from the artifact equals the one in the manifest.

    Why it matters: an artifact that was swapped or damaged after training is another model.

    How to fix: find out who changed the file; record the digest when the model is trained, not when it is audited.
    """
    limit = Limit(op="is", value=evidence.recorded or "a recorded digest")
    looked = (Looked(path="artifact.sha256", value=evidence.sha256),)
    if evidence.recorded is None:
        why = "the manifest records no digest for the artifact"
        fix = "have the training run record the digest under `artifact.sha256` in the manifest (sha256sum prints it)"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=fix)
    if evidence.recorded != evidence.sha256:
        why = f"{evidence.path} has the digest {evidence.sha256[:12]}, the manifest records {evidence.recorded[:12]}"
        return Verdict(outcome=Outcome.FAIL, why=why, looked_at=looked, limit=limit)
    return Verdict(
        outcome=Outcome.PASS,
        why=f"{evidence.path} has the recorded digest {evidence.sha256[:12]}",
        looked_at=looked,
        limit=limit,
    )
