"""A statement of applicability: for the terminal, for machines, and as a table for a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Sequence

from governance.policy.applicability import Answered, Control, Part, StatementOfApplicability
from governance.render.law import dated, labelled
from governance.render.visible import visible, wrap
from governance.render.wording import plural

COLUMNS = (
    "law", "control", "citation", "asks", "applicable", "because", "status", "as of", "met", "covered", "rules",
    "model", "decision", "evidence",
)  # fmt: skip
"""Of the table, one row for each control."""
_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
"""How a cell begins that a spreadsheet takes for a formula, also in full width (OWASP, CSV injection)."""


def statement_json(found: StatementOfApplicability) -> str:
    return found.model_dump_json(by_alias=True, indent=2)


def statement_csv(found: StatementOfApplicability) -> str:
    """RFC 4180 with a line of headings; every cell is in quotes, and none is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(one) for one in row] for row in _rows(found))
    return out.getvalue()


def cell(text: str) -> str:
    """Text that no spreadsheet reckons with: what cannot be seen is spelled out, and an apostrophe stands before what
    would begin a formula, with or without spaces before it."""
    shown = visible(text)
    return f"'{shown}" if shown.lstrip()[:1] in _FORMULA else shown


def _rows(found: StatementOfApplicability) -> Iterator[tuple[str, ...]]:
    decided = found.decided
    about = (f"{decided.subject.name}@{decided.subject.version}", decided.decision) if decided else ("", "")
    for one in found.controls:
        yield (
            found.law, one.control, one.citation, one.asks, "yes" if one.applicable else "no", one.because,
            one.status.value, dated(found.as_of), one.met or "", one.kind.value, _by_whom(one),
            *about, " ".join(decided.evidence) if decided else "",
        )  # fmt: skip


def _by_whom(one: Control) -> str:
    return "; ".join(map(_rule, one.rules)) or one.not_covered or ""


def _rule(one: Answered) -> str:
    found = f": {one.outcome.value}{', waived' if one.waived else ''}" if one.outcome else ""
    return f"{one.rule} ({one.uses}, {one.kind.value}){found}"


def statement_text(found: StatementOfApplicability, width: int) -> str:
    """Control by control, then how many apply, and are met."""
    pairs = [("law", found.citation), (f"on {dated(found.as_of)}", found.status.value)]
    pairs += [("in doubt", found.unconfirmed)] if found.unconfirmed else []
    if found.applicability:
        pairs += [("applicable", f"as {found.owner} says, sha256 {found.applicability}")]
    if found.decided:
        subject = found.decided.subject
        pairs += [("model", f"{subject.name} {subject.version}"), ("decision", found.decided.decision)]
        pairs += [("evidence", digest) for digest in found.decided.evidence]
    lines = [visible(f"{found.policy.id} {found.policy.version}: {found.title}")]
    lines += [line for pair in pairs for line in labelled(*pair, width, "  ")]
    for one in found.controls:
        state = [one.kind.value, *([one.met] if one.met else [])]
        lines += ["", visible(f"{found.law}/{one.control}  {', '.join(state) if one.applicable else 'not applicable'}")]
        told = [("asks", one.asks), ("because", one.because), ("by" if one.rules else "why", _by_whom(one))]
        lines += [line for pair in told for line in labelled(*pair, width, "  ")]
    lines += ["", *(line for one in found.parts for line in labelled(one.part, _of_part(one), width, ""))]
    return "\n".join([*lines, *wrap(_summary(found.controls), width)]) + "\n"


def _of_part(one: Part) -> str:
    """ "11 controls: 10 apply; 7 met, 1 not met, 2 open"."""
    met = f"; {', '.join(f'{count} {word}' for word, count in one.met.items())}" if one.met else ""
    return f"{plural(one.controls, 'control')}: {one.applicable} apply{met}"


def _summary(controls: Sequence[Control]) -> str:
    applicable = [one for one in controls if one.applicable]
    said = f"{plural(len(controls), 'control')}: {len(applicable)} apply, {len(controls) - len(applicable)} do not"
    met = [one.met for one in applicable if one.met]
    return said + (f"; {', '.join(f'{met.count(word)} {word}' for word in ('met', 'not met', 'open'))}" if met else "")
