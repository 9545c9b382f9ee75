"""What the cases of a policy show: which differ from what they expect, what no case shows, which mutants survive."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from governance.policy.bench import Bench, Ran
from governance.policy.cases import ANY_RULE, LoadedCases
from governance.policy.document import LoadedPolicy
from governance.policy.mutants import VALID_FOR, Mutant, mutants
from governance.policy.noticing import told
from governance.policy.outcome import Outcome
from governance.progress import Progress, silent

SHOWN = (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE)
"""What the cases must show of every rule."""


class Gap(NamedTuple):
    """A rule, and outcomes that no case shows of it; or an excuse that excuses nothing, which `lacks` none."""

    rule: str
    lacks: tuple[Outcome, ...]
    why: str


class Excuse(NamedTuple):
    """A reason under `uncovered`: where it stands there, `what` it is for (empty: every change there), and itself."""

    at: str
    what: str
    why: str


Table = dict[str, dict[Outcome, list[str]]]


class Examined(NamedTuple):
    """One policy with its cases, run. `table` is rule -> outcome -> names of cases; `mutants` is how many were made,
    None where nobody asked or where the cases do not even hold; `survivors` were noticed by no case, `excused` neither,
    with the reason. Nor was `minor`, which fails only who is strict: see `_minor`."""

    policy: LoadedPolicy
    cases: LoadedCases
    ran: list[Ran]
    table: Table
    gaps: list[Gap]
    mutants: int | None
    survivors: list[Mutant]
    excused: list[tuple[Mutant, Excuse]]
    minor: list[Mutant]

    @property
    def failed(self) -> list[Ran]:
        return [one for one in self.ran if one.differences]

    @property
    def unnoticed(self) -> int:
        """How many mutants no case notices, whether that is excused or not."""
        return len(self.survivors) + len(self.excused) + len(self.minor)

    @property
    def holds(self) -> bool:
        return not (self.failed or self.gaps or self.survivors)


Reasons = Mapping[str, str | Mapping[str, str]]
"""Why something is not shown, by what; or, where one reason would be too few, by what is changed there."""


def examine(
    policy: LoadedPolicy, cases: LoadedCases, *, mutate: bool, strict: bool = False, progress: Progress = silent
) -> Examined:
    """Run the cases against the policy and, where they hold, against its mutants. `strict`: no mutant is minor."""
    bench = Bench(cases, policy)
    ran = bench.run()
    table = shown(ran, policy)
    uncovered: Reasons = cases.document.uncovered
    found = gaps(table, uncovered)
    if not mutate or any(one.differences for one in ran):
        return Examined(policy, cases, ran, table, found, None, [], [], [])
    made = list(mutants(policy))
    left = []
    for at, mutant in enumerate(made):
        progress(f"changing {policy.document.id}, to see which case notices", at, len(made))
        if not told(mutant, bench):
            left.append(mutant)
    found_of = [(mutant, _excuse(mutant, uncovered, table)) for mutant in left]
    excused = [(mutant, excuse) for mutant, excuse in found_of if excuse]
    found += _idle(uncovered, table, [excuse for _, excuse in excused])
    bare = [(mutant, not strict and _minor(mutant, policy)) for mutant, excuse in found_of if excuse is None]
    survivors, minor = ([mutant for mutant, is_minor in bare if is_minor is which] for which in (False, True))
    return Examined(policy, cases, ran, table, found, len(made), survivors, excused, minor)


def _idle(uncovered: Reasons, table: Table, used: Iterable[Excuse]) -> list[Gap]:
    """Excuses that excuse nothing."""
    needed = {(one.at, one.what) for one in used}
    said = "is excused under `uncovered`, and the cases notice each change of it"
    found = []
    for at, reason in uncovered.items():
        if at not in table:
            parts = [""] if isinstance(reason, str) else list(reason)
            found += [Gap(at, (), f"{part}: {said}" if part else said) for part in parts if (at, part) not in needed]
    return found


def _minor(mutant: Mutant, policy: LoadedPolicy) -> bool:
    """Whether it changes nothing that an author decided: what the policy leaves to its rules, the day it begins or ends
    moved by one, the severity that findings are read by, how long a decision may be relied on, less evidence accepted
    where it says nothing of that. More evidence accepted never is: somebody's
    word would count."""
    if mutant.at == f"{mutant.rule}.accept" and mutant.changed is not None:
        (was,) = (section for section in policy.document.rules if section.id == mutant.rule)
        usual, now = was.accept, mutant.changed.section.accept
        less = {*now.kind} <= {*usual.kind} and {*now.predictions} <= {*usual.predictions}
        return less and "accept" not in was.model_fields_set
    lasting = mutant.at.startswith("in_force.") or mutant.at == VALID_FOR
    return mutant.unwritten or (lasting and not mutant.rule) or mutant.at == f"{mutant.rule}.severity"


def _excuse(mutant: Mutant, uncovered: Reasons, table: Table) -> Excuse | None:
    """What excuses it, if anything does. Of a rule that some case shows to fail, the cases must notice that it is gone
    or enforced otherwise, whatever else they cannot show of it."""
    if mutant.at in table and table[mutant.at][Outcome.FAIL]:
        return None
    for at in (mutant.at, f"{ANY_RULE}{mutant.at.partition('.')[2]}" if mutant.rule else ""):
        reason = uncovered.get(at)
        if isinstance(reason, str):
            return Excuse(at, "", reason)
        if reason is not None and mutant.what in reason:
            return Excuse(at, mutant.what, reason[mutant.what])
    return None


def shown(ran: Iterable[Ran], policy: LoadedPolicy) -> Table:
    """rule -> outcome -> names of the cases that show it."""
    table: Table = {section.id: {outcome: [] for outcome in SHOWN} for section in policy.document.rules}
    for one in ran:
        for rule, outcome in one.found.items():
            table[rule].setdefault(outcome, []).append(one.name)
    return table


def gaps(table: Table, uncovered: Reasons) -> list[Gap]:
    """What is not shown of a rule and not excused, and excuses for what is shown."""
    found = []
    for rule, cases in table.items():
        missing = [outcome for outcome in SHOWN if not cases[outcome]]
        if missing and rule not in uncovered:
            found.append(Gap(rule, tuple(missing), f"no case shows it as {' or '.join(one.value for one in missing)}"))
        elif not missing and rule in uncovered:
            found.append(Gap(rule, (), "is excused under `uncovered`, and is covered"))
    return found
