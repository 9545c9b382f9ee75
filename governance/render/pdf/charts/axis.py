"""A horizontal scale, linear or logarithmic, and what is drawn along it."""

import math
from itertools import pairwise
from typing import NamedTuple

from reportlab.graphics.shapes import Drawing

from governance.render.pdf import style
from governance.render.pdf.charts.figure import SMALL, line, polygon, text

_CAP, _ARROW = 2.6, 4.0
_MANTISSAS = (1.0, 2.0, 2.5, 5.0, 10.0)
_LOG_STEPS = (
    (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0),
    (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0),
    (1.0, 2.0, 4.0, 8.0),
    (1.0, 2.0, 5.0),
    (1.0, 3.0),
    (1.0,),
)
_APART = 17.0


class Axis(NamedTuple):
    """Values `low` to `high` lie between `left` and `right`, in points. A log scale begins above 0."""

    low: float
    high: float
    left: float
    right: float
    log: bool = False

    def at(self, value: float) -> float:
        """Where a value lies; one beyond the scale lies at its end."""
        inside = min(max(value, self.low), self.high)
        part = (
            math.log(inside / self.low) / math.log(self.high / self.low)
            if self.log
            else (inside - self.low) / (self.high - self.low)
        )
        return self.left + part * (self.right - self.left)

    def ticks(self) -> list[float]:
        """Round numbers within the scale, far enough apart to be read."""
        if self.log:
            return self._log_ticks()
        step = _step(self.high - self.low)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]

    def _log_ticks(self) -> list[float]:
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        found: list[float] = []
        for steps in _LOG_STEPS:
            ticks = [step * 10.0**decade for decade in decades for step in steps]
            found = [tick for tick in ticks if self.low * 0.999 <= tick <= self.high * 1.001]
            if all(self.at(other) - self.at(one) >= _APART for one, other in pairwise(found)):
                break
        return found

    def draw(self, drawing: Drawing, bottom: float, top: float, label: str) -> None:
        """The scale below `bottom`, with its label, and faint lines up to `top`."""
        for tick in self.ticks():
            x = self.at(tick)
            drawing.add(line(x, bottom, x, top, style.RULE, 0.5))
            drawing.add(
                text(x, bottom - 9, format(round(tick, 10), "g"), size=SMALL, colour=style.MUTED, anchor="middle")
            )
        drawing.add(line(self.left, bottom, self.right, bottom, style.MUTED, 0.7))
        middle = (self.left + self.right) / 2
        drawing.add(text(middle, bottom - 19, label, room=360, size=SMALL, colour=style.MUTED, anchor="middle"))

    def limit(self, drawing: Drawing, value: float, bottom: float, top: float, label: str) -> None:
        """A dashed line with its label above, kept within the page."""
        x = self.at(value)
        drawing.add(line(x, bottom, x, top, style.INK, 1.0, dashed=True))
        anchor = "start" if x < self.left + 60 else "end" if x > self.right - 40 else "middle"
        drawing.add(text(x, top + 3, label, room=200, size=SMALL, bold=True, anchor=anchor))

    def whisker(
        self, drawing: Drawing, low: float | None, high: float | None, y: float, colour: str, dashed: bool = False
    ) -> None:
        """From low to high. An end that is not known, or lies beyond the scale, is an arrow."""
        ends = [
            (self.low if low is None else low, low is None or low < self.low, -1),
            (self.high if high is None else high, high is None or high > self.high, 1),
        ]
        drawing.add(line(self.at(ends[0][0]), y, self.at(ends[1][0]), y, colour, 1.1, dashed))
        for value, open_, side in ends:
            x = self.at(value)
            if open_:
                points = [x, y, x - side * _ARROW, y + _CAP, x - side * _ARROW, y - _CAP]
                drawing.add(polygon(points, colour, colour, 0.5))
            else:
                drawing.add(line(x, y - _CAP, x, y + _CAP, colour, 1.1))


def _step(span: float) -> float:
    """A round step that gives four to eight ticks."""
    rough = span / 6
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(mantissa for mantissa in _MANTISSAS if mantissa * power >= rough * 0.999)


def spanning(
    values: list[float], left: float, right: float, low: float | None = None, high: float | None = None
) -> Axis:
    """A linear scale that holds all values with a little room, within `low` and `high` where they are given."""
    least, most = min(values), max(values)
    room = (most - least or abs(most) or 1.0) * 0.06
    start = least - room if low is None else max(low, least - room)
    end = most + room if high is None else min(high, most + room)
    return Axis(start, end if end > start else start + 1.0, left, right)


def spanning_log(values: list[float], left: float, right: float) -> Axis:
    """A logarithmic scale that holds all values, at most three decades: what lies beyond is an arrow. `values` are
    above 0, the first is on the scale whatever the others are."""
    anchor = values[0]
    least = max(min(values), anchor / 30) / 1.12
    most = min(max(values), anchor * 30) * 1.12
    return Axis(least, most, left, right, log=True)
