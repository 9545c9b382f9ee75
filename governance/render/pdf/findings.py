"""Every finding in one table, then each of them with what was looked at."""

from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable, KeepTogether, Paragraph

from governance.policy.document import SelectedRule
from governance.policy.enforcement import in_words, stated_for
from governance.policy.finding import Finding
from governance.render import wording
from governance.render.pdf import style
from governance.render.pdf.blocks import Badge, brief, cell, grid, labelled, laid_out, paragraph, rich, space
from governance.render.visible import clip
from governance.render.wording import SETTLED
from governance.verification import Verified

_ROWS, _ROWS_SETTLED, _ROWS_TOGETHER = 12, 4, 4
_WIDTHS = (82.0, 154.0, 116.0, 96.0, 40.0, 116.0, 88.0, 53.0)


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """By how it is read, and within that in the decision's order."""
    return [finding for group in wording.by_state(findings).values() for finding in group]


def table(verified: Verified) -> list[Flowable]:
    """Landscape: outcome, rule, value, limit, rows, law, enforcement, origin."""
    rules = _rules(verified)
    head = ("Outcome", "Rule", "Value [bounds]", "Limit", "Rows", "Law or standard", "Result (enforced)", "Origin")
    rows = [
        _row(number, finding, rules.get(finding.key))
        for number, finding in enumerate(worst_first(verified.decision.findings), 1)
    ]
    if not rows:
        return [paragraph("No rule was judged.")]
    return [grid(head, rows, _WIDTHS, right=(4,))]


def _row(number: int, finding: Finding, rule: SelectedRule | None) -> list[Any]:
    state = wording.state_of(finding)
    first = finding.looked_at[0] if finding.looked_at else None
    value = [cell("-")]
    if first:
        value = [
            cell(wording.value_of(first, finding.limit), longest=100),
            cell(wording.what(first), style.SMALL, longest=100),
        ]
    return [
        [Badge(state.value.upper(), style.STATE_COLOURS[state]), space(2), cell(finding.severity.value, style.SMALL)],
        [
            cell(f"{number}. {finding.title}", style.CELL_BOLD, longest=160),
            cell(finding.key, style.SMALL),
            *([cell(f"known until {finding.known.until}", style.SMALL)] if finding.known else []),
        ],
        value,
        cell(wording.limit_of(finding.limit), longest=100),
        "-" if first is None or first.n is None else f"{first.n:,}",
        [cell(control, style.SMALL) for control in finding.controls[:5]] or "-",
        [cell(f"{name}: {action} ({how})", style.SMALL) for name, action, how in _results(finding, rule)],
        wording.kind_of(finding),
    ]


def _rules(verified: Verified) -> dict[str, SelectedRule]:
    return {rule.key: rule for policy in verified.policies for rule in policy.rules}


def _results(finding: Finding, rule: SelectedRule | None) -> list[tuple[str, str, str]]:
    """(environment, what came of it, how the policy enforces the rule there)."""
    enforcement = rule.section.enforcement if rule else None
    return [
        (name, action.value, in_words(enforcement[stated_for(enforcement, name)]) if enforcement else "unknown")
        for name, action in sorted(finding.actions.items())
    ]


def details(verified: Verified) -> list[Flowable]:
    """Why, how to mend it, what was looked at: for what is not settled in full, for the rest in short."""
    rules = _rules(verified)
    story: list[Flowable] = []
    for number, finding in enumerate(worst_first(verified.decision.findings), 1):
        story += _detail(number, finding, rules.get(finding.key))
    return story or [paragraph("No rule was judged.")]


def _detail(number: int, finding: Finding, rule: SelectedRule | None) -> list[Flowable]:
    state = wording.state_of(finding)
    settled = state in SETTLED
    pairs: list[tuple[str, Any]] = []
    if finding.fix and not settled:
        pairs.append(("how to fix", finding.fix))
        if finding.owner:
            pairs.append(("owner", finding.owner))
    if rule and rule.rule and not settled:
        pairs.append(("what it checks", rule.rule.part("What it checks:")))
    if rule and rule.condition:
        pairs.append(("condition", rule.condition.text.strip()))
    pairs.append(("limit", wording.limit_of(finding.limit)))
    if settled and finding.looked_at:
        pairs.append(("looked at", _in_short(finding)))
    if finding.controls:
        pairs.append(("law or standard", ", ".join(finding.controls)))
    pairs.append(("evidence", wording.origin_of(finding)))
    results = [f"{name}: {action} (enforced as {how})" for name, action, how in _results(finding, rule)]
    pairs.append(("result", "; ".join(results)))
    pairs.append(("rule", f"{finding.key} ({finding.uses}), {finding.severity.value} severity"))
    if finding.known:
        pairs.append(("known", wording.known(finding)))
    if finding.announced:
        pairs.append(("announced", wording.announced(finding)))
    if finding.waiver:
        pairs.append(("waiver", f"was {finding.outcome.value}; act {finding.waiver}"))
    shown = [] if settled else _looked(finding)
    head = [_title(number, finding), paragraph(finding.why), labelled(pairs, style.WIDTH)]
    if len(finding.looked_at) <= _ROWS_TOGETHER:
        return [KeepTogether([*head, *shown])]
    return [KeepTogether(head), *shown]


def _title(number: int, finding: Finding) -> Flowable:
    state = wording.state_of(finding)
    badge = Badge(state.value.upper(), style.STATE_COLOURS[state])
    title = Paragraph(rich(f"{number}. " + "{}", brief(finding.title, 300)), style.GROUP)
    middle = ("VALIGN", (0, 0), (-1, -1), "MIDDLE")
    line = ("LINEABOVE", (0, 0), (-1, 0), 0.9, HexColor(style.RULE))
    widths = (style.WIDTH - badge.width, badge.width)
    return laid_out([[title, badge]], widths, (0, 7, 0, 2), middle, line, spaceBefore=14)


def _in_short(finding: Finding) -> str:
    said = [
        f"{clip(looked.path, 120)} = {clip(wording.value_of(looked, finding.limit), 120)}"
        for looked in finding.looked_at[:_ROWS_SETTLED]
    ]
    rest = len(finding.looked_at) - len(said)
    return "; ".join(said) + (f"; and {rest} more in the bundle" if rest else "")


def _looked(finding: Finding) -> list[Flowable]:
    if not finding.looked_at:
        return []
    rows = [
        [
            clip(looked.path, 160),
            clip(wording.who(looked), 160) or "-",
            clip(wording.value_of(looked, finding.limit), 200),
            "-" if looked.n is None else f"{looked.n:,}",
        ]
        for looked in finding.looked_at[:_ROWS]
    ]
    head = ("Looked at", "Group", "Value [bounds]", "Rows")
    story: list[Flowable] = [grid(head, rows, (188, 122, style.WIDTH - 362, 52), right=(3,))]
    rest = len(finding.looked_at) - len(rows)
    if rest > 0:
        story.append(paragraph(f"and {rest} more, all of them in the bundle", style.LABEL))
    return story
