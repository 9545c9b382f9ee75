"""What a replay found: its document, and the counts that end it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import Field

from governance.canonical import Count, Document, Instant, Sha256
from governance.policy.difference import Named
from governance.policy.finding import Limit, Looked
from governance.policy.outcome import ACTIONS, Action, Outcome

Kind = Literal["milder", "stricter", "approve again", "would need measuring", "no longer decided", "newly decided"]
MEANS: dict[Kind, str] = {
    "milder": "a better outcome than before",
    "stricter": "a worse outcome than before",
    "approve again": "an approval was given under other policies, and would have to be given again",
    "would need measuring": "the evidence does not hold what the draft asks for",
    "no longer decided": "the draft does not decide about this environment",
    "newly decided": "nothing was decided about this environment",
}
"""What may become of a decision in an environment, where it does not stay as it is."""


class Place(Document):
    """An environment in which something changes. `was` and `now`: what is decided, null where nothing is. `kind`: what
    that is. `because`: keys of the findings that ask for the worse outcome of now, or for more than the better one of
    now. `notes` say why where no finding does."""

    place: str
    was: Action | None
    now: Action | None
    kind: Kind
    because: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Side(Document):
    """A finding under one of both. `outcome` of the rule. `waived`: whether somebody answers for it. `actions`: what it
    asks for where something changes. `looked_at`: what was looked at first, null where nothing was. `limit`: what that
    was held against. `why`: in words."""

    outcome: Outcome
    waived: bool
    actions: dict[str, Action]
    looked_at: Looked | None
    limit: Limit | None
    why: str


class Differs(Document):
    """A finding that comes out otherwise, or for which something changes. `key`: policy#rule. `was` and `now`: null
    where there is no such rule. `would_need`: what would have to be measured before it can be judged."""

    key: str
    title: str
    was: Side | None
    now: Side | None
    would_need: tuple[str, ...] = ()


class Case(Document):
    """A recorded decision. `name` and `version`: of the model. `decision`: its digest. `judged_by`: the policies it
    is compared with. `as_of`: the legal date of both judgements, of a portfolio that of the second. `places`: what
    changes. `findings`: why, those that matter for no place too. `left_out`: whether the drafts have nothing to do
    with it. `problem`: why it could not be judged again; empty where it was."""

    name: str
    version: str
    decision: Sha256 | None
    judged_by: tuple[Named, ...] = ()
    as_of: Instant | None = None
    places: tuple[Place, ...] = ()
    findings: tuple[Differs, ...] = ()
    left_out: bool = False
    problem: str = ""

    @property
    def model(self) -> str:
        return f"{self.name} {self.version}".strip()


class Moved(Document):
    """Decisions that change alike in an environment. `number`: how many. `first`: the first models of them."""

    place: str
    was: Action | None
    now: Action | None
    kind: Kind
    number: Count
    first: tuple[str, ...]


class Counts(Document):
    """`judged`: decisions judged again. `same`: those that would stay. `changed`: those that would not, by environment
    and by what becomes of them; the worst first. `left_out`: those that the drafts have nothing to do with, by the
    policies they were judged by. `problems`: those that could not be judged again."""

    judged: Count
    same: Count
    changed: tuple[Moved, ...]
    left_out: dict[str, Count]
    problems: Count


class Replay(Document):
    """What drafts would have decided. `schema`: the type of this document. `drafts`: the policies. `against`: what was
    compared with, `recorded` decisions or the policies named. `cases`: those that would change, or could not be judged
    again. `counts`: of all."""

    schema_: Literal["governance.policy-replay/v1"] = Field("governance.policy-replay/v1", alias="schema")
    drafts: tuple[Named, ...]
    against: Literal["recorded"] | tuple[Named, ...]
    cases: tuple[Case, ...]
    counts: Counts


_NAMED = 5
"""Models that a count names."""
_Alike = tuple[str, Action | None, Action | None, Kind]


class Tally:
    """Counts as the cases go by, so that none of them has to be kept."""

    def __init__(self) -> None:
        self._judged = self._same = self._problems = 0
        self._changed: Counter[_Alike] = Counter()
        self._first: dict[_Alike, list[str]] = {}
        self._left_out: Counter[str] = Counter()

    def changed(self, cases: Iterable[Case]) -> Iterator[Case]:
        """Those that would change, or could not be judged again; all are counted."""
        for case in cases:
            if case.left_out:
                self._left_out[" with ".join(f"{one.id} {one.version}" for one in case.judged_by)] += 1
                continue
            if case.problem:
                self._problems += 1
                yield case
                continue
            self._judged += 1
            if not case.places:
                self._same += 1
                continue
            for place in case.places:
                alike = (place.place, place.was, place.now, place.kind)
                self._changed[alike] += 1
                if len(first := self._first.setdefault(alike, [])) < _NAMED and case.model not in first:
                    first.append(case.model)
            yield case

    def counts(self) -> Counts:
        changed = [
            Moved(
                place=place, was=was, now=now, kind=kind, number=number, first=tuple(self._first[place, was, now, kind])
            )
            for (place, was, now, kind), number in self._changed.items()
        ]
        changed.sort(key=lambda one: (-_step(one), one.place, one.kind))
        left_out = dict(sorted(self._left_out.items()))
        return Counts(
            judged=self._judged, same=self._same, changed=tuple(changed), left_out=left_out, problems=self._problems
        )  # fmt: skip


def _step(moved: Moved) -> int:
    """How much worse it is now."""
    was, now = (ACTIONS.index(one) if one else 0 for one in (moved.was, moved.now))
    return now - was
