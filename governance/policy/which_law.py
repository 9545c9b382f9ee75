"""Of several policies the strictest counts: which of them, and which clause, decided."""

from collections.abc import Iterator, Mapping, Sequence

from governance.policy.document import LoadedPolicy
from governance.policy.finding import Finding, listed
from governance.policy.outcome import Action, Outcome, worst

_MOST = 3
"""Clauses that are named of one policy."""


def which_law(
    outcomes: Mapping[str, Action], judged: Sequence[tuple[LoadedPolicy, tuple[str, ...]]], findings: Sequence[Finding]
) -> Iterator[str]:
    """For each environment that does not open under several policies, one of them about a law: which decided, and what
    each other would say alone."""
    if not any(policy.document.law for policy, _ in judged):
        return
    for environment, action in outcomes.items():
        here = [policy for policy, places in judged if environment in places]
        if action is Action.ALLOW or len(here) < 2:
            continue
        alone = [(policy, _alone(policy, environment, findings)) for policy in here]
        deciding = [_decides(policy, environment, action, findings) for policy, own in alone if own is action]
        others = [f"{policy.document.id} alone says {own.value}" for policy, own in alone if own is not action]
        yield f"{environment}: {action.value} by {'; by '.join(deciding)}" + "".join(f"; {said}" for said in others)


def _of(policy: LoadedPolicy, environment: str, findings: Sequence[Finding]) -> list[Finding]:
    keys = {selected.key for selected in policy.rules}
    return [
        finding
        for finding in findings
        if finding.key in keys and environment in finding.actions and finding.outcome is not Outcome.NOT_APPLICABLE
    ]


def _alone(policy: LoadedPolicy, environment: str, findings: Sequence[Finding]) -> Action:
    return worst([finding.actions[environment] for finding in _of(policy, environment, findings)])


def _decides(policy: LoadedPolicy, environment: str, action: Action, findings: Sequence[Finding]) -> str:
    clauses = {selected.key: selected.clauses for selected in policy.rules}
    asking = [one.key for one in _of(policy, environment, findings) if one.actions[environment] is action]
    named = list(dict.fromkeys(name for key in asking for name in clauses[key] or (key,)))
    return f"{policy.document.id} ({listed(named, _MOST) or 'of which nothing was checked'})"
