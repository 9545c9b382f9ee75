"""Waivers from the signature to the gate: what is refused, what counts for a later version, and who still may give."""

from datetime import timedelta
from typing import Any

import pytest

from governance.canonical import dumps, instant, loads, parse_instant
from governance.errors import BadInput
from governance.operations.ask import ask_bundle
from governance.operations.export import export_bundle
from governance.operations.people import FilePeople
from governance.operations.review import record_act
from governance.operations.waivers import waivers
from governance.policy.act import Act, Part, Waiver
from governance.policy.outcome import Action
from governance.policy.waivers import Reason
from governance.signing import dsse
from governance.verification import ACT, payload_type, verify
from tests.operations.project import FLOOR, MANIFEST, POLICY, RECORDED, Project

REACHING = POLICY.replace("rules:\n", "waivers: {covers: patch, horizon: {medium: 20}}\nrules:\n")


@pytest.fixture
def checked(project: Project) -> Project:
    project.first = project.check()  # type: ignore[attr-defined]
    project.clock.tick()
    return project


def refused(project: Project, **options: object) -> BadInput:
    before = project.trail()
    with pytest.raises(BadInput) as caught:
        project.waive(**options)
    assert project.trail() == before
    return caught.value


def new_version(project: Project, version: str) -> None:
    project.write("governance.yaml", MANIFEST.replace("version: 1.10", f"version: {version}"))
    project.write("model.onnx", f"model {version}".encode())


class TestSigning:
    def test_who_asked_is_the_submitter_where_nobody_else_is_named(self, checked: Project) -> None:
        assert checked.waive().act.waiver.requester == "local|ann"  # type: ignore[union-attr]
        named = checked.waive(waiver={"requester": "the pilot's owner"})
        assert named.act.waiver.requester == "the pilot's owner"  # type: ignore[union-attr]

    def test_who_asks_does_not_give(self, checked: Project) -> None:
        assert refused(checked, waiver={"requester": "local|bo"}).where == "requester"

    @pytest.mark.parametrize(("days", "signed"), [(90, True), (90 + 1 / 86400, False)])
    def test_no_longer_than_the_horizon(self, checked: Project, days: float, signed: bool) -> None:
        """90 days for a finding of medium severity, where the policy says nothing else."""
        if signed:
            assert checked.waive(days=days).decision.waivers[0].counts
        else:
            error = refused(checked, days=days)
            assert "beyond the 90 days that the policy gives a medium finding" in error.what
            assert error.where == "expires"

    def test_the_policy_sets_the_horizon(self, project: Project) -> None:
        project.write("policy.yaml", REACHING)
        project.check()
        project.clock.tick()
        assert "20 days" in refused(project, days=21).what
        assert project.waive(days=20).decision.waivers[0].counts

    def test_what_the_policy_lets_nobody_waive(self, project: Project) -> None:
        project.write("policy.yaml", POLICY.replace("waivable_to: allow", "waivable: false"))
        project.check()
        project.clock.tick()
        assert "lets nobody waive" in refused(project).what
        assert project.waive(RECORDED).decision.waivers[0].counts

    def test_no_further_than_the_policy_lets_it_reach(self, checked: Project) -> None:
        error = refused(checked, waiver={"covers": "patch"})
        assert (error.got, error.expected, error.where) == ("patch", "version", "covers")

    @pytest.mark.parametrize(
        ("condition", "said"),
        [
            ("fairness.rows >=", "cannot be read"),
            ("performance.counts.tp", "broke|not true or false|only while"),
            ("fairness.rows >= 1000", "only while its condition holds"),
            ("secrets.there == 1", "cannot be read"),
            ("true", "cannot be read"),
        ],
    )
    def test_a_condition_is_cel_that_holds_today(self, checked: Project, condition: str, said: str) -> None:
        error = refused(checked, waiver={"compensating_condition": condition})
        assert any(one in error.what for one in said.split("|")), error.what

    def test_a_group_that_the_finding_does_not_have(self, checked: Project) -> None:
        assert "no such group" in refused(checked, waiver={"groups": (("f",),)}).what

    def test_one_that_is_over_already(self, checked: Project) -> None:
        moment = checked.clock()
        over = Waiver(
            key=FLOOR,
            ticket="T",
            not_before=instant(moment - timedelta(days=2)),
            expires=instant(moment - timedelta(days=1)),
        )
        with pytest.raises(BadInput, match="has expired"):
            checked.act("waive", waiver=over)


