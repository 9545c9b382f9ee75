"""The regulation matrix: each law that a policy is about, clause by clause."""

from typing import Any

from reportlab.platypus import CondPageBreak, Flowable, Paragraph

from governance.render import wording
from governance.render.matrix import ClauseRow, LawMatrix, matrix
from governance.render.pdf import style
from governance.render.pdf.blocks import Badge, cell, digest, grid, labelled, markup, space
from governance.render.wording import State
from governance.verification import Verified

_WIDTHS = (128.0, 190.0, 78.0, 118.0, 140.0, 91.0)
_STATES = {state.value: colour for state, colour in style.STATE_COLOURS.items()}
_ROOM_FOR_ROWS = 150


def tables(verified: Verified) -> list[Flowable]:
    """Landscape: clause and citation, what it asks, outcome, value and limit, rule, evidence. Nothing where no policy
    is about a law."""
    story: list[Flowable] = []
    for law in matrix(verified.decision, verified.policies):
        story += _law(law)
    return story


def _law(law: LawMatrix) -> list[Flowable]:
    pairs: list[tuple[str, Any]] = [("citation", law.citation), ("status", law.status), ("coverage", law.shares)]
    pairs += [("in doubt", law.doubt)] if law.doubt else []
    pairs += [("policy", f"{law.policy}{f': {law.remark}, so nothing of it was judged' if law.remark else ''}")]
    head = ("Clause", "What it asks", "Outcome", "Value and limit", "Rule, or why none", "Evidence")
    return [
        CondPageBreak(_ROOM_FOR_ROWS),
        Paragraph(markup(f"{law.title} ({law.law})"), style.GROUP),
        labelled(pairs, sum(_WIDTHS)),
        grid(head, [_row(row) for row in law.rows], _WIDTHS),
        space(),
    ]


def _row(row: ClauseRow) -> list[Any]:
    colour = _STATES.get(row.outcome, style.STATE_COLOURS[State.NOT_APPLICABLE])
    held = [cell(row.value, longest=100), cell(row.limit, style.SMALL, longest=100)] if row.value else [cell("-")]
    return [
        [cell(row.control, style.CELL_BOLD), cell(row.citation, style.SMALL), cell(row.status, style.SMALL)],
        [cell(row.asks), *(cell(f"In doubt: {doubt}", style.SMALL) for doubt in row.doubts)],
        [Badge(row.outcome.upper(), colour), *([space(2), cell(row.rests_on, style.SMALL)] if row.key else [])],
        held,
        [cell(row.key or row.why), *([cell(row.why, style.SMALL)] if row.key and row.why else [])],
        digest(row.evidence[: wording.DIGEST_SHOWN]) if row.evidence else "-",
    ]
