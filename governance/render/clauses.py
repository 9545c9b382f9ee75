"""Words about the clauses of a law, for whatever shows them."""

from governance.policy.clauses import Covered, LawCoverage
from governance.policy.law import Status
from governance.render.wording import plural

_NOBODY = "no rule serves it, and nobody says why"


def shares(found: LawCoverage) -> str:
    """ "12 clauses: 3 checked (25 %), ...": of each kind how many, and their share of all."""
    total = len(found.clauses)
    parts = [f"{count} {kind.value} ({100 * count / total:.0f} %)" for kind, count in found.counts.items()]
    return f"{plural(total, 'clause')}: {', '.join(parts)}"


def by_whom(clause: Covered) -> str:
    """The rules that serve a clause, each with what it rests on where that differs; or why there is none."""
    if not clause.rules:
        return clause.why or _NOBODY
    return ", ".join(
        f"{one.rule} ({one.uses}{'' if one.kind is clause.kind else f', {one.kind.value}'})" for one in clause.rules
    )


def standing(status: Status, found: LawCoverage | Covered) -> str:
    """ "superseded by us-sr-26-2, from 2011-04-04 until 2026-04-17"; before that day, who will follow stands last."""
    days, after = found.effective.words if found.effective else "no day is known", found.superseded_by
    if status is Status.SUPERSEDED:
        return f"{status.value} by {after}, {days}" if after else f"ended, {days}"
    return f"{status.value}, {days}" + (f", then {after}" if after else "")
