"""Recorded decisions judged again by a draft: what would change, and why; nothing is sealed."""

from datetime import UTC, datetime

from governance.canonical import sha256
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet
from governance.operations import past
from governance.operations.evaluate import check, load_policies
from governance.operations.past import ids_of_trail, of_bundles, of_trail
from governance.operations.replay import Asked, replay
from governance.policy.difference import named
from governance.policy.document import load_policy
from governance.progress import silent
from governance.render.replay import Head, replay_json, replay_markdown, replay_text
from governance.render.replayed import Replay, Tally
from tests.operations.project import FLOOR, MANIFEST, POLICY, RECORDED


def draft(*changes):
    text = POLICY.replace("version: 1.0.0", "version: 1.1.0")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load_policy(text.encode(), "draft.yaml")


def replayed(project, *drafts, everything=False, **asked):
    found = of_trail(project.workspace, name=None, version=None, everything=everything, progress=silent)
    return list(replay(found, Asked(drafts, **asked)))


def said(render, cases, **head):
    more = (100,) if render is replay_text else ()
    return "\n".join(render(Head((), **head), cases, *more))


LOWER = ("at_least: 0.9", "at_least: 0.5")


def test_a_draft_that_changes_nothing_changes_no_decision_and_seals_nothing(project):
    project.check()
    before = project.trail()
    cases = replayed(project, draft())
    assert [case.places for case in cases] == [()]
    assert project.trail().size == before.size


def test_what_would_change_is_told_with_the_finding_the_value_and_both_limits(project):
    project.table(88, 100)
    project.check()
    project.act("comment")
    (case,) = replayed(project, draft(("at_least: 0.9", "at_least: 0.99")))
    assert (case.name, case.version) == ("credit", "1.10")
    assert [(one.place, one.was.value, one.now.value, one.kind) for one in case.places] == [
        ("prod", "needs review", "deny", "stricter")
    ]
    told = {one.key: one for one in case.findings}
    assert (told[FLOOR].was.limit.op, told[FLOOR].was.limit.value) == ("at_least", "0.9")
    assert (told[FLOOR].now.limit.op, told[FLOOR].now.limit.value) == ("at_least", "0.99")
    assert (told[FLOOR].was.outcome.value, told[FLOOR].now.outcome.value) == ("inconclusive", "fail")
    assert told[FLOOR].was.looked_at.value == told[FLOOR].now.looked_at.value == "0.88"
    assert list(told) == [FLOOR] and case.places[0].because == (FLOOR,)
    assert [(one.id, one.version) for one in case.judged_by] == [("small", "1.0.0")]
    text = said(replay_text, (case,))
    assert "was  inconclusive: performance.accuracy = 0.88 [" in text and "limit at least 0.9\n" in text
    assert "now  fail: performance.accuracy = 0.88 [" in text and "limit at least 0.99\n" in text
    assert "prod: 1 x needs review -> deny: credit 1.10" in text


def test_milder_is_told_apart_from_an_approval_that_must_be_given_again(project):
    project.check()
    project.waive()
    project.act("approve")
    (case,) = replayed(project, draft(("warn}", "audit}")))
    assert [one.kind for one in case.places] == ["approve again"]
    # What the approval was about is what it would have to be about again.
    assert set(case.places[0].because) == {one.key for one in case.findings} != set()
    (case,) = replayed(project, draft(LOWER, ("default: review", "default: audit")))
    assert not case.places
    project.table(40, 100)
    project.check()
    (case,) = replayed(project, draft(("default: deny", "default: warn"), ("default: review", "default: audit")))
    assert [(one.place, one.kind) for one in case.places] == [("prod", "milder")]


def test_evidence_that_lacks_what_the_draft_asks_for_would_need_measuring(project):
    project.table(100, 100)
    more = "  - {id: equal, uses: fairness.disparity@1, with: {at_least: 0.8}, enforcement: {default: deny}}\n"
    project.write("policy.yaml", POLICY.replace("default: review", "default: audit"))
    project.check()
    (case,) = replayed(
        project, draft(("  - id: recorded", more + "  - id: recorded"), ("default: review", "default: audit"))
    )
    assert [(one.place, one.was.value, one.now.value, one.kind) for one in case.places] == [
        ("prod", "allow", "needs review", "would need measuring"),
        ("staging", "allow", "needs review", "would need measuring"),
    ]
    assert [(one.key, one.would_need) for one in case.findings] == [("small#equal", ("fairness evidence",))]


def test_the_latest_of_each_version_or_every_decision(project):
    project.check()
    project.clock.tick()
    project.act("comment")
    assert len(replayed(project, draft())) == 1
    assert len(replayed(project, draft(), everything=True)) == 2


