"""Recorded decisions judged again by a draft: what would change, and why; nothing is sealed."""

from datetime import UTC, datetime

from governance.operations.evaluate import check, load_policies
from governance.operations.replay import Asked, of_bundles, of_trail, replay
from governance.policy.difference import named
from governance.policy.document import load_policy
from governance.progress import silent
from governance.render.replay import Replay, Tally, replay_json, replay_markdown, replay_text
from tests.operations.project import FLOOR, POLICY


def draft(*changes):
    text = POLICY.replace("version: 1.0.0", "version: 1.1.0")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load_policy(text.encode(), "draft.yaml")


def replayed(project, *drafts, everything=False, **asked):
    recorded = of_trail(project.workspace, name=None, version=None, everything=everything, progress=silent)
    return list(replay(recorded, Asked(drafts, **asked)))


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
    assert told[FLOOR].was.limit == "at least 0.9" and told[FLOOR].now.limit == "at least 0.99"
    assert (told[FLOOR].was.outcome.value, told[FLOOR].now.outcome.value) == ("inconclusive", "fail")
    assert told[FLOOR].was.value == "0.88"
    assert list(told) == [FLOOR]


def test_milder_is_told_apart_from_an_approval_that_must_be_given_again(project):
    project.check()
    project.waive()
    project.act("approve")
    (case,) = replayed(project, draft(("warn}", "audit}")))
    assert [one.kind for one in case.places] == ["approve again"] and case.findings == ()
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


def test_in_the_place_of_the_policy_with_its_id_and_alone_where_there_is_none(project):
    project.write("other.yaml", POLICY.replace("id: small", "id: other"))
    project.write("policy.yaml", POLICY)
    project.table(100, 100)
    names = [str(project.root / name) for name in ("policy.yaml", "other.yaml")]
    check(project.workspace, project.root / "governance.yaml", load_policies(names), submitter="local|ann")
    (case,) = replayed(project, draft(("default: review", "default: deny")))
    assert {one.key for one in case.findings} == {"small#recorded"} or not case.places
    foreign = draft(
        ("id: small", "id: foreign"), ("default: review", "default: audit"), ("staging: warn", "staging: audit")
    )
    (case,) = replayed(project, foreign)
    assert {one.key.partition("#")[0] for one in case.findings} <= {"foreign", "other", "small"}
    (case,) = replayed(project, draft(), against=(load_policy(POLICY.encode(), "old.yaml"),))
    assert not case.places


def test_bundles_are_verified_before_they_are_replayed(project):
    data = project.bundle(project.check())
    file = project.write("b.json", data)
    recorded = of_bundles([file], project.workspace.trust(), project.clock(), silent)
    (case,) = replay(recorded, Asked((draft(("default: review", "default: deny")),)))
    assert case.name == "credit"


def test_as_json_it_is_a_document_and_as_text_and_markdown_it_counts_the_same(project):
    project.table(100, 100)
    project.check()
    drafts = (draft(("default: deny", "default: audit"), ("default: review", "default: deny")),)
    cases = replayed(project, *drafts)
    tally = Tally()
    kept = list(tally.changed(cases))
    found = Replay.model_validate_json("".join(replay_json(tuple(map(named, drafts)), "recorded", cases)))
    assert found.cases == tuple(kept) and found.counts == tally.counts()
    text, page = "\n".join(replay_text("head", cases, 100)), "\n".join(replay_markdown("head", cases))
    for said in (text, page):
        assert "1 decision judged again" in said and "nothing was sealed" in said
