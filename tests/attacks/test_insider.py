"""Whoever can write to the trail's file, but holds no key: what the log does not sign must not decide."""

import sqlite3
from datetime import timedelta

import pytest

from governance.errors import Broken, VerificationFailed
from governance.operations.ask import ask_trail
from governance.policy.outcome import Action


def ask(project):
    return ask_trail(project.workspace, project.workspace.trust(), project.artifact(), "prod").answer


@pytest.fixture
def rejected(project):
    """Approved, and then rejected: the newest decision denies."""
    project.check()
    project.waive()
    project.act("approve")
    assert ask(project).action is Action.ALLOW
    project.clock.tick()
    project.act("reject")
    assert ask(project).action is Action.DENY
    return project


def sql(project, *statements):
    """Write past the triggers, as somebody with the file would."""
    with sqlite3.connect(project.workspace.trail_path) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.execute(statement).rowcount == 1, statement
        for _, text in triggers:
            connection.execute(text)
    connection.close()


NEWEST = "(SELECT max(idx) FROM {table} WHERE type = 'model_version:decision:issued')"


def tables(project):
    with sqlite3.connect(project.workspace.trail_path) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")} for name in names}
    connection.close()
    entry = next(name for name, has in columns.items() if {"idx", "leaf", "body"} <= has)
    reference = next(name for name, has in columns.items() if {"idx", "position", "document"} <= has)
    document = next(name for name, has in columns.items() if {"salt", "commitment"} <= has)
    return entry, reference, document


@pytest.mark.parametrize("how", ["artifact", "type", "reference", "document type"])
def test_a_rejection_hidden_from_the_index_still_counts(rejected, how):
    """Before: the gate said ALLOW, with a bundle that verified, because the older approval was found instead."""
    entry, reference, document = tables(rejected)
    newest = NEWEST.format(table=entry)
    decision = "'governance.decision/v1'"
    sql(
        rejected,
        {
            "artifact": f"UPDATE {entry} SET artifact = NULL WHERE idx = {newest}",
            "type": f"UPDATE {entry} SET type = 'model_version:report:rendered' WHERE idx = {newest}",
            "reference": f"DELETE FROM {reference} WHERE idx = {newest} AND document IN "
            f"(SELECT sha256 FROM {document} WHERE type = {decision})",
            "document type": f"UPDATE {document} SET type = 'x/y' WHERE sha256 = (SELECT document FROM {reference} "
            f"JOIN {document} ON sha256 = document WHERE type = {decision} AND idx = {newest})",
        }[how],
    )
    with pytest.raises(VerificationFailed) as caught:
        ask(rejected)
    assert caught.value.verdict is Broken.TAMPERED


def test_a_rejection_that_was_hidden_while_a_new_decision_was_made(rejected):
    """The index is put right again afterwards; but the new decision follows the one before the rejection."""
    entry, _, _ = tables(rejected)
    newest = NEWEST.format(table=entry)
    (index,) = sqlite3.connect(rejected.workspace.trail_path).execute(f"SELECT {newest}").fetchone()
    sql(rejected, f"UPDATE {entry} SET name = 'elsewhere' WHERE idx = {index}")
    rejected.clock.tick()
    checked = rejected.check()
    assert checked.decision.outcomes["prod"] is Action.ALLOW
    sql(rejected, f"UPDATE {entry} SET name = 'credit' WHERE idx = {index}")
    with pytest.raises(VerificationFailed, match="passes over") as caught:
        ask(rejected)
    assert caught.value.verdict is Broken.TAMPERED


def test_a_changed_entry_that_nobody_asks_for(rejected):
    """Its leaf is not on the way of any receipt that the gate needs; the root is."""
    entry, _, _ = tables(rejected)
    sql(rejected, f"UPDATE {entry} SET body = CAST(replace(CAST(body AS TEXT), '2027', '2026') AS BLOB) WHERE idx = 1")
    with pytest.raises(VerificationFailed) as caught:
        ask(rejected)
    assert caught.value.verdict is Broken.TAMPERED


def test_a_clock_set_back_does_not_renew_what_ran_out(project):
    """The decision runs for 30 days. The trail itself tells that a later day has been."""
    project.check()
    project.waive()
    project.act("approve")
    project.clock.tick(days=60)
    assert ask(project).action is Action.DENY
    project.write("governance.yaml", (project.root / "governance.yaml").read_text().replace("1.10", "1.11"))
    project.write("model.onnx", b"the next model")
    project.check()
    project.write("model.onnx", bytes(range(64)))
    project.clock.now -= timedelta(days=55)
    answer = ask(project)
    assert answer.action is Action.DENY
    assert "lies ahead" in answer.why[0]


def test_measuring_again_does_not_undo_a_rejection(rejected):
    for changed in ({"fresh": True}, {}):
        rejected.clock.tick()
        if not changed:
            manifest = rejected.root / "governance.yaml"
            manifest.write_text(manifest.read_text() + "# a line that says nothing\n")
        assert rejected.check(**changed).decision.outcomes["prod"] is Action.DENY
        assert ask(rejected).action is Action.DENY
