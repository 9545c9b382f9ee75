"""Mutants of a policy: which are made, and that cases are needed to notice them."""

from governance.policy.bench import Bench
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.examination import examine
from governance.policy.mutants import LEFT_OUT, Mutant, mutants
from governance.policy.noticing import told
from governance.policy.outcome import Outcome
from governance.render.examined import examined_text
from tests.policy.test_cases import CASES, POLICY, house

# At the limits, both sides of each: what CASES alone do not notice.
SHARP = """\
  - name: just right often enough
    change: {performance: {counts: {tp: 4100, tn: 4100, fp: 900, fn: 900}}}
    expect: {}
  - name: just too often wrong
    change: {performance: {counts: {tp: 3900, tn: 3900, fp: 1100, fn: 1100}}}
    expect: {findings: {floor: fail}, outcomes: {prod: deny}}
  - name: a group is selected at half the rate
    change: {fairness: {sex: {f: {tp: 200, fn: 300, fp: 50, tn: 450}}}}
    expect: {findings: {rates: fail}, outcomes: {staging: needs review, prod: needs review}}
  - name: four fifths, give or take
    change: {fairness: {sex: {f: {tp: 320, fn: 180, fp: 80, tn: 420}}}}
    expect: {findings: {rates: inconclusive}, outcomes: {staging: needs review, prod: needs review}}
  - name: four fifths in a large table, give or take
    change: {fairness: {sex: {f: {tp: 3200, fn: 1800, fp: 800, tn: 4200}, m: {tp: 4000, fn: 1000, fp: 1000, tn: 4000}}}}
    expect: {findings: {rates: inconclusive}, outcomes: {staging: needs review, prod: needs review}}
  - name: 1999 rows
    change: {fairness: {sex: {f: {tn: 399}}}}
    expect: {findings: {enough-rows: fail}, outcomes: {prod: needs review}}
  - name: nothing was measured
    change: {fairness: null, performance: null}
    expect:
      findings: {floor: inconclusive, rates: inconclusive, enough-rows: inconclusive}
      outcomes: {staging: needs review, prod: needs review}
  - name: somebody says so
    change: {origins: {fairness: declared, performance: declared}}
    expect:
      findings: {floor: inconclusive, rates: inconclusive, enough-rows: inconclusive}
      outcomes: {staging: needs review, prod: needs review}
"""


SHARP += """\
  - name: on the first day
    as_of: 2026-01-01T00:00:00Z
    expect: {}
  - name: the day before
    as_of: 2025-12-31T23:59:59Z
    expect: {outcomes: {staging: deny, prod: deny}}
  - name: predictions from elsewhere
    change: {predictions: supplied}
    expect: {}
"""
_PARTS = ("alpha", "metric", "min_rows", "severity", "small_groups", "unknown_at_most", "waivable", "waivable_to")
LEFT = ", ".join(
    [
        *(f"'*.{name}': tested with the rules" for name in _PARTS),
        *(f"{name}: nobody signs anything here" for name in ("valid_for", "waivers.covers", "waivers.horizon.medium")),
    ]
)
FAR = SHARP.replace("{tn: 399}", "{tp: 200, fn: 50, fp: 50, tn: 200}")
"""With 1500 rows where 1999 would be needed to notice a limit of 1900."""


def made(policy: LoadedPolicy) -> list[str]:
    """What is written under the rules, but for `accept`."""
    found = [
        one
        for one in mutants(policy)
        if one.rule and not one.unwritten and not one.at.endswith((".accept", ".severity"))
    ]
    return [f"{mutant.at}: {mutant.what}" for mutant in found]


def everything(policy: LoadedPolicy) -> list[str]:
    return [f"{mutant.at}: {mutant.what}" for mutant in mutants(policy)]


def with_rule(line: str) -> LoadedPolicy:
    return load_policy((POLICY[: POLICY.index("rules:")] + f"rules:\n  - {line}\n").encode(), "policy.yaml")


