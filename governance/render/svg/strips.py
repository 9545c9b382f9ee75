"""Numbers against their limit as SVG for a page: one strip for each number, all of a finding on one scale.

A strip stretches with its cell: places are per cent, so no text in it grows or shrinks, and colours are the page's own
(`currentColor` and classes), so it is right in the light, in the dark and on paper. What it shows it also says.
"""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import NamedTuple

from governance.policy.coverage import meets
from governance.policy.finding import Finding, Limit, Looked
from governance.render import wording
from governance.render.visible import visible

HEIGHT = 22
_MIDDLE = HEIGHT // 2
_ROOM = Decimal("0.12")
_FURTHEST = 4
"""An end of an interval that lies further out than so many times the span of the rest is not reached: it would squeeze
the rest."""


class Scale(NamedTuple):
    """What lies at 0 and at 100 per cent."""

    low: Decimal
    high: Decimal

    def at(self, value: Decimal) -> str:
        """Where a value lies, in per cent; one beyond the scale lies at its end."""
        inside = min(max(value, self.low), self.high)
        return format((inside - self.low) / (self.high - self.low) * 100, ".2f")


class Strip(NamedTuple):
    """`label` and `value` are in words, `rows` how many stand behind it, `svg` is markup; empty where there is nothing
    to draw. `beyond`: the value itself is on the wrong side of the limit."""

    label: str
    value: str
    rows: int | None
    svg: str
    beyond: bool


def strips(finding: Finding) -> tuple[Strip, ...]:
    """Of what a finding looked at: what was held against the limit first, then the rest, in the finding's order."""
    there = [one for one in finding.looked_at if one.value is not None or one.group]
    there.sort(key=lambda one: one.low is one.high is None)
    drawn = [one for one in there if _is_drawn(one, finding.limit)]
    scale = _scale(drawn, finding.limit) if drawn and finding.limit else None
    return tuple(_strip(one, finding.limit, scale if one in drawn else None) for one in there)


def _is_drawn(looked: Looked, limit: Limit | None) -> bool:
    """A number that is held against a limit that is one, itself or as one of the groups compared."""
    if limit is None or limit.op not in ("at_least", "at_most") or looked.value is None:
        return False
    held = looked.at_stake or looked.low is not None or looked.high is not None
    return held and wording.is_real(looked.value) and wording.is_real(limit.value)


def _scale(drawn: Sequence[Looked], limit: Limit) -> Scale:
    """All values and the limit, with a little room; ends of intervals as far as they are near."""
    core = [Decimal(limit.value), *(Decimal(one.value) for one in drawn if one.value is not None)]
    least, most = min(core), max(core)
    # One number that lies on its limit still has a scale to lie on.
    span = max(most - least, abs(most) / 10, Decimal("1e-9"))
    ends = [Decimal(end) for one in drawn for end in (one.low, one.high) if end is not None]
    near = [end for end in ends if least - span * _FURTHEST <= end <= most + span * _FURTHEST]
    least, most = min([least, *near]), max([most, *near])
    room = max(most - least, span) * _ROOM
    return Scale(least - room, most + room)


def _strip(looked: Looked, limit: Limit | None, scale: Scale | None) -> Strip:
    label, value = visible(wording.what(looked)), wording.value_of(looked, limit)
    if limit is None or scale is None or looked.value is None:
        return Strip(label, value, looked.n, "", False)
    beyond = not meets(looked.value, limit)
    side = "misses" if beyond else "meets"
    words = f"{label}: {value}; {side} the limit, {wording.limit_of(limit)}"
    return Strip(label, value, looked.n, _svg(looked, limit, scale, words, beyond), beyond)


def _svg(looked: Looked, limit: Limit, scale: Scale, words: str, beyond: bool) -> str:
    bound, value = scale.at(Decimal(limit.value)), scale.at(Decimal(looked.value or 0))
    start, width = (bound, 100 - float(bound)) if limit.op == "at_least" else ("0", float(bound))
    parts = [
        f'<rect class="strip-fine" x="{start}%" y="0" width="{width:.2f}%" height="{HEIGHT}"/>',
        *_whisker(looked, scale),
        f'<line class="strip-limit" x1="{bound}%" x2="{bound}%" y1="0" y2="{HEIGHT}" stroke="currentColor"/>',
        _mark(value, beyond),
    ]
    said = escape(words, quote=True)
    return (
        f'<svg class="strip {"strip-beyond" if beyond else "strip-within"}" role="img" aria-label="{said}"'
        f' width="100%" height="{HEIGHT}">{"".join(parts)}</svg>'
    )


def _whisker(looked: Looked, scale: Scale) -> list[str]:
    """From low to high. An end that is open, or beyond the scale, has no cap: the line runs out of the picture."""
    if looked.low is looked.high is None:
        return []
    ends = [scale.low if looked.low is None else Decimal(looked.low)]
    ends.append(scale.high if looked.high is None else Decimal(looked.high))
    places = [scale.at(end) for end in ends]
    line = '<line class="strip-whisker" x1="{}%" x2="{}%" y1="{}" y2="{}" stroke="currentColor"/>'
    parts = [line.format(*places, _MIDDLE, _MIDDLE)]
    for given, end, place in zip((looked.low, looked.high), ends, places, strict=True):
        if given is not None and scale.low <= end <= scale.high:
            parts.append(line.format(place, place, _MIDDLE - 4, _MIDDLE + 4))
    return parts


def _mark(place: str, beyond: bool) -> str:
    """A square where the limit is missed and a circle where it is met: never by colour alone."""
    if not beyond:
        return f'<circle class="strip-mark" cx="{place}%" cy="{_MIDDLE}" r="5" fill="currentColor"/>'
    # A nested picture moves by per cent and its square by points, so that it stays a square.
    square = f'<rect class="strip-mark" x="-5" y="{_MIDDLE - 5}" width="10" height="10" fill="currentColor"/>'
    return f'<svg x="{place}%" overflow="visible">{square}</svg>'
