"""Where and when a policy bites."""

from collections.abc import Iterator

from governance.canonical import parse_instant
from governance.policy.enforcement import Steps
from governance.policy.law import Status
from governance.policy.lint.remark import Level, Said, Subject, lint
from governance.policy.outcome import Enforcement

_BITES = {Enforcement.DENY, Enforcement.REVIEW}


@lint(
    "no-rules",
    Level.ERROR,
    bad="rules: []",
    good="""
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            enforcement: {default: deny}
    """,
)
def no_rules(subject: Subject) -> Iterator[Said]:
    """A policy has at least one rule.

    Where nothing was checked nothing is allowed: a policy without rules denies every model.
    """
    if not subject.policy.rules:
        yield Said(
            ("rules",), "the policy has no rule, so it denies everything", "add a rule, or do not use the policy"
        )


@lint(
    "announced-never",
    Level.ERROR,
    bad="""
        in_force: {from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement:
              default: {warn: now, deny: 2028-01-01T00:00:00Z}
    """,
    good="""
        in_force: {from: 2026-01-01T00:00:00Z, until: 2029-01-01T00:00:00Z}
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement:
              default: {warn: now, deny: 2028-01-01T00:00:00Z}
    """,
)
def announced_never(subject: Subject) -> Iterator[Said]:
    """Each step of an enforcement counts on some day while the policy is in force.

    A step on or after the policy's last day never comes, and what was announced does not happen. A step on or before
    its first day leaves the words before it without a day on which they count.
    """
    in_force = subject.policy.document.in_force
    first, end = parse_instant(in_force.from_), in_force.until and parse_instant(in_force.until)
    for selected in subject.policy.rules:
        for place, how in selected.section.enforcement.items():
            for word, day in how.in_order() if isinstance(how, Steps) else ():
                key = ("rules", selected.section.id, "enforcement", place, word.value)
                if day is not None and end and parse_instant(day) >= end:
                    what = f"{word.value} from {day} never comes: the policy ends on {in_force.until}"
                    yield Said(
                        key, what, "let it count earlier, or the policy be in force longer", ("in_force", "until")
                    )
                elif day is not None and parse_instant(day) <= first:
                    what = f"{word.value} counts from {day}, so what stands before it never does: the policy begins on"
                    fix = f"say `{word.value}` from `now`, and leave out what is earlier"
                    yield Said(key, f"{what} {in_force.from_}", fix, ("in_force", "from"))


@lint(
    "expired",
    Level.WARNING,
    bad="in_force: {from: 2020-01-01T00:00:00Z, until: 2021-01-01T00:00:00Z}",
    good="in_force: {from: 2020-01-01T00:00:00Z}",
)
def expired(subject: Subject) -> Iterator[Said]:
    """The policy is still in force, or says that its law is superseded.

    A policy that has ended denies: nothing is in force that could allow. Old files are kept to read old decisions by,
    and are not used.
    """
    document = subject.policy.document
    until = document.in_force.until
    if document.law is not None and document.law.status is Status.SUPERSEDED:
        return
    if until is not None and parse_instant(until) <= subject.as_of:
        yield Said(
            ("in_force", "until"),
            f"the policy ended on {until}",
            "use the policy that took its place, or give this one a new version and a later end",
        )


@lint(
    "nothing-bites",
    Level.WARNING,
    bad="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: audit}
    """,
    good="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: {audit: now, deny: 2099-01-01T00:00:00Z}}
    """,
)
def nothing_bites(subject: Subject) -> Iterator[Said]:
    """Some rule denies or asks for a review, somewhere and on some day.

    A policy under which every failure is only shown allows every model. That may be how it is introduced; then the day
    on which it begins to bite is announced.
    """
    if subject.policy.rules and all(map(_harmless, _words(subject))):
        fix = "announce the day: `default: {warn: now, deny: 2027-01-01T00:00:00Z}`"
        yield Said(("rules",), "no rule ever denies or asks for a review: every failure is allowed", fix)


@lint(
    "only-shown",
    Level.WARNING,
    bad="""
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            enforcement: {default: deny}
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: audit}
    """,
    good="""
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            enforcement: {default: deny}
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: deny, staging: audit}
    """,
)
def only_shown(subject: Subject) -> Iterator[Said]:
    """Each rule is enforced in some environment, on some day.

    `audit` and `warn` in every environment and for ever decide nothing: whoever reads the rule believes that it does.
    """
    words = _words(subject)
    if all(map(_harmless, words)):
        return  # which is said once, of the whole policy
    for selected, found in zip(subject.policy.rules, words, strict=True):
        if _harmless(found):
            said = " or ".join(sorted(word.value for word in found))
            what = f"rule {selected.section.id!r} is enforced nowhere: it is {said} in every environment, for ever"
            fix = "enforce it somewhere, announce from when, or leave it out"
            yield Said(("rules", selected.section.id, "enforcement"), what, fix)


@lint(
    "all-review",
    Level.WARNING,
    bad="""
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            enforcement: {default: review}
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: review}
    """,
    good="""
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            enforcement: {default: deny}
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: review}
    """,
)
def all_review(subject: Subject) -> Iterator[Said]:
    """Not every rule asks for a review everywhere.

    Whoever is asked about everything approves everything. A broken proof is no question that a person can answer.
    """
    words = _words(subject)
    if len(words) > 1 and all(found == {Enforcement.REVIEW} for found in words):
        what = f"all {len(words)} rules ask for a review in every environment: one approval passes whatever fails"
        yield Said(
            ("rules",), what, "let deny what is a harm or a broken proof, and warn what nobody has to answer for"
        )


def _words(subject: Subject) -> list[set[Enforcement]]:
    """Of each rule every word by which it is enforced somewhere, on some day."""
    places = subject.policy.document.environments
    return [
        {word for place in places for word in subject.in_time(selected.section, place)}
        for selected in subject.policy.rules
    ]


def _harmless(words: set[Enforcement]) -> bool:
    return not words & _BITES
