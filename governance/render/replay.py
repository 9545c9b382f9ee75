"""Recorded decisions judged again by a draft: as rows while it goes on, as JSON and as Markdown."""

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from governance.canonical import Document, Instant, schema_of
from governance.policy.difference import Named
from governance.policy.outcome import Action, Outcome
from governance.policy.period import day
from governance.render import wording
from governance.render.markdown import escaped
from governance.render.replayed import MEANS, Case, Counts, Differs, Place, Replay, Side, Tally
from governance.render.visible import clip, visible, wrap
from governance.render.wording import plural


class Head(NamedTuple):
    """What is asked, before anything is judged. `drafts` and `against` as in a Replay, `against` empty for what was
    recorded. `alone`: whether the drafts stand in the place of all that was recorded. `later`: days on which a draft is
    enforced otherwise than before. `day`: of a portfolio, the legal date; null where drafts are compared."""

    drafts: tuple[Named, ...]
    against: tuple[Named, ...] = ()
    alone: bool = False
    later: tuple[Instant, ...] = ()
    day: Instant | None = None


def _word(action: Action | None) -> str:
    return "nothing" if action is None else action.value


def replay_json(head: Head, cases: Iterable[Case]) -> Iterator[str]:
    """A Replay document, piece by piece."""
    tally = Tally()
    said = [_dumped(one) for one in head.against] or "recorded"
    body = {"schema": schema_of(Replay), "drafts": [_dumped(one) for one in head.drafts], "against": said}
    yield json.dumps(body, ensure_ascii=False)[:-1] + ', "cases": ['
    before = ""
    for case in tally.changed(cases):
        yield before + json.dumps(_dumped(case), ensure_ascii=False)
        before = ", "
    yield f'], "counts": {json.dumps(_dumped(tally.counts()), ensure_ascii=False)}}}'


def _dumped(document: Document) -> dict[str, object]:
    return document.model_dump(mode="json", by_alias=True)


def head_lines(head: Head) -> list[str]:
    """What is compared with what."""
    drafts, against = (", ".join(f"{one.id} {one.version}" for one in side) for side in (head.drafts, head.against))
    if head.day:
        by = f"by {drafts}" if drafts else "each by the policies that it was judged by"
        lines = [f"Portfolio as the law stands on {day(head.day)}, {by}; against what was decided"]
    elif against:
        lines = [f"Replay of {drafts} against {against}"]
    elif head.alone:
        lines = [
            f"Replay of {drafts} in the place of whatever was recorded",
            f"Nothing here was judged by a policy called {' or '.join(one.id for one in head.drafts)}: policies are "
            "compared, not two versions of one.",
        ]
    else:
        lines = [f"Replay of {drafts} in the place of the version that was recorded"]
    if head.later:
        days = ", ".join(map(day, head.later))
        lines.append(f"Enforced otherwise from {days} on: `--as-of` asks for such a day.")
    return lines


def replay_text(head: Head, cases: Iterable[Case], width: int) -> Iterator[str]:
    """For each decision that would change: where, and what moved against which limit. Then the counts."""
    tally = Tally()
    first, *more = map(visible, head_lines(head))
    yield "\n".join([first, *(line for one in more for line in wrap(one, width, "  ", "  "))])
    for case in tally.changed(cases):
        yield "\n".join(_case_lines(case, width))
    counted, *more = summary(tally.counts())
    yield "\n".join(["", counted, *(line for one in more for line in wrap(visible(one), width, "  ", "    "))])


def _case_lines(case: Case, width: int) -> Iterator[str]:
    yield ""
    yield visible(case.model)
    if case.problem:
        yield from wrap(visible(f"could not be judged again: {' '.join(case.problem.split())}"), width, "  ", "    ")
        return
    for place in case.places:
        yield from wrap(visible(_moved(place)), width, "  ", "    ")
        for note in place.notes:
            yield from wrap(visible(note), width, "    ", "    ")
    telling, others = _telling(case)
    for finding in telling:
        yield from wrap(visible(f"{finding.title} ({finding.key})"), width, "    ", "      ")
        for label, said in _sides(finding):
            yield from wrap(visible(said), width, f"      {label:<5}", " " * 11)
    if others:
        unknown = sum(1 for one in others if one.would_need)
        of_these = f"; {unknown} would need measuring first" if unknown else ""
        more = (
            f"and {plural(len(others), 'more finding')} otherwise, on which alone the outcome does not turn{of_these}"
        )
        yield from wrap(more, width, "    ", "      ")


def _telling(case: Case) -> tuple[list[Differs], list[Differs]]:
    """Findings for which something changes, and others that come out otherwise."""
    keys = {key for place in case.places for key in place.because}
    telling = [finding for finding in case.findings if finding.key in keys]
    return telling, [finding for finding in case.findings if finding.key not in keys]


