"""Recorded decisions judged again by a draft: as rows while it goes on, as JSON and as Markdown."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import Field

from governance.canonical import Count, Document, Instant, Sha256, schema_of
from governance.policy.difference import Named
from governance.policy.outcome import Action, Outcome
from governance.render.markdown import escaped
from governance.render.visible import visible, wrap
from governance.render.wording import plural

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
    that is."""

    place: str
    was: Action | None
    now: Action | None
    kind: Kind


class Side(Document):
    """A finding under one of both. `outcome` of the rule. `value`: what was held against the `limit`, null where there
    is none. `why`: in words."""

    outcome: Outcome
    value: str | None
    limit: str | None
    why: str


class Differs(Document):
    """A finding that comes out otherwise. `key`: policy#rule. `was` and `now`: null where there is no such rule.
    `would_need`: what would have to be measured before it can be judged."""

    key: str
    title: str
    was: Side | None
    now: Side | None
    would_need: tuple[str, ...] = ()


class Case(Document):
    """A decision that would change. `name` and `version`: of the model. `decision`: its digest. `as_of`: the legal date
    of both judgements. `places`: what changes. `findings`: why."""

    name: str
    version: str
    decision: Sha256
    as_of: Instant
    places: tuple[Place, ...]
    findings: tuple[Differs, ...]


class Counts(Document):
    """`judged`: decisions judged again. `same`: those that would stay. `changed`: environments of decisions by what
    becomes of them. `became`: the same by outcomes, as `allow to deny`."""

    judged: Count
    same: Count
    changed: dict[str, Count]
    became: dict[str, Count]


class Replay(Document):
    """What drafts would have decided. `schema`: the type of this document. `drafts`: the policies. `against`: what was
    compared with, `recorded` decisions or the policies named. `cases`: those that would change. `counts`: of all."""

    schema_: Literal["governance.policy-replay/v1"] = Field("governance.policy-replay/v1", alias="schema")
    drafts: tuple[Named, ...]
    against: Literal["recorded"] | tuple[Named, ...]
    cases: tuple[Case, ...]
    counts: Counts


class Tally:
    """Counts as the cases go by, so that none of them has to be kept."""

    def __init__(self) -> None:
        self._judged = self._same = 0
        self._changed: Counter[str] = Counter()
        self._became: Counter[str] = Counter()

    def changed(self, cases: Iterable[Case]) -> Iterator[Case]:
        """Those that would change; all are counted."""
        for case in cases:
            self._judged += 1
            if not case.places:
                self._same += 1
                continue
            for place in case.places:
                self._changed[place.kind] += 1
                self._became[f"{_word(place.was)} to {_word(place.now)}"] += 1
            yield case

    def counts(self) -> Counts:
        changed, became = (dict(sorted(one.items())) for one in (self._changed, self._became))
        return Counts(judged=self._judged, same=self._same, changed=changed, became=became)


def _word(action: Action | None) -> str:
    return "nothing" if action is None else action.value


def replay_json(
    drafts: tuple[Named, ...], against: Literal["recorded"] | tuple[Named, ...], cases: Iterable[Case]
) -> Iterator[str]:
    """A Replay document, piece by piece."""
    tally = Tally()
    said = against if isinstance(against, str) else [_dumped(one) for one in against]
    head = {"schema": schema_of(Replay), "drafts": [_dumped(one) for one in drafts], "against": said}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "cases": ['
    before = ""
    for case in tally.changed(cases):
        yield before + json.dumps(_dumped(case), ensure_ascii=False)
        before = ", "
    yield f'], "counts": {json.dumps(_dumped(tally.counts()))}}}'


def _dumped(document: Document) -> dict[str, object]:
    return document.model_dump(mode="json", by_alias=True)


def replay_text(head: str, cases: Iterable[Case], width: int) -> Iterator[str]:
    """A row for each decision that would change, then the counts."""
    tally = Tally()
    yield visible(head)
    for case in tally.changed(cases):
        lines = [visible(f"{case.name} {case.version}")]
        for place in case.places:
            lines += wrap(f"{_moved(place)} ({place.kind})", width, "  ", "    ")
        for finding in case.findings:
            lines += wrap(visible(_differs(finding)), width, "    ", "      ")
        yield "\n".join(lines)
    yield "\n".join(summary(tally.counts()))


def _moved(place: Place) -> str:
    return visible(f"{place.place}: {_word(place.was)} -> {_word(place.now)}")


def _differs(finding: Differs) -> str:
    if finding.would_need:
        return f"{finding.key}: would need measuring: {', '.join(finding.would_need)}"
    was, now = finding.was, finding.now
    if was is None or now is None:
        side = was or now
        return f"{finding.key}: {'no such rule before' if was is None else 'no such rule any more'}; {_side(side)}"
    same = was.outcome is now.outcome
    why = "the same finding asks for something else" if same else now.why
    return f"{finding.key}: {_side(was)} -> {_side(now)}: {why}"


def _side(side: Side | None) -> str:
    if side is None:
        return ""
    value = f" at {side.value}" if side.value else ""
    return f"{side.outcome.value}{value}" + (f" ({side.limit})" if side.limit else "")


def summary(counts: Counts) -> list[str]:
    """How many would change, and how."""
    judged = counts.judged
    lines = [f"{plural(judged, 'decision')} judged again, {counts.same} as before; nothing was sealed"]
    lines += [f"  {number} {kind}: {MEANS[kind]}" for kind, number in counts.changed.items()]  # type: ignore[index]
    lines += [f"  {number} x {became}" for became, number in counts.became.items()]
    return lines


_MOST_ROWS = 200


def replay_markdown(head: str, cases: Iterable[Case]) -> Iterator[str]:
    """A table for a comment on a pull request; what does not fit is counted."""
    tally = Tally()
    yield f"### {escaped(head)}\n"
    rows = 0
    for case in tally.changed(cases):
        rows += 1
        if rows == 1:
            yield "| model version | environment | was | now | why |\n|---|---|---|---|---|"
        if rows <= _MOST_ROWS:
            why = escaped("; ".join(map(_differs, case.findings)))
            for place in case.places:
                cells = (f"{case.name} {case.version}", place.place, _word(place.was), _word(place.now))
                yield f"| {' | '.join(map(escaped, cells))} | {place.kind}: {why} |"
    if rows > _MOST_ROWS:
        yield f"\nand {plural(rows - _MOST_ROWS, 'more decision')}"
    yield "\n" + "\n".join(f"- {line.strip()}" for line in summary(tally.counts()))
