"""A trail that is broken, changed or somebody else's: exit code 12, and nothing is ever built on it.

What else comes in broken stands in tests/bad_input/.
"""

import random
import shutil
import sqlite3

from governance.store.trail import TrailStore
from tests.cli.conftest import AS_ANN, now
from tests.operations.project import Project


class TestCorruptedTrail:
    COMMANDS = (
        ("check", "--policy", "./policy.yaml", *AS_ANN),
        ("trail", "verify"),
        ("trail", "show"),
        ("show", "credit@1.10"),
        ("gate", "--artifact", "model.onnx", "--environment", "prod"),
        ("bundle", "credit@1.10", "--out", "b.json"),
        ("comment", "credit@1.10", *AS_ANN, "--role", "submitter", "--reason", "x"),
        ("report", "credit@1.10", "--out", "r.pdf"),
    )

    def test_each_command_on_a_destroyed_one(self, audited, run):
        path = audited.workspace.trail_path
        for content in (b"", b"not a database at all" * 200, path.read_bytes()[:5000]):
            path.write_bytes(content)
            for argv in self.COMMANDS:
                ran = run(*argv)
                assert ran.code == 12, (argv, ran)
                assert ran.err.split(":")[0] in ("MALFORMED", "INCOMPLETE", "TAMPERED")
                assert len(ran.err.splitlines()) < 8
            assert path.read_bytes() == content

    def test_flipped_bytes(self, audited, run):
        """Wherever a flip changes what the trail says, `trail verify` says 12; and nothing is ever built on it."""
        path = audited.workspace.trail_path
        sound = path.read_bytes()
        with TrailStore.open(path) as store, store.snapshot() as snapshot:
            texts = [stored.data for stored in snapshot.entries()]
            texts += [document.data for at in range(1, 3) for document in snapshot.documents_of(at)]
        places = [sound.index(text) + len(text) // 2 for text in texts if text in sound]
        assert len(places) >= 4
        chance = random.Random(5)
        for at in [*places, *(chance.randrange(len(sound)) for _ in range(25))]:
            data = bytearray(sound)
            data[at] ^= 0x20
            path.write_bytes(data)
            ran = run("trail", "verify")
            assert ran.code == 12 or (at not in places and ran.code == 0), (at, ran)
            if ran.code == 0:
                continue
            assert ran.err.split(":")[0] in ("TAMPERED", "MALFORMED", "INCOMPLETE", "UNSUPPORTED", "UNTRUSTED_KEY")
            assert run("gate", "--artifact", "model.onnx", "--environment", "prod").code in (11, 12)
        path.write_bytes(sound)
        assert run("trail", "verify").code == 0

    def test_an_entry_changed_with_sql(self, audited, run, check):
        """By somebody who knows the tables; the next check does not build on it."""
        path = audited.workspace.trail_path
        with sqlite3.connect(path) as connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute(
                "UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), '-', '_') AS BLOB) WHERE idx = 2"
            )
        connection.close()
        for argv in (("trail", "verify"), self.COMMANDS[0]):
            ran = run(*argv)
            assert ran.code == 12
            assert "entry 2" in ran.err

    def test_a_trail_of_somebody_else(self, audited, run):
        """Another project's trail put in place of this one's: its keys are not the ones we trust."""
        other = Project(audited.root.parent / "other", audited.settings.config, clock=now).start()
        shutil.copy(other.workspace.trail_path, audited.workspace.trail_path)
        assert run("trail", "verify").code == 2  # the trust file does not name this log
        assert run("check", "--policy", "./policy.yaml", *AS_ANN).code == 12
