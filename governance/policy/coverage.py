"""What an excuse for a finding covers. A waiver, which a person signs for one model version: groups, and how bad a
number. An entry of a baseline, which outlives versions: each number where it stands, or the very faults."""

from collections import Counter
from decimal import Decimal
from typing import NamedTuple

from governance.canonical import Real
from governance.policy.act import Part
from governance.policy.finding import Finding, Limit, Looked

Group = tuple[str | None, ...]
Parts = tuple[Part, ...]


class Miss(NamedTuple):
    """A number that misses its limit. `group` is empty where it is about no single one."""

    path: str
    group: Group
    value: Real


def misses(finding: Finding) -> tuple[Miss, ...]:
    """The numbers that miss the limit they are held against, the worst for each path and group; none where the finding
    holds no number against a limit."""
    limit, found = finding.limit, dict[tuple[str, Group], Miss]()
    if limit is None or limit.op not in ("at_least", "at_most"):
        return ()
    for looked in finding.looked_at:
        if looked.value is None or not (looked.at_stake or looked.low is not None) or meets(looked.value, limit):
            continue
        key = looked.path, looked.group or ()
        known = found.get(key)
        if known is None or not meets(looked.value, limit.model_copy(update={"value": known.value})):
            found[key] = Miss(*key, looked.value)
    return tuple(found.values())


def meets(value: Real, limit: Limit) -> bool:
    """Whether a number is on the right side of a limit that is a number, or on it."""
    number, bound = Decimal(value), Decimal(limit.value)
    return number >= bound if limit.op == "at_least" else number <= bound


def concerned(finding: Finding) -> tuple[Group, ...]:
    """The groups that there is something to waive for: each that is at stake and does not clear the limit."""
    return tuple(
        looked.group
        for looked in finding.looked_at
        if looked.group is not None and looked.at_stake and not _clears(looked, finding.limit)
    )


def named(looked: Looked) -> Parts:
    """The group that a number is about, each value with its attribute; of what names none, the attribute is empty."""
    group, names = looked.group or (), attributes(looked)
    if len(names) != len(group):
        names = ("",) * len(group)
    return tuple(Part(attribute=name, value=value) for name, value in zip(names, group, strict=True))


def attributes(looked: Looked) -> tuple[str, ...]:
    """Whose groups a number is about: the attribute in its path, or those of an intersection; none where there is no
    group."""
    parts = looked.path.removesuffix(".ratio").removesuffix(".difference").split(".")
    return () if looked.group is None or len(parts) < 3 else tuple(".".join(parts[1:-1]).split("*"))


def at_stake(finding: Finding) -> tuple[Parts, ...]:
    """What `concerned` says, with attributes."""
    found = (named(one) for one in finding.looked_at if one.at_stake and not _clears(one, finding.limit))
    return tuple(dict.fromkeys(found))


def meant(group: Parts | Group, seen: Finding) -> tuple[Parts, ...]:
    """Which groups of a finding somebody who saw it may have meant: the very one where attributes are named, all with
    these values where not."""
    there = tuple(dict.fromkeys(named(one) for one in seen.looked_at if one.group))
    if any(isinstance(part, Part) for part in group):
        return tuple(parts for parts in there if parts == group)
    return tuple(parts for parts in there if tuple(part.value for part in parts) == group)


def covers_groups(finding: Finding, groups: tuple[Parts, ...]) -> bool:
    """Whether a waiver for these groups (all where empty) leaves none out. Where none was compared it covers none."""
    if not groups:
        return True
    found = at_stake(finding)
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
    return meets(worst, finding.limit.model_copy(update={"value": bound}))


def faults(finding: Finding) -> tuple[str, ...]:
    """What a finding names, one by one: rules join what they found by semicolons."""
    return tuple(finding.why.split("; "))


def asks_the_same(finding: Finding, seen: Finding) -> bool:
    """Whether a finding under another text of its policy is the one that somebody saw: by the same rule, about the same
    numbers on the same side of a limit, or, where there is no number, with no fault that was not there."""
    if finding.uses != seen.uses:
        return False
    numbers = {looked.path for looked in finding.looked_at if looked.at_stake or looked.low is not None}
    if not numbers:
        return not Counter(faults(finding)) - Counter(faults(seen))
    sides = [one.limit.op if one.limit else None for one in (finding, seen)]
    return sides[0] == sides[1] and numbers <= {looked.path for looked in seen.looked_at}


def _clears(looked: Looked, limit: Limit | None) -> bool:
    """Whether the whole interval meets the limit, so that there is nothing to excuse."""
    if limit is None or limit.op not in ("at_least", "at_most"):
        return False
    end = looked.low if limit.op == "at_least" else looked.high
    return end is not None and meets(end, limit)
