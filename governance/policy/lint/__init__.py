"""What is wrong, or looks wrong, with a policy that is valid. Pure: the policy, its cases' results and the day come in.

`load_policy` refuses what no policy may say; these lints read what one says, and doubt it.
"""

from governance.policy.lint.conditions import always_false, always_true, environment_never_reached
from governance.policy.lint.enforcement import (
    all_review,
    announced_never,
    expired,
    no_rules,
    nothing_bites,
    only_shown,
)
from governance.policy.lint.evidence import declared_may_deny, never_accepted, no_cases, no_failing_case
from governance.policy.lint.law import (
    bare_clause,
    rule_without_clause,
    status_out_of_date,
    unknown_clause,
    unknown_successor,
)
from governance.policy.lint.limits import alpha_unused, alphas_differ, limit_at_the_end, unused_parameter
from governance.policy.lint.names import look_alike_ids, mixed_scripts, unknown_law
from governance.policy.lint.pairs import contradictory, duplicate, shadowed
from governance.policy.lint.remark import Level, Lint, Remark, Said, Shown, Subject
from governance.policy.lint.words import no_fix, no_owner, no_why, waivable_critical

__all__ = ["ALL", "Level", "Lint", "Remark", "Said", "Shown", "Subject", "remarks"]

ALL: tuple[Lint, ...] = (
    no_rules,
    contradictory,
    duplicate,
    shadowed,
    always_true,
    always_false,
    environment_never_reached,
    announced_never,
    expired,
    nothing_bites,
    only_shown,
    all_review,
    limit_at_the_end,
    alpha_unused,
    alphas_differ,
    unused_parameter,
    never_accepted,
    declared_may_deny,
    waivable_critical,
    no_why,
    no_fix,
    no_owner,
    no_cases,
    no_failing_case,
    unknown_law,
    unknown_clause,
    bare_clause,
    rule_without_clause,
    unknown_successor,
    status_out_of_date,
    look_alike_ids,
    mixed_scripts,
)
"""A lint that is not listed here does not exist."""


def remarks(subject: Subject) -> list[Remark]:
    """What all lints have to say, in the order of the text; of a merged policy also in the files of its parents."""
    found = [_remark(one, said, subject) for one in ALL for said in one.function(subject)]
    return sorted(found, key=lambda remark: (remark.file, remark.line, remark.column, remark.lint.name, remark.what))


def _remark(one: Lint, said: Said, subject: Subject) -> Remark:
    source, path = subject.positions.place(said.key)
    at = source.beside(path)
    also = subject.positions.named(said.also) if said.also is not None else ""
    return Remark(one, source.name, at.line, at.column, source.excerpt(at), said.what, said.fix, also)
