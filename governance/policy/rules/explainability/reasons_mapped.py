"""explainability.reasons_mapped: what the model decides by can be told to people in words."""

from typing import Literal

from governance.evidence.reasons import Reason, ReasonFacts
from governance.policy.advice import FEATURES
from governance.policy.finding import Limit, Looked, Verdict, listed, plural, settled
from governance.policy.rule import Params, fails, inconclusive, passes, rule

_NAMED = 20


class MappedParams(Params):
    """`others`: what a line about a feature comes to that the model does not read."""

    others: Literal["fail", "listed"] = "fail"


def _facts(*features: str, catalogue: str = "ab", **barred: str) -> ReasonFacts:
    """A line with a text for each letter of `catalogue`, and one for each feature that is barred."""
    found = [Reason(line=0, feature=name, code=f"R-{name}", text=f"The words for {name}") for name in catalogue]
    found += [Reason(line=0, feature=name, barred=why) for name, why in barred.items()]
    return ReasonFacts(
        catalogue=tuple(one.model_copy(update={"line": at + 2}) for at, one in enumerate(found)), features=features
    )


def _coded(first: str | None, second: str | None) -> ReasonFacts:
    """Two texts under these codes."""
    found = _facts("a", "b")
    one, other = found.catalogue
    both = (one.model_copy(update={"code": first}), other.model_copy(update={"code": second}))
    return found.model_copy(update={"catalogue": both})


def _silent() -> ReasonFacts:
    found = _facts("a", "b")
    return found.model_copy(
        update={"catalogue": (found.catalogue[0], found.catalogue[1].model_copy(update={"text": None}))}
    )


@rule(
    "explainability.reasons_mapped",
    controls=("us-ecoa-reg-b/1002.9.b.2",),
    examples=lambda: (
        passes("each feature has its words", _facts("a", "b")),
        passes("one is barred, and why is said", _facts("a", "b", "c", c="it tells nothing that people could change")),
        fails("a feature without a line", _facts("a", "b", "c")),
        fails("a line that says nothing", _silent()),
        fails("a line about what the model does not read", _facts("a")),
        passes("which this policy lets stand", _facts("a"), others="listed"),
        fails("no line at all", _facts("a", catalogue="")),
        fails("one code for two texts", _coded("R1", "R1")),
        passes("texts without a code", _coded(None, None)),
        inconclusive("nobody says what the model reads", _facts()),
    ),
)
def reasons_mapped(evidence: ReasonFacts, params: MappedParams) -> Verdict:
    """Each feature of the model is told in words of its own, or barred from reasons, and why is said.

    What it checks: every feature that the manifest names has a line in the catalogue of reasons, with the text that
    people are told or with why no reason may name it; no line is about a feature that the model does not read, and no
    code stands for two texts. Names are compared to the letter.

    Why it matters: whoever is refused is told the reasons that really counted (12 CFR 1002.9(b)(2)). A feature without
    words of its own is left out where it counted most, or told as the nearest thing that has some.

    How to fix: write a line for each feature: `text` in words that an applicant understands, or in `barred` why no
    reason may name it; take out lines about features that the model does not read.
    """
    limit = Limit(op="is", value="a text or why there is none, for each feature")
    if not evidence.features:
        why = "the manifest does not say which features the model reads"
        return settled([], [why], [FEATURES], "", (), limit)
    known, read = {one.feature: one for one in evidence.catalogue}, {*evidence.features}
    missing = [name for name in evidence.features if name not in known]
    empty = [one.feature for one in evidence.catalogue if one.text is None and one.barred is None]
    foreign = [one.feature for one in evidence.catalogue if one.feature not in read]
    texts: dict[str, set[str]] = {}
    for one in evidence.catalogue:
        if one.code is not None and one.text is not None:
            texts.setdefault(one.code, set()).add(one.text)
    split = [code for code, several in texts.items() if len(several) > 1]
    wrong = [f"no line in the catalogue for {listed(missing, _NAMED)}"] if missing else []
    wrong += [f"neither a text nor why there is none for {listed(empty, _NAMED)}"] if empty else []
    if foreign and params.others == "fail":
        wrong.append(f"lines about what the model does not read: {listed(foreign, _NAMED)}")
    wrong += [f"one code for several texts: {listed(split, _NAMED)}"] if split else []
    barred = [name for name in evidence.features if name in known and known[name].barred is not None]
    passed = f"{plural(len(evidence.features), 'feature')}, of which {len(barred)} barred from reasons"
    passed += f": {listed(barred, _NAMED)}" if barred else ""
    passed += f" (and lines about what the model does not read: {listed(foreign, _NAMED)})" if foreign else ""
    looked = tuple(
        Looked(path="reasons.catalogue", value=name)
        for name in dict.fromkeys([*missing, *empty, *(foreign if params.others == "fail" else ()), *split])
    )[:_NAMED]
    return settled(wrong, [], [], passed, looked, limit)
