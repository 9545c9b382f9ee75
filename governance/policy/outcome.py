"""Outcomes of rules, how a policy enforces them, and the action that follows: the one place that says so."""

from enum import StrEnum


class Outcome(StrEnum):
    """What a rule found. `inconclusive` is the one word for thin, missing or straddling evidence."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not applicable"
    ERROR = "error"


class Enforcement(StrEnum):
    DENY = "deny"
    REVIEW = "review"
    WARN = "warn"
    AUDIT = "audit"


class Action(StrEnum):
    """What follows for one environment, from best to worst."""

    ALLOW = "allow"
    NEEDS_REVIEW = "needs review"
    DENY = "deny"


class Severity(StrEnum):
    """Orders the reading; enforcement decides."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


ACTIONS = tuple(Action)

_D, _R, _A = Action.DENY, Action.NEEDS_REVIEW, Action.ALLOW
# Columns: deny, review, warn, audit.
_ROWS: dict[Outcome, tuple[Action, Action, Action, Action]] = {
    Outcome.PASS: (_A, _A, _A, _A),
    Outcome.NOT_APPLICABLE: (_A, _A, _A, _A),
    Outcome.INCONCLUSIVE: (_R, _R, _A, _A),
    Outcome.FAIL: (_D, _R, _A, _A),
    Outcome.ERROR: (_D, _D, _D, _A),
}
_TABLE = {outcome: dict(zip(Enforcement, row, strict=True)) for outcome, row in _ROWS.items()}
WAIVABLE = frozenset({Outcome.FAIL, Outcome.INCONCLUSIVE})


def action_for(outcome: Outcome, enforcement: Enforcement, *, waived: bool, known: bool, waivable_to: Action) -> Action:
    """The action one finding asks for in one environment.

    `waivable_to` is what a waiver leads to under `deny`; under any other enforcement a waived finding is allowed. A
    `known` failure is in a baseline: it needs a review where it would deny, and nothing else changes.
    """
    if waived:
        if outcome not in WAIVABLE:
            raise RuntimeError(f"a finding that is {outcome.value} cannot be waived")
        return waivable_to if enforcement is Enforcement.DENY else Action.ALLOW
    if known and outcome is not Outcome.FAIL:
        raise RuntimeError(f"a finding that is {outcome.value} is no known failure")
    action = _TABLE[outcome][enforcement]
    return Action.NEEDS_REVIEW if known and action is Action.DENY else action


def worst(actions: list[Action]) -> Action:
    """The strictest of `actions`; deny where there is none, because nothing was checked."""
    return max(actions, key=ACTIONS.index, default=Action.DENY)
