"""artifact.format: the artifact is in a format that opens without running code, and it opens."""

from typing import Annotated

from governance.evidence.artifact import ArtifactFacts
from governance.policy.finding import Limit, Looked, Verdict, listed
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.rules.artifact.digest import specimen
from governance.policy.tightening import Tighten


class FormatParams(Params):
    """`allowed`: formats that are accepted. `must_open`: whether it must have been opened to pass."""

    allowed: Annotated[tuple[str, ...], Tighten.SUBSET] = ("skops", "onnx", "xgboost-json")
    must_open: Annotated[bool, Tighten.UP] = True


@rule(
    "artifact.format",
    controls=("eu-ai-act/art-15.5", "nist-ai-rmf/measure-2.7"),
    examples=lambda: (
        passes("skops that opened", specimen()),
        fails("bytes of another format", specimen(found_format="pickle", opened=False, problem="bytes are a pickle")),
        fails("types that are not trusted", specimen(untrusted_types=("os.system",), opened=False)),
        fails("a format the policy does not allow", specimen(), allowed=["onnx"]),
        inconclusive("never opened", specimen(opened=False)),
        passes("need not open", specimen(opened=False), must_open="false"),
    ),
)
def format_(evidence: ArtifactFacts, params: FormatParams) -> Verdict:
    """The artifact is in an allowed format, is what it says it is, and opens without running foreign code.

    What it checks: the declared format is allowed, the bytes look like it, every type inside is on the allow-list,
    and a limited child process could open it.

    Why it matters: opening a pickle runs whatever its author wrote; a malformed file can crash whatever serves it.

    How to fix: export the model again in an allowed format (skops.io.dump for scikit-learn, ONNX, save_model to JSON
    for xgboost) and record its digest.
    """
    limit = Limit(op="is", value=", ".join(params.allowed))
    looked = (Looked(path="artifact.format", value=evidence.found_format),)
    wrong = []
    if evidence.format not in params.allowed:
        wrong.append(f"format {evidence.format} is not allowed")
    if evidence.found_format != evidence.format:
        wrong.append(f"declared {evidence.format}, the bytes look like {evidence.found_format}")
    if evidence.untrusted_types:
        wrong.append(f"holds types that are not on the allow-list: {listed(evidence.untrusted_types, 5)}")
    if evidence.problem and not evidence.untrusted_types:
        wrong.append(f"cannot be opened: {evidence.problem}")
    if wrong:
        return Verdict(outcome=Outcome.FAIL, why="; ".join(wrong), looked_at=looked, limit=limit)
    if params.must_open and not evidence.opened:
        why = f"{evidence.format} by its bytes, but not opened: nothing in this audit ran the model"
        fix = (
            "let the audit run the model: `prediction: rescore` under `data.evaluation` and `features`; "
            "or set `must_open: false` of this rule in the policy"
        )
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=fix)
    opened = "opened in a limited process" if evidence.opened else "not opened"
    return Verdict(outcome=Outcome.PASS, why=f"{evidence.format}, {opened}", looked_at=looked, limit=limit)
