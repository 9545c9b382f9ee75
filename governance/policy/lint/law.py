"""The law that a policy is about: each clause accounted for, and what is said of it still so."""

import difflib
from collections.abc import Iterator

from governance.policy.law import Law, Status
from governance.policy.lint.remark import Level, Said, Subject, lint
from governance.policy.positions import Key

_CLAUSE: Key = ("law", "clauses")


@lint(
    "unknown-clause",
    Level.ERROR,
    bad="""
        law:
          id: house-law
          title: What the house asks of models
          citation: House rules of 2026
          jurisdictions: [international]
          status: voluntary
          effective: {from: 2026-01-01T00:00:00Z}
          clauses:
            - {id: sec-1.a, asks: The bytes that run are those that were approved., citation: section 1(a)}
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            controls: [house-law/sec-1.a, house-law/sec-1.b]
            enforcement: {default: deny}
    """,
    good="""
        law:
          id: house-law
          title: What the house asks of models
          citation: House rules of 2026
          jurisdictions: [international]
          status: voluntary
          effective: {from: 2026-01-01T00:00:00Z}
          clauses:
            - {id: sec-1.a, asks: The bytes that run are those that were approved., citation: section 1(a)}
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            controls: [house-law/sec-1.a]
            enforcement: {default: deny}
    """,
)
def unknown_clause(subject: Subject) -> Iterator[Said]:
    """A control of the law that a policy is about is one of its clauses.

    A report counts clause by clause. A rule that serves a clause which is not listed is counted nowhere, and the clause
    that was meant looks as if nobody checked it.
    """
    law = subject.policy.document.law
    if law is None:
        return
    known = [clause.id for clause in law.clauses]
    for selected in subject.policy.rules:
        for index, control in enumerate(selected.controls):
            begins, _, clause = control.partition("/")
            if begins == law.id and clause not in known:
                near = difflib.get_close_matches(clause, known, n=1, cutoff=0.0)
                what = f"control {control!r} of rule {selected.section.id!r} is no clause of {law.id}"
                key: Key = ("rules", selected.section.id, "controls", index)
                yield Said(key, what, f"did you mean {law.id}/{near[0]}?", _CLAUSE)


@lint(
    "bare-clause",
    Level.ERROR,
    bad="""
        law:
          id: house-law
          title: What the house asks of models
          citation: House rules of 2026
          jurisdictions: [international]
          status: voluntary
          effective: {from: 2026-01-01T00:00:00Z}
          clauses:
            - {id: sec-1.a, asks: The bytes that run are those that were approved., citation: section 1(a)}
            - {id: sec-2, asks: The board is told each year., citation: section 2}
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            controls: [house-law/sec-1.a]
            enforcement: {default: deny}
    """,
    good="""
        law:
          id: house-law
          title: What the house asks of models
          citation: House rules of 2026
          jurisdictions: [international]
          status: voluntary
          effective: {from: 2026-01-01T00:00:00Z}
          clauses:
            - {id: sec-1.a, asks: The bytes that run are those that were approved., citation: section 1(a)}
            - {id: sec-2, asks: The board is told., citation: section 2, not_covered: a duty of the management}
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            controls: [house-law/sec-1.a]
            enforcement: {default: deny}
    """,
)
def bare_clause(subject: Subject) -> Iterator[Said]:
    """A clause is served by a rule, or says why by none.

    What is left out in silence reads as if it were checked. An honest gap tells the reader what is left to do by hand.
    """
    law = subject.policy.document.law
    if law is None:
        return
    for clause in law.clauses:
        served = _serving(subject, law, clause.id)
        if not served and clause.not_covered is None:
            what = f"no rule serves clause {clause.id!r}, and it does not say why"
            yield Said((*_CLAUSE, clause.id), what, "name it under `controls` of a rule, or write `not_covered: <why>`")
        elif served and clause.not_covered and not subject.policy.document.merged:
            what = f"clause {clause.id!r} is `not_covered`, and rule {served[0]!r} serves it"
            at: Key = ("rules", served[0], "id")
            yield Said((*_CLAUSE, clause.id, "not_covered"), what, "keep the one that is true", at)


@lint(
    "rule-without-clause",
    Level.ERROR,
    bad="""
        law:
          id: house-law
          title: What the house asks of models
          citation: House rules of 2026
          jurisdictions: [international]
          status: voluntary
          effective: {from: 2026-01-01T00:00:00Z}
          clauses:
            - {id: sec-1.a, asks: The bytes that run are those that were approved., citation: section 1(a)}
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            controls: [house-law/sec-1.a]
            enforcement: {default: deny}
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: deny}
    """,
    good="""
        law:
          id: house-law
          title: What the house asks of models
          citation: House rules of 2026
          jurisdictions: [international]
          status: voluntary
          effective: {from: 2026-01-01T00:00:00Z}
          clauses:
            - {id: sec-1.a, asks: The bytes that run are those that were approved., citation: section 1(a)}
            - {id: sec-1.b, asks: A model is right often enough., citation: section 1(b)}
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            controls: [house-law/sec-1.a]
            enforcement: {default: deny}
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            controls: [house-law/sec-1.b]
            enforcement: {default: deny}
    """,
)
def rule_without_clause(subject: Subject) -> Iterator[Said]:
    """A rule of a policy about a law serves one of its clauses.

    Who is denied by it is told that the law asks for it. What the house asks for itself stands in a policy of its own,
    beside this one or extending it.
    """
    document, law = subject.policy.document, subject.policy.document.law
    if law is None:
        return
    # What a child adds is the house's own, and stands under its own name.
    ours = {rule for layer in document.merged[:-1] for rule in layer.rules}
    ours -= {rule for layer in document.merged[-1:] for rule in layer.rules}
    for selected in subject.policy.rules:
        if not selected.clauses and selected.section.id not in ours:
            what = f"rule {selected.section.id!r} serves no clause of {law.id}"
            fix = "name the clause under `controls`, or move the rule to a policy of the house"
            yield Said(("rules", selected.section.id, "id"), what, fix)


