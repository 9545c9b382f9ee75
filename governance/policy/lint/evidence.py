"""Which evidence counts, and what the cases show."""

from collections.abc import Iterator

from governance.policy.lint.remark import Level, Said, Subject, lint
from governance.policy.outcome import Enforcement, Outcome
from governance.policy.written import DECLARED


@lint(
    "never-accepted",
    Level.ERROR,
    bad="""
        rules:
          - id: way-back
            uses: operations.rollback@1
            enforcement: {default: deny}
    """,
    good="""
        rules:
          - id: way-back
            uses: operations.rollback@1
            enforcement: {default: deny}
            accept: {kind: [declared]}
    """,
)
def never_accepted(subject: Subject) -> Iterator[Said]:
    """A rule accepts the kind of evidence that there is.

    Grants, approvals, lineage and documents are always somebody's word. A rule over them that accepts measured facts
    alone is inconclusive for every model, and asks for a review for ever.
    """
    for selected in subject.policy.rules:
        declared = [group for group in selected.facts if group in DECLARED]
        if declared and "declared" not in selected.section.accept.kind:
            what = f"{' and '.join(declared)} facts are always declared, and rule {selected.section.id!r} accepts none"
            fix = "say `accept: {kind: [declared]}`, which every report shows"
            yield Said(("rules", selected.section.id, "id"), what, fix)


@lint(
    "declared-may-deny",
    Level.WARNING,
    bad="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: deny}
            accept: {kind: [measured, declared]}
    """,
    good="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: deny}
            accept: {kind: [measured]}
    """,
)
def declared_may_deny(subject: Subject) -> Iterator[Said]:
    """What denies rests on measured facts, where they can be measured.

    Where a submitter's word is accepted for what could be measured, a model passes on the word of whoever wants it to.
    """
    for selected in subject.policy.rules:
        section = selected.section
        words = {word for place in subject.policy.document.environments for word in subject.in_time(section, place)}
        measured = [group for group in selected.facts if group not in DECLARED]
        # Where some of what it reads is only ever declared, it has to accept that.
        measurable = bool(measured) and len(measured) == len(selected.facts)
        if measurable and Enforcement.DENY in words and "declared" in section.accept.kind:
            what = f"rule {section.id!r} denies, and takes the submitter's word for {' and '.join(measured)} facts"
            fix = "accept measured facts alone: leave `declared` out"
            yield Said(("rules", section.id, "accept"), what, fix)


@lint(
    "no-cases",
    Level.WARNING,
    bad="title: a policy without cases.yaml beside it",
    good="title: a policy with cases.yaml beside it",
)
def no_cases(subject: Subject) -> Iterator[Said]:
    """Cases lie beside the policy.

    Without them nobody has seen what it does; `governance policy test` runs them.
    """
    if subject.shown is None:
        fix = "write cases.yaml beside it: `governance schema cases` says how"
        yield Said(("id",), "the policy has no cases, so nothing shows what it does", fix)


@lint(
    "no-failing-case",
    Level.WARNING,
    bad="title: a policy with a rule that fails in no case",
    good="title: a policy with a case for each rule in which it fails",
)
def no_failing_case(subject: Subject) -> Iterator[Said]:
    """Some case shows each rule to fail.

    A rule that was never seen to fail may be one that cannot. What cases cannot show is excused under `uncovered`.
    """
    for selected in subject.policy.rules if subject.shown else ():
        name = selected.section.id
        if subject.shown and name not in subject.shown.uncovered and not subject.shown.table[name][Outcome.FAIL]:
            what, fix = f"no case shows rule {name!r} to fail", "add a case in which it fails to cases.yaml"
            yield Said(("rules", name, "id"), what, fix)
