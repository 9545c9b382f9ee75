"""Whether the cases of a policy notice a mutant of it."""

from governance.policy.bench import Bench, Judged, fates, unlike
from governance.policy.cases import Asked, Expected, comparisons
from governance.policy.mutants import VALID_FOR, WAIVERS, Mutant, only
from governance.policy.outcome import Outcome, worst


def told(mutant: Mutant, bench: Bench) -> bool:
    """Whether some case tells the mutant from the policy, whose cases must hold."""
    cases = bench.cases.document.cases
    if not mutant.rule or mutant.policy.document.merged:
        return any(_tells(mutant, bench, index) for index in _that_may(mutant, bench))
    # Those that speak of the rule first: one of them will tell.
    order = [*sorted(range(len(cases)), key=lambda index: mutant.rule not in cases[index].expect.findings), None]
    anew = comparisons(mutant.policy)
    known: dict[str, Judged] = {}
    return any(_rule_tells(mutant, bench, index, anew, known) for index in order)


def _that_may(mutant: Mutant, bench: Bench) -> list[int | None]:
    """The cases that could notice what is changed of a whole policy, those about another day first. How long acts
    count matters only where there are some."""
    cases = bench.cases.document.cases
    if mutant.at.startswith(WAIVERS) or mutant.at == VALID_FOR:
        return [index for index, case in enumerate(cases) if case.acts]
    return [*sorted(range(len(cases)), key=lambda index: not (cases[index].now or cases[index].as_of)), None]


def _tells(mutant: Mutant, bench: Bench, index: int | None) -> bool:
    environments = mutant.policy.document.environments
    differences = bench.ran(index, mutant.policy).differences
    # A rule that was left out is not judged, which proves nothing: some outcome has to change.
    return any(not mutant.drops or (one.got is not None and one.of in environments) for one in differences)


def _rule_tells(mutant: Mutant, bench: Bench, index: int | None, anew: Asked, known: dict[str, Judged]) -> bool:
    """The same, judging the one rule that differs: all others find what they found. `known`: what it says of cases that
    are alike in what it reads."""
    was, case = bench.judged(index).decision, bench.case(index)
    if any(ref.remark for ref in was.policies):
        return False  # no rule is judged here
    if case and any(act.reviews for act in case.acts):
        return _tells(mutant, bench, index)  # who reviews answers for all rules
    key, changed = f"{mutant.policy.document.id}#{mutant.rule}", mutant.changed
    now = None
    if changed is not None:
        reads = changed.rule.facts if changed.rule and mutant.policy.selector is None else ""
        alike = bench.print_of(index, reads)
        if alike not in known:
            known[alike] = bench.judge(only(mutant.policy, changed), index, anew)
        (now,) = known[alike].decision.findings
        before = next(one for one in was.findings if one.key == key)
        expected = bench.expected(index, mutant.rule) or Expected(outcome=before.outcome)
        if unlike(now, expected) or fates(known[alike], mutant.rule):
            return True
    others = [*(one for one in was.findings if one.key != key), *([now] if now else [])]
    counted = [one for one in others if one.outcome is not Outcome.NOT_APPLICABLE]
    return any(
        worst([one.actions[place] for one in counted if place in one.actions]) is not action
        for place, action in was.outcomes.items()
    )
