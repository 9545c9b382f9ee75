"""Pairs of groups against the limit: what each finding about disparity looked at."""

import math
from typing import NamedTuple

from reportlab.graphics.shapes import Drawing

from governance.policy.document import SelectedRule
from governance.policy.finding import Finding, Limit, Looked
from governance.policy.outcome import Outcome
from governance.render.pdf import style
from governance.render.pdf.charts.axis import Axis, spanning, spanning_log
from governance.render.pdf.charts.figure import (
    SMALL,
    WHITE,
    Case,
    Figure,
    Table,
    canvas,
    circle,
    diamond,
    missing,
    paired,
    text,
    triangle,
)
from governance.render.pdf.charts.metrics import COMPARING, METRICS
from governance.render.standing import WORDS, WORST_FIRST, standing
from governance.render.wording import State, about, by_state, group_name, limit_of, plural, value_of, who

_MOST, _MOST_FIGURES, _MOST_NAMED = 16, 8, 6
_ROW = 13.0
_LABEL, _LEFT, _RIGHT, _N, _WORD = 142.0, 150.0, 280.0, 440.0, 446.0
_COLOURS = {
    Outcome.FAIL: style.STATE_COLOURS[State.FAILED],
    Outcome.INCONCLUSIVE: style.STATE_COLOURS[State.INCONCLUSIVE],
    Outcome.PASS: style.STATE_COLOURS[State.PASSED],
}
_SAID = {Outcome.FAIL: "failing", Outcome.INCONCLUSIVE: "inconclusive", Outcome.PASS: "passing"}


class _Pair(NamedTuple):
    looked: Looked
    attribute: str
    value: float
    low: float | None
    high: float | None
    state: Outcome


def figures(verified: Case) -> list[Figure]:
    """One figure for each finding that compared groups with each other."""
    if verified.evidence.facts.fairness is None:
        return [missing(verified, "Groups compared with each other", "fairness")]
    rules = {rule.key: rule for policy in verified.policies for rule in policy.rules}
    comparing = [
        finding
        for group in by_state(verified.decision.findings).values()
        for finding in group
        if finding.uses.partition("@")[0] in COMPARING
    ]
    if not comparing:
        return [Figure("Groups compared with each other", "Nothing is drawn: no rule of the policy compares groups.")]
    found = [_figure(finding, rules.get(finding.key)) for finding in comparing[:_MOST_FIGURES]]
    if len(comparing) > _MOST_FIGURES:
        rest = ", ".join(finding.title for finding in comparing[_MOST_FIGURES:])
        found.append(Figure("Further comparisons", f"Not drawn for want of room, all in the bundle: {rest}."))
    return found


def _figure(finding: Finding, rule: SelectedRule | None) -> Figure:
    measure = "difference" if any(one.path.endswith(".difference") for one in finding.looked_at) else "ratio"
    title = f"{finding.title}: each {measure} against the limit"
    limit = finding.limit
    params = rule.params if rule else None
    on_point = getattr(params, "decide_on", "bound") == "point"
    titles = {about(one)[0] for one in finding.looked_at if one.reference is not None}
    pairs = [
        _Pair(
            one,
            about(one)[0] if len(titles) > 1 else "",
            float(one.value),
            _real(one.low),
            _real(one.high),
            standing(one, limit, on_point),
        )
        for one in finding.looked_at
        if limit and one.reference is not None and one.value is not None
    ]
    if limit is None or not pairs:
        return Figure(title, f"Nothing is drawn: no two groups could be compared. {finding.why}")
    towards = 1 if limit.op == "at_least" else -1
    pairs.sort(key=lambda pair: (WORST_FIRST.index(pair.state), towards * pair.value, _said(pair)))
    shown = pairs[:_MOST]
    unit = f"{measure} of the {_metric(pairs[0].looked).lower()}" + (", log scale" if measure == "ratio" else "")
    note = _note(finding, getattr(params, "alpha", "0.05"), on_point)
    if len(shown) < len(pairs):
        note += f" The {len(shown)} worst of {len(pairs)} pairs are drawn."
    drawing = _draw(shown, limit, unit, log=measure == "ratio")
    table = Table(
        ("Group to group", "Value [bounds]", "Rows", "Stands"),
        tuple((_said(pair), value_of(pair.looked, limit), _rows(pair.looked), WORDS[pair.state]) for pair in pairs),
    )
    return Figure(title, _words(pairs, limit, measure), drawing, note, table, (finding.key,))


def _metric(looked: Looked) -> str:
    return METRICS[looked.path.rsplit(".", 2)[1]][0]


def _rows(looked: Looked) -> str:
    return "-" if looked.n is None else f"{looked.n:,}"


def _real(value: str | None) -> float | None:
    return None if value is None else float(value)


