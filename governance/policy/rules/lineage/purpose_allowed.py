"""lineage.purpose_allowed: each data source may be used for what the model is for."""

from typing import Annotated

from governance.evidence.lineage import LineageFacts, Source
from governance.policy.advice import SOURCES
from governance.policy.finding import Limit, Looked, Verdict, plural, settled
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class PurposeParams(Params):
    """`consent`: whether each source must say that consent was given or is not needed. Consent that was withdrawn fails
    either way."""

    consent: Annotated[bool, Tighten.UP] = True


def _source(purpose: str | None = "credit-scoring", **change: object) -> LineageFacts:
    source = Source(
        id="bank", sha256=None, owner=None, licence=None, expires=None, forbidden=(), approved_by=(),
        purposes=("fraud-detection", "Credit-Scoring"), consent="given",
    )  # fmt: skip
    return LineageFacts(sources=(source.model_copy(update=change),), features=(), purpose=purpose)


@rule(
    "lineage.purpose_allowed",
    controls=("gdpr/art-5.1.b", "eu-ai-act/art-10.2.b"),
    examples=lambda: (
        passes("one of the purposes of the source", _source()),
        passes("consent is not needed", _source(consent="not-needed")),
        fails("another purpose", _source("marketing")),
        fails("a purpose that is only alike", _source("credit")),
        fails("consent was withdrawn", _source(consent="withdrawn")),
        fails("consent was withdrawn where it is not asked for", _source(consent="withdrawn"), consent="false"),
        inconclusive("the source states no purpose", _source(purposes=())),
        inconclusive("the source does not speak of consent", _source(consent=None)),
        passes("consent is not asked for", _source(consent=None), consent="false"),
        inconclusive("the model states no purpose", _source(None)),
        inconclusive("no source named", LineageFacts(sources=(), features=(), purpose="credit-scoring")),
    ),
)
def purpose_allowed(evidence: LineageFacts, params: PurposeParams) -> Verdict:
    """Each data source may be used for what the model is for.

    What it checks: the id under `model.purpose.category` is one of the ids under `purposes` of every source, whole and
    without regard to case, and the source's `consent` is `given` or `not-needed`. Nothing is guessed from likeness.

    Why it matters: data that people gave for one purpose may not be used for another that is not compatible with it,
    and a model trained on it has to be withdrawn.

    How to fix: leave out the source that may not be used and train again, or ask the people concerned; where the ids of
    model and source mean the same, have the source's owner state the model's.
    """
    limit = Limit(op="is", value=evidence.purpose or "a stated purpose")
    if not evidence.sources:
        return Verdict(outcome=Outcome.INCONCLUSIVE, why="the manifest names no data source", limit=limit, fix=SOURCES)
    looked, wrong, doubts, advice = [], [], [], []
    for source in evidence.sources:
        path = f"lineage.sources.{source.id}"
        looked.append(Looked(path=f"{path}.purposes", value=", ".join(source.purposes) or None))
        looked.append(Looked(path=f"{path}.consent", value=source.consent))
        if not source.purposes:
            doubts.append(f"{source.id} does not say for which purposes it may be used")
            advice.append("ask the source's owner, and write the ids under `purposes` of the source in the manifest")
        elif evidence.purpose is not None and evidence.purpose.casefold() not in {
            purpose.casefold() for purpose in source.purposes
        }:
            wrong.append(f"{source.id} may be used for {', '.join(source.purposes)}, not for {evidence.purpose}")
        if source.consent == "withdrawn":
            wrong.append(f"consent for {source.id} was withdrawn")
        elif source.consent is None and params.consent:
            doubts.append(f"{source.id} does not say whether consent was given")
            advice.append("write `consent: given` or `not-needed` for the source, as its owner states it")
    if evidence.purpose is None:
        doubts.insert(0, "the manifest does not name the model's purpose by its id (model.purpose.category)")
        advice.append("write the id of what the model is for under `model.purpose.category`, such as credit-scoring")
    why = f"{plural(len(evidence.sources), 'source')} may be used for {evidence.purpose}"
    return settled(wrong, doubts, advice, why, tuple(looked), limit)
