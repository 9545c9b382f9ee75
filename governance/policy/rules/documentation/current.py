"""documentation.current: the documents were written for this model, not for an earlier one."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from governance.evidence.documentation import DocumentationFacts, DocumentFact
from governance.policy.finding import Limit, Looked, Verdict, settled
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class CurrentParams(Params):
    """`kinds`: documents that must be as new as the model, by their name in the manifest."""

    kinds: Annotated[tuple[str, ...], Tighten.SUPERSET] = Field(("model_card",), min_length=1)


def _card(dated: str | None, trained_at: str | None = "2026-10-31T23:30:00Z") -> DocumentationFacts:
    card = DocumentFact(kind="model_card", path="card.md", sha256="a" * 64, words=200, headings=(), dated=dated)
    return DocumentationFacts(documents=(card,), trained_at=trained_at)


@rule(
    "documentation.current",
    controls=("eu-ai-act/art-11", "iso-42001/a.6.2.7"),
    examples=lambda: (
        passes("written the day after", _card("2026-11-01")),
        passes("written on the same day", _card("2026-10-31")),
        passes("dated in a time zone where the day has begun", _card("2026-11-22")),
        fails("dated the day after tomorrow", _card("2026-11-23")),
        fails("written for an earlier model", _card("2026-10-30")),
        fails("dated in the future", _card("2999-01-01")),
        fails("the document is not there", _card("2026-11-01"), kinds=["model_card", "dpia"]),
        inconclusive("the document has no date", _card(None)),
        inconclusive("the manifest does not say when the model was trained", _card("2026-11-01", None)),
    ),
)
def current(evidence: DocumentationFacts, params: CurrentParams, now: datetime) -> Verdict:
    """The required documents are dated after the training of the model.

    What it checks: each kind of document that the policy names says which day it is of, and that day is not before the
    day (UTC) of `model.trained_at` in the manifest, nor in the future. Whether its words were brought up to date is for
    a reader to judge.

    Why it matters: a model card of the version before describes another model, however well it is written.

    How to fix: read the document again beside the new model, bring it up to date, and give it the day on which that was
    done.
    """
    found = {document.kind: document for document in evidence.documents}
    trained = evidence.trained_at
    limit = Limit(op="is", value=f"dated {trained[:10]} or later" if trained else "dated after the training")
    # The writer's day may have begun when it has not in UTC.
    tomorrow = (now + timedelta(days=1)).date().isoformat()
    looked, wrong, doubts, advice = [], [], [], []
    for kind in params.kinds:
        if kind not in found:
            wrong.append(f"no {kind} is given (documents.{kind})")
            continue
        dated = found[kind].dated
        looked.append(Looked(path=f"documents.{kind}.dated", value=dated))
        if dated is None:
            doubts.append(f"{kind} does not say which day it is of")
            advice.append("date it: `date: 2026-01-31` in its front matter, or a line `Date: 2026-01-31`")
        elif dated > tomorrow:
            wrong.append(f"{kind} is dated {dated}, which is in the future")
        elif trained is not None and dated < trained[:10]:
            wrong.append(f"{kind} is dated {dated}, the model was trained on {trained[:10]}")
    if trained is None:
        doubts.append("the manifest does not say when the model was trained (model.trained_at)")
        advice.append("record the end of the training run under `model.trained_at`, such as 2026-01-31T12:00:00Z")
    why = f"{', '.join(params.kinds)} dated {str(trained)[:10]} or later"
    return settled(wrong, doubts, advice, why, tuple(looked), limit)