def _moved(place: Place) -> str:
    return f"{place.place}: {_word(place.was)} -> {_word(place.now)} ({place.kind})"


def _sides(finding: Differs) -> Iterator[tuple[str, str]]:
    """What a finding was, and what it is now, each under its label."""
    was, now = finding.was, finding.now
    yield "was", _said(was) if was else "no such rule"
    if finding.would_need:
        yield "now", f"would need measuring: {', '.join(finding.would_need)}"
        return
    same = was is not None and now is not None and _fact(was) == _fact(now)
    yield "now", "the same" if same else _said(now) if now else "no such rule any more, or none in force"
    if was and now and was.outcome is now.outcome and was.actions != now.actions:
        yield "asks", f"{wording.effect(was.actions)} -> {wording.effect(now.actions)}"
    side = now or was
    if side is None:
        return
    moot = now is not None and now.outcome is Outcome.NOT_APPLICABLE
    open_ = side.outcome in _OPEN and (_held(side) is None or (side.outcome is Outcome.INCONCLUSIVE and not same))
    if open_ or (moot and not same):
        yield "why", clip(side.why, _MOST)


def _fact(side: Side) -> tuple[str, str]:
    return _said(side), side.why


_OPEN = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.ERROR)
_MOST = 240


def _said(side: Side) -> str:
    """ "fail: fairness.sex.selection_rate.ratio (Female to Male) = 0.4536 [0.417, 0.5011], limit at least 0.8"."""
    outcome = f"waived {side.outcome.value}" if side.waived else side.outcome.value
    held = _held(side)
    return outcome + (f": {held}" if held else "")


def _held(side: Side) -> str | None:
    """The number and its limit; None where no number was held against one."""
    looked, limit = side.looked_at, side.limit
    if looked is None or looked.value is None or limit is None or limit.op not in ("at_least", "at_most"):
        return None
    whom = f" ({who})" if (who := wording.who(looked)) else ""
    return f"{looked.path}{whom} = {wording.value_of(looked, limit)}, limit {wording.limit_of(limit)}"


_PLAIN = ("milder", "stricter")


def summary(counts: Counts) -> list[str]:
    """How many would change, and how; the worst first."""
    changed = counts.judged - counts.same
    lines = [
        f"{plural(counts.judged, 'decision')} judged again: {counts.same} as before, {changed} otherwise; nothing was "
        "sealed",
    ]
    for one in counts.changed:
        more = f" and {one.number - len(one.first)} more" if one.number > len(one.first) else ""
        who = f"{', '.join(one.first)}{more}"
        means = "" if one.kind in _PLAIN else f" ({MEANS[one.kind]})"
        lines.append(f"{one.place}: {one.number} x {_word(one.was)} -> {_word(one.now)}{means}: {who}")
    lines += [f"left out: {number} judged by {policies} only" for policies, number in counts.left_out.items()]
    if counts.problems:
        lines.append(
            f"{plural(counts.problems, 'decision')} could not be judged again: what would become of them is not known"
        )
    return lines


_MOST_ROWS = 200


def replay_markdown(head: Head, cases: Iterable[Case]) -> Iterator[str]:
    """For a comment on a pull request: the counts first, then a table of what fits."""
    tally, rows, count = Tally(), list[str](), 0
    for case in tally.changed(cases):
        count += 1
        if count <= _MOST_ROWS:
            rows += _rows(case)
    first, *more = head_lines(head)
    yield f"### {escaped(first)}"
    yield from (f"\n{escaped(line)}" for line in more)
    line, *lines = summary(tally.counts())
    yield "\n".join(["", f"**{escaped(line)}**", "", *(f"- {escaped(one)}" for one in lines)])
    if rows:
        yield "\n| model version | environment | was | now | why |\n|---|---|---|---|---|"
        yield from rows
    if count > _MOST_ROWS:
        yield f"\nand {plural(count - _MOST_ROWS, 'more decision')}"


def _rows(case: Case) -> Iterator[str]:
    if case.problem:
        why = f"could not be judged again: {' '.join(case.problem.split())}"
        yield f"| {escaped(case.model)} | | | | {escaped(clip(why, _MOST))} |"
    told = {one.key: one for one in case.findings}
    for place in case.places:
        whys = [
            f"{told[key].title}: {'; '.join(f'{label} {said}' for label, said in _sides(told[key]))}"
            for key in place.because
        ]
        why = "<br>".join(map(escaped, (*place.notes, *whys)))
        cells = (case.model, place.place, _word(place.was), _word(place.now))
        yield f"| {' | '.join(map(escaped, cells))} | {escaped(place.kind)}: {why} |"
