"""What changes on which day: laws and clauses that begin and end, policies, rules, and how they are enforced."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Literal

from pydantic import Field

from governance.canonical import Document, Instant
from governance.policy.document import LoadedPolicy, SelectedRule
from governance.policy.enforcement import steps
from governance.policy.law import Clause, Law, Status
from governance.policy.period import InForce


class What(StrEnum):
    BEGINS = "comes into force"
    ENDS = "lapses"
    SUPERSEDED = "is superseded"
    ENFORCED = "is enforced otherwise"


class LawChange(Document):
    """`day`: from which moment. `policy`: in whose file it is said. `what`: happens. `subject`: a law, law/clause, a
    policy or policy#rule. `says`: of a law what it is, of a rule what it becomes. `doubts`: what is not confirmed."""

    day: Instant
    policy: str
    what: What
    subject: str
    says: str
    doubts: tuple[str, ...] = ()


class LawCalendar(Document):
    """What changes between two days. `schema`: the type of this document. `from` and `until`: which, null where there
    is no bound. `changes`: by day."""

    schema_: Literal["governance.law-calendar/v1"] = Field("governance.law-calendar/v1", alias="schema")
    from_: Instant | None = Field(alias="from")
    until: Instant | None
    changes: tuple[LawChange, ...]


def calendar(policies: Sequence[LoadedPolicy], from_: Instant | None, until: Instant | None) -> LawCalendar:
    """From a moment on, and before another; all there is where they are None."""
    found = {change for policy in policies for change in _of(policy)}
    # Instants are spelled in one way, so that their text has their order.
    kept = [one for one in found if (from_ is None or one.day >= from_) and (until is None or one.day < until)]
    changes = sorted(kept, key=lambda one: (one.day, one.policy, list(What).index(one.what), one.subject, one.says))
    return LawCalendar.model_validate({"from": from_, "until": until, "changes": tuple(changes)})


def _of(policy: LoadedPolicy) -> Iterator[LawChange]:
    document = policy.document
    name = document.id
    if document.law is not None:
        yield from _law(name, document.law)
    # A law says it of its policy, too.
    if document.law is None or document.law.effective != document.in_force:
        yield from _span(name, f"policy {name}", document.in_force, document.title or "", None, ())
    for selected in policy.rules:
        if (own := selected.section.in_force) is not None:
            yield from _span(name, selected.key, own, selected.title, None, ())
        yield from _enforcement(name, document.environments, selected)


def _law(policy: str, law: Law) -> Iterator[LawChange]:
    if law.effective is not None:
        yield from _span(policy, law.id, law.effective, law.title, law.superseded_by, _doubts(law, None))
    for clause in law.clauses:
        if clause.effective is None and clause.superseded_by is None:
            continue
        effective, successor = law.effective_of(clause), law.successor_of(clause)
        if effective is not None:
            changes = _span(policy, law.control(clause), effective, clause.asks, successor, _doubts(law, clause))
            # What happens to the law on that day happens to all its clauses.
            with_law = law.effective.days if law.effective and not clause.superseded_by else ()
            yield from (one for one in changes if one.day not in with_law)


def _doubts(law: Law, clause: Clause | None) -> tuple[str, ...]:
    return (*law.doubts(clause), *(("it is a draft",) if law.written_status(clause) is Status.DRAFT else ()))


def _span(
    policy: str, subject: str, span: InForce, says: str, successor: str | None, doubts: tuple[str, ...]
) -> Iterator[LawChange]:
    yield LawChange(day=span.from_, policy=policy, what=What.BEGINS, subject=subject, says=says, doubts=doubts)
    if span.until is not None:
        what = What.SUPERSEDED if successor else What.ENDS
        by = f"by {successor}" if successor else says
        yield LawChange(day=span.until, policy=policy, what=what, subject=subject, says=by, doubts=doubts)


def _enforcement(policy: str, places: Sequence[str], selected: SelectedRule) -> Iterator[LawChange]:
    for place in places:
        found = steps(selected.section.enforcement, place)
        for (was, _), (now, day) in pairwise(found):
            if day is not None:
                says = f"{place}: {was.value} becomes {now.value}"
                yield LawChange(day=day, policy=policy, what=What.ENFORCED, subject=selected.key, says=says)
