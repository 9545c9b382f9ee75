"""What an excuse for a finding covers: which groups, how bad a number, which faults. The same for a waiver, which a
person signs, and for an entry of a baseline."""

from decimal import Decimal

from governance.canonical import Real
from governance.policy.finding import Finding, Limit, Looked

Group = tuple[str | None, ...]


def concerned(finding: Finding) -> tuple[Group, ...]:
    """The groups that there is something to excuse for: each that is at stake and does not clear the limit."""
    return tuple(
        looked.group
        for looked in finding.looked_at
        if looked.group is not None and looked.at_stake and not _clears(looked, finding.limit)
    )


def covers_groups(finding: Finding, groups: tuple[Group, ...]) -> bool:
    """Whether an excuse for these groups (all where empty) leaves none out. Where none was compared it covers none."""
    if not groups:
        return True
    found = concerned(finding)
    return bool(found) and all(group in groups for group in found)


def worst_number(finding: Finding) -> Real | None:
    """The number farthest beyond the limit; None where no number is held against it, or one of them is undefined."""
    limit = finding.limit
    values = [looked.value for looked in finding.looked_at if looked.at_stake or looked.low is not None]
    numbers = [value for value in values if value is not None]
    if limit is None or limit.op not in ("at_least", "at_most") or not numbers or len(numbers) < len(values):
        return None
    return min(numbers, key=Decimal) if limit.op == "at_least" else max(numbers, key=Decimal)


def no_worse(finding: Finding, bound: Real | None) -> bool:
    """Whether the worst number is within the bound (any where None). What has no number is never within one."""
    if bound is None:
        return True
    worst = worst_number(finding)
    if worst is None or finding.limit is None:
        return False
    return Decimal(worst) >= Decimal(bound) if finding.limit.op == "at_least" else Decimal(worst) <= Decimal(bound)


def faults(finding: Finding) -> tuple[str, ...]:
    """What a finding names, one by one: rules join what they found by semicolons."""
    return tuple(dict.fromkeys(finding.why.split("; ")))


def _clears(looked: Looked, limit: Limit | None) -> bool:
    """Whether the whole interval meets the limit, so that there is nothing to excuse."""
    if limit is None or limit.op not in ("at_least", "at_most"):
        return False
    end = looked.low if limit.op == "at_least" else looked.high
    if end is None:
        return False
    return Decimal(end) >= Decimal(limit.value) if limit.op == "at_least" else Decimal(end) <= Decimal(limit.value)