@lint(
    "unknown-successor",
    Level.WARNING,
    bad="""
        law:
          id: house-law
          title: What the house asks of models
          citation: House rules of 2026
          jurisdictions: [international]
          status: superseded
          effective: {from: 2026-01-01T00:00:00Z, until: 2026-09-01T00:00:00Z}
          superseded_by: eu-ai-atc
          clauses:
            - {id: sec-1.a, asks: The bytes that run are those that were approved., citation: section 1(a)}
        in_force: {from: 2026-01-01T00:00:00Z, until: 2026-09-01T00:00:00Z}
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            controls: [house-law/sec-1.a]
            enforcement: {default: deny}
    """,
    good="""
        law:
          id: house-law
          title: What the house asks of models
          citation: House rules of 2026
          jurisdictions: [international]
          status: superseded
          effective: {from: 2026-01-01T00:00:00Z, until: 2026-09-01T00:00:00Z}
          superseded_by: eu-ai-act
          clauses:
            - {id: sec-1.a, asks: The bytes that run are those that were approved., citation: section 1(a)}
        in_force: {from: 2026-01-01T00:00:00Z, until: 2026-09-01T00:00:00Z}
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            controls: [house-law/sec-1.a]
            enforcement: {default: deny}
    """,
)
def unknown_successor(subject: Subject) -> Iterator[Said]:
    """What supersedes a law, or a clause, is known.

    Who is told that a law has ended asks what counts now, and is sent there. Known are the laws of the shipped policies
    and those of their controls; of its own law a policy knows the clauses.
    """
    law = subject.policy.document.law
    if law is None:
        return
    known = sorted({*subject.laws, *(law.control(clause) for clause in law.clauses)})
    named: list[tuple[Key, str | None]] = [(("law",), law.superseded_by)]
    named += [((*_CLAUSE, clause.id), clause.superseded_by) for clause in law.clauses]
    for at, successor in named:
        if successor is None or successor in known:
            continue
        if (begins := successor.partition("/")[0]) in subject.laws and begins != law.id:
            continue
        others = [one for one in known if one != law.id]
        near = difflib.get_close_matches(successor, others, n=1, cutoff=0.6)
        what = f"it is superseded by {successor!r}, which nobody here knows"
        fix = f"did you mean {near[0]!r}?" if near else "write it as that law's own policy does"
        yield Said((*at, "superseded_by"), what, fix)


@lint(
    "status-out-of-date",
    Level.WARNING,
    bad="""
        law:
          id: house-law
          title: What the house asks of models
          citation: House rules of 2026
          jurisdictions: [international]
          status: upcoming
          effective: {from: 2026-01-01T00:00:00Z}
          clauses:
            - {id: sec-1.a, asks: The bytes that run are those that were approved., citation: section 1(a)}
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            controls: [house-law/sec-1.a]
            enforcement: {default: deny}
    """,
    good="""
        law:
          id: house-law
          title: What the house asks of models
          citation: House rules of 2026
          jurisdictions: [international]
          status: in-force
          effective: {from: 2026-01-01T00:00:00Z}
          clauses:
            - {id: sec-1.a, asks: The bytes that run are those that were approved., citation: section 1(a)}
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            controls: [house-law/sec-1.a]
            enforcement: {default: deny}
    """,
)
def status_out_of_date(subject: Subject) -> Iterator[Said]:
    """The status that is written fits the days.

    Judging goes by the days. A word beside them that says something else was not read again when the law changed, and
    then perhaps nothing else was.
    """
    law = subject.policy.document.law
    if law is None:
        return
    for clause in (None, *law.clauses):
        written, today = law.written_status(clause), law.status_on(subject.as_of, clause)
        stated = clause is None or clause.status is not None
        if stated and written in (Status.IN_FORCE, Status.UPCOMING, Status.SUPERSEDED) and written is not today:
            at: Key = ("law",) if clause is None else (*_CLAUSE, clause.id)
            what = f"the status is {written.value!r}, and by its days it is {today.value!r}"
            yield Said((*at, "status"), what, "read the law again, then write what holds", (*at, "effective"))


def _serving(subject: Subject, law: Law, clause: str) -> list[str]:
    return [one.section.id for one in subject.policy.rules if f"{law.id}/{clause}" in one.clauses]
