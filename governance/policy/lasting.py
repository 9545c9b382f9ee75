"""How long a decision holds: no longer than its findings stay what they are, while the clock runs on."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from governance.canonical import instant, parse_instant
from governance.policy.finding import Finding
from governance.policy.outcome import ACTIONS, Action, Outcome

_SECOND = timedelta(seconds=1)


class Timed(NamedTuple):
    """A finding of a rule that reads the clock. `again` judges the same rule at another moment."""

    finding: Finding
    again: Callable[[datetime], Finding]


def lasting(found: Iterable[Timed], now: datetime, end: datetime) -> tuple[datetime, str]:
    """The first moment after `now`, in whole seconds, at which one of these turns for the worse; `end` where none has
    by then. And which one, in words.

    Each is judged once more at `end`, and only where it has turned there it is searched for, by halves. So what turns
    and turns back before `end` is not seen.
    """
    now = parse_instant(instant(now))
    said = ""
    for one in found:
        if end <= now:
            break
        then = one.again(end)
        if not _turned(one.finding, then):
            continue
        before, after = now, end
        while after - before > _SECOND:
            middle = before + (after - before) // _SECOND // 2 * _SECOND
            found_then = one.again(middle)
            if _turned(one.finding, found_then):
                after, then = middle, found_then
            else:
                before = middle
        end = after
        said = f"valid until {instant(end)}: {then.key} {_WORDS[then.outcome]} from then on ({then.why})"
    return end, said


_WORDS = {
    Outcome.PASS: "passes",
    Outcome.FAIL: "fails",
    Outcome.INCONCLUSIVE: "is inconclusive",
    Outcome.NOT_APPLICABLE: "is not applicable",
    Outcome.ERROR: "cannot be judged",
}


def _turned(was: Finding, then: Finding) -> bool:
    """Whether less would be allowed: by what follows, or because an approver answered for another outcome, or because
    nothing is checked any more."""
    if then.outcome is Outcome.NOT_APPLICABLE:
        return was.outcome is not Outcome.NOT_APPLICABLE
    return any(
        ACTIONS.index(then.actions[place]) > ACTIONS.index(action)
        or (then.outcome is not was.outcome and then.actions[place] is action is Action.NEEDS_REVIEW)
        for place, action in was.actions.items()
    )