class TestSignedElsewhere:
    def sealed(self, project: Project, drop: tuple[str, ...] = (), **terms: object) -> dsse.Envelope:
        """An act as another program would write it, without some members that we would."""
        moment = instant(project.clock())
        ends = terms.pop("expires", instant(project.clock() + timedelta(days=9)))
        waiver = Waiver(key=FLOOR, ticket="T", not_before=moment, expires=ends, **terms)  # type: ignore[arg-type]
        act = Act(
            kind="waive",
            actor="local|bo",
            role="approver",
            decision=project.first.sealed.decision_sha256,  # type: ignore[attr-defined]
            reason="pilot",
            at=moment,
            waiver=waiver,
        )
        tree = loads(act.to_bytes())
        for name in drop:
            del tree["waiver"][name]
        return dsse.seal(payload_type(ACT), dumps(tree), project.person("bo"))

    def record(self, project: Project, envelope: dsse.Envelope):  # type: ignore[no-untyped-def]
        return record_act(project.workspace, envelope, principal="local|bo", people=FilePeople(project.workspace))

    def test_the_bytes_that_were_signed_are_kept(self, checked: Project) -> None:
        """From a program that has never heard of requesters."""
        newer = ("requester", "covers", "compensating_condition")
        reviewed = self.record(checked, self.sealed(checked, drop=newer))
        assert reviewed.decision.waivers[0].counts
        verify(checked.bundle(reviewed), checked.workspace.trust(), now=checked.clock.now)
        checked.trail()

    def test_the_horizon_holds_for_them_too(self, checked: Project) -> None:
        late = instant(checked.clock() + timedelta(days=91))
        with pytest.raises(BadInput, match="beyond the 90 days"):
            self.record(checked, self.sealed(checked, expires=late))


class TestLaterVersions:
    @pytest.fixture
    def waived(self, project: Project) -> Project:
        project.write("policy.yaml", REACHING)
        new_version(project, "1.10.3")
        project.check()
        project.clock.tick()
        project.waive(version="1.10.3", waiver={"covers": "patch"})
        return project

    @pytest.mark.parametrize(
        ("version", "counts"), [("1.10.4", True), ("1.10.40", True), ("1.10.2", None), ("1.11.0", None), ("2", None)]
    )
    def test_it_reaches_later_ones_of_the_same_two_numbers(
        self, waived: Project, version: str, counts: bool | None
    ) -> None:
        new_version(waived, version)
        made = waived.check()
        assert [one.counts for one in made.decision.waivers] == ([] if counts is None else [counts])
        assert any(one.waiver for one in made.decision.findings) == bool(counts)
        verify(waived.bundle(made), waived.workspace.trust(), now=waived.clock.now)
        waived.trail()

    def test_it_is_found_again_when_the_version_is_checked_again(self, waived: Project) -> None:
        new_version(waived, "1.10.4")
        first = waived.check()
        waived.clock.tick()
        again = waived.check()
        assert again.decision.acts == first.decision.acts != ()
        waived.clock.tick()
        also = waived.waive(RECORDED, version="1.10.4")
        assert [one.counts for one in also.decision.waivers] == [True, True]
        verify(waived.bundle(also), waived.workspace.trust(), now=waived.clock.now)

    def test_a_policy_that_does_not_let_it_takes_it_back(self, waived: Project) -> None:
        waived.write("policy.yaml", REACHING.replace("covers: patch, ", "").replace("1.0.0", "1.0.1"))
        new_version(waived, "1.10.4")
        (one,) = waived.check().decision.waivers
        assert (one.counts, one.reason) == (False, Reason.OTHER_VERSION)

    def test_another_artifact_under_the_same_version_is_no_later_version(self, waived: Project) -> None:
        waived.write("model.onnx", b"swapped")
        made = waived.check()
        assert not any(one.counts for one in made.decision.waivers)

    def test_what_has_ended_is_not_taken_along(self, waived: Project) -> None:
        waived.clock.tick(days=10)
        new_version(waived, "1.10.4")
        assert waived.check().decision.acts == ()


