"""Recorded evidence as the ground of cases: what is not named stays to the byte, what is named is written short."""

from functools import cache
from pathlib import Path

import pytest

from governance import bundled, strictyaml
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet, Facts
from governance.policy.bench import Bench
from governance.policy.cases import LoadedCases, comparisons, load_cases, situation
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.outcome import Outcome
from governance.policy.recorded import overlaid
from governance.policy.written import Written, part
from tests.policy.test_cases import CASES, POLICY

SAMPLE = EvidenceSet.from_bytes((Path(__file__).parents[1] / "render/sample/evidence.json").read_bytes())


@cache
def shipped(name: str) -> tuple[LoadedPolicy, LoadedCases]:
    policy = load_policy(bundled.policy(name)[1], name)
    data = bundled.cases(name)[1]
    assert data is not None
    return policy, load_cases(data, f"{name}/cases.yaml", policy)


def laid(recorded: EvidenceSet, text: str) -> EvidenceSet:
    source = strictyaml.parse(text.encode(), "cases.yaml")
    return overlaid(source, recorded, [part(source, ())], ())


@pytest.mark.parametrize("name", ["sample", *bundled.policy_names()])
def test_what_is_written_short_and_not_changed_is_what_was_recorded(name: str) -> None:
    recorded = SAMPLE if name == "sample" else shipped(name)[1].situations[None, None]
    source = strictyaml.parse(b"a: b", "cases.yaml")
    there = [group for group in Facts.model_fields if group != "absent" and getattr(recorded.facts, group) is not None]
    for group in [*there, "inputs", "subject"]:
        assert overlaid(source, recorded, [Written({group: {}}, {}, {})], ()) == recorded, group


@pytest.mark.parametrize("name", bundled.policy_names())
def test_a_change_means_the_same_on_recorded_evidence_as_on_what_is_made_up(name: str) -> None:
    """Each shipped case, had its sound evidence been recorded. Critical values of tables that change are those that
    evidence which is made up has; of the others they stay, and are the same here."""
    policy, cases = shipped(name)
    asked, recorded = comparisons(policy), situation(cases, None, comparisons(policy))
    for index, case in enumerate(cases.document.cases):
        if case.change:
            change = part(cases.source, ("cases", index, "change"))
            found = overlaid(cases.source, recorded, [change], asked)
            assert found.model_dump() == situation(cases, index, asked).model_dump(), case.name


class TestChanges:
    def test_a_table_that_changes_loses_its_critical_values_and_others_keep_theirs(self) -> None:
        policy, cases = shipped("credit-high-risk")
        recorded = situation(cases, None, comparisons(policy))
        assert recorded.facts.fairness is not None
        other = tuple(
            table.model_copy(update={"seed": 77, "replicates": 5}) for table in recorded.facts.fairness.tables
        )
        fairness = recorded.facts.fairness.model_copy(update={"tables": other})
        recorded = recorded.model_copy(update={"facts": recorded.facts.model_copy(update={"fairness": fairness})})
        found = laid(recorded, "fairness: {sex: {female: {tp: 1}}}").facts.fairness
        assert found is not None
        assert [(table.attributes, table.seed) for table in found.tables] == [
            (("sex",), 1), (("age_band",), 77), (("sex", "age_band"), 77), (("residence",), 77),
        ]  # fmt: skip
        assert found.tables[0].critical == ()
        assert found.tables[1:] == other[1:]

    def test_who_says_so_stays_unless_it_is_changed(self) -> None:
        assert SAMPLE.facts.performance is not None
        found = laid(SAMPLE, "performance: {counts: {tp: 1}}")
        assert found.origin_of("performance") == SAMPLE.origin_of("performance")
        assert laid(SAMPLE, "origins: {performance: declared}").origin_of("performance").kind == "declared"
        assert laid(SAMPLE, "predictions: supplied").origin_of("performance").predictions == "supplied"
        assert laid(SAMPLE, "origins: {inputs: declared}").origin.kind == "declared"

    def test_the_second_of_one_name_is_numbered(self) -> None:
        double = SAMPLE.model_copy(update={"inputs": (SAMPLE.inputs[0], SAMPLE.inputs[0], *SAMPLE.inputs[1:])})
        role = SAMPLE.inputs[0].role
        found = laid(double, f"inputs: {{{role}#2: {{size: 7}}}}").inputs
        assert [one.role for one in found[:2]] == [role, role]
        assert [one.size for one in found[:2]] == [SAMPLE.inputs[0].size, 7]

    @pytest.mark.parametrize(
        "change, said",
        [
            ("performance: {counts: {tp: many}}", "cases.yaml:1:28: "),
            ("performance: {cuonts: {tp: 1}}", "unknown key 'cuonts'"),
            ("purpose: null", "null removes 'purpose', which is not there"),
            ("performance: {conts: null}", "did you mean 'counts'?"),
            ("nothing: {a: b}", "unknown key 'nothing'"),
            ("origins: {performance: rumour}", "cases.yaml:1:"),
        ],
    )
    def test_a_slip_of_the_pen_is_refused_where_it_stands(self, change: str, said: str) -> None:
        with pytest.raises(BadInput) as caught:
            laid(SAMPLE, change)
        assert said in str(caught.value)


class TestCases:
    RECORDED = CASES.replace("sound:", "evidence: {recorded: base.json}\nsound:").replace(
        "cases:\n", "cases:\n  - name: as it was recorded\n    evidence: {recorded: base.json}\n    expect: {}\n", 1
    )

    def load(self, cases: str, **files: EvidenceSet) -> Bench:
        policy = load_policy(POLICY.encode(), "policy.yaml")

        def recorded(name: str) -> EvidenceSet:
            if name not in files:
                raise BadInput("recorded evidence cannot be read", got=name)
            return files[name]

        return Bench(load_cases(cases.encode(), "cases.yaml", policy, recorded), policy)

    def test_the_sound_case_and_others_may_start_from_what_was_recorded(self) -> None:
        plain = self.load(CASES)
        base = plain.judged(None)
        recorded = situation(plain.cases, None, comparisons(plain.policy))
        bench = self.load(self.RECORDED, **{"base.json": recorded})
        assert not [ran for ran in bench.run() if ran.differences]
        assert bench.judged(None).decision == base.decision
        assert set(bench.cases.recordings) == {"base.json"}

    def test_a_case_of_its_own_evidence_leaves_the_sound_facts_out(self) -> None:
        base = situation(self.load(CASES).cases, None, ())
        bad = laid(base, "performance: {counts: {tp: 3000, fn: 2000}}")
        case = "  - name: last year's\n    evidence: {recorded: bad.json}\n    expect: {findings: {floor: fail}}\n"
        bench = self.load(CASES + case, **{"bad.json": bad})
        assert bench.ran(2).found["floor"] is Outcome.FAIL
        # The comparison that the policy asks for was not recorded, and is made up.
        assert bench.ran(2).found["rates"] is Outcome.PASS

    def test_what_cannot_be_read_is_refused_where_it_is_named(self) -> None:
        with pytest.raises(BadInput, match=r"cases\.yaml:4:22: recorded evidence cannot be read"):
            self.load(CASES.replace("sound:", "evidence: {recorded: base.json}\nsound:"))

    def test_there_is_something_to_start_from(self) -> None:
        start = CASES.index("sound:")
        with pytest.raises(BadInput, match="cases start from `sound` facts, or from recorded `evidence`"):
            self.load(CASES[:start] + CASES[CASES.index("cases:\n") :])