def test_each_limit_each_enforcement_and_each_rule() -> None:
    policy, _ = house()
    assert made(policy) == [
        "floor: left out",
        "floor: staging: warn -> deny",
        "floor: staging: warn -> review",
        "floor: prod: deny -> review",
        "floor: prod: deny -> warn",
        "floor.at_least: 0.8 -> 0.84",
        "floor.at_least: 0.8 -> 0.76",
        "rates: left out",
        "rates: staging: review -> deny",
        "rates: staging: review -> warn",
        "rates: prod: review -> deny",
        "rates: prod: review -> warn",
        "rates.at_least: 0.8 -> 0.84",
        "rates.at_least: 0.8 -> 0.76",
        "enough-rows: left out",
        "enough-rows: staging: warn -> deny",
        "enough-rows: staging: warn -> review",
        "enough-rows: prod: review -> deny",
        "enough-rows: prod: review -> warn",
        "enough-rows.expr: 2000 -> 2100",
        "enough-rows.expr: 2000 -> 1900",
    ]


def test_whole_numbers_intervals_and_nothing_at_all() -> None:
    days = with_rule("{id: a, uses: access.stale_grants@1, with: {days: 7}, enforcement: {default: warn}}")
    assert [one for one in made(days) if "a." in one] == ["a.days: 7 -> 8", "a.days: 7 -> 6"]
    weekly = with_rule("{id: a, uses: operations.monitoring@1, with: {every: 31d}, enforcement: {default: warn}}")
    assert [one for one in made(weekly) if "a." in one] == ["a.every: 31d -> 33d", "a.every: 31d -> 29d"]
    # Less than nothing is no limit; a rule that stops nothing is not missed.
    none = with_rule("{id: a, uses: lineage.no_overlap@1, with: {at_most: 0}, enforcement: {default: audit}}")
    assert [one for one in made(none) if "a." in one] == ["a.at_most: 0 -> 0.01"]
    assert "a: left out" not in made(none)


def test_numbers_of_an_expression_and_nothing_else_in_it() -> None:
    text = "'fairness.rows >= 2e3 || fairness.unmatched < 5 || subject.name == \"v1.5\" // not 7'"
    policy = with_rule(f"{{id: a, requires: [fairness], expr: {text}, enforcement: {{default: warn}}}}")
    assert [one for one in made(policy) if "a." in one] == ["a.expr: 5 -> 6", "a.expr: 5 -> 4"]


def test_only_cases_at_the_limits_notice_every_mutant() -> None:
    policy, cases = house()
    blunt = {mutant.at for mutant in examine(policy, cases, mutate=True).survivors}
    assert blunt >= {"rates", "rates.at_least", "enough-rows", "enough-rows.expr"}
    policy, cases = house(cases=CASES + SHARP + f"uncovered: {{{LEFT}}}\n")
    examined = examine(policy, cases, mutate=True)
    assert [f"{mutant.at}: {mutant.what}" for mutant in examined.survivors] == []
    assert (examined.mutants, examined.holds) == (71, True)
    assert {mutant.unwritten for mutant, _ in examined.excused} == {True}


def test_a_case_far_from_the_limit_does_not_hold_it() -> None:
    policy, cases = house(cases=CASES + FAR + f"uncovered: {{{LEFT}}}\n")
    left = [f"{mutant.at}: {mutant.what}" for mutant in examine(policy, cases, mutate=True).survivors]
    assert left == ["enough-rows.expr: 2000 -> 1900"]


def test_a_rule_that_is_left_out_is_noticed_by_what_it_stops() -> None:
    """That its finding is missing proves nothing: some outcome has to change."""
    policy, cases = house()
    dropped = {mutant.rule: mutant for mutant in mutants(policy) if mutant.drops}
    bench = Bench(cases, policy)
    assert told(dropped["floor"], bench)
    assert not told(dropped["rates"], bench)


def test_an_excuse_for_a_parameter() -> None:
    excuse = f"uncovered: {{enough-rows.expr: the table is always larger, {LEFT}}}\n"
    policy, cases = house(cases=CASES + FAR + excuse)
    examined = examine(policy, cases, mutate=True)
    assert (examined.mutants, examined.holds) == (71, True)
    assert [mutant.what for mutant, _ in examined.excused if not mutant.unwritten] == ["2000 -> 1900"]
    text = examined_text([examined], 100)
    assert "        enough-rows.expr: not covered (1 mutant), because the table is always larger\n" in text
    assert "        *.alpha: not covered (4 mutants), because tested with the rules\n" in text
    assert text.endswith("  71 mutants, 30 of which no case notices (30 excused); mutation score 58%")


