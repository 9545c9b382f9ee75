"""What changed between a decision and the one that last allowed a version of the same model."""

from decimal import Decimal
from typing import NamedTuple

from governance.evidence.evidence import EvidenceSet
from governance.policy.decision import Decision
from governance.policy.finding import Finding, Looked
from governance.render import wording
from governance.render.pipeline import CheckPage, Precedent
from governance.render.wording import State

# From best to worst. What does not apply is neither: it says nothing about the model.
_WORSE = (State.PASSED, State.INCONCLUSIVE, State.ERROR, State.FAILED)


class Moved(NamedTuple):
    """One rule then and now, in words; None where it was not judged."""

    title: str
    key: str
    was: str | None
    now: str | None


class Changes(NamedTuple):
    """Against what `since` decided, in these environments. `same`: it was about the same version. `inputs`
    are roles with what became of them, `policies` sentences."""

    environments: tuple[str, ...]
    since: Decision
    same: bool
    worse: tuple[Moved, ...]
    better: tuple[Moved, ...]
    other: tuple[Moved, ...]
    inputs: tuple[tuple[str, str], ...]
    policies: tuple[str, ...]

    @property
    def none(self) -> bool:
        return not (self.worse or self.better or self.other or self.inputs or self.policies)


def changes(page: CheckPage) -> list[Changes]:
    """One for each decision that last allowed this model somewhere; environments with the same one go together."""
    together: dict[str, list[str]] = {}
    for name in wording.strictest(page.decision, page.environment):
        if name in page.precedents:
            together.setdefault(page.precedents[name].decision.id, []).append(name)
    return [
        _between(page.precedents[names[0]], page.decision, page.evidence, tuple(names)) for names in together.values()
    ]


def _between(before: Precedent, now: Decision, evidence: EvidenceSet, environments: tuple[str, ...]) -> Changes:
    old = {finding.key: finding for finding in before.decision.findings}
    new = {finding.key: finding for finding in now.findings}
    worse, better, other = list[Moved](), list[Moved](), list[Moved]()
    for key, finding in new.items():
        was = old.get(key)
        if was is None:
            other.append(Moved(finding.title, key, None, stated(finding)))
        elif (step := _step(was, finding)) is not None:
            moved = Moved(finding.title, key, stated(was), stated(finding))
            (worse if step > 0 else better if step < 0 else other).append(moved)
    other += [Moved(finding.title, key, stated(finding), None) for key, finding in old.items() if key not in new]
    return Changes(
        environments,
        before.decision,
        before.decision.subject.version == now.subject.version,
        tuple(worse),
        tuple(better),
        tuple(other),
        tuple(_inputs(before.evidence, evidence)),
        tuple(_policies(before.decision, now, environments)),
    )


def _step(was: Finding, now: Finding) -> int | None:
    """Above 0 where it got worse, below 0 where it got better, 0 where it is merely different, None where it is the
    same to as many digits as are shown."""
    states = wording.state_of(was), wording.state_of(now)
    # A model gets no better by being excused or put into a baseline: only its number can say so.
    ranks = [wording.found(finding) for finding in (was, now)]
    if ranks[0] is not ranks[1]:
        if State.NOT_APPLICABLE in ranks:
            return 0
        return _WORSE.index(ranks[1]) - _WORSE.index(ranks[0])
    same = None if states[0] is states[1] else 0
    first, second = _decisive(was), _decisive(now)
    if first is None or second is None or was.limit is None or now.limit is None or was.limit.op != now.limit.op:
        return same
    if wording.number(first.value or "", now.limit) == wording.number(second.value or "", now.limit):
        return same
    rose = Decimal(second.value or 0) > Decimal(first.value or 0)
    return 1 if rose == (now.limit.op == "at_most") else -1


def _decisive(finding: Finding) -> Looked | None:
    """The number that was held against the limit: the first, which is the worst."""
    first = finding.looked_at[0] if finding.looked_at else None
    held = finding.limit is not None and finding.limit.op in ("at_least", "at_most")
    return first if held and first and first.value is not None and first.low is not None else None


def stated(finding: Finding) -> str:
    """Its state, with the number that was held against the limit: "failed, B to A 0.45 [0.4, 0.5]"."""
    number = _decisive(finding)
    state = wording.state_of(finding).value
    return f"{state}, {wording.what(number)} {wording.value_of(number, finding.limit)}" if number else state


def _inputs(old: EvidenceSet, new: EvidenceSet) -> list[tuple[str, str]]:
    before, after = _digests(old), _digests(new)
    said = []
    for role in sorted({*before, *after}):
        was, now = before.get(role, {}), after.get(role, {})
        if was.keys() == now.keys():
            continue
        if not was or not now:
            said.append((role, f"{'new' if not was else 'gone'}, {_listed(now or was)}"))
        else:
            said.append((role, f"{_listed(was, now)} to {_listed(now, was)}"))
    return said


def _digests(evidence: EvidenceSet) -> dict[str, dict[str, int | None]]:
    """Digest and rows of what was read, by role."""
    roles: dict[str, dict[str, int | None]] = {}
    for item in evidence.inputs:
        roles.setdefault(item.role, {})[item.sha256] = item.rows
    return roles


def _listed(digests: dict[str, int | None], other: dict[str, int | None] | None = None) -> str:
    """The digests that are not among the others."""
    own = {digest: rows for digest, rows in digests.items() if digest not in (other or {})}
    said = [
        wording.number(digest) + ("" if rows is None else f" ({wording.plural(rows, 'row')})")
        for digest, rows in own.items()
    ]
    return ", ".join(said) or "nothing more"


def _policies(old: Decision, new: Decision, environments: tuple[str, ...]) -> list[str]:
    """Policies that changed, and what that did to rules that stand in both: the limit, or what follows from the same
    outcome."""
    before, after = ({ref.id: ref for ref in decision.policies} for decision in (old, new))
    said = [f"policy {name} {after[name].version} was added" for name in sorted(after.keys() - before.keys())]
    said += [f"policy {name} {before[name].version} was dropped" for name in sorted(before.keys() - after.keys())]
    for name in sorted(before.keys() & after.keys()):
        was, now = before[name], after[name]
        if was.version != now.version:
            said.append(f"policy {name}: {was.version} to {now.version}")
        elif was.sha256 != now.sha256:
            digests = f"{wording.number(was.sha256)} to {wording.number(now.sha256)}"
            said.append(f"policy {name} {now.version}: the text changed under the same version, {digests}")
    if old.baseline != new.baseline:
        became = "added" if old.baseline is None else "dropped" if new.baseline is None else "changed"
        said.append(f"the baseline of known failures was {became}")
    judged = {finding.key: finding for finding in old.findings}
    for finding in new.findings:
        was_finding = judged.get(finding.key)
        if was_finding is None or not said:
            continue
        limits = wording.limit_of(was_finding.limit), wording.limit_of(finding.limit)
        if was_finding.limit and finding.limit and limits[0] != limits[1]:
            said.append(f"the limit of {finding.title}: {limits[0]} to {limits[1]}")
        for name in environments:
            was_action, action = was_finding.actions.get(name), finding.actions.get(name)
            same = wording.state_of(was_finding) is wording.state_of(finding)
            if same and was_action and action and was_action is not action:
                said.append(f"in {name} the same outcome of {finding.title} means {action}, not {was_action}")
    return said
