"""How urgent a case is: by when somebody should have answered, and in words why. Pure, and the same for everybody.

No law sets these times. They are working targets of our own, so that what would hurt first is read first.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from governance.canonical import Instant, instant, parse_instant
from governance.policy.finding import plural
from governance.policy.outcome import Action, Severity, worst

SOON, KEPT = timedelta(days=14), timedelta(days=30)
"""What is allowed waits for somebody from so long before it lapses until so long after; then it counts as retired."""
PRODUCTION = frozenset({"prod", "production"})
"""Environments that come before all others."""
TIERS = {"high": 1, "medium": 2, "low": 4}
"""How many times as long a case of this risk may wait. What is no tier counts as high."""
DAYS = {Severity.CRITICAL: 1, Severity.HIGH: 2, Severity.MEDIUM: 5, Severity.LOW: 10}
"""Within how many days the worst finding of a case wants an answer, for a model of high risk in production."""
_ELSEWHERE, _DENIED = 2, 4


class Asks(StrEnum):
    """What a case waits for: an approver's answer; a waiver or another version; nothing, until it lapses."""

    REVIEW = "review"
    DENIED = "denied"
    ALLOWED = "allowed"


class Standing(NamedTuple):
    """What of a decision tells how urgent it is. `outcomes`: by environment. `fell`: the environments that an earlier
    decision allowed it in and that do not allow it now. `tier`: low, medium or high. `severity`: the worst of the
    `findings` findings that ask for more than allow, None where none does. `since`: when it began to ask this.
    `waiver` is the title of the finding whose waiver ends with `valid_until`, empty where another thing ends it.
    `statements`: how many of the findings wait for a signature of somebody in one of the roles `signers`."""

    outcomes: Mapping[str, Action]
    fell: tuple[str, ...]
    tier: str
    severity: Severity | None
    findings: int
    since: Instant
    valid_until: Instant
    waiver: str = ""
    statements: int = 0
    signers: tuple[str, ...] = ()

    @property
    def only_statements(self) -> bool:
        """Whether signing them is all that is asked."""
        return self.asks is Asks.REVIEW and self.statements == self.findings > 0

    @property
    def asks(self) -> Asks:
        """A review anywhere comes before a denial elsewhere: there somebody can answer now."""
        if Action.NEEDS_REVIEW in self.outcomes.values():
            return Asks.REVIEW
        return Asks.ALLOWED if worst(list(self.outcomes.values())) is Action.ALLOW else Asks.DENIED


def tier_of(text: str | None) -> str:
    """An unknown risk tier counts as high."""
    return text if text in TIERS else "high"


def due(case: Standing) -> Instant:
    """By when somebody should have answered. Whoever sorts by it, behind what `fell`, has the most urgent first, at
    whatever time they look.

    What is allowed: when it lapses. What was allowed and is not any more: at once. Else so many days after it began
    to wait: `DAYS` of the worst finding, times `TIERS`; twice that where production is not waiting; four times that
    where it is denied, for then nobody can simply answer.
    """
    asks = case.asks
    if asks is Asks.ALLOWED:
        return case.valid_until
    if case.fell:
        return case.since
    days = DAYS[case.severity or Severity.MEDIUM] * TIERS[tier_of(case.tier)]
    days *= 1 if PRODUCTION.intersection(waiting_in(case)) else _ELSEWHERE
    days *= _DENIED if asks is Asks.DENIED else 1
    return instant(parse_instant(case.since) + timedelta(days=days))


def waiting_in(case: Standing) -> tuple[str, ...]:
    """Environments that do not allow it, production first; all of them where each does."""
    asking = [name for name, action in case.outcomes.items() if action is not Action.ALLOW] or list(case.outcomes)
    return tuple(sorted(asking, key=lambda name: (name not in PRODUCTION, name)))


def why(case: Standing, now: datetime, *, overtaken: bool = False) -> str:
    """Why a case is where it is: "high risk, 2 findings to review, waiting 5 days". `overtaken`: a later version of the
    same model was decided since."""
    said = ["a later version was decided since"] if overtaken else []
    ends, since = parse_instant(case.valid_until), parse_instant(case.since)
    if case.asks is Asks.ALLOWED:
        said.append(f"waiver for {case.waiver} {_from_now(ends, now, 'ends', 'ended')}" if case.waiver else
                    f"what allows it {_from_now(ends, now, 'lapses', 'lapsed')}")  # fmt: skip
        return ", ".join([*said, f"{case.tier} risk", *_where(case)])
    if case.fell:
        became = "needs a review" if case.asks is Asks.REVIEW else "denied"
        said.append(f"{became} in {' and '.join(case.fell)}, where it was allowed")
    found = plural(case.findings, "finding")
    to_sign = f"{plural(case.statements, 'statement')} to sign"
    if case.only_statements:
        said += [f"{case.tier} risk", to_sign]
    elif case.asks is Asks.REVIEW:
        said += [f"{case.tier} risk", f"{found} to review", *([f"of which {to_sign}"] if case.statements else [])]
    else:
        said += [f"{case.tier} risk", f"denied by {found}"]
    if case.severity is not None and case.findings > 1:
        said.append(f"the worst {case.severity.value}")
    return ", ".join([*said, *([] if case.fell else _where(case)), _waiting(now - since)])


def when(case: Standing, now: datetime) -> str:
    """How the time stands to `due`: "due in 3 days", "2 days overdue", "due today"."""
    left = parse_instant(due(case)) - now
    if left < timedelta(0):
        return f"{_long(-left)} overdue"
    return "due today" if left < timedelta(days=1) else f"due in {_long(left)}"


def explained() -> tuple[str, ...]:
    """The order in sentences, for whoever reads a list that is in it."""
    days = ", ".join(f"{plural(count, 'day')} where the worst finding is {of.value}" for of, count in DAYS.items())
    longer = ", ".join(f"{times} times that for a {tier} risk" for tier, times in TIERS.items() if times > 1)
    return (
        "What was allowed and is not any more comes first, and wants an answer at once.",
        f"What is allowed wants one by the time it lapses; it is listed from {SOON.days} days before until "
        f"{KEPT.days} days after.",
        f"All else wants one so long after it began to wait: {days}; {longer}; {_ELSEWHERE} times that where "
        f"production is not waiting; {_DENIED} times that where it is denied.",
        "A version that a later one has overtaken comes last.",
    )


def _where(case: Standing) -> list[str]:
    names = waiting_in(case)
    return [f"in {' and '.join(names)}"] if names else []


def _from_now(moment: datetime, now: datetime, will: str, did: str) -> str:
    return f"{will} in {_long(moment - now)}" if moment > now else f"{did} {_long(now - moment)} ago"


def _waiting(span: timedelta) -> str:
    return "new today" if span < timedelta(days=1) else f"waiting {_long(span)}"


def _long(span: timedelta) -> str:
    """Whole days, or hours where it is less than a day; never nothing."""
    if span >= timedelta(days=1):
        return plural(span.days, "day")
    hours = int(span.total_seconds() // 3600)
    return plural(hours, "hour") if hours else "less than an hour"
