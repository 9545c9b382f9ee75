"""What the shipped policies about laws check of them, clause by clause, and what changes when."""

from datetime import UTC, datetime

from generating.markdown import code, prose, sentence, table

from governance import bundled
from governance.canonical import instant
from governance.operations.evaluate import load_policies
from governance.policy.calendar import LawChange, calendar
from governance.policy.clauses import Covered, Kind, LawCoverage, coverage
from governance.policy.period import day
from governance.render.clauses import by_whom, shares, standing

AS_OF = datetime(2026, 11, 21, tzinfo=UTC)
"""The day on which the laws were last read, so that the page is the same on each day."""
_MEANS = {
    Kind.CHECKED: "all its rules judge facts that we measured",
    Kind.IN_PART: "some do; for the rest a document or a signature stands",
    Kind.DECLARED: "rules read only what a document of the submitter says",
    Kind.ATTESTED: "rules ask only that somebody signed for it",
    Kind.NOT_COVERED: "no rule serves it, and the policy says why",
}


def pages() -> dict[str, str]:
    return {"law-coverage.md": _page()}


def _page() -> str:
    policies = load_policies(bundled.policy_names())
    found = [coverage(policy, law, AS_OF) for policy in policies if (law := policy.document.law) is not None]
    today = day(instant(AS_OF))
    head = ("Law", "Where", f"On {today}", *(kind.value for kind in Kind))
    rows = [
        (
            f"[{prose(one.title)}](#{one.policy.id})",
            ", ".join(one.jurisdictions),
            standing(one.status, one),
            *(str(one.counts[kind]) for kind in Kind),
        )
        for one in found
    ]
    changes = [(day(one.day), code(one.subject), _what(one)) for one in calendar(policies, None, None).changes]
    lines = [
        "# What is checked of each law",
        "",
        f"Each policy that is about one law, clause by clause, as the law stands on {today}. For any policy and day",
        "`governance policy coverage POLICY --as-of DATE` says the same, and `governance policy calendar` what changes",
        "when. This is no legal advice: what applies to a model, and whether it is enough, is for a lawyer to say.",
        "",
        table(("A clause is", "where"), [(kind.value, _MEANS[kind]) for kind in Kind]),
        "",
        table(head, rows),
    ]
    for one in found:
        lines += ["", *_law(one)]
    lines += ["", "## What changes when { #calendar }", "", table(("Day", "What", "Happens"), changes)]
    return "\n".join(lines)


def _what(one: LawChange) -> str:
    return sentence(f"{one.what.value}: {one.says}" + "".join(f" (in doubt: {doubt})" for doubt in one.doubts))


def _law(one: LawCoverage) -> list[str]:
    doubt = ["", f"**In doubt:** {sentence(one.unconfirmed)}"] if one.unconfirmed else []
    sources = ["", "To read: " + ", ".join(f"<{address}>" for address in one.sources)] if one.sources else []
    return [
        f"## {prose(one.title)} {{ #{one.policy.id} }}",
        "",
        f"{prose(one.citation)}; {', '.join(one.jurisdictions)}; {standing(one.status, one)}.",
        f"{shares(one)}, by policy {code(one.policy.id)} {one.policy.version}.",
        *doubt,
        *sources,
        "",
        table(("Clause", "Asks", "Covered", "By, or why not"), [_row(clause, one) for clause in one.clauses]),
    ]


def _row(clause: Covered, law: LawCoverage) -> tuple[str, ...]:
    own = (clause.status, clause.effective) != (law.status, law.effective)
    asks = [clause.asks, *([standing(clause.status, clause)] if own else [])]
    asks += [f"In doubt: {doubt}" for doubt in clause.doubts if doubt != law.unconfirmed]
    return (
        f"{code(clause.clause)}<br>{prose(clause.citation)}",
        "<br>".join(map(sentence, asks)),
        clause.kind.value,
        prose(by_whom(clause)),
    )
