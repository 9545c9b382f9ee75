"""artifact.size: the artifact is no larger than what its users can hold and look through."""

from typing import Annotated

from pydantic import Field

from governance.evidence.artifact import ArtifactFacts
from governance.policy.finding import Limit, Looked, Verdict
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.rules.artifact.digest import specimen
from governance.policy.tightening import Tighten


class SizeParams(Params):
    """`at_most`: bytes."""

    at_most: Annotated[int, Tighten.DOWN] = Field(ge=1)


@rule(
    "artifact.size",
    controls=("eu-ai-act/art-15.5", "nist-ai-rmf/measure-2.7"),
    examples=lambda: (
        passes("small", specimen(), at_most="2000"),
        passes("just so large", specimen(), at_most="1000"),
        fails("one byte too large", specimen(size=1001), at_most="1000"),
        inconclusive("an empty file", specimen(size=0), at_most="1000"),
    ),
)
def size(evidence: ArtifactFacts, params: SizeParams) -> Verdict:
    """The artifact has at most so many bytes.

    What it checks: the number of bytes of the artifact, as it lies there. An empty file is no model, so that nothing
    can be said of it.

    Why it matters: a file much larger than its kind of model needs carries something else, such as training data or a
    payload; what is too large to search is not searched, and exhausts whoever loads it.

    How to fix: export the model without its training data, history and caches; prune or limit it; if it needs to be
    that large, raise the limit in the policy, with the reason.
    """
    limit = Limit(op="at_most", value=str(params.at_most))
    looked = (Looked(path="artifact.size", value=str(evidence.size)),)
    said = f"{evidence.path} has {evidence.size:,} bytes"
    if evidence.size == 0:
        why, fix = f"{evidence.path} is empty", "export the model again: the file that the manifest names holds nothing"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=fix)
    if evidence.size > params.at_most:
        why = f"{said}, more than {params.at_most:,}"
        return Verdict(outcome=Outcome.FAIL, why=why, looked_at=looked, limit=limit)
    return Verdict(outcome=Outcome.PASS, why=said, looked_at=looked, limit=limit)
