"""reproducibility.inputs_recorded: everything that went in is recorded by its digest, and is still the same."""

from typing import Annotated

from governance.evidence.evidence import EvidenceSet
from governance.policy.advice import DIGESTS
from governance.policy.finding import Limit, Looked, Verdict, plural
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.specimen import evidence_with_inputs
from governance.policy.tightening import Tighten

_SAME, _OTHER = "a" * 64, "b" * 64


class InputsParams(Params):
    """`without`: inputs whose role starts with one of these need no digest in the manifest, which has no place for
    theirs; the evidence holds the digest that was found. Where one is recorded it must match all the same."""

    without: Annotated[tuple[str, ...], Tighten.SUBSET] = (
        "manifest",
        "lineage.event",
        "access.",
        "environment.",
        "documents.",
    )


@rule(
    "reproducibility.inputs_recorded",
    controls=("eu-ai-act/annex-iv.2.d", "iso-42001/a.7.5"),
    examples=lambda: (
        passes("all recorded", evidence_with_inputs(("artifact", _SAME, _SAME), ("data.training", _SAME, _SAME))),
        passes("the manifest needs none", evidence_with_inputs(("manifest", _OTHER, None), ("artifact", _SAME, _SAME))),
        fails("one has changed", evidence_with_inputs(("artifact", _OTHER, _SAME), ("data.training", _SAME, _SAME))),
        fails("one that needs none has changed", evidence_with_inputs(("documents.card", _OTHER, _SAME))),
        inconclusive(
            "one is not recorded", evidence_with_inputs(("artifact", _SAME, _SAME), ("data.training", _SAME, None))
        ),
        inconclusive("nothing was recorded", evidence_with_inputs(("manifest", _SAME, None))),
    ),
)
def inputs_recorded(evidence: EvidenceSet, params: InputsParams) -> Verdict:
    """Every input of this audit has the digest that the manifest records for it.

    What it checks: for each file that was read (the artifact, each table, each source, and whatever else has a digest
    in the manifest) the SHA-256 that we computed equals the recorded one; a file without a recorded digest is
    inconclusive.

    Why it matters: a model can only be built again, and this audit only be repeated, from the same bytes; a path alone
    says where something lay once.

    How to fix: record the digest of each file in the manifest when it is made (sha256sum prints it); where one differs,
    find out who changed the file before recording anything anew.
    """
    limit = Limit(op="is", value="the recorded digest")
    changed = [one for one in evidence.inputs if one.recorded is not None and one.recorded != one.sha256]
    bare = [one for one in evidence.inputs if one.recorded is None and not one.role.startswith(params.without)]
    same = [one for one in evidence.inputs if one.recorded == one.sha256]
    looked = tuple(Looked(path=one.role, value=one.sha256, n=one.rows) for one in changed or (*bare, *same))
    if changed:
        why = "; ".join(
            f"{one.role} ({one.path}) has the digest {one.sha256[:12]}, the manifest records {str(one.recorded)[:12]}"
            for one in changed
        )
        return Verdict(outcome=Outcome.FAIL, why=why, looked_at=looked, limit=limit)
    if bare or not same:
        why = "; ".join(f"{one.role} has no recorded digest" for one in bare) or "no input has a recorded digest"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=DIGESTS)
    why = f"{plural(len(same), 'input')} with the digest that the manifest records"
    return Verdict(outcome=Outcome.PASS, why=why, looked_at=looked, limit=limit)