class TestRoles:
    def test_a_waiver_by_somebody_who_is_no_approver_any_more(self, checked: Project) -> None:
        checked.waive()
        trust = checked.workspace.trust()
        people = [
            one.model_copy(update={"roles": ("auditor",)}) if one.principal == "local|bo" else one
            for one in trust.people
        ]
        checked.workspace.write_trust(trust.model_copy(update={"people": tuple(people)}))
        checked.clock.tick()
        made = checked.check()
        (one,) = made.decision.waivers
        assert (one.counts, one.reason) == (False, Reason.ROLE_LOST)
        assert made.decision.lapsed == made.decision.acts
        assert made.decision.outcomes["prod"] is Action.DENY
        assert any("is no approver now" in note for note in made.decision.notes)


def test_the_gate_asks_the_clock_at_the_moment_of_the_question(checked: Project) -> None:
    checked.waive(days=10)
    allowed = checked.act("approve")
    data = export_bundle(checked.workspace, allowed.sealed.decision_sha256)
    ends = parse_instant(allowed.decision.waivers[0].expires)
    for seconds, action in ((-1, Action.ALLOW), (0, Action.DENY), (1, Action.DENY)):
        now = ends + timedelta(seconds=seconds)
        answer = ask_bundle(data, checked.workspace.trust(), checked.artifact(), "prod", now).answer
        assert answer.action is action, seconds
    assert "waiver RISK-7" in answer.why[0]


def test_parts_are_what_is_signed_where_values_were_given(project: Project) -> None:
    rates = "  - {id: rates, uses: fairness.disparity@1, with: {at_least: 0.8}, enforcement: {default: deny}}\n"
    project.write("policy.yaml", POLICY + rates)
    y = ["yes", "no"] * 500
    p = ["yes" if row % 4 < 2 or row % 20 == 2 else "no" for row in range(1000)]
    project.table(900, 1000, y=y, p=p)
    project.check()
    project.clock.tick()
    reviewed = project.waive("small#rates", waiver={"groups": (("m",),)})
    assert reviewed.act.waiver is not None
    assert reviewed.act.waiver.groups == ((Part(attribute="sex", value="m"),),)
    assert reviewed.decision.waivers[0].counts


class TestList:
    def test_each_with_what_became_of_it(self, checked: Project) -> None:
        checked.waive(days=60)
        states = []
        for step in (0, 45.9, 0.2, 13.9):
            checked.clock.tick(days=step)
            (one,) = waivers(checked.workspace).waivers
            states.append((one.state, one.days_left, one.used_for))
        assert states == [
            ("in use", 60, ("1.10",)), ("in use", 14, ("1.10",)), ("ending", 13, ("1.10",)), ("expired", 0, ("1.10",)),
        ]  # fmt: skip

    def test_one_that_is_replaced_is_unused_and_says_why(self, checked: Project) -> None:
        checked.waive(days=20)
        checked.clock.tick()
        checked.waive(days=30)
        found = waivers(checked.workspace).waivers
        assert [(one.state, bool(one.why)) for one in found] == [("unused", True), ("in use", False)]
        assert "replaced by the one of" in found[0].why

    def test_only_those_of_a_model(self, checked: Project) -> None:
        checked.waive()
        assert len(waivers(checked.workspace, "credit").waivers) == 1
        assert waivers(checked.workspace, "other").waivers == ()

    def test_of_an_artifact_that_was_swapped(self, checked: Project) -> None:
        checked.waive()
        checked.write("model.onnx", b"another")
        checked.check()
        (one,) = waivers(checked.workspace).waivers
        assert (one.state, one.used_for) == ("unused", ())
        assert "another artifact" in one.why

    def test_one_with_a_fault_is_refused_and_says_why(self, checked: Project) -> None:
        checked.table(88, 100)
        checked.check()
        checked.clock.tick()
        checked.waive(FLOOR, days=60, waiver={"no_worse_than": "0.87"})
        assert [one.state for one in waivers(checked.workspace).waivers] == ["in use"]
        checked.table(60, 100)
        checked.check()
        (one,) = waivers(checked.workspace).waivers
        assert (one.state, one.used_for) == ("refused", ()) and "0.87" in one.why

    def test_by_version_and_by_what_became_of_it(self, checked: Project) -> None:
        checked.waive(days=60)
        new_version(checked, "1.11")
        checked.check()
        checked.clock.tick()
        checked.waive(days=5, version="1.11")

        def found(**asked: Any) -> list[str]:
            return [one.subject.version for one in waivers(checked.workspace, **asked).waivers]

        assert found() == ["1.11", "1.10"]
        assert found(version="1.10") == found(name="credit", state="in use") == ["1.10"]
        assert found(state="ending") == ["1.11"]
        assert found(name="credit", version="1.12") == found(state="expired") == []
