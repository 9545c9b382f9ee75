"""Which policies count is told by the trail: who changed it, what came and went, and what a decision was made under."""

import pytest

from governance import bundled
from governance.canonical import sha256
from governance.errors import BadInput
from governance.operations.evaluate import load_policies
from governance.operations.in_force import serve
from governance.operations.pin import pin, unpin
from governance.operations.words import in_words
from governance.store.trail import TrailStore
from governance.store.verify import verify_trail
from governance.trail.entry import EntryType
from governance.trail.policies import PolicySet

SHIPPED = bundled.policy_names()[:2]


def said(project):
    """(type, who, words) of the entries about policies; and that the whole trail verifies."""
    workspace = project.workspace
    with TrailStore.open(workspace.place) as store:
        verify_trail(store, workspace.trust().logs[0].key)
        with store.snapshot() as snapshot:
            return [
                (one.entry.type, snapshot.principal(one.entry.actor), in_words(snapshot, one))
                for one in snapshot.entries()
                if one.entry.type.startswith("trail:policies:")
            ]


def test_a_pin_is_an_entry_with_who_what_and_why(project):
    log = f"log|{project.origin}"
    pinned = pin(project.workspace, SHIPPED, None, "the committee of May")
    first, second = (f"{one.what} ({one.sha256[:12]})" for one in pinned.pinned)
    pin(project.workspace, SHIPPED[:1], None)  # already
    unpin(project.workspace, SHIPPED[:1], None)
    assert said(project) == [
        (EntryType.POLICIES_PINNED, log, f"+ {first}, + {second}; 2 now: the committee of May"),
        (EntryType.POLICIES_PINNED, log, f"- {first}; 1 now"),
    ]


def test_somebody_elses_trust_file_is_not_the_trails_business(project):
    file = project.root / "theirs.json"
    file.write_bytes(project.workspace.trust_path.read_bytes())
    assert pin(project.workspace, SHIPPED, file).changed
    assert said(project) == []


def test_what_cannot_be_told_is_not_pinned(project):
    with pytest.raises(BadInput, match="not a reason"):
        pin(project.workspace, SHIPPED, None, "two\nlines")
    assert project.workspace.trust().policies == ()


def test_a_machine_without_the_logs_key_pins_for_itself(project):
    (project.workspace.machine_keys(project.origin) / "log.pem").unlink()
    assert pin(project.workspace, SHIPPED, None).changed
    assert said(project) == []


def test_a_service_tells_its_set_when_it_is_another(project):
    one, two = load_policies(SHIPPED[:1]), load_policies(SHIPPED)
    assert serve(project.workspace, one, {}, "the first")
    assert serve(project.workspace, one, {}) is None
    assert serve(project.workspace, two, {})
    assert serve(project.workspace, two[::-1], {}) is None
    assert serve(project.workspace, one, {})
    assert [(what, words.count("+"), words.count("- ")) for what, _, words in said(project)] == [
        (EntryType.POLICIES_SERVED, 1, 0),
        (EntryType.POLICIES_SERVED, 1, 0),
        (EntryType.POLICIES_SERVED, 0, 1),
    ]


def test_the_text_of_what_came_is_kept(project):
    """So that a later release can say what changed in it."""
    (policy,) = load_policies(SHIPPED[:1])
    serve(project.workspace, (policy,), {})
    with project.workspace.open_trail() as store, store.snapshot() as snapshot:
        record, text = snapshot.documents_of(snapshot.head().size - 1)
        assert PolicySet.from_bytes(record.data).policies[0].sha256 == policy.sha256 == sha256(text.data)


def test_a_decision_refers_to_the_entry_that_lets_its_policies_count(project):
    def causes():
        with project.workspace.open_trail() as store, store.snapshot() as snapshot:
            issued = [one for one in snapshot.entries() if one.entry.type is EntryType.DECISION_ISSUED]
            return issued[-1].entry.causes

    policies = load_policies([str(project.root / "policy.yaml")])
    other = serve(project.workspace, load_policies(SHIPPED[:1]), {})
    project.check()
    assert other not in causes()
    entry = serve(project.workspace, policies, {})
    project.check()
    assert causes()[-1] == entry
    project.waive()
    assert causes()[-1] == entry