def test_an_excuse_for_a_rule_hides_no_mutant_that_a_case_could_notice() -> None:
    """It cannot be inconclusive here; but it can fail, so that some case can tell whether it stops anything."""
    never_missing = CASES + SHARP[: SHARP.index("  - name: nothing was measured")]
    excuses = "uncovered: {floor: it is always measured, rates: the same, enough-rows: the same}\n"
    policy, cases = house(cases=never_missing + excuses)
    examined = examine(policy, cases, mutate=True)
    assert examined.table["enough-rows"][Outcome.FAIL]
    assert "enough-rows.accept: declared evidence accepted, too" in [
        f"{one.at}: {one.what}" for one in examined.survivors
    ]
    assert not examined.holds


def test_an_excuse_for_a_parameter_that_is_noticed_excuses_nothing() -> None:
    policy, cases = house(cases=CASES + SHARP + "uncovered: {floor.at_least: no reason}\n")
    assert [(gap.rule, gap.why) for gap in examine(policy, cases, mutate=True).gaps] == [
        ("floor.at_least", "is excused under `uncovered`, and the cases notice each change of it")
    ]


def test_what_no_author_decided_is_minor_and_more_evidence_never_is() -> None:
    policy, cases = house()
    lenient, strict = (examine(policy, cases, mutate=True, strict=strict) for strict in (False, True))
    assert strict.minor == []
    assert {one[:3] for one in strict.survivors} == {one[:3] for one in (*lenient.survivors, *lenient.minor)}
    minor = {f"{one.at}: {one.what}" for one in lenient.minor}
    assert {"floor.accept: supplied evidence not accepted", "floor.alpha: 0.05 -> 0.1"} <= minor
    assert "in_force.from: 2026-01-01T00:00:00Z -> 2026-01-02T00:00:00Z" in minor
    failing = {f"{one.at}: {one.what}" for one in lenient.survivors}
    assert "floor.accept: declared evidence accepted, too" in failing
    assert "enough-rows.expr: 2000 -> 1900" in failing


def test_what_is_written_is_not_minor() -> None:
    text = POLICY.replace("with: {at_least: 0.8}", "accept: {kind: [measured]}, with: {at_least: 0.8, alpha: 0.05}", 1)
    policy, cases = house(text)
    failing = {f"{one.at}: {one.what}" for one in examine(policy, cases, mutate=True).survivors}
    assert {"floor.accept: supplied evidence not accepted", "floor.alpha: 0.05 -> 0.1"} <= failing


def test_mutants_are_not_made_of_a_policy_whose_cases_fail() -> None:
    policy, cases = house(cases=CASES.replace("{floor: fail}", "{floor: pass}"))
    assert examine(policy, cases, mutate=True).mutants is None


def test_the_days_of_a_policy_and_of_its_enforcement_are_moved() -> None:
    steps = "{default: {warn: now, deny: 2027-01-01T00:00:00Z}}"
    policy = with_rule(f"{{id: a, uses: performance.floor@1, with: {{at_least: 0.8}}, enforcement: {steps}}}")
    found = everything(policy)
    assert "in_force.from: 2026-01-01T00:00:00Z -> 2026-01-02T00:00:00Z" in found
    assert "a.enforcement: default: deny from 2027-01-01T00:00:00Z -> 2026-12-31T00:00:00Z" in found
    assert "a.enforcement: default: deny from 2027-01-01T00:00:00Z -> 2027-01-02T00:00:00Z" in found


def test_lists_switches_and_words_whether_written_or_not() -> None:
    policy = with_rule(
        "{id: a, uses: access.wildcards@1, with: {allowed_permissions: [read, list]}, enforcement: {default: deny}}"
    )
    found = [one for one in everything(policy) if "allowed_permissions" in one]
    assert [one.partition(": ")[2] for one in found] == ["without read", "without list", "with another too"]
    floor = with_rule("{id: a, uses: performance.floor@1, with: {at_least: 0.8}, enforcement: {default: deny}}")
    left = {one.at: one for one in mutants(floor) if one.unwritten}
    assert {"a.alpha", "a.decide_on", "a.min_rows"} <= left.keys()
    assert "a.at_least" not in left


