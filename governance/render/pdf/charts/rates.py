"""Group rates with their intervals: a dot and whiskers for each group."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from reportlab.graphics.shapes import Drawing

from governance.evidence.counts import is_proportion
from governance.evidence.fairness import Cell, CountTable, FairnessFacts, Measure
from governance.policy.comparison import name, too_many_unknown, undefined
from governance.policy.intervals import wilson, z_value
from governance.render.pdf import style
from governance.render.pdf.charts.axis import Axis, spanning
from governance.render.pdf.charts.figure import SMALL, WHITE, Case, Figure, Table, canvas, circle, missing, share, text
from governance.render.pdf.charts.metrics import COMPARING, METRICS
from governance.render.wording import plural

_MOST, _MOST_OTHERS, _MOST_FIGURES = 12, 4, 8
_ROW = 13.0
_LABEL, _LEFT, _RIGHT, _N, _WORD = 122.0, 130.0, 302.0, 434.0, 440.0


class _Asked(NamedTuple):
    """A rate of one table, as a rule compares it. `min_rows` is 0 where no rule does; `doubt` says why the rule can
    compare no group of this table, and is empty where it can."""

    table: CountTable
    metric: str
    alpha: str
    min_rows: int
    measure: Measure = "ratio"
    doubt: str = ""
    keys: tuple[str, ...] = ()


class Row(NamedTuple):
    """`why_not` says why the group is not compared, empty where it is; `aside`: what is then beside it."""

    label: str
    rate: float
    low: float
    high: float
    n: int
    why_not: str
    aside: str = "not compared"


def figures(verified: Case) -> list[Figure]:
    """One figure for each rate and attribute that a rule compares."""
    facts = verified.evidence.facts.fairness
    if facts is None:
        return [missing(verified, "Rates by group", "fairness")]
    asked = list(_asked(verified, facts))
    if not asked:
        return [Figure("Rates by group", "Nothing is drawn: the evaluation data declares no sensitive attribute.")]
    found = [_figure(one) for one in asked[:_MOST_FIGURES]]
    if len(asked) > _MOST_FIGURES:
        rest = ", ".join(f"{one.metric} by {'*'.join(one.table.attributes)}" for one in asked[_MOST_FIGURES:])
        found.append(Figure("Further rates by group", f"Not drawn for want of room, all in the bundle: {rest}."))
    return found


def _asked(verified: Case, facts: FairnessFacts) -> Iterator[_Asked]:
    """Each (table, rate) once, as the first rule has it that compares it; the selection rate where none does. Metrics
    that are no rates have another scale and are left to the comparison of pairs."""
    tables = {"*".join(table.attributes): table for table in facts.tables}
    about: dict[tuple[str, str], list[str]] = {}
    found: list[_Asked] = []
    for rule in (rule for policy in verified.policies for rule in policy.rules):
        if rule.uses.partition("@")[0] not in COMPARING:
            continue
        params = rule.params
        single = getattr(params, "attribute", None)
        titles = (single,) if single else getattr(params, "attributes", ()) or tuple(tables)
        metric, alpha = getattr(params, "metric", "selection_rate"), getattr(params, "alpha", "0.05")
        for title in titles:
            if title not in tables or not is_proportion(metric):
                continue
            about.setdefault((title, metric), []).append(rule.key)
            if len(about[title, metric]) == 1:
                doubt = too_many_unknown(tables[title], getattr(params, "unknown_at_most", Decimal(1)))
                measure: Measure = getattr(params, "measure", "ratio")
                found.append(_Asked(tables[title], metric, alpha, getattr(params, "min_rows", 0), measure, doubt))
    for one in found:
        yield one._replace(keys=tuple(about["*".join(one.table.attributes), one.metric]))
    for title, table in tables.items():
        if title not in {one for one, _ in about}:
            yield _Asked(table, "selection_rate", "0.05", 0)


def _row(cell: Cell, asked: _Asked) -> Row | None:
    k, n = cell.proportion(asked.metric)
    if not n:
        return None
    if None in cell.group:
        why = "unknown"
    elif not asked.min_rows:
        why = "no rule"
    elif cell.rows < asked.min_rows:
        why = f"below {asked.min_rows}"
    else:
        why = asked.doubt or undefined(cell, asked.metric, asked.measure, asked.min_rows)
    low, high = wilson(k, n, z_value(float(asked.alpha) / 2))
    return Row(name(cell), k / n, low, high, n, why)


def _figure(asked: _Asked) -> Figure:
    attribute = " x ".join(asked.table.attributes)
    metric, meaning = METRICS[asked.metric]
    title = f"{metric} by {attribute}, with intervals"
    rows = [row for cell in asked.table.cells if (row := _row(cell, asked))]
    if not rows:
        return Figure(title, "Nothing is drawn: no group has a row that this rate rests on.")
    compared = sorted((row for row in rows if not row.why_not), key=lambda row: (row.rate, row.label))
    others = sorted((row for row in rows if row.why_not), key=lambda row: (-row.n, row.label))
    # A disparity is read between the ends, so the highest group stays in whatever is left out.
    shown = compared if len(compared) <= _MOST else [*compared[: _MOST - 1], compared[-1]]
    shown_others = others[:_MOST_OTHERS]
    cut = [f"{len(shown)} of {len(compared)} compared groups are drawn: those with the lowest rates, and the highest"]
    cut = cut if len(shown) < len(compared) else []
    if len(shown_others) < len(others):
        cut.append(f"{len(shown_others)} of {len(others)} groups that are not compared are drawn: the largest")
    level = f"{100 * (1 - float(asked.alpha)):g} %"
    note = (
        f"n: rows that the rate rests on. Whiskers: {level} score interval (Wilson), two-sided, for each group by "
        "itself; whether two groups differ is judged by their ratio or difference, not by whether whiskers overlap. "
        f"{_left_out(asked) if others else ''}{''.join(f'{one}. ' for one in cut)}"
        f"{plural(asked.table.unknown, 'row')} with {attribute} unknown."
    )
    table = Table(
        ("Group", "Rate [interval]", "Rows", "Compared"),
        tuple((row.label, value(row), f"{row.n:,}", row.why_not or "yes") for row in (*compared, *others)),
    )
    drawing = drawn([*shown, *shown_others], f"{meaning} (0 to 1)")
    return Figure(title, _words(compared, others, metric, attribute), drawing, note, table, asked.keys)


def _left_out(asked: _Asked) -> str:
    if not asked.min_rows:
        return "No rule of the policy compares these groups. "
    if asked.doubt:
        return f"Hollow and grey: no group is compared, {asked.doubt}. "
    zero = ", or no ratio to a rate of 0" if asked.measure == "ratio" else ""
    return f"Hollow and grey: not compared (fewer than {asked.min_rows} rows, membership unknown{zero}). "


def _words(compared: list[Row], others: list[Row], metric: str, attribute: str) -> str:
    rest = f"; {plural(len(others), 'group')} not compared" if others else ""
    if not compared:
        return f"No group of {attribute} is compared by {metric.lower()}{rest}."
    if len(compared) == 1:
        only = compared[0]
        return f"{metric} of {only.label} is {share(only.rate)} ({only.n:,} rows); no other group is compared{rest}."
    low, high = compared[0], compared[-1]
    return (
        f"Of {len(compared)} groups of {attribute} that are compared, {low.label} has the lowest {metric.lower()}, "
        f"{value(low)}, and {high.label} the highest, {value(high)}{rest}."
    )


def value(row: Row) -> str:
    return f"{share(row.rate)} [{share(row.low)}, {share(row.high)}]"


def drawn(rows: list[Row], meaning: str, limit: str | None = None) -> Drawing:
    """Rows from top to bottom on one scale, with the limit where there is one."""
    bottom = 26.0
    top = bottom + _ROW * len(rows) + 2
    drawing = canvas(top + 14)
    ends = [end for row in rows for end in (row.low, row.high)]
    if limit is not None:
        ends.append(float(limit))
    axis = spanning(ends, _LEFT, _RIGHT, low=0.0, high=1.0)
    axis.draw(drawing, bottom, top, meaning)
    drawing.add(text(0, top + 4, "Group", size=SMALL, colour=style.ACCENT, bold=True))
    drawing.add(text(_RIGHT + 12, top + 4, "Rate [interval]", size=SMALL, colour=style.ACCENT, bold=True))
    drawing.add(text(_N, top + 4, "n", size=SMALL, colour=style.ACCENT, bold=True, anchor="end"))
    for number, row in enumerate(rows):
        _draw_row(drawing, axis, row, top - _ROW * (number + 0.5) - 1)
    if limit is not None:
        axis.limit(drawing, float(limit), bottom, top, f"limit {limit}")
    return drawing


def _draw_row(drawing: Drawing, axis: Axis, row: Row, y: float) -> None:
    colour = style.MUTED if row.why_not else style.INK
    mark = style.MUTED if row.why_not else style.ACCENT
    drawing.add(text(0, y - 2.5, row.label, room=_LABEL, colour=colour))
    axis.whisker(drawing, row.low, row.high, y, mark, dashed=bool(row.why_not))
    drawing.add(circle(axis.at(row.rate), y, 2.8, WHITE if row.why_not else mark, mark))
    drawing.add(text(_RIGHT + 12, y - 2.5, value(row), room=90, colour=colour))
    drawing.add(text(_N, y - 2.5, f"{row.n:,}", colour=colour, anchor="end"))
    if row.why_not:
        drawing.add(text(_WORD, y - 2.5, row.aside, room=style.WIDTH - _WORD, size=SMALL, colour=colour))