def test_by_the_law_of_another_day_both_sides_are_judged_for_that_day(project):
    stepped = ("default: deny, staging: warn", "default: {warn: now, deny: 2028-01-01T00:00:00Z}, staging: warn")
    project.write("policy.yaml", POLICY.replace(*stepped))
    project.table(40, 100)
    project.check()
    (case,) = replayed(project, draft(stepped), as_of=datetime(2029, 1, 1, tzinfo=UTC))
    assert not case.places and case.as_of == "2029-01-01T00:00:00Z"
    (case,) = replayed(project, draft(), as_of=datetime(2027, 6, 1, tzinfo=UTC))
    assert [(one.place, one.kind) for one in case.places] == [("prod", "stricter")]


def test_a_draft_of_the_future_is_asked_for_its_first_day(project):
    project.check()
    (case,) = replayed(project, draft(("2026-01-01", "2030-01-01")))
    assert not case.places and case.as_of == "2030-01-01T00:00:00Z"


def test_in_the_place_of_the_policy_with_its_id(project):
    project.write("other.yaml", POLICY.replace("id: small", "id: other"))
    project.write("policy.yaml", POLICY)
    project.table(88, 100)
    names = [str(project.root / name) for name in ("policy.yaml", "other.yaml")]
    check(project.workspace, project.root / "governance.yaml", load_policies(names), submitter="local|ann")
    assert ids_of_trail(project.workspace) == {"small", "other"}
    (case,) = replayed(project, draft(("at_least: 0.9", "at_least: 0.99")))
    assert {one.key for one in case.findings} == {FLOOR}
    (case,) = replayed(project, draft(), against=(load_policy(POLICY.encode(), "old.yaml"),))
    assert not case.places and [one.id for one in case.judged_by] == ["small"]


def test_what_another_policy_judged_is_left_out_and_counted(project):
    project.table(100, 100)
    project.check()
    foreign = draft(("id: small", "id: foreign"), ("at_least: 0.9", "at_least: 1.0"))
    (case,) = replayed(project, foreign)
    assert case.left_out and not case.places
    text = said(replay_text, (case,))
    assert "0 decisions judged again" in text and "left out: 1 judged by small 1.0.0 only" in text


def test_a_policy_that_nothing_was_judged_by_stands_alone(project):
    project.table(40, 100)
    project.check()
    changes = (("id: small", "id: foreign"), ("default: deny", "default: audit"), ("default: review", "default: audit"))
    (case,) = replayed(project, draft(*changes), alone=True)
    assert [(one.place, one.kind, one.because) for one in case.places] == [
        ("prod", "milder", (FLOOR, "small#recorded"))
    ]
    assert "no such rule any more, or none in force" in said(replay_text, (case,))
    assert "two versions of one" in said(replay_text, (case,), alone=True)


def test_a_policy_stands_for_the_one_that_it_extends_and_for_no_other(project):
    project.write(
        "house.yaml",
        "schema: governance.policy/v1\nid: house\nversion: 1.0.0\nin_force: {from: 2026-01-01T00:00:00Z}\n"
        f"extends: {{policy: small, version: 1.0.0, sha256: {sha256(POLICY.encode())}}}\n"
        "environments: [staging, prod]\nrules:\n  - {id: floor, with: {at_least: 0.99}}\n",
    )
    project.write("policy.yaml", POLICY)
    (child,) = load_policies([str(project.root / "house.yaml")])
    project.write("other.yaml", POLICY.replace("id: small", "id: other"))
    project.table(88, 100)
    names = [str(project.root / name) for name in ("policy.yaml", "other.yaml")]
    check(project.workspace, project.root / "governance.yaml", load_policies(names), submitter="local|ann")
    (case,) = replayed(project, child)
    (told,) = case.findings
    # The same rule before and after, and the other policy still rules beside it.
    assert told.key == "house#floor" and told.was.limit.value == "0.9" and told.now.limit.value == "0.99"
    check(
        project.workspace, project.root / "governance.yaml", load_policies(names[1:]), submitter="local|ann", fresh=True
    )
    (case,) = replayed(project, child)
    assert case.left_out


def test_a_rule_that_only_asks_for_something_else_says_what(project):
    project.table(40, 100)
    project.check()
    (case,) = replayed(project, draft(("staging: warn", "staging: deny")))
    assert [(one.place, one.was.value, one.now.value) for one in case.places] == [("staging", "allow", "deny")]
    text = said(replay_text, (case,))
    assert "now  the same\n" in text and "asks staging: allow -> staging: deny" in text


def test_what_cannot_be_read_is_named_and_the_rest_is_judged(project, monkeypatch):
    project.check()
    project.write("governance.yaml", MANIFEST.replace("version: 1.10", "version: 1.11"))
    project.check()
    read = past._read

    def older(data, kind):
        if kind is EvidenceSet and not seen:
            seen.append(data)
            raise BadInput("not an evidence set", got="governance.evidence/v0")
        return read(data, kind)

    seen = []
    monkeypatch.setattr(past, "_read", older)
    cases = replayed(project, draft())
    assert [(case.version, bool(case.problem)) for case in cases] == [("1.10", True), ("1.11", False)]
    for render in (replay_text, replay_markdown):
        text = said(render, cases)
        assert "1 decision could not be judged again: what would become of them is not known" in text
        assert "could not be judged again: not an evidence set" in text and "v0" in text
    assert "1 decision judged again: 1 as before" in said(replay_text, cases)


