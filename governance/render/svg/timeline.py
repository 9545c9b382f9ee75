"""What was decided about the versions of a model, over time: a lane for each version and environment.

All lanes share one scale of time, from the first decision to now. A mark is a decision; the line behind it lasts as
long as the decision is the latest about its version and may be relied on.
"""

from collections.abc import Sequence
from datetime import timedelta
from html import escape
from typing import Final, NamedTuple

from governance.canonical import parse_instant
from governance.policy.decision import Decision
from governance.policy.outcome import Action
from governance.render.svg.strips import HEIGHT, mark
from governance.render.visible import visible

_MIDDLE = HEIGHT // 2
_FIRST, _LAST, _APART = 3.0, 97.0, 3.0
_KINDS: Final = {Action.DENY: "fail", Action.NEEDS_REVIEW: "inconclusive", Action.ALLOW: "pass"}
"""Of marks: the same shapes as those of findings."""


class Lane(NamedTuple):
    """One version in one environment: `now` is what holds, `words` everything that was decided, oldest first."""

    version: str
    environment: str
    now: Action | None
    svg: str
    words: str


def lanes(decisions: Sequence[Decision], now: str) -> tuple[Lane, ...]:
    """Of decisions about one model, newest first; `now` is RFC 3339 text. The version decided last comes first. What
    has lapsed holds no more: `now` of its lane is None."""
    # Times are whole seconds: of two in the same one, only the order of the trail knows which came later.
    ordered = list(decisions)[::-1]
    ordered.sort(key=lambda one: one.now)
    if not ordered:
        return ()
    places = _places([one.now for one in ordered], now)
    versions = list(dict.fromkeys(one.subject.version for one in reversed(ordered)))
    found = []
    for version in versions:
        own = [(one, place) for one, place in zip(ordered, places, strict=True) if one.subject.version == version]
        environments = sorted({name for one, _ in own for name in one.outcomes})
        found += [_lane(version, environment, own, now) for environment in environments]
    return tuple(found)


def _places(times: Sequence[str], now: str) -> list[float]:
    """In per cent, by time; what would lie on each other is moved apart, in order."""
    first = parse_instant(times[0])
    span = max(parse_instant(now) - first, timedelta(seconds=1))
    apart = min(_APART, (_LAST - _FIRST) / len(times))
    places: list[float] = []
    for time in times:
        place = _FIRST + (parse_instant(time) - first) / span * (_LAST - _FIRST)
        places.append(max(place, places[-1] + apart) if places else place)
    # What was pushed beyond the end pushes the others back.
    end = _LAST
    for index in range(len(places) - 1, -1, -1):
        places[index] = end = min(places[index], end)
        end -= apart
    return places


def _lane(version: str, environment: str, own: Sequence[tuple[Decision, float]], now: str) -> Lane:
    parts, said = [], []
    here = [(one, place) for one, place in own if environment in one.outcomes]
    for index, (one, place) in enumerate(here):
        action = one.outcomes[environment]
        last = index == len(here) - 1
        lapsed = last and one.valid_until <= now
        end = _LAST + 3 if last and not lapsed else place if last else here[index + 1][1]
        parts.append(
            f'<g class="stands-{_KINDS[action]}"><line class="lane lane-{_KINDS[action]}" x1="{place:.2f}%"'
            f' x2="{end:.2f}%" y1="{_MIDDLE}" y2="{_MIDDLE}" stroke="currentColor"/>'
            f"{mark(f'{place:.2f}', _KINDS[action], _MIDDLE)}</g>"
        )
        said.append(f"{action.value} on {one.now[:10]}")
        if lapsed:
            said.append(f"lapsed on {one.valid_until[:10]}")
    words = f"{visible(version)} in {visible(environment)}: {', then '.join(said)}"
    label = escape(words, quote=True)
    latest = here[-1][0]
    return Lane(
        version,
        environment,
        latest.outcomes[environment] if latest.valid_until > now else None,
        f'<svg class="strip" role="img" aria-label="{label}" width="100%" height="{HEIGHT}">{"".join(parts)}</svg>',
        words,
    )