def test_what_waivers_may_do() -> None:
    text = POLICY.replace("rules:", "waivers: {horizon: {high: 20}}\nrules:").replace(
        "{default: deny, staging: warn}}", "{default: deny, staging: warn}, severity: high, waivable_to: allow}", 1
    )
    made = {f"{one.at}: {one.what}": one for one in mutants(load_policy(text.encode(), "policy.yaml"))}
    of_waivers = {
        "waivers.horizon.high: 20 days -> 19": False,
        "waivers.horizon.high: 20 days -> 21": False,
        "waivers.horizon.medium: 90 days -> 91": True,
        "waivers.covers: version -> minor": True,
        "floor.severity: high -> critical": False,
        "floor.severity: high -> medium": False,
        "floor.waivable: true -> false": True,
        "floor.waivable_to: allow -> needs review": False,
        "rates.waivable: true -> false": True,
        "valid_for: 90 days -> 94": True,
    }
    assert {name: made[name].unwritten for name in of_waivers} == of_waivers
    # No rule has such a severity; what denies nowhere is allowed by every waiver.
    assert not [name for name in made if "horizon.low" in name or "rates.waivable_to" in name]


WAIVED = """\
  - name: wrong too often, and waived as long as may be
    change: {performance: {counts: {tp: 3000, fn: 2000}}, fairness: null}
    acts:
      - {kind: waive, rules: [floor, rates, enough-rows], expires: 2027-02-19T00:00:00Z}
    expect:
      findings:
        floor: {outcome: fail, actions: {staging: allow, prod: needs review}}
        rates: inconclusive
        enough-rows: inconclusive
      outcomes: {prod: needs review}
  - name: a day longer
    change: {performance: {counts: {tp: 3000, fn: 2000}}, fairness: null}
    acts:
      - kind: waive
        rules: [floor, rates, enough-rows]
        expires: 2027-02-20T00:00:00Z
        expect: beyond horizon
    expect:
      findings: {floor: fail, rates: inconclusive, enough-rows: inconclusive}
      outcomes: {staging: needs review, prod: deny}
  - name: given for the version before
    change: {performance: {counts: {tp: 3000, fn: 2000}}, subject: {name: m, version: 1.0.1, artifact: m}}
    acts:
      - kind: waive
        rules: [floor]
        covers: minor
        seen: {subject: {version: 1.0.0}}
        expires: 2026-12-21T00:00:00Z
        expect: other version
    expect: {findings: {floor: fail}, outcomes: {prod: deny}}
  - name: approved 90 days ago
    change: {fairness: null}
    acts: [{kind: approve, at: 2026-08-23T00:00:00Z}]
    expect:
      findings: {rates: inconclusive, enough-rows: inconclusive}
      outcomes: {staging: needs review, prod: needs review}
  - name: approved 89 days ago
    change: {fairness: null}
    acts: [{kind: approve, at: 2026-08-24T00:00:00Z}]
    expect: {findings: {rates: inconclusive, enough-rows: inconclusive}}
"""
OF_ACTS = ("waivers.", "valid_for", ".waivable", ".severity")


def test_cases_with_acts_notice_each_change_of_what_acts_may_do() -> None:
    policy, cases = house(cases=CASES + SHARP)
    blind = [one.at for one in examine(policy, cases, mutate=True, strict=True).survivors]
    assert len([at for at in blind if any(part in at for part in OF_ACTS)]) == 16
    policy, cases = house(cases=CASES + SHARP + WAIVED)
    examined = examine(policy, cases, mutate=True, strict=True)
    assert examined.failed == []
    assert not [one.at for one in examined.survivors if any(part in one.at for part in OF_ACTS)]


