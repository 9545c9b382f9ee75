"""Page one: what was decided about which model, why, on whose word, and who answers for it."""

from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable, Paragraph

from governance.policy.decision import Decision
from governance.policy.finding import Finding
from governance.policy.outcome import Action
from governance.policy.rules.attestation.signed import SIGNED
from governance.render import wording
from governance.render.pdf import style
from governance.render.pdf.blocks import Badge, brief, cell, digest, labelled, laid_out, markup, paragraph, rich, space
from governance.render.visible import clip, visible
from governance.render.wording import ACTION_WORDS, SETTLED
from governance.verification import Verified

_HEIGHT = style.PORTRAIT[1] - style.MARGIN - style.FOOT
_STAMPS_IN_ROW = 4
_LONGEST_TITLE = 140
_MOST = 7


def first_page(verified: Verified, title: str, generated_at: str, tool: str) -> list[Flowable]:
    """One page: as many findings, acts and notes as fit, a word on how many more there are, and the remedies of the
    worst findings where there is room."""
    story: list[Flowable] = []
    for most, fixes in [
        *((_MOST, fixes) for fixes in range(_MOST, 0, -1)),
        *((most, 0) for most in range(_MOST, 0, -1)),
    ]:
        story = _page(verified, title, generated_at, tool, most, fixes)
        if sum(_height(flowable) for flowable in story) <= _HEIGHT:
            break
    return story


def _height(flowable: Flowable) -> float:
    _, height = flowable.wrap(style.WIDTH, _HEIGHT)
    return float(height) + float(flowable.getSpaceAfter()) + float(flowable.getSpaceBefore())


def _page(verified: Verified, title: str, generated_at: str, tool: str, most: int, fixes: int) -> list[Flowable]:
    decision = verified.decision
    subject = decision.subject
    return [
        paragraph(title.upper(), style.KICKER),
        _title(f"{subject.name} {subject.version}"),
        _artifact(subject.artifact),
        space(),
        _stamps(decision),
        space(9),
        paragraph(_summary(decision)),
        *_why(verified, most, fixes),
        *_people(verified, most),
        *_notes(decision.notes, most),
        *_declared(verified, most),
        Paragraph("On record", style.GROUP),
        _record(verified, generated_at, tool, most),
    ]


def _title(name: str) -> Flowable:
    """The subject's name as large as it fits; a very long one is cut and stands whole under "On record"."""
    shown = visible(name, style.covered())
    return paragraph(clip(shown, _LONGEST_TITLE), style.TITLE if len(shown) <= 34 else style.TITLE_LONG)


def _summary(decision: Decision) -> str:
    counts = f"{wording.plural(len(decision.findings), 'rule')} judged: {wording.tally(decision.findings)}."
    reasons = [
        f"\n{name} is {wording.allowed(decision, name)}."
        for name in wording.strictest(decision)[:4]
        if decision.outcomes[name] is Action.ALLOW
    ]
    return "".join([counts, *reasons])


def _artifact(sha256: str | None) -> Flowable:
    if sha256 is None:
        return paragraph("No artifact was handed in: nothing can be allowed by digest.", style.LABEL)
    return labelled([("artifact SHA-256", digest(sha256))], style.WIDTH)


def _stamps(decision: Decision) -> Flowable:
    """The verdict of each environment, in words on its colour, strictest first."""
    shown = [(name, decision.outcomes[name]) for name in wording.strictest(decision)] or [("everywhere", Action.DENY)]
    across = min(len(shown), _STAMPS_IN_ROW)
    rows = [shown[at : at + across] for at in range(0, len(shown), across)]
    cells = [[_stamp(*item, small=across > 2) for item in row] + [""] * (across - len(row)) for row in rows]
    colours = [
        ("BACKGROUND", (x, y), (x, y), HexColor(style.ACTION_COLOURS[action]))
        for y, row in enumerate(rows)
        for x, (_, action) in enumerate(row)
    ]
    gaps = ("INNERGRID", (0, 0), (-1, -1), 4, HexColor("#ffffff"))
    return laid_out(cells, [style.WIDTH / across] * across, (12, 7, 6, 10), gaps, *colours)


def _stamp(environment: str, action: Action, small: bool) -> list[Flowable]:
    words = f'<font size="{12 if small else 17}">{ACTION_WORDS[action]}</font>'
    return [paragraph(environment, style.STAMP_LABEL), Paragraph(words, style.STAMP)]


def _why(verified: Verified, most: int, fixes: int) -> list[Flowable]:
    """What stands against the model, worst first, with its number."""
    decision = verified.decision
    against = [f for f in decision.findings if wording.state_of(f) not in SETTLED]
    against.sort(key=lambda f: all(action is Action.ALLOW for action in f.actions.values()))
    barred = any(action is not Action.ALLOW for action in decision.outcomes.values()) or not decision.outcomes
    heading = Paragraph(
        "What stands against it, and why" if barred else "What was found and did not bar it", style.GROUP
    )
    if not decision.findings:
        return [heading, paragraph("Nothing was checked, and what was not checked is denied.")]
    if not against:
        return [heading, paragraph("No finding stands against it.")]
    rows = [_reason(finding, number < fixes) for number, finding in enumerate(against[:most])]
    line = ("LINEABOVE", (0, 0), (-1, -1), 0.4, HexColor(style.RULE))
    badges = max(row[0].width for row in rows) + 12
    table = laid_out(rows, [badges, style.WIDTH - badges - 128, 128], (0, 4, 6, 5), line)
    rest = len(against) - most
    tail = [paragraph(f"and {rest} more: see the table of findings", style.LABEL)] if rest > 0 else []
    return [heading, table, *tail]


