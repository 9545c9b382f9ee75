"""documentation.present: the documents that a policy asks for exist and say something."""

from typing import Annotated

from pydantic import Field

from governance.evidence.documentation import DocumentationFacts, DocumentFact
from governance.policy.finding import Limit, Looked, Verdict, plural
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class PresentParams(Params):
    """`kinds`: documents that must be there, by their name in the manifest. `headings`: headings each of them must
    have. `min_words`: of each, outside headings."""

    kinds: Annotated[tuple[str, ...], Tighten.SUPERSET] = Field(("model_card",), min_length=1)
    headings: Annotated[tuple[str, ...], Tighten.SUPERSET] = ()
    min_words: Annotated[int, Tighten.UP] = Field(50, ge=1)


def _card(words: int = 200) -> DocumentationFacts:
    card = DocumentFact(kind="model_card", path="card.md", sha256="a" * 64, words=words, headings=("Intended use",))
    return DocumentationFacts(documents=(card,))


@rule(
    "documentation.present",
    controls=("eu-ai-act/art-11", "iso-42001/a.6.2.7"),
    examples=lambda: (
        passes("a model card", _card()),
        passes("with its heading", _card(), headings=["intended use"]),
        fails("no impact assessment", _card(), kinds=["model_card", "dpia"]),
        fails("a heading is missing", _card(), headings=["limits"]),
        inconclusive("a page with hardly a word", _card(words=5)),
    ),
)
def present(evidence: DocumentationFacts, params: PresentParams) -> Verdict:
    """The required documents are there, with their required headings, and are not empty.

    What it checks: each kind of document that the policy names is in the manifest, was read, has the headings asked for
    and at least `min_words` words. Whether what it says is right is for a reader to judge.

    Why it matters: users, reviewers and the people concerned can only rely on what is written down.

    How to fix: write the document, name it under `documents` in the manifest, and keep it with the model.
    """
    found = {document.kind: document for document in evidence.documents}
    limit = Limit(op="is", value=", ".join(params.kinds))
    looked = tuple(Looked(path=f"documents.{kind}", value=doc.path, n=doc.words) for kind, doc in found.items())
    wrong = [f"no {kind} is given (documents.{kind})" for kind in params.kinds if kind not in found]
    thin = []
    for kind in params.kinds:
        if kind not in found:
            continue
        have = {heading.casefold() for heading in found[kind].headings}
        wrong += [f"{kind} has no heading {heading!r}" for heading in params.headings if heading.casefold() not in have]
        if found[kind].words < params.min_words:
            thin.append(f"{kind} has {plural(found[kind].words, 'word')}, fewer than {params.min_words}")
    if wrong:
        return Verdict(outcome=Outcome.FAIL, why="; ".join(wrong + thin), looked_at=looked, limit=limit)
    if thin:
        fix = f"write at least {params.min_words} words; headings, code, comments and front matter are not counted"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why="; ".join(thin), looked_at=looked, limit=limit, fix=fix)
    return Verdict(outcome=Outcome.PASS, why=f"{', '.join(params.kinds)} given", looked_at=looked, limit=limit)
