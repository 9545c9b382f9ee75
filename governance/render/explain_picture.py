"""An interval against its limit as one line of text, true to the side of the limit on which each number lies."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from governance.policy.finding import Finding, Looked
from governance.render import wording


class Glyphs(NamedTuple):
    """`less` and `more` stand for an end that is open."""

    low: str
    line: str
    value: str
    high: str
    limit: str
    less: str
    more: str


DRAWN = Glyphs("├", "─", "●", "┤", "┃", "◄", "►")
PLAIN = Glyphs("[", "-", "o", "]", "|", "<", ">")
_MARGIN = Decimal("0.04")
"""Of the whole span, on both sides: an end never lies on the border, where an open one goes on."""
_FEWEST = 12


def drawable(finding: Finding) -> tuple[Looked, ...]:
    """What is held against a limit that is a number: whatever has an interval, or, where nothing has one, each number
    that is about nobody in particular."""
    limit = finding.limit
    if limit is None or limit.op not in ("at_least", "at_most") or not wording.is_real(limit.value):
        return ()
    numbers = [looked for looked in finding.looked_at if looked.value is not None and wording.is_real(looked.value)]
    banded = [looked for looked in numbers if looked.low is not None or looked.high is not None]
    return tuple(banded or [looked for looked in numbers if looked.group is None])


class Picture:
    """One scale for everything that is drawn of a finding. `width` in characters."""

    def __init__(self, finding: Finding, drawn: Sequence[Looked], width: int, glyphs: Glyphs) -> None:
        if finding.limit is None:
            raise RuntimeError("nothing is drawn of a finding without a limit")
        self._limit, self._width, self._glyphs = Decimal(finding.limit.value), max(_FEWEST, width), glyphs
        ends = [end for looked in drawn for end in (looked.low, looked.value, looked.high) if end is not None]
        numbers = [self._limit, *map(Decimal, ends)]
        span = max(numbers) - min(numbers) or abs(self._limit) or Decimal(1)
        self._least, self._span = min(numbers) - _MARGIN * span, span * (1 + 2 * _MARGIN)
        self._at = min(max(self._raw(self._limit), 1), self._width - 2)

    def row(self, looked: Looked) -> str:
        """The line of one number, without blanks at its end."""
        if looked.value is None:
            raise RuntimeError("what is undefined is not drawn")
        glyphs, cells = self._glyphs, [" "] * self._width
        value = self.column(Decimal(looked.value))
        if looked.low is not None or looked.high is not None:
            first = 0 if looked.low is None else self.column(Decimal(looked.low))
            last = self._width - 1 if looked.high is None else self.column(Decimal(looked.high))
            cells[first : last + 1] = glyphs.line * (last + 1 - first)
            cells[first] = glyphs.less if looked.low is None else glyphs.low
            cells[last] = glyphs.more if looked.high is None else glyphs.high
        cells[self._at] = glyphs.limit
        cells[value] = glyphs.value
        return "".join(cells).rstrip()

    def legend(self) -> str:
        """Where the limit stands, in words that fit below it."""
        said = f"limit {wording.number(str(self._limit))}"
        return (" " * max(0, min(self._at - len(said) // 2, self._width - len(said))) + said).rstrip()

    def column(self, number: Decimal) -> int:
        """Left of the limit's column where `number` is below it, right of it where above, and on it where equal."""
        raw = self._raw(number)
        if number < self._limit:
            return min(raw, self._at - 1)
        return max(raw, self._at + 1) if number > self._limit else self._at

    def _raw(self, number: Decimal) -> int:
        return min(max(round((number - self._least) / self._span * (self._width - 1)), 0), self._width - 1)
