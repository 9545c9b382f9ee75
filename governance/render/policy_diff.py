"""A semantic diff of two policies: for a terminal with the lines of both files, for a pull request, for programs."""

from collections.abc import Iterator
from typing import NamedTuple

from governance.policy.difference import Change, Kind, PolicyDiff, stands
from governance.policy.positions import Positions
from governance.render.markdown import escaped
from governance.render.visible import clip, inert, visible, wrap
from governance.render.wording import plural

MEANS = {
    "same": "nothing differs in meaning",
    "reworded": "other words, the same meaning",
    "tightened": "tighter: no model gets a better outcome by it",
    "changed": "changed without a known direction: `policy replay` shows what it does",
    "loosened": "looser: something that was held against models is not any more, or less",
}
"""Each direction in words."""
_ORDER = (
    Kind.LOOSENED, Kind.REMOVED, Kind.CHANGED, Kind.WIDENED, Kind.NARROWED, Kind.TIGHTENED, Kind.ADDED, Kind.REWORDED,
)  # fmt: skip
_MOST = 300
_MOST_ROWS = 200


class Placed(NamedTuple):
    """A diff, and where the parts of both policies stand."""

    diff: PolicyDiff
    old: Positions
    new: Positions


def diff_text(placed: Placed, width: int) -> str:
    """What loosens first; below each change the line of each file."""
    diff = placed.diff
    lines = [head(diff), f"  {MEANS[diff.direction]}"]
    for change in in_order(diff):
        lines += wrap(visible(said(change)), width, f"{change.kind.value:>10}  ", " " * 12)
        for value, at in ((change.was, placed.old), (change.now, placed.new)):
            if value is not None and change.part:
                lines += [f"{' ' * 12}{line}" for line in _excerpt(change, at)]
    return "\n".join(lines)


def head(diff: PolicyDiff) -> str:
    """Which policies, and how many changes."""
    old, new = diff.old, diff.new
    same = " (the text changed under the same version)" if _silent(diff) else ""
    names = f"{old.id} {old.version} to {new.id} {new.version}"
    return f"{names}: {plural(len(diff.changes), 'change') if diff.changes else 'no change'}{same}"


def _silent(diff: PolicyDiff) -> bool:
    same = (diff.old.id, diff.old.version) == (diff.new.id, diff.new.version)
    return same and diff.direction != "same"


def in_order(diff: PolicyDiff) -> list[Change]:
    """What loosens first."""
    return sorted(diff.changes, key=lambda one: _ORDER.index(one.kind))


def said(change: Change) -> str:
    """`floor: with.at_least: 0.8 -> 0.9`."""
    place = f" in {change.place}" if change.place else ""
    days = f" from {change.from_}" if change.from_ else ""
    days += f" until {change.until}" if change.until else ""
    part = f"{change.part}{place}{days}"
    values = " -> ".join(clip(" ".join((value or "none").split()), _MOST) for value in (change.was, change.now))
    if not change.part:
        values = clip(change.now or change.was or "written in another way, which means the same", _MOST)
    return ": ".join(filter(None, (change.rule, f"{part}: {values}" if part else values)))


def _excerpt(change: Change, at: Positions) -> Iterator[str]:
    source, position = stands(change, at)
    yield visible(f"{source.name}:{position.line}:{position.column}")
    yield from (inert(visible(line)) for line in source.excerpt(position).splitlines() if line)


def diff_markdown(diff: PolicyDiff) -> str:
    """For a comment on a pull request."""
    means = f"**{diff.direction.capitalize()}.** {MEANS[diff.direction]}."
    lines = [f"### Policy {escaped(head(diff))}", "", means, ""]
    if diff.changes:
        lines += ["| | rule | what | was | now |", "|---|---|---|---|---|"]
    rows = in_order(diff)
    lines += [markdown_row(change) for change in rows[:_MOST_ROWS]]
    if len(rows) > _MOST_ROWS:
        lines.append(f"\nand {plural(len(rows) - _MOST_ROWS, 'more change')}")
    return "\n".join(lines)


def markdown_row(change: Change) -> str:
    """One row of the table."""
    place = f" in {change.place}" if change.place else ""
    days = f" from {change.from_}" if change.from_ else ""
    days += f" until {change.until}" if change.until else ""
    cells = (change.rule or "", f"{change.part}{place}{days}", change.was or "", change.now or "")
    return f"| {change.kind.value} | " + " | ".join(escaped(" ".join(cell.split())) for cell in cells) + " |"
