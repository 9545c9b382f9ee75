"""explainability.reasons_specific: what people are told says something."""

import re
from typing import Annotated
from unicodedata import normalize

from pydantic import Field

from governance.evidence.reasons import Reason, ReasonFacts
from governance.policy.finding import Limit, Looked, Verdict, listed, plural, settled
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten

_NAMED = 20
_WORD = re.compile(r"[^\W_]+")
PHRASES = (
    "internal standards", "internal policies", "our criteria", "qualifying score", "minimum score", "score too low",
    "scoring system", "other reasons",
)  # fmt: skip


class SpecificParams(Params):
    """`forbidden`: words, in this order, that no text may hold, in any case. `min_words`: of each text."""

    forbidden: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=100)], ...], Tighten.SUPERSET] = PHRASES
    min_words: Annotated[int, Tighten.UP] = Field(3, ge=1, le=50)


def _facts(*texts: str | None) -> ReasonFacts:
    found = tuple(
        Reason(
            line=at + 2, feature=f"feature_{at}", code=f"R{at}", text=text, barred=None if text else "not for people"
        )
        for at, text in enumerate(texts)
    )
    return ReasonFacts(catalogue=found, features=tuple(one.feature for one in found))


@rule(
    "explainability.reasons_specific",
    controls=("us-ecoa-reg-b/1002.9.b.2",),
    examples=lambda: (
        passes("says what counted", _facts("Income too low for the amount requested", "Too many recent inquiries")),
        fails("internal standards", _facts("You do not meet our Internal  Standards for this loan")),
        fails("a score", _facts("You failed to achieve a qualifying score")),
        fails("in other type", _facts("Refused by internal-\uff53tandards of the bank")),
        passes("words within others", _facts("Four qualifying scores were never asked for")),
        fails("words of the policy's own", _facts("Too many recent inquiries"), forbidden=["recent inquiries"]),
        fails("the name of the column", _facts("Feature 0"), min_words="1"),
        fails("the code", _facts("r0"), min_words="1"),
        fails("too short", _facts("Income insufficient")),
        passes("short enough for this policy", _facts("Income insufficient"), min_words="2"),
        inconclusive("every feature is barred", _facts(None)),
    ),
)
def reasons_specific(evidence: ReasonFacts, params: SpecificParams) -> Verdict:
    """Each text that people are told as a reason says something of its own.

    What it checks: no text of the catalogue holds a phrase of the policy's list, is merely the name of its column or
    its code, or has fewer words than the policy asks for. Case, punctuation and type do not count. The list is our
    own: words by which applicants learn nothing. That a text is true, and understood, is not found here.

    Why it matters: reasons must be specific; that somebody does not meet internal standards, or failed to achieve a
    qualifying score, is none (12 CFR 1002.9(b)(2)).

    How to fix: write what about the applicant counted against them, such as “Income too low for the amount requested”,
    in words that they understand without knowing the model.
    """
    told = [(one, one.text) for one in evidence.catalogue if one.text is not None]
    limit = Limit(
        op="is",
        value=f"at least {plural(params.min_words, 'word')}, and none of {plural(len(params.forbidden), 'phrase')}",
    )
    phrases = {phrase: _plain(phrase) for phrase in params.forbidden}
    wrong: list[tuple[Reason, str]] = []
    for one, text in told:
        plain = _plain(text)
        found = [phrase for phrase, words in phrases.items() if words and f" {words} " in f" {plain} "]
        if found:
            wrong.append((one, f"{one.feature} is told with “{found[0]}”"))
        elif plain and plain in (_plain(one.feature), _plain(one.code or "")):
            wrong.append((one, f"{one.feature} is told by the name of its column or its code"))
        elif (count := len(plain.split())) < params.min_words:
            wrong.append((one, f"{one.feature} is told in {plural(count, 'word')}, fewer than {params.min_words}"))
    doubts = [] if told else ["the catalogue has no text that people could be told"]
    fix = "write a `text` for each feature that a reason may name"
    looked = tuple(Looked(path="reasons.catalogue", value=f"{one.feature}: {one.text}") for one, _ in wrong[:_NAMED])
    faults = [listed([said for _, said in wrong], _NAMED)] if wrong else []
    return settled(faults, doubts, [fix], f"{plural(len(told), 'text')}, none without words of its own", looked, limit)


def _plain(text: str) -> str:
    """Its words alone, in small letters and one type."""
    return " ".join(_WORD.findall(normalize("NFKC", text).casefold()))
