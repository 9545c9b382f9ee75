"""What the cases of a policy show: which differ from what they expect, what no case shows, which mutants survive."""

from collections.abc import Iterable
from typing import NamedTuple

from governance.policy.cases import DEFAULTS, Bench, LoadedCases, Ran
from governance.policy.document import LoadedPolicy
from governance.policy.mutants import Mutant, mutants, told
from governance.policy.outcome import Outcome

SHOWN = (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE)
"""What the cases must show of every rule."""


class Gap(NamedTuple):
    """A rule, and what no case shows of it; or an excuse that excuses nothing."""

    rule: str
    why: str


class Examined(NamedTuple):
    """One policy with its cases, run. `table` is rule -> outcome -> names of cases; `mutants` is how many were made,
    None where nobody asked or where the cases do not even hold; `survivors` were noticed by no case, `excused` neither,
    and `uncovered` says why. Nor was `minor`, which fails only who is strict: see `_minor`."""

    policy: LoadedPolicy
    cases: LoadedCases
    ran: list[Ran]
    table: dict[str, dict[Outcome, list[str]]]
    gaps: list[Gap]
    mutants: int | None
    survivors: list[Mutant]
    excused: list[Mutant]
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


def examine(policy: LoadedPolicy, cases: LoadedCases, *, mutate: bool, strict: bool = False) -> Examined:
    """Run the cases against the policy and, where they hold, against its mutants. `strict`: no mutant is minor."""
    bench = Bench(cases, policy)
    ran = bench.run()
    table = shown(ran, policy)
    uncovered = cases.document.uncovered
    found = gaps(table, uncovered)
    if not mutate or any(one.differences for one in ran):
        return Examined(policy, cases, ran, table, found, None, [], [], [])
    made = list(mutants(policy))
    left = [mutant for mutant in made if not told(mutant, bench)]
    excused = [mutant for mutant in left if _excused(mutant, uncovered, table)]
    found += [
        Gap(at, "is excused under `uncovered`, and the cases notice each change of it")
        for at in uncovered
        if at not in table and at not in {mutant.at for mutant in left} | {DEFAULTS for one in left if one.unwritten}
    ]
    survivors = [mutant for mutant in left if mutant not in excused]
    minor = [] if strict else [mutant for mutant in survivors if _minor(mutant, policy)]
    survivors = [mutant for mutant in survivors if mutant not in minor]
    return Examined(policy, cases, ran, table, found, len(made), survivors, excused, minor)


def _minor(mutant: Mutant, policy: LoadedPolicy) -> bool:
    """Whether it changes nothing that an author decided: what the policy leaves to its rules, the day it begins or ends
    moved by one, less evidence accepted where it says nothing of that. More evidence accepted never is: somebody's
    word would count."""
    if mutant.at == f"{mutant.rule}.accept" and mutant.changed is not None:
        (was,) = (section for section in policy.document.rules if section.id == mutant.rule)
        usual, now = was.accept, mutant.changed.section.accept
        less = {*now.kind} <= {*usual.kind} and {*now.predictions} <= {*usual.predictions}
        return less and "accept" not in was.model_fields_set
    return mutant.unwritten or (not mutant.rule and mutant.at.startswith("in_force."))


def _excused(mutant: Mutant, uncovered: dict[str, str], table: dict[str, dict[Outcome, list[str]]]) -> bool:
    """Of a rule that some case shows to fail, the cases must notice that it is gone or enforced otherwise, whatever
    else they cannot show of it."""
    excused = mutant.at in uncovered or (mutant.unwritten and DEFAULTS in uncovered)
    return excused and (mutant.at not in table or not table[mutant.at][Outcome.FAIL])


def shown(ran: Iterable[Ran], policy: LoadedPolicy) -> dict[str, dict[Outcome, list[str]]]:
    """rule -> outcome -> names of the cases that show it."""
    table: dict[str, dict[Outcome, list[str]]] = {
        section.id: {outcome: [] for outcome in SHOWN} for section in policy.document.rules
    }
    for one in ran:
        for rule, outcome in one.found.items():
            table[rule].setdefault(outcome, []).append(one.name)
    return table


def gaps(table: dict[str, dict[Outcome, list[str]]], uncovered: dict[str, str]) -> list[Gap]:
    """What is not shown of a rule and not excused, and excuses for what is shown."""
    found = []
    for rule, cases in table.items():
        missing = [outcome.value for outcome in SHOWN if not cases[outcome]]
        if missing and rule not in uncovered:
            found.append(Gap(rule, f"no case shows it as {' or '.join(missing)}"))
        elif not missing and rule in uncovered:
            found.append(Gap(rule, "is excused under `uncovered`, and is covered"))
    return found