def test_bundles_are_verified_before_they_are_replayed(project):
    data = project.bundle(project.check())
    file = project.write("b.json", data)
    found = of_bundles([file], project.workspace.trust(), project.clock(), silent)
    (case,) = replay(found, Asked((draft(("default: review", "default: deny")),)))
    assert case.name == "credit"


def test_as_json_it_is_a_document_and_as_text_and_markdown_it_counts_the_same(project):
    project.table(40, 100)
    project.check()
    drafts = (draft(("default: deny", "default: audit"), ("default: review", "default: audit")),)
    cases = replayed(project, *drafts)
    tally = Tally()
    kept = list(tally.changed(cases))
    found = Replay.model_validate_json("".join(replay_json(Head(tuple(map(named, drafts))), cases)))
    assert found.cases and found.cases == tuple(kept) and found.counts == tally.counts()
    for render in (replay_text, replay_markdown):
        assert "1 decision judged again: 0 as before, 1 otherwise" in said(render, cases)
        assert "nothing was sealed" in said(render, cases)


def test_a_point_that_one_of_both_does_not_name_is_asked_as_the_gate_asks_it(project):
    """`--environment prod@ci` said that nothing changes, whatever became of prod; and a point that a draft drops was
    "no longer decided", where the gate goes on to answer by prod."""
    project.check()
    (case,) = replayed(project, draft(("default: deny", "default: audit"), ("default: review", "default: audit")),
                       environment="prod@ci")  # fmt: skip
    assert [(one.place, one.was.value, one.now.value, one.kind) for one in case.places] == [
        ("prod@ci", "deny", "allow", "milder")
    ]
    assert case.places[0].because == (FLOOR, RECORDED)
    points = POLICY.replace("[prod, staging]", "[prod, prod@ci, staging]")
    points = points.replace("{default: deny, staging: warn}", "{default: audit, prod@ci: deny}")
    project.write("policy.yaml", points.replace("default: review", "default: audit"))
    project.check()
    without = draft(("{default: deny, staging: warn}", "{default: audit}"), ("default: review", "default: audit"))
    (case,) = replayed(project, without)
    assert [(one.place, one.was.value, one.now.value, one.kind) for one in case.places] == [
        ("prod@ci", "deny", "allow", "milder")
    ]
    # One that only the draft names is held against what the gate says there now.
    named_too = ("[prod, staging]", "[prod, prod@ci, staging]")
    milder = ("default: deny, staging: warn", "default: audit")
    (case,) = replayed(project, draft(named_too, milder, ("default: review", "default: audit")))
    assert [(one.place, one.kind) for one in case.places] == [("prod@ci", "milder")]


def test_what_could_only_deny_once_it_is_measured_is_not_called_unchanged(project):
    """It needs a review before and after, the second time because nothing was measured: a failure would deny."""
    more = "  - {id: equal, uses: fairness.disparity@1, with: {at_least: 0.8}, enforcement: {default: HOW}}\n"
    project.table(100, 100)
    project.check()
    unmeasured = ("  - id: recorded", more.replace("HOW", "deny") + "  - id: recorded")
    (case,) = replayed(project, draft(unmeasured), environment="prod")
    assert [(one.was.value, one.now.value, one.kind, one.because) for one in case.places] == [
        ("needs review", "needs review", "would need measuring", ("small#equal",))
    ]
    assert [(one.key, one.would_need) for one in case.findings] == [("small#equal", ("fairness evidence",))]
    # Where it can do no more than ask for a review, which is asked for anyhow, nothing changes.
    (case,) = replayed(project, draft((unmeasured[0], unmeasured[1].replace("deny", "review"))), environment="prod")
    assert not case.places
    # Nor where the same was wanting before.
    project.write("policy.yaml", POLICY.replace(*unmeasured))
    sexless = MANIFEST.replace("    sensitive: {sex: {column: sex}}\n", "")
    project.write("governance.yaml", sexless)
    project.check()
    (case,) = replayed(project, draft(unmeasured), environment="prod")
    assert not case.places


def test_whoever_lost_the_role_has_waived_nothing_in_a_replay_either(project):
    from governance.operations.workspace import local

    project.write("policy.yaml", POLICY.replace("default: review", "default: audit"))
    project.check()
    project.waive()
    trust = project.workspace.trust()
    roleless = [one.model_copy(update={"roles": ()}) if one.principal == local("bo") else one for one in trust.people]
    project.workspace.write_trust(trust.model_copy(update={"people": tuple(roleless)}))
    project.clock.tick()
    assert project.check().decision.lapsed
    (case,) = replayed(project, draft(("default: review", "default: audit")))
    assert not case.places
