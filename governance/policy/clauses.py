"""Clause by clause what a policy does about its law: checked, declared, attested, or not covered and why."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from governance.canonical import Count, Document, Instant, instant
from governance.policy.difference import Named, named
from governance.policy.document import LoadedPolicy, SelectedRule
from governance.policy.law import Clause, Law, Status
from governance.policy.period import InForce
from governance.policy.written import DECLARED

_WORD = "attestation."
"""How rules begin that take somebody's signed word."""


class Kind(StrEnum):
    """How a clause is covered, from the best."""

    CHECKED = "checked"
    """All its rules judge facts that we measured."""
    IN_PART = "checked in part"
    """Some do; for the rest of what it asks a document or somebody's signature stands."""
    DECLARED = "declared"
    """Rules read what a document says; none of it was measured."""
    ATTESTED = "attested"
    """Rules ask only that somebody signed for it."""
    NOT_COVERED = "not covered"


class Served(Document):
    """A rule that serves a clause. `rule`: its id. `uses`: what it is of the catalogue. `kind`: what it rests on."""

    rule: str
    uses: str
    kind: Kind


class Covered(Document):
    """A clause. `clause`: its id. `asks`: what, in our words. `citation`: where it stands. `status`: on the legal date.
    `effective`: when it counts, null where that is not known. `superseded_by`: what took its place. `doubts`: what is
    not confirmed. `kind`: how it is covered. `rules`: by which. `why`: where by none, why."""

    clause: str
    asks: str
    citation: str
    status: Status
    effective: InForce | None
    superseded_by: str | None
    doubts: tuple[str, ...]
    kind: Kind
    rules: tuple[Served, ...]
    why: str | None


class LawCoverage(Document):
    """What a policy does about its law. `schema`: the type of this document. `policy`: which. `law`, `title`,
    `citation`, `jurisdictions`, `sources`: which law, and where to read it. `status`: on the legal date, `as_of`.
    `unconfirmed`: what is doubtful about it. `counts`: clauses by how they are covered. `clauses`: each of them."""

    schema_: Literal["governance.law-coverage/v1"] = Field("governance.law-coverage/v1", alias="schema")
    policy: Named
    law: str
    title: str
    citation: str
    jurisdictions: tuple[str, ...]
    sources: tuple[str, ...]
    status: Status
    effective: InForce | None
    superseded_by: str | None
    unconfirmed: str | None
    as_of: Instant
    counts: dict[Kind, Count]
    clauses: tuple[Covered, ...]


def kind_of(selected: SelectedRule) -> Kind:
    """What a rule rests on. A rule that reads no group of its own looks at the inputs, which we digest ourselves."""
    if selected.uses.startswith(_WORD):
        return Kind.ATTESTED
    measured = not selected.facts or any(group not in DECLARED for group in selected.facts)
    return Kind.CHECKED if measured and "measured" in selected.section.accept.kind else Kind.DECLARED


def coverage(policy: LoadedPolicy, law: Law, as_of: datetime) -> LawCoverage:
    """Of each clause, as it stands on a legal date. `law`: that of the policy."""
    clauses = tuple(_covered(policy, law, as_of))
    kinds = [clause.kind for clause in clauses]
    return LawCoverage(
        policy=named(policy),
        law=law.id,
        title=law.title,
        citation=law.citation,
        jurisdictions=law.jurisdictions,
        sources=law.sources,
        status=law.status_on(as_of),
        effective=law.effective,
        superseded_by=law.superseded_by,
        unconfirmed=law.unconfirmed,
        as_of=instant(as_of),
        counts={kind: kinds.count(kind) for kind in Kind},
        clauses=clauses,
    )


def account(law: Law, clause: Clause, rules: Sequence[SelectedRule], as_of: datetime) -> Covered:
    """One clause, on a legal date, with these rules that serve it."""
    served = tuple(Served(rule=one.section.id, uses=one.uses, kind=kind_of(one)) for one in rules)
    return Covered(
        clause=clause.id,
        asks=clause.asks,
        citation=clause.citation,
        status=law.status_on(as_of, clause),
        effective=law.effective_of(clause),
        superseded_by=law.successor_of(clause),
        doubts=law.doubts(clause),
        kind=_together([one.kind for one in served]),
        rules=served,
        why=None if served else clause.not_covered,
    )


def _covered(policy: LoadedPolicy, law: Law, as_of: datetime) -> Iterator[Covered]:
    serving: dict[str, list[SelectedRule]] = {}
    for selected in policy.rules:
        for control in selected.clauses:
            serving.setdefault(control, []).append(selected)
    for clause in law.clauses:
        yield account(law, clause, serving.get(law.control(clause), ()), as_of)


def _together(kinds: Sequence[Kind]) -> Kind:
    """How a clause is covered by several rules. One that is measured does not make the others so: each stands for a
    part of what the clause asks."""
    best = min(kinds, key=tuple(Kind).index, default=Kind.NOT_COVERED)
    return Kind.IN_PART if best is Kind.CHECKED and {*kinds} != {best} else best
