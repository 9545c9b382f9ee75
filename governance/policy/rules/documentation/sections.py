"""documentation.sections: a document says something in each of the parts that it must have."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import Field

from governance.evidence.documentation import DocumentationFacts, DocumentFact, SectionFact
from governance.policy.advice import AGAIN
from governance.policy.finding import Limit, Looked, Verdict, plural, settled
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.rules.documentation.current import CurrentParams, current
from governance.policy.tightening import Tighten

# "2.1", "2(a)", "b)", "Section 3:", and a dash after it.
_NUMBERED = re.compile(
    r"(?:(?:section|point|part)\s+)?\(?(?:[0-9]{1,3}(?:\.[0-9]{1,3}){0,5}(?:\s?\(?[a-z]\))?[.):]?|[a-z][.):])"
    r"(?:\s+[-\u2013\u2014])?\s+"
)


class SectionsParams(Params):
    """`kind`: the document, by its name in the manifest. `sections`: each a list of headings, any of which it may stand
    under. `min_words`: of each section, with its subsections. `after_training`: whether the document must be dated
    after the training of the model."""

    kind: str
    sections: Annotated[tuple[tuple[str, ...], ...], Tighten.SUPERSET] = Field(min_length=1, max_length=100)
    min_words: Annotated[int, Tighten.UP] = Field(20, ge=1)
    after_training: Annotated[bool, Tighten.UP] = False


_ASKED = [["General description", "The system"], ["Risks"]]


def _papers(
    *words: int, dated: str | None = "2026-11-01", names: tuple[str, ...] = ("General description", "Risks")
) -> DocumentationFacts:
    sections = tuple(SectionFact(heading=name, words=count) for name, count in zip(names, words, strict=True))
    one = DocumentFact(
        kind="technical", path="technical.md", sha256="a" * 64, words=200, headings=names, dated=dated,
        sections=sections,
    )  # fmt: skip
    return DocumentationFacts(documents=(one,), trained_at="2026-10-31T23:30:00Z")


def _uncounted() -> DocumentationFacts:
    (one,) = (facts := _papers(20, 20)).documents
    return facts.model_copy(update={"documents": (one.model_copy(update={"sections": None}),)})


@rule(
    "documentation.sections",
    controls=("eu-ai-act/art-11", "iso-42001/a.6.2.7"),
    examples=lambda: (
        passes("each section", _papers(20, 20), kind="technical", sections=_ASKED),
        passes(
            "numbered, and under another name",
            _papers(20, 20, names=("Point 1(a): The system", "2.3 \u2013 RISKS")),
            kind="technical",
            sections=_ASKED,
        ),
        fails("a section is missing", _papers(20, names=("Risks",)), kind="technical", sections=_ASKED),
        fails("nothing stands in a section", _papers(20, 0), kind="technical", sections=_ASKED),
        fails("no such document", _papers(20, 20), kind="manual", sections=_ASKED),
        fails("written before the training", _papers(20, 20, dated="2026-10-30"), kind="technical", sections=_ASKED,
              after_training="true"),
        passes("of no matter which day", _papers(20, 20, dated=None), kind="technical", sections=_ASKED),
        passes("written after the training", _papers(20, 20), kind="technical", sections=_ASKED, after_training="true"),
        passes(
            "once as a mere heading, and once written",
            _papers(0, 20, 20, names=("Risks", "General description", "Risks")),
            kind="technical",
            sections=_ASKED,
        ),
        inconclusive("a section with hardly a word", _papers(20, 19), kind="technical", sections=_ASKED),
        inconclusive("of no known day", _papers(20, 20, dated=None), kind="technical", sections=_ASKED,
                     after_training="true"),
        inconclusive("measured before sections were counted", _uncounted(), kind="technical", sections=_ASKED),
    ),
)  # fmt: skip
def sections(evidence: DocumentationFacts, params: SectionsParams, now: datetime) -> Verdict:
    """A document has each section that it must have, and something is written in each.

    What it checks: the document has a heading for each section (in any case, with a number before it or without), and
    at least `min_words` words stand there, subsections included. Code, comments and placeholders such as TODO, or what
    a template has in brackets, are no words: a section of these alone fails. Whether what it says is right is for a
    reader to judge.

    Why it matters: a document that is asked for part by part is not there while a part is missing, however long it is.

    How to fix: write what is missing under its heading, in the document that `documents` in the manifest names.
    """
    limit = Limit(op="at_least", value=plural(params.min_words, "word") + " in each section")
    where = f"documents.{params.kind}"
    document = next((one for one in evidence.documents if one.kind == params.kind), None)
    if document is None:
        return settled([f"no {params.kind} is given ({where})"], [], [], "", (), limit)
    if document.sections is None:
        doubt = f"the words in each section of {params.kind} were not counted"
        return settled([], [doubt], [AGAIN], "", (), limit)
    written: dict[str, int] = {}
    for section in document.sections:
        name = _name(section.heading)
        written[name] = max(section.words, written.get(name, 0))
    looked, wrong, doubts, advice = [], [], [], []
    for headings in params.sections:
        found = {heading: written[name] for heading in headings if (name := _name(heading)) in written}
        heading = max(found, key=lambda one: found[one], default=headings[0])
        words = found.get(heading)
        said = plural(words, "word") if words is not None else "missing"
        looked.append(Looked(path=f"{where}.sections.{heading}", value=said, n=words))
        if words is None:
            wrong.append(f"{params.kind} has no section {heading!r}")
        elif not words:
            wrong.append(f"nothing is written in section {heading!r} of {params.kind}")
        elif words < params.min_words:
            doubts.append(f"section {heading!r} of {params.kind} has {plural(words, 'word')}, fewer than asked")
            advice.append(f"write at least {params.min_words} words; headings, code and placeholders are not counted")
    looked.sort(key=lambda one: one.n is not None and one.n >= params.min_words)  # what is wrong first
    if params.after_training:
        day = current.function(evidence, CurrentParams(kinds=(params.kind,)), now)
        looked += day.looked_at
        wrong += [day.why] if day.outcome is Outcome.FAIL else []
        doubts += [day.why] if day.outcome is Outcome.INCONCLUSIVE else []
        advice.append(day.fix)
    why = f"{params.kind} has {plural(len(params.sections), 'section')}, each with at least {params.min_words} words"
    return settled(wrong, doubts, advice, why, tuple(looked), limit)


def _name(heading: str) -> str:
    """How headings are compared: without the number before them, in any case."""
    folded = heading.casefold()
    return folded[found.end() :] if (found := _NUMBERED.match(folded)) else folded
