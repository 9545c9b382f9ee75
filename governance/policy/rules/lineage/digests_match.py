"""lineage.digests_match: the data that was read is the data that was recorded."""

from typing import Annotated

from governance.evidence.evidence import EvidenceSet
from governance.policy.advice import DIGESTS, together
from governance.policy.finding import Limit, Looked, Verdict, plural
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.specimen import evidence_with_inputs
from governance.policy.tightening import Tighten

_EVALUATION, _TRAINING, _OTHER = "a" * 64, "b" * 64, "c" * 64


class DigestsParams(Params):
    """`roles`: inputs whose role starts with one of these must match. `require`: roles that must be there at all."""

    roles: Annotated[tuple[str, ...], Tighten.NONE] = ("data.", "lineage.source:")
    require: Annotated[tuple[str, ...], Tighten.SUPERSET] = ("data.evaluation", "data.training")


def _tables(found: str, recorded: str | None) -> EvidenceSet:
    """An evaluation table as found and recorded, beside a training table that is as it was."""
    return evidence_with_inputs(("data.evaluation", found, recorded), ("data.training", _TRAINING, _TRAINING))


@rule(
    "lineage.digests_match",
    controls=("eu-ai-act/art-10.2.b", "iso-42001/a.7.5"),
    examples=lambda: (
        passes("both tables as recorded", _tables(_EVALUATION, _EVALUATION)),
        fails("evaluation table changed", _tables(_OTHER, _EVALUATION)),
        fails("evaluated on its training data", _tables(_TRAINING, _TRAINING)),
        inconclusive("no digest recorded", _tables(_EVALUATION, None)),
        inconclusive("training data not given", evidence_with_inputs(("data.evaluation", _EVALUATION, _EVALUATION))),
        inconclusive("nothing was read", evidence_with_inputs(), require=[]),
    ),
)
def digests_match(evidence: EvidenceSet, params: DigestsParams) -> Verdict:
    """Each table and each source that was read has the digest that the manifest records for it.

    What it checks: the SHA-256 that we computed from the bytes of every data and source file equals the digest in the
    manifest, and the evaluation table is another file than the training table; files without a recorded digest, and
    required roles without a file, are inconclusive.

    Why it matters: without it, the numbers in this audit may have been measured on other data than the model was
    approved for.

    How to fix: find out why the file changed; if the change is right, record the new digest in the manifest (sha256sum
    prints it) and have the data approved again.
    """
    files = [item for item in evidence.inputs if item.role.startswith(params.roles)]
    absent = [role for role in params.require if role not in {item.role for item in files}]
    wrong = [item for item in files if item.recorded is not None and item.recorded != item.sha256]
    bare = [item for item in files if item.recorded is None]
    limit = Limit(op="is", value="the recorded digest")
    if wrong:
        return Verdict(
            outcome=Outcome.FAIL,
            why="; ".join(
                f"{item.role} ({item.path}) has the digest {item.sha256[:12]}, the manifest records "
                f"{str(item.recorded)[:12]}"
                for item in wrong
            ),
            looked_at=tuple(Looked(path=item.role, value=item.sha256, n=item.rows) for item in wrong),
            limit=limit,
        )
    looked = tuple(Looked(path=item.role, value=item.sha256, n=item.rows) for item in files)
    tables = [item.sha256 for item in evidence.inputs if item.role in ("data.evaluation", "data.training")]
    if len(set(tables)) < len(tables):
        why = "the evaluation table is the training table: what a model learnt by heart says nothing about new cases"
        fix = "hold rows out before training, evaluate on them, and name that table under `data.evaluation`"
        return Verdict(outcome=Outcome.FAIL, why=why, looked_at=looked, limit=limit, fix=fix)
    if bare or absent or not files:
        said = [f"{item.role} has no recorded digest" for item in bare] + [f"{role} is not given" for role in absent]
        said = said or ["no file of these roles was read"]
        give = [f"name the file under `{role}` in the manifest, with its sha256" for role in absent]
        fix = together([DIGESTS if bare or not files else "", *give])
        return Verdict(outcome=Outcome.INCONCLUSIVE, why="; ".join(said), looked_at=looked, limit=limit, fix=fix)
    why = f"{plural(len(files), 'file')} with the digest that the manifest records"
    return Verdict(outcome=Outcome.PASS, why=why, looked_at=looked, limit=limit)
