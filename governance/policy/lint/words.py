"""What a policy does not say to whoever has to live with it."""

from collections.abc import Iterator

from governance.policy.lint.remark import Level, Said, Subject, lint
from governance.policy.outcome import Enforcement, Severity


@lint(
    "no-owner",
    Level.WARNING,
    bad="title: Nobody answers for this",
    good='owner: "team:risk"',
)
def no_owner(subject: Subject) -> Iterator[Said]:
    """Somebody answers for the policy.

    Limits are somebody's judgement. Who is refused by one must know whom to ask, and who leaves must hand it over.
    """
    if not subject.policy.document.owner:
        yield Said(("id",), "nobody answers for this policy", 'name a team or a person: `owner: "team:risk"`')


@lint(
    "no-why",
    Level.WARNING,
    bad="""
        rules:
          - id: enough-rows
            requires: [fairness.rows]
            expr: fairness.rows >= 100
            enforcement: {default: review}
    """,
    good="""
        rules:
          - id: enough-rows
            requires: [fairness.rows]
            expr: fairness.rows >= 100
            enforcement: {default: review}
            why: Fewer say nothing about groups.
    """,
)
def no_why(subject: Subject) -> Iterator[Said]:
    """A condition of the policy's own says why it is there.

    A rule of the catalogue brings its reasons along. Of a condition nobody knows them but its author.
    """
    for selected in subject.policy.rules:
        section = selected.section
        if section.expr is not None and not (section.why or "").strip():
            what = f"rule {section.id!r} states a condition and not why"
            yield Said(("rules", section.id, "id"), what, "say what goes wrong where it does not hold: `why: ...`")


@lint(
    "no-fix",
    Level.WARNING,
    bad="""
        rules:
          - id: enough-rows
            requires: [fairness.rows]
            expr: fairness.rows >= 100
            enforcement: {default: deny}
            why: Fewer say nothing about groups.
    """,
    good="""
        rules:
          - id: enough-rows
            requires: [fairness.rows]
            expr: fairness.rows >= 100
            enforcement: {default: deny}
            why: Fewer say nothing about groups.
            fix: Evaluate on more rows.
    """,
)
def no_fix(subject: Subject) -> Iterator[Said]:
    """A condition that denies says what to do about it.

    Whoever is denied stands before a closed gate, and reads there how it opens. Rules of the catalogue say so.
    """
    for selected in subject.policy.rules:
        section = selected.section
        words = {word for place in subject.policy.document.environments for word in subject.in_time(section, place)}
        if section.expr is not None and Enforcement.DENY in words and not (section.fix or "").strip():
            what = f"rule {section.id!r} denies and does not say how to mend it"
            yield Said(("rules", section.id, "id"), what, "say what to do where it fails: `fix: ...`")


@lint(
    "waivable-critical",
    Level.WARNING,
    bad="""
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            severity: critical
            enforcement: {default: deny}
            waivable_to: allow
    """,
    good="""
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            severity: critical
            enforcement: {default: deny}
            waivable_to: needs review
    """,
)
def waivable_critical(subject: Subject) -> Iterator[Said]:
    """What is critical is not waived by one signature.

    With `waivable_to: allow` a waiver alone opens the gate. What is critical deserves a second pair of eyes.
    """
    for selected in subject.policy.rules:
        section = selected.section
        if section.severity is Severity.CRITICAL and section.waivable_to == "allow":
            what = f"rule {section.id!r} is critical, and one waiver allows what fails it"
            fix = "leave `waivable_to` out, so that a waiver leads to a review; or it is not critical"
            yield Said(("rules", section.id, "waivable_to"), what, fix)