def _reason(finding: Finding, with_fix: bool) -> list[Any]:
    state = wording.state_of(finding)
    effect = ", ".join(f"{name} {action.value}" for name, action in sorted(finding.actions.items()))
    return [
        Badge(state.value.upper(), style.STATE_COLOURS[state]),
        [
            cell(finding.title, style.CELL_BOLD),
            cell(finding.why, longest=260),
            *(
                [Paragraph(rich("<b>To fix:</b> {}", brief(finding.fix, 260)), style.CELL)]
                if with_fix and finding.fix
                else []
            ),
            cell(f"{finding.severity.value} severity; {effect}", style.SMALL),
            *([cell(f"known {wording.known(finding)}", style.SMALL)] if finding.known else []),
        ],
        _measured(finding),
    ]


def _measured(finding: Finding) -> list[Flowable]:
    """The number that decided, and its limit. What is no number stands in the reason already."""
    first = finding.looked_at[0] if finding.looked_at else None
    if first is None:
        nothing = "nobody has signed" if finding.uses == SIGNED else "no evidence was looked at"
        return [cell(nothing, style.LABEL)]
    number = first.value is not None and wording.is_real(first.value)
    return [
        *([cell(wording.value_of(first, finding.limit), style.CELL_BOLD, longest=80)] if number else []),
        *([cell(wording.what(first), longest=80)] if number else []),
        cell(f"limit: {wording.limit_of(finding.limit)}", style.SMALL, longest=90),
    ]


def _people(verified: Verified, most: int) -> list[Flowable]:
    if not verified.acts:
        return []
    shown = verified.acts[::-1][: max(1, most - 2)]
    story: list[Flowable] = [Paragraph("Who answered for it", style.GROUP)]
    for recorded in shown:
        act = recorded.act
        about = f" {act.waiver.key} until {act.waiver.expires}" if act.waiver else ""
        if given := act.attestation:
            about = f" {wording.plural(len(given.statements), 'statement')} until {given.expires}"
        head = f"{wording.ACT_WORDS[act.kind].capitalize()}{about} by {act.actor} ({act.role}) on {act.at}"
        story.append(Paragraph(rich("<b>{}</b>: {}", head, brief(act.reason, 240)), style.CELL))
    if len(shown) < len(verified.acts):
        story.append(paragraph(f"and {len(verified.acts) - len(shown)} earlier acts", style.LABEL))
    return story


def _notes(notes: Sequence[str], most: int) -> list[Flowable]:
    if not notes:
        return []
    story: list[Flowable] = [Paragraph("To be noted", style.GROUP)]
    story += [cell(note) for note in notes[:most]]
    if len(notes) > most:
        story.append(paragraph(f"and {len(notes) - most} more notes: see limits and assumptions", style.LABEL))
    return story


def _declared(verified: Verified, most: int) -> list[Flowable]:
    said = [f"<b>{name}</b>: {markup(words)}" for name, words in wording.declared(verified.evidence)]
    attested = wording.attested(verified.decision.findings)
    return [
        Paragraph("Taken on somebody's word, not measured", style.GROUP),
        Paragraph("; ".join(said) + ".", style.CELL),
        *(
            Paragraph(rich("<b>Attested by {}, not checked by us</b>: {}", who, _titles(findings, most)), style.CELL)
            for who, findings in attested[:most]
        ),
        *(
            [paragraph(f"and by {len(attested) - most} more: see who acted", style.LABEL)]
            if len(attested) > most
            else []
        ),
    ]


def _titles(findings: Sequence[Finding], most: int) -> str:
    rest = len(findings) - most
    more = f"; and {rest} more, see the table of findings" if rest > 0 else ""
    return "; ".join(brief(one.title, 120) for one in findings[:most]) + more + "."


def _record(verified: Verified, generated_at: str, tool: str, most: int) -> Flowable:
    decision = verified.decision
    policies = [
        Paragraph(
            rich("{} {}" + (f", <b>{ref.remark}</b>" if ref.remark else "") + "  ", ref.id, ref.version)
            + f'<font name="{style.FIXED}" size="6.6">{ref.sha256}</font>',
            style.CELL,
        )
        for ref in decision.policies[:most]
    ]
    if len(decision.policies) > most:
        policies.append(cell(f"and {len(decision.policies) - most} more"))
    level = wording.LEVELS.get(verified.level, "unknown to this version")
    name = f"{decision.subject.name} {decision.subject.version}"
    cut = [("subject", name)] if len(visible(name, style.covered())) > _LONGEST_TITLE else []
    return labelled(
        [
            *cut,
            ("submitted by", wording.principal(decision.submitter)),
            ("judged", f"{decision.now}, under the law as of {decision.as_of}"),
            ("valid until", decision.valid_until),
            ("policy", policies or "none"),
            *([("known failures", digest(decision.baseline))] if decision.baseline else []),
            ("level of proof", f"{verified.level}, {level}"),
            ("decision", digest(verified.decision_sha256)),
            ("evidence", digest(verified.evidence_sha256)),
            ("this report", f"made at {generated_at} by {tool}"),
        ],
        style.WIDTH,
    )
