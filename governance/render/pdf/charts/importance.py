"""What the model's output rests on: a bar for the share of each feature, with its interval."""

from typing import NamedTuple

from reportlab.graphics.shapes import Drawing

from governance.evidence.explainability import ExplainabilityFacts, FeatureShare
from governance.policy.intervals import z_value
from governance.render.pdf import style
from governance.render.pdf.charts.axis import Axis, spanning
from governance.render.pdf.charts.figure import SMALL, Case, Figure, Table, box, canvas, keys, missing, share, text
from governance.render.wording import plural

_MOST, _MOST_LIMITS = 18, 2
_ROW = 13.0
_LABEL, _LEFT, _RIGHT, _WORD = 122.0, 130.0, 350.0, 442.0
BAR = "#7f9dbb"
_ABOUT = ("explainability.share", "explainability.forbidden_features", "explainability.concentration")
_TITLE = "Share of each feature in the attribution"


class _Limited(NamedTuple):
    """A limit of the policy: which rule, how much, for which features (none named: the largest)."""

    name: str
    at_most: float
    alpha: str
    features: tuple[str, ...]


def figures(verified: Case) -> list[Figure]:
    facts = verified.evidence.facts.explainability
    if facts is None:
        return [missing(verified, _TITLE, "explainability")]
    if not facts.importance.features:
        return [Figure(_TITLE, "Nothing is drawn: no feature was explained.")]
    limits = _limits(verified)
    alpha = limits[0].alpha if limits else "0.05"
    return [_figure(verified, facts, limits, alpha)]


def _figure(case: Case, facts: ExplainabilityFacts, limits: list[_Limited], alpha: str) -> Figure:
    z = z_value(float(alpha))
    sensitive = frozenset(facts.sensitive or ())
    rows = tuple(
        (one.feature, _value(one, z), "sensitive" if one.feature in sensitive else "") for one in _largest_first(facts)
    )
    return Figure(
        _TITLE,
        _words(facts, limits),
        _draw(facts, limits, z),
        _note(facts, limits, alpha),
        Table(("Feature", "Share [interval]", "Marked"), rows),
        keys(case, *_ABOUT),
    )


def _limits(verified: Case) -> list[_Limited]:
    """Strictest first."""
    found = [
        _Limited(rule.key, float(at_most), getattr(rule.params, "alpha", "0.05"), getattr(rule.params, "features", ()))
        for policy in verified.policies
        for rule in policy.rules
        if rule.uses.startswith("explainability.share@") and (at_most := getattr(rule.params, "at_most", None))
    ]
    return sorted(found, key=lambda limit: (limit.at_most, limit.name))


def _words(facts: ExplainabilityFacts, limits: list[_Limited]) -> str:
    top, count = _largest_first(facts)[0], plural(len(facts.importance.features), "feature")
    said = f"Of {count}, {top.feature} has the largest share, {share(float(top.share))}"
    if not limits:
        return f"{said}; no rule of the policy limits it."
    return f"{said}, against a limit of {limits[0].at_most:g}."


def _largest_first(facts: ExplainabilityFacts) -> list[FeatureShare]:
    return sorted(facts.importance.features, key=lambda one: (-float(one.share), one.feature))


def _note(facts: ExplainabilityFacts, limits: list[_Limited], alpha: str) -> str:
    features = _largest_first(facts)
    note = (
        f"n = {facts.rows:,} rows explained ({facts.explainer.replace('_', ' ')} explainer, unit {facts.unit}). Share: "
        "mean |Shapley value| of the feature over the sum for all features. Whiskers: share \u00b1 "
        f"{z_value(float(alpha)):.4g} standard errors, each end one-sided at alpha = {alpha}."
    )
    if limits:
        note += " The upper end must clear the limit; to fail takes a lower end that is corrected for several features."
    for limit in limits[:_MOST_LIMITS]:
        about = ", ".join(limit.features[:6]) + (" and more" if len(limit.features) > 6 else "")
        note += f" Limit {limit.at_most:g} ({limit.name}): {about or 'the feature with the largest share'}."
    if len(limits) > _MOST_LIMITS:
        note += f" {len(limits) - _MOST_LIMITS} further, wider limits are not drawn."
    if len(features) > _MOST:
        rest = sum(float(feature.share) for feature in features[_MOST:])
        note += f" The {_MOST} largest of {len(features)} features are drawn; the others have {share(rest)} together."
    return note


def _draw(facts: ExplainabilityFacts, limits: list[_Limited], z: float) -> Drawing:
    shown = _largest_first(facts)[:_MOST]
    bottom = 26.0
    top = bottom + _ROW * len(shown) + 2
    drawing = canvas(top + 14)
    ends = [float(one.share) + z * float(one.share_se) for one in shown]
    axis = spanning([0.0, *ends, *(limit.at_most for limit in limits[:_MOST_LIMITS])], _LEFT, _RIGHT, low=0.0, high=1.0)
    axis.draw(drawing, bottom, top, "share of the attribution (0 to 1)")
    drawing.add(text(0, top + 4, "Feature", size=SMALL, colour=style.ACCENT, bold=True))
    drawing.add(text(_RIGHT + 8, top + 4, "Share [interval]", size=SMALL, colour=style.ACCENT, bold=True))
    sensitive = frozenset(facts.sensitive or ())
    for number, one in enumerate(shown):
        _draw_row(drawing, axis, one, z, one.feature in sensitive, top - _ROW * (number + 0.5) - 1)
    drawn = sorted({limit.at_most for limit in limits[:_MOST_LIMITS]})
    for value in drawn:
        axis.limit(drawing, value, bottom, top, f"limit {value:g}")
    return drawing


def _ends(one: FeatureShare, z: float) -> tuple[float, float]:
    value, se = float(one.share), float(one.share_se)
    return max(0.0, value - z * se), min(1.0, value + z * se)


def _value(one: FeatureShare, z: float) -> str:
    low, high = _ends(one, z)
    return f"{share(float(one.share))} [{share(low)}, {share(high)}]"


def _draw_row(drawing: Drawing, axis: Axis, one: FeatureShare, z: float, sensitive: bool, y: float) -> None:
    value, (low, high) = float(one.share), _ends(one, z)
    drawing.add(text(0, y - 2.5, one.feature, room=_LABEL))
    drawing.add(box(axis.left, y - 3.6, max(axis.at(value) - axis.left, 0.3), 7.2, BAR, style.ACCENT))
    axis.whisker(drawing, low, high, y, style.INK)
    drawing.add(text(_RIGHT + 8, y - 2.5, _value(one, z), room=_WORD - _RIGHT - 10))
    if sensitive:
        drawing.add(text(_WORD, y - 2.5, "sensitive", size=SMALL, bold=True))
