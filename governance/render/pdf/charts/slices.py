"""How often the model is right, for everybody and for each group: a dot and whiskers, and the floor."""

from typing import NamedTuple

from governance.evidence.counts import is_proportion
from governance.evidence.fairness import FairnessFacts
from governance.evidence.performance import PerformanceFacts
from governance.policy.comparison import name
from governance.policy.intervals import wilson, z_value
from governance.render.pdf.charts.figure import Case, Figure, Table, missing
from governance.render.pdf.charts.metrics import METRICS
from governance.render.pdf.charts.rates import Row, drawn, value
from governance.render.wording import plural

_MOST, _MOST_FIGURES = 16, 3
_TITLE = "How often the model is right, by group"
_FLOORS = ("performance.slice_floor", "performance.floor")
_EVERYBODY = "everybody"


class _Asked(NamedTuple):
    """A rate that a rule has a limit for. `limit` is None where no rule has."""

    metric: str
    alpha: str
    min_rows: int
    limit: str | None
    keys: tuple[str, ...]


def figures(case: Case) -> list[Figure]:
    """One figure for each rate that a rule has a limit for; accuracy where none does."""
    performance, fairness = case.evidence.facts.performance, case.evidence.facts.fairness
    if performance is None:
        return [missing(case, _TITLE, "performance")]
    return [_figure(one, performance, fairness) for one in _asked(case)[:_MOST_FIGURES]]


def _asked(case: Case) -> list[_Asked]:
    found: dict[str, _Asked] = {}
    rules = [rule for policy in case.policies for rule in policy.rules]
    for uses in _FLOORS:
        for rule in (rule for rule in rules if rule.uses.partition("@")[0] == uses):
            metric = getattr(rule.params, "metric", "accuracy")
            if not is_proportion(metric):
                continue
            bound = getattr(rule.params, "at_least", None)
            bound = getattr(rule.params, "at_most", None) if bound is None else bound
            alpha, least = getattr(rule.params, "alpha", "0.05"), getattr(rule.params, "min_rows", 0)
            limit = None if bound is None else str(bound)
            one = found.setdefault(metric, _Asked(metric, alpha, least, limit, ()))
            found[metric] = one._replace(keys=(*one.keys, rule.key))
    return list(found.values()) or [_Asked("accuracy", "0.05", 0, None, ())]


def _figure(asked: _Asked, performance: PerformanceFacts, fairness: FairnessFacts | None) -> Figure:
    metric, meaning = METRICS[asked.metric]
    title = f"{metric} for everybody and by group, with intervals"
    z = z_value(float(asked.alpha))

    def row(label: str, k: int, n: int) -> Row:
        return Row(label, k / n, *wilson(k, n, z), n, "few rows" if n < asked.min_rows else "", "few rows")

    k, n = performance.counts.proportion(asked.metric)
    if not n:
        return Figure(title, "Nothing is drawn: no row counts towards this rate.", about=asked.keys)
    everybody = row(_EVERYBODY, k, n)
    groups = [
        row(f"{' x '.join(table.attributes)}: {name(cell)}", *cell.proportion(asked.metric))
        for table in (fairness.tables if fairness else ())
        for cell in table.cells
        if cell.proportion(asked.metric)[1]
    ]
    groups.sort(key=lambda one: (bool(one.why_not), one.rate, one.label))
    shown = groups[:_MOST]
    note = (
        f"n: rows that the rate rests on. Whiskers: score interval (Wilson), each end one-sided at alpha = "
        f"{asked.alpha}, as the rule has it; each group by itself."
    )
    if any(one.why_not for one in shown):
        note += f" Hollow and grey: fewer than {plural(asked.min_rows, 'row')}."
    if len(shown) < len(groups):
        note += f" The {len(shown)} lowest of {len(groups)} groups are drawn."
    table = Table(
        ("Group", "Rate [interval]", "Rows", "Remark"),
        tuple((one.label, value(one), f"{one.n:,}", one.why_not) for one in (everybody, *groups)),
    )
    drawing = drawn([everybody, *shown], f"{meaning} (0 to 1)", asked.limit)
    return Figure(title, _words(asked, metric, everybody, groups), drawing, note, table, asked.keys)


def _words(asked: _Asked, metric: str, everybody: Row, groups: list[Row]) -> str:
    said = f"{metric} is {value(everybody)} for everybody"
    if lowest := next((one for one in groups if not one.why_not), None):
        said += f"; the lowest value of a group is {value(lowest)}, {lowest.label}"
    return said + (f"; the limit is {asked.limit}." if asked.limit else "; no rule of the policy limits it.")
