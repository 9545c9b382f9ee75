"""How each number of a finding stands against the limit: what its mark and its colour are, on a page and in print."""

from collections.abc import Sequence
from typing import Final

from governance.policy.coverage import meets
from governance.policy.finding import Finding, Limit, Looked
from governance.policy.outcome import Outcome

WORST_FIRST: Final = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
WORDS: Final = {Outcome.FAIL: "fails", Outcome.INCONCLUSIVE: "inconclusive", Outcome.PASS: "passes"}


def standing(looked: Looked, limit: Limit, on_point: bool) -> Outcome:
    """As `Looked` defines it: the claim holds where the unfavourable end meets the limit, and is broken where even the
    favourable one misses it. `on_point`: the value itself decides."""
    near, far = (looked.low, looked.high) if limit.op == "at_least" else (looked.high, looked.low)
    if on_point or near is far is None:
        near = far = looked.value
    if far is not None and not meets(far, limit):
        return Outcome.FAIL
    return Outcome.PASS if near is not None and meets(near, limit) else Outcome.INCONCLUSIVE


def standings(finding: Finding, numbers: Sequence[Looked]) -> list[Outcome]:
    """Of numbers that were held against the finding's limit. The worst of them is what the finding says: where
    intervals do not lead to its outcome, the values do, and where they do not either, all share it. So a number that no
    rule could settle is drawn as open, whichever side of the limit it lies on."""
    limit = finding.limit
    said = finding.outcome if finding.outcome in WORST_FIRST else Outcome.INCONCLUSIVE
    if limit is None:
        return [said] * len(numbers)
    for on_point in (False, True):
        found = [standing(one, limit, on_point) for one in numbers]
        if found and min(found, key=WORST_FIRST.index) is said:
            return found
    return [said] * len(numbers)