def _note(finding: Finding, alpha: str, on_point: bool) -> str:
    how = (
        "This rule decides on the point; the whiskers are shown only."
        if on_point
        else "A pair passes where the unfavourable end clears the limit, fails where even the favourable end misses "
        "it, and is inconclusive between."
    )
    ends = f"the unfavourable end is one-sided at alpha = {alpha}; "
    if finding.uses.startswith("fairness.disparity"):
        ends += (
            "the favourable end is that of the simultaneous (max-t) band over all pairs, so the two are not symmetric"
        )
        which = " Pairs: the worst of the table, and for each group that does not clear the limit its worst pair."
    else:
        ends += "so is the other, save where a pair fails: there it is that of the simultaneous (max-t) band"
        which = " Pairs: each group with the reference group."
    small = [one for one in finding.looked_at if one.group and one.reference is None and one.value is None]
    left = ""
    if small:
        named = ", ".join(f"{group_name(one.group or ())} ({one.n or 0:,} rows)" for one in small[:_MOST_NAMED])
        more = f" and {len(small) - _MOST_NAMED} more" if len(small) > _MOST_NAMED else ""
        left = f" Not compared: {named}{more}."
    arrows = "An arrow is an end that is open or off the scale."
    return f"n: rows behind the two rates. Whiskers: {ends}. {arrows} {how}{which}{left}"


def _words(pairs: list[_Pair], limit: Limit, measure: str) -> str:
    counts = [(state, sum(pair.state == state for pair in pairs)) for state in WORST_FIRST]
    said = ", ".join(f"{count} {_SAID[state]}" for state, count in counts if count)
    worst = pairs[0]
    return (
        f"Against the limit, {limit_of(limit)}, {plural(len(pairs), 'pair')}: {said}; the worst, {_said(worst)}, has "
        f"a {measure} of {value_of(worst.looked, limit)}."
    )


def _said(pair: _Pair) -> str:
    return f"{pair.attribute}: {who(pair.looked)}" if pair.attribute else who(pair.looked)


def _label(pair: _Pair) -> str:
    """The pair in the room of its column, both names to be told apart."""
    return paired(group_name(pair.looked.group or ()), group_name(pair.looked.reference or ()), _LABEL)


def _draw(pairs: list[_Pair], limit: Limit, unit: str, log: bool) -> Drawing:
    """Pairs under the attribute they belong to, where there are several; the one with the worst pair comes first."""
    attributes = list(dict.fromkeys(pair.attribute for pair in pairs))
    lines = len(pairs) + sum(map(bool, attributes))
    bottom = 38.0
    top = bottom + _ROW * lines + 2
    drawing = canvas(top + 14)
    bound = float(limit.value)
    ends = [
        end for pair in pairs for end in (pair.low, pair.value, pair.high) if end is not None and math.isfinite(end)
    ]
    inside = [bound, 1.0, *(end for end in ends if end > 0)] if log else [bound, 0.0, *ends]
    axis = (spanning_log if log else spanning)(inside, _LEFT, _RIGHT)
    axis.draw(drawing, bottom, top, unit)
    axis.limit(drawing, bound, bottom, top, f"limit {limit_of(limit)}")
    drawing.add(text(0, top + 4, "Group to group", size=SMALL, colour=style.ACCENT, bold=True, room=_LABEL))
    drawing.add(text(_RIGHT + 8, top + 4, "Value [bounds]", size=SMALL, colour=style.ACCENT, bold=True))
    drawing.add(text(_N, top + 4, "n", size=SMALL, colour=style.ACCENT, bold=True, anchor="end"))
    y = top - _ROW / 2 - 1
    for attribute in attributes:
        if attribute:
            drawing.add(text(0, y - 2.5, attribute, room=_LABEL, bold=True))
            y -= _ROW
        for pair in (pair for pair in pairs if pair.attribute == attribute):
            _draw_row(drawing, axis, pair, limit, y)
            y -= _ROW
    _legend(drawing, {pair.state for pair in pairs})
    return drawing


def _legend(drawing: Drawing, used: set[Outcome]) -> None:
    x = _LEFT
    for state, words in WORDS.items():
        if state in used:
            _mark(drawing, state, x, 6)
            drawing.add(text(x + 7, 3.5, words, size=SMALL))
            x += 60


def _draw_row(drawing: Drawing, axis: Axis, pair: _Pair, limit: Limit, y: float) -> None:
    colour = _COLOURS[pair.state]
    drawing.add(text(0, y - 2.5, _label(pair), room=_LABEL + 2))
    axis.whisker(drawing, pair.low, pair.high, y, colour)
    _mark(drawing, pair.state, axis.at(pair.value), y)
    drawing.add(text(_RIGHT + 8, y - 2.5, value_of(pair.looked, limit), room=_N - _RIGHT - 36))
    drawing.add(text(_N, y - 2.5, _rows(pair.looked), anchor="end"))
    drawing.add(text(_WORD, y - 2.5, pair.state.value, room=style.WIDTH - _WORD, colour=colour, bold=True))


def _mark(drawing: Drawing, state: Outcome, x: float, y: float) -> None:
    """A full diamond fails, a hollow triangle is open, a full circle passes."""
    colour = _COLOURS[state]
    if state is Outcome.FAIL:
        drawing.add(diamond(x, y, 3.8, colour, colour))
    elif state is Outcome.PASS:
        drawing.add(circle(x, y, 3, colour, colour))
    else:
        drawing.add(triangle(x, y, 3.6, WHITE, colour))
