"""What a rule says about one evidence set, and what the decision keeps of it."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

from pydantic import Field

from governance.canonical import Document, Instant, Real, Sha256, dumps, real, sha256
from governance.evidence.origin import Origin
from governance.policy.advice import together
from governance.policy.outcome import Action, Outcome, Severity


def short(value: Real | float, limit: Decimal | str | None = None) -> str:
    """A number for a sentence: 4 significant digits, or 9 where fewer would put it on the other side of `limit`."""
    full, brief = real(float(value)), format(float(value), ".4g")
    if limit is not None and brief != full:
        bound, exact, rounded = Decimal(limit), Decimal(full), Decimal(brief)
        if (exact >= bound) != (rounded >= bound) or (exact <= bound) != (rounded <= bound):
            return full
    return brief


def plural(count: int, noun: str) -> str:
    """1 row, 2 rows."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(names: Sequence[str], most: int) -> str:
    """`names`, cut to the first `most`. A digest of all stands for the rest: two lists that differ never read alike, so
    that an excuse for one is none for the other."""
    if len(names) <= most:
        return ", ".join(names)
    digest = sha256(dumps(list(names)))[:12]
    return f"{', '.join(names[:most])} and {len(names) - most} more (all {len(names)}: {digest})"


class Looked(Document):
    """One thing that was looked at. `path`: where it stands in the evidence. `group`: of the rows it is about, a value
    for each attribute. `reference`: the group it is compared with. For a statistical rule the claim holds where `low`
    meets the limit and is broken where `high` misses it (or the reverse for an upper limit); `value` is the point
    estimate and `n` rows behind it."""

    path: str
    group: tuple[str | None, ...] | None = None
    reference: tuple[str | None, ...] | None = None
    value: str | None
    low: Real | None = None
    high: Real | None = None
    n: int | None = None

    @property
    def at_stake(self) -> bool:
        """Whether a waiver has to cover it: a comparison of groups, a group that is held against the limit itself (with
        an interval), or a group (of nobody: all) that has no value."""
        held = self.reference is not None or self.low is not None
        return self.group is not None and (held or self.value is None)


class Limit(Document):
    """What it is held against. `op`: how. `value`: with what."""

    op: Literal["at_least", "at_most", "is", "none"]
    value: str


class Verdict(Document):
    """What a rule says. `outcome`: in one word. `why` is one plain sentence or two; `looked_at`: what it rests on, most
    telling first. `limit`: what that was held against. `fix` overrides the rule's own advice where the facts allow
    better."""

    outcome: Outcome
    why: str
    looked_at: tuple[Looked, ...] = ()
    limit: Limit | None = None
    fix: str = ""


def settled(
    wrong: Sequence[str],
    doubts: Sequence[str],
    advice: Iterable[str],
    passed: str,
    looked_at: tuple[Looked, ...],
    limit: Limit | None,
) -> Verdict:
    """Any fault fails, and doubts are said with it. Without a fault any doubt is inconclusive, with each `advice` once.
    Only what leaves neither passes, in the words of `passed`."""
    if wrong:
        return Verdict(outcome=Outcome.FAIL, why="; ".join([*wrong, *doubts]), looked_at=looked_at, limit=limit)
    if doubts:
        return Verdict(
            outcome=Outcome.INCONCLUSIVE,
            why="; ".join(doubts),
            looked_at=looked_at,
            limit=limit,
            fix=together(advice),
        )
    return Verdict(outcome=Outcome.PASS, why=passed, looked_at=looked_at, limit=limit)


class Known(Document):
    """That a baseline knows of this failure: since when, and until when its entry holds."""

    since: Instant
    until: Instant


class Announced(Document):
    """What a finding will ask for at a place from a day on, where that is something else than now. `place`: an
    environment, or a point of one. `action`: what it then asks for. `from`: the first moment."""

    place: str
    action: Action
    from_: Instant = Field(alias="from")


class Finding(Verdict):
    """One rule of one policy, judged. `key` is policy#rule; `uses`: the rule of the catalogue. `title`: as people read
    it. `origin`: who says so. `controls`: clauses that it serves. `severity`: orders the reading. `actions`: what it
    asks for in each environment. `waiver`: the digest of the act that excuses it. `known` is set where a baseline keeps
    it from denying. `announced`: what its policy will make of it from some day on. `owner`: who mends it, as the policy
    says."""

    key: str
    uses: str
    title: str
    origin: Origin | None
    controls: tuple[str, ...]
    severity: Severity
    actions: dict[str, Action]
    waiver: Sha256 | None = None
    known: Known | None = None
    announced: tuple[Announced, ...] = ()
    owner: str | None = None