def test_that_a_rule_is_gone_is_not_told_by_a_waiver_that_has_nothing_to_excuse() -> None:
    """Only an outcome tells: else a case with a waiver would vouch for a rule that stops nothing."""
    warns = POLICY.replace("fairness.rows >= 2000  // not 5000\n    enforcement: {default: review, staging: warn}",
                           "fairness.rows >= 2000\n    enforcement: {default: audit, staging: audit}")  # fmt: skip
    case = """\
  - name: few rows, waived
    change: {fairness: {sex: {f: {tn: 399}}}}
    acts: [{kind: waive, rules: [enough-rows], expires: 2026-12-21T00:00:00Z}]
    expect: {findings: {enough-rows: fail}}
"""
    policy, cases = house(warns, CASES + case)
    bench = Bench(cases, policy)
    assert not [one for one in bench.run() if one.differences]
    gone = Mutant("enough-rows", "enough-rows", LEFT_OUT, policy._replace(rules=policy.rules[:2]))
    assert not told(gone, bench)


def test_days_of_an_enforcement_at_a_point_are_noticed_by_cases_on_those_days() -> None:
    steps = "{default: deny, prod@ci: {warn: now, deny: 2027-01-01T00:00:00Z}}"
    text = POLICY[: POLICY.index("rules:")].replace("prod]", "prod, prod@ci]")
    text += f"rules:\n  - {{id: floor, uses: performance.floor@1, with: {{at_least: 0.8}}, enforcement: {steps}}}\n"
    wrong = "{performance: {counts: {tp: 3000, fn: 2000}}}"
    cases = (
        CASES[: CASES.index("cases:")]
        + f"""\
cases:
  - name: wrong on the last day of grace
    change: {wrong}
    as_of: 2026-12-31T23:59:59Z
    expect: {{findings: {{floor: fail}}, outcomes: {{staging: deny, prod: deny, prod@ci: allow}}}}
  - name: wrong on the day
    change: {wrong}
    as_of: 2027-01-01T00:00:00Z
    expect: {{findings: {{floor: fail}}, outcomes: {{staging: deny, prod: deny, prod@ci: deny}}}}
"""
    )
    policy, loaded = house(text, cases)
    left = [f"{one.at}: {one.what}" for one in examine(policy, loaded, mutate=True, strict=True).survivors]
    assert not [one for one in left if "deny from" in one]
    blunt, _, _ = cases.rpartition("  - name: wrong on the day")
    policy, loaded = house(text, blunt)
    left = [f"{one.at}: {one.what}" for one in examine(policy, loaded, mutate=True, strict=True).survivors]
    assert "floor.enforcement: prod@ci: deny from 2027-01-01T00:00:00Z -> 2027-01-02T00:00:00Z" in left


def test_words_of_a_reason_tell_members_of_a_list_apart() -> None:
    rule = "{id: a, uses: documentation.present@1, with: {kinds: [card, dpia]}, accept: {kind: [declared]}, "
    policy_text = POLICY[: POLICY.index("rules:")] + f"rules:\n  - {rule}enforcement: {{default: deny}}}}\n"
    documents = "{documents: {documents: {card: {words: 99}, dpia: {words: 99}}}}"
    cases = f"""\
schema: governance.cases/v1
policy: house
now: 2026-11-21T00:00:00Z
sound: {documents}
cases:
  - name: nothing written
    change: {{documents: {{documents: {{card: null, dpia: null}}}}}}
    expect: {{findings: {{a: FOUND}}, outcomes: {{staging: deny, prod: deny}}}}
"""
    policy, loaded = house(policy_text, cases.replace("FOUND", "fail"))
    silent = {one.what for one in examine(policy, loaded, mutate=True).survivors}
    policy, loaded = house(
        policy_text, cases.replace("FOUND", "{outcome: fail, says: [no card is given, no dpia is given]}")
    )
    spoken = {one.what for one in examine(policy, loaded, mutate=True).survivors}
    assert silent - spoken == {"without card", "without dpia"}


def test_an_excuse_for_one_change_excuses_no_other() -> None:
    one = "uncovered: {floor.min_rows: {30 -> 32: the table is large, 30 -> 99: no such change}}\n"
    policy, cases = house(cases=CASES + SHARP + one)
    examined = examine(policy, cases, mutate=True, strict=True)
    assert [(mutant.what, excuse.why) for mutant, excuse in examined.excused] == [("30 -> 32", "the table is large")]
    assert "30 -> 28" in [mutant.what for mutant in examined.survivors if mutant.at == "floor.min_rows"]
    assert [gap.why.partition(":")[0] for gap in examined.gaps if gap.rule == "floor.min_rows"] == ["30 -> 99"]
