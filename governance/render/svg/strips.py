"""Numbers against their limit as SVG for a page: one strip for each number, all of a finding on one scale.

A strip stretches with its cell: places are per cent, so no text in it grows or shrinks, and colours are the page's own
(`currentColor` and classes), so it is right in the light, in the dark and on paper. What it shows it also says.
"""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import NamedTuple

from governance.policy.finding import Finding, Limit, Looked
from governance.policy.outcome import Outcome
from governance.render import wording
from governance.render.standing import WORDS, standings
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
    to draw. `standing`: how it stands against the limit, None where it is not drawn."""

    label: str
    value: str
    rows: int | None
    svg: str
    standing: Outcome | None

    @property
    def stands(self) -> str:
        return WORDS[self.standing] if self.standing else ""


def strips(finding: Finding) -> tuple[Strip, ...]:
    """Of what a finding looked at: what was held against the limit first, then the rest, in the finding's order."""
    there = [one for one in finding.looked_at if one.value is not None or one.group]
    there.sort(key=lambda one: one.low is one.high is None)
    drawn = [one for one in there if _is_drawn(one, finding.limit)]
    if not drawn or finding.limit is None:
        return tuple(_told(one, finding.limit) for one in there)
    scale = _scale(drawn, finding.limit)
    standing = {id(one): outcome for one, outcome in zip(drawn, standings(finding, drawn), strict=True)}
    return tuple(
        _strip(one, finding.limit, scale, standing[id(one)]) if id(one) in standing else _told(one, finding.limit)
        for one in there
    )


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


def _told(looked: Looked, limit: Limit | None) -> Strip:
    return Strip(visible(_label(looked)), wording.value_of(looked, limit), looked.n, "", None)


def _label(looked: Looked) -> str:
    """ "sex: f to m"; for a group by itself also what was counted: "sex: f (accuracy)"."""
    attribute, counted = wording.about(looked)
    said = f"{attribute}: {wording.what(looked)}" if attribute else wording.what(looked)
    return f"{said} ({counted})" if counted and looked.reference is None else said


def _strip(looked: Looked, limit: Limit, scale: Scale, standing: Outcome) -> Strip:
    told = _told(looked, limit)
    words = f"{told.label}: {told.value}; {WORDS[standing]}, the limit is {wording.limit_of(limit)}"
    return told._replace(svg=_svg(looked, limit, scale, words, standing), standing=standing)


def _svg(looked: Looked, limit: Limit, scale: Scale, words: str, standing: Outcome) -> str:
    bound, value = scale.at(Decimal(limit.value)), scale.at(Decimal(looked.value or 0))
    start, width = (bound, 100 - float(bound)) if limit.op == "at_least" else ("0", float(bound))
    parts = [
        f'<rect class="strip-fine" x="{start}%" y="0" width="{width:.2f}%" height="{HEIGHT}"/>',
        *_whisker(looked, scale),
        f'<line class="strip-limit" x1="{bound}%" x2="{bound}%" y1="0" y2="{HEIGHT}" stroke="currentColor"/>',
        mark(value, standing.value, _MIDDLE),
    ]
    said = escape(words, quote=True)
    return (
        f'<svg class="strip stands-{standing.value}" role="img" aria-label="{said}"'
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


_POINTS = {"fail": "0,-6 6,0 0,6 -6,0", "inconclusive": "0,-6 6,5 -6,5"}


def mark(place: str, kind: str, middle: int) -> str:
    """At a place in per cent: a full diamond fails, a hollow triangle is open, a full circle passes: as in print, and
    never by colour alone (WCAG 2.2, 1.4.1)."""
    if kind not in _POINTS:
        return f'<circle class="strip-mark" cx="{place}%" cy="{middle}" r="5" fill="currentColor"/>'
    shape = (
        f'<polygon class="strip-mark strip-{kind}" points="{_POINTS[kind]}" transform="translate(0 {middle})"'
        f' stroke="currentColor"/>'
    )
    # A nested picture moves by per cent and its shape by points, so that it keeps its form.
    return f'<svg x="{place}%" overflow="visible">{shape}</svg>'
