"""The table of the contract, typed out by hand and compared with the code over every combination."""

import itertools

import pytest

from governance.canonical import parse_instant
from governance.policy.enforcement import Steps, action_on
from governance.policy.outcome import Action, Enforcement, Outcome, action_for, worst
from tests.policy.cases import NOW, evidence, judge, policy, section

#        outcome           deny            review          warn     audit
TABLE = """
         pass            | allow         | allow         | allow  | allow
         not applicable  | allow         | allow         | allow  | allow
         inconclusive    | needs review  | needs review  | allow  | allow
         fail            | deny          | needs review  | allow  | allow
         error           | deny          | deny          | deny   | allow
"""
ENFORCEMENTS = ("deny", "review", "warn", "audit")
ROWS = {cells[0]: cells[1:] for line in TABLE.strip().splitlines() for cells in [[c.strip() for c in line.split("|")]]}
CELLS = [(o, e, ROWS[o][i]) for o in ROWS for i, e in enumerate(ENFORCEMENTS)]


def test_the_table_names_every_outcome_and_enforcement() -> None:
    assert set(ROWS) == {one.value for one in Outcome}
    assert set(ENFORCEMENTS) == {one.value for one in Enforcement}


@pytest.mark.parametrize(("outcome", "enforcement", "expected"), CELLS)
@pytest.mark.parametrize("waivable_to", ["allow", "needs review"])
def test_not_waived(outcome: str, enforcement: str, expected: str, waivable_to: str) -> None:
    found = action_for(
        Outcome(outcome), Enforcement(enforcement), waived=False, known=False, waivable_to=Action(waivable_to)
    )
    assert found == expected


@pytest.mark.parametrize("outcome", ["fail", "inconclusive"])
@pytest.mark.parametrize(
    ("enforcement", "waivable_to", "expected"),
    [
        ("deny", "needs review", "needs review"),
        ("deny", "allow", "allow"),
        ("review", "needs review", "allow"),
        ("review", "allow", "allow"),
        ("warn", "needs review", "allow"),
        ("warn", "allow", "allow"),
        ("audit", "needs review", "allow"),
        ("audit", "allow", "allow"),
    ],
)
def test_waived(outcome: str, enforcement: str, waivable_to: str, expected: str) -> None:
    found = action_for(
        Outcome(outcome), Enforcement(enforcement), waived=True, known=False, waivable_to=Action(waivable_to)
    )
    assert found == expected


@pytest.mark.parametrize("outcome", ["pass", "not applicable", "error"])
@pytest.mark.parametrize("enforcement", ENFORCEMENTS)
def test_nothing_else_can_be_waived(outcome: str, enforcement: str) -> None:
    with pytest.raises(RuntimeError, match=outcome):
        action_for(Outcome(outcome), Enforcement(enforcement), waived=True, known=False, waivable_to=Action.ALLOW)


def test_worst_of_nothing_is_deny() -> None:
    assert worst([]) is Action.DENY


def test_worst_is_the_strictest() -> None:
    order = [Action.ALLOW, Action.NEEDS_REVIEW, Action.DENY]
    for one, other in itertools.product(order, order):
        assert worst([one, other]) is order[max(order.index(one), order.index(other))]


@pytest.mark.parametrize(("outcome", "enforcement", "expected"), CELLS)
def test_a_decision_follows_the_table(outcome: str, enforcement: str, expected: str) -> None:
    """One rule besides one that passes, so that `not applicable` does not stand alone."""
    rules = [section("one", outcome, f"{{default: deny, prod: {enforcement}}}"), section("two")]
    assert judge(evidence(), [policy(*rules)]).outcomes["prod"] == expected


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ([], "no policy was given"),
        ([policy()], "no rule is selected"),
        ([policy(section("a"), in_force="{from: 2027-01-01T00:00:00Z}")], "no policy is in force"),
        (
            [policy(section("a"), in_force="{from: 2025-01-01T00:00:00Z, until: 2026-11-21T09:30:00Z}")],
            "no policy is in force",
        ),
        ([policy(section("a", "not applicable"), section("b", "not applicable"))], "no rule applies"),
    ],
    ids=["no policy", "no rule", "not yet", "no longer", "not applicable"],
)
def test_where_nothing_was_checked_nothing_is_allowed(policies: list, said: str) -> None:  # type: ignore[type-arg]
    decision = judge(evidence(), policies)
    assert worst(list(decision.outcomes.values())) is Action.DENY
    assert set(decision.outcomes.values()) <= {Action.DENY}
    assert any(said in note for note in decision.notes), decision.notes


def test_not_applicable_beside_a_pass_allows() -> None:
    decision = judge(evidence(), [policy(section("a", '"not applicable"'), section("b"))])
    assert set(decision.outcomes.values()) == {Action.ALLOW}
    assert decision.notes == ()


def test_in_force_includes_its_first_and_excludes_its_last_instant() -> None:
    period = "{from: 2026-11-21T09:30:00Z, until: 2026-11-21T09:30:01Z}"
    assert judge(evidence(), [policy(section("a"), in_force=period)], as_of=NOW).outcomes["prod"] is Action.ALLOW


@pytest.mark.parametrize(
    ("place", "before", "after"),
    [("prod", "allow", "deny"), ("prod@ci", "deny", "deny"), ("staging", "allow", "allow")],
)
@pytest.mark.parametrize(("waived", "known"), [(False, False), (True, False), (False, True)])
def test_the_day_and_the_place_pick_the_column(place: str, before: str, after: str, waived: bool, known: bool) -> None:
    stated = {
        "default": Enforcement.WARN,
        "prod": Steps(warn="now", deny="2027-01-01T00:00:00Z"),
        "prod@ci": Enforcement.DENY,
    }
    for day, plain in (("2026-12-31T23:59:59Z", before), ("2027-01-01T00:00:00Z", after)):
        found = action_on(
            Outcome.FAIL, stated, place, parse_instant(day), waived=waived, known=known, waivable_to=Action.NEEDS_REVIEW
        )
        assert found == ("needs review" if plain == "deny" and (waived or known) else plain)
