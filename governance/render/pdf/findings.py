"""Every finding in one table, then each of them with what was looked at."""

from collections.abc import Sequence
from typing import Any

from reportlab.platypus import CondPageBreak, Flowable, Paragraph, Table

from governance.policy.document import SelectedRule
from governance.policy.finding import Finding, Looked
from governance.render import wording
from governance.render.pdf import style
from governance.render.pdf.blocks import Badge, cell, grid, labelled, paragraph, rich
from governance.render.visible import clip
from governance.render.wording import SETTLED, State
from governance.verification import Verified

_ROWS, _ROWS_SETTLED = 12, 4
_WIDTHS = (76.0, 178.0, 118.0, 92.0, 44.0, 110.0, 74.0, 53.0)


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """By how it is read, and within that in the decision's order."""
    return [finding for group in wording.by_state(findings).values() for finding in group]


def table(verified: Verified) -> list[Flowable]:
    """Landscape: outcome, rule, value, limit, rows, law, enforcement, origin."""
    rules = _rules(verified)
    head = ("Outcome", "Rule", "Value [bounds]", "Limit", "Rows", "Law or standard", "Enforced as", "Origin")
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
    value = [cell("nothing looked at", style.LABEL)]
    if first:
        value = [cell(clip(wording.value_of(first, finding.limit), 100))]
        if who := wording.who(first):
            value.append(cell(clip(who, 100), style.SMALL))
    return [
        [Badge(state.value.upper(), style.STATE_COLOURS[state]), cell(finding.severity.value, style.SMALL)],
        [cell(f"{number}. {clip(finding.title, 160)}", style.CELL_BOLD), cell(finding.key, style.SMALL)],
        value,
        clip(wording.limit_of(finding.limit), 100),
        "-" if first is None or first.n is None else f"{first.n:,}",
        [cell(control, style.SMALL) for control in finding.controls[:5]] or "-",
        [cell(line, style.SMALL) for line in _enforced(finding, rule)],
        finding.origin.kind if finding.origin else "unknown",
    ]


def _rules(verified: Verified) -> dict[str, SelectedRule]:
    return {rule.key: rule for policy in verified.policies for rule in policy.rules}


def _enforced(finding: Finding, rule: SelectedRule | None) -> list[str]:
    """ "prod deny": how the policy enforces it, and what came of it."""
    lines = []
    for name, action in sorted(finding.actions.items()):
        enforcement = rule.section.enforcement if rule else {}
        how = enforcement.get(name, enforcement.get("default"))
        lines.append(f"{name}: {how.value if how else '?'}, so {action.value}")
    return lines


def details(verified: Verified) -> list[Flowable]:
    """Why, how to mend it, what was looked at: for what is not settled in full, for the rest in short."""
    rules = _rules(verified)
    story: list[Flowable] = []
    for number, finding in enumerate(worst_first(verified.decision.findings), 1):
        story += _detail(number, finding, rules.get(finding.key))
    return story or [paragraph("No rule was judged.")]


def _detail(number: int, finding: Finding, rule: SelectedRule | None) -> list[Flowable]:
    state = wording.state_of(finding)
    badge = Badge(state.value.upper(), style.STATE_COLOURS[state])
    title = Paragraph(rich(f"{number}. " + "{}", clip(finding.title, 300)), style.GROUP)
    head = Table([[title, badge]], colWidths=[style.WIDTH - 96, 96])
    head.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 6),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ]
    )
    pairs: list[tuple[str, Any]] = []
    if finding.fix and state not in SETTLED:
        pairs.append(("how to fix", finding.fix))
    pairs.append(("limit", wording.limit_of(finding.limit)))
    if finding.controls:
        pairs.append(("law or standard", ", ".join(finding.controls)))
    pairs.append(("evidence", wording.origin_of(finding)))
    pairs.append(("enforced as", "; ".join(_enforced(finding, rule))))
    pairs.append(("rule", f"{finding.key} ({finding.uses}), {finding.severity.value} severity"))
    if state not in SETTLED and rule and rule.rule:
        pairs.insert(1, ("what it checks", rule.rule.part("What it checks:")))
    if rule and rule.condition:
        pairs.append(("condition", rule.condition.text.strip()))
    if finding.waiver:
        pairs.append(("waiver", f"was {finding.outcome.value}; act {finding.waiver}"))
    looked = _looked(finding, state)
    return [CondPageBreak(110), head, paragraph(finding.why), labelled(pairs, style.WIDTH), *looked]


def _looked(finding: Finding, state: State) -> list[Flowable]:
    if not finding.looked_at:
        return []
    most = _ROWS_SETTLED if state in SETTLED else _ROWS
    rows = [_looked_row(looked, finding) for looked in finding.looked_at[:most]]
    story: list[Flowable] = [
        grid(("Looked at", "Group", "Value [bounds]", "Rows"), rows, (188, 122, style.WIDTH - 362, 52), right=(3,))
    ]
    rest = len(finding.looked_at) - most
    if rest > 0:
        story.append(paragraph(f"and {rest} more, all of them in the bundle", style.LABEL))
    return story


def _looked_row(looked: Looked, finding: Finding) -> list[Any]:
    return [
        clip(looked.path, 160),
        clip(wording.who(looked), 160) or "-",
        clip(wording.value_of(looked, finding.limit), 200),
        "-" if looked.n is None else f"{looked.n:,}",
    ]
