"""What a policy does about its law, and what changes when: for the terminal, for machines, and as Markdown."""

import json
from collections.abc import Iterator, Sequence

from governance.policy.calendar import LawCalendar, LawChange, What
from governance.policy.clauses import Covered, Kind, LawCoverage
from governance.policy.period import day
from governance.render.clauses import by_whom, shares, standing
from governance.render.markdown import escaped
from governance.render.visible import visible, wrap

_LABEL = 15


def dated(moment: str) -> str:
    """The day of an instant."""
    return moment.partition("T")[0]


def coverage_text(found: Sequence[LawCoverage], width: int) -> str:
    """Clause by clause, then the shares."""
    lines: list[str] = []
    for one in found:
        lines += [visible(f"{one.policy.id} {one.policy.version}: {one.title}")]
        pairs = [("law", one.citation), ("where", ", ".join(one.jurisdictions))]
        pairs += [(f"on {dated(one.as_of)}", standing(one.status, one))]
        pairs += [("in doubt", one.unconfirmed)] if one.unconfirmed else []
        pairs += [("to read", address) for address in one.sources]
        lines += [line for label, text in pairs for line in labelled(label, text, width, "  ")]
        for clause in one.clauses:
            lines += ["", *_clause(clause, one, width)]
        lines += ["", *wrap(shares(one), width), ""]
    return "\n".join(lines[:-1]) + "\n"


def _clause(clause: Covered, law: LawCoverage, width: int) -> Iterator[str]:
    yield visible(f"{law.law}/{clause.clause}  {clause.kind.value}")
    yield from labelled("asks", clause.asks, width, "  ")
    yield from labelled("citation", clause.citation, width, "  ")
    if (clause.status, clause.effective) != (law.status, law.effective):
        yield from labelled("stands", standing(clause.status, clause), width, "  ")
    for doubt in clause.doubts:
        if doubt != law.unconfirmed:
            yield from labelled("in doubt", doubt, width, "  ")
    yield from labelled("by" if clause.rules else "why", by_whom(clause), width, "  ")


def labelled(label: str, text: str, width: int, indent: str) -> list[str]:
    """A label, and its text in lines beside it."""
    return wrap(visible(text), width, f"{indent}{label:<{_LABEL}}", " " * (len(indent) + _LABEL))


def coverage_json(found: Sequence[LawCoverage]) -> str:
    """A list of LawCoverage documents."""
    return json.dumps([one.model_dump(mode="json", by_alias=True) for one in found], indent=2, ensure_ascii=False)


def coverage_markdown(found: Sequence[LawCoverage], level: int = 2) -> str:
    """A section with a table for each law."""
    blocks = []
    for one in found:
        doubt = [f"In doubt: {escaped(one.unconfirmed)}"] if one.unconfirmed else []
        rows = [_row(clause, one) for clause in one.clauses]
        head = f"{escaped(one.citation)}; {escaped(', '.join(one.jurisdictions))}; {standing(one.status, one)}."
        blocks += [f"{'#' * level} {escaped(one.title)} (`{one.policy.id}` {one.policy.version})", head, *doubt]
        blocks += [f"**{shares(one)}**, as the law stands on {dated(one.as_of)}."]
        blocks += ["\n".join(["| Clause | Asks | Covered | By, or why not |", "|---|---|---|---|", *rows])]
    return "\n\n".join(blocks) + "\n"


def _row(clause: Covered, law: LawCoverage) -> str:
    own = (clause.status, clause.effective) != (law.status, law.effective)
    asks = [clause.asks, *([standing(clause.status, clause)] if own else [])]
    asks += [f"In doubt: {doubt}" for doubt in clause.doubts if doubt != law.unconfirmed]
    cells = ("<br>".join(map(escaped, (clause.clause, clause.citation))), "<br>".join(map(escaped, asks)))
    word = clause.kind.value if clause.kind is Kind.CHECKED else f"*{clause.kind.value}*"
    return f"| {' | '.join((*cells, word, escaped(by_whom(clause))))} |"


def calendar_text(found: LawCalendar, width: int) -> str:
    """A row for each change, by day. On each a doubt is told once, and then pointed at: many clauses share it."""
    bounds = [f"from {day(found.from_)}" if found.from_ else "", f"until {day(found.until)}" if found.until else ""]
    said = " ".join(filter(None, bounds))
    lines = [f"What changes {said}".rstrip() + (":" if found.changes else ": nothing that is known here")]
    last, told = "", set[str]()
    for one in found.changes:
        if one.day != last:
            lines += ["", day(one.day)]
            last, told = one.day, set()
        again = " (in doubt, as above)" if told.intersection(one.doubts) else ""
        lines += wrap(visible(_changed(one) + again), width, "  ", "    ")
        for doubt in one.doubts:
            if doubt not in told:
                lines += wrap(visible(f"in doubt: {doubt}"), width, "    ", "    ")
        told.update(one.doubts)
    return "\n".join(lines) + "\n"


_OF_RULES = {What.BEGINS: "counts from now on", What.ENDS: "counts no more"}
"""A rule has no force: it may be checked before its clause comes into force."""


def _changed(one: LawChange) -> str:
    of_a_rule = "#" in one.subject
    what = _OF_RULES.get(one.what, one.what.value) if of_a_rule else one.what.value
    return ("rule " if of_a_rule else "") + f"{one.subject} {what}" + (f": {one.says}" if one.says else "")


def calendar_json(found: LawCalendar) -> str:
    return found.model_dump_json(by_alias=True, indent=2)
