"""Everything that comes in broken: the contract's exit code, one clear message, and the trail as it was."""

import os
import random
import shutil
import sqlite3

import pyarrow
import pyarrow.parquet
import pytest

from governance.store.trail import TrailStore
from tests.cli.conftest import AS_ANN, now
from tests.operations.project import MANIFEST, POLICY, Project


def tree(project):
    """Every file of the project and what is in it, but for SQLite's own scratch files."""
    return {
        path.relative_to(project.root): path.read_bytes()
        for path in project.root.rglob("*")
        if path.is_file() and path.suffix not in (".db-wal", ".db-shm")
    }


def missing_file(project):
    (project.root / "eval.parquet").unlink()


def missing_artifact(project):
    (project.root / "model.onnx").unlink()


def missing_manifest(project):
    (project.root / "governance.yaml").unlink()


def missing_column(project):
    project.write("governance.yaml", MANIFEST.replace("{column: y,", "{column: truth,"))


def unlisted_label(project):
    project.table(80, 100, y=["yes", "no"] * 49 + ["maybe", "no"])


def unlisted_prediction(project):
    project.table(80, 100, p=["yes", "no"] * 49 + ["yes", ""])


def missing_label(project):
    project.table(80, 100, y=["yes", "no"] * 49 + [None, "no"])


def nan_prediction(project):
    project.table(80, 100, p=[1.0, 0.0] * 49 + [float("nan"), 0.0])
    project.write(
        "governance.yaml",
        MANIFEST.replace("p, positive: [yes], negative: [no]", "p, positive: ['1.0'], negative: ['0.0']"),
    )


def truncated_parquet(project):
    data = (project.root / "eval.parquet").read_bytes()
    project.write("eval.parquet", data[: len(data) // 2])


def no_rows(project):
    empty = pyarrow.table({"y": pyarrow.array([], "string"), "p": pyarrow.array([], "string")})
    pyarrow.parquet.write_table(empty, project.root / "eval.parquet")


def empty_table(project):
    project.write("eval.parquet", b"")


def text_for_parquet(project):
    project.write("eval.parquet", "y,p,sex\nyes,no,f\n")


def latin_1_manifest(project):
    project.write("governance.yaml", MANIFEST.replace("team:credit", "Müller").encode("latin-1"))


def utf_16_manifest(project):
    project.write("governance.yaml", MANIFEST.encode("utf-16"))


def unknown_key(project):
    project.write("governance.yaml", MANIFEST.replace("format: onnx", "fromat: onnx"))


def duplicate_key(project):
    project.write("governance.yaml", MANIFEST + "model: {name: other, version: 2}\n")


def yaml_bomb(project):
    project.write("governance.yaml", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n")


def huge_manifest(project):
    project.write("governance.yaml", MANIFEST + "#" * (1 << 20))


def no_yaml(project):
    project.write("governance.yaml", "a: " + "[" * 10_000)


def link_out(project):
    outside = project.root.parent / "outside.parquet"
    shutil.move(project.root / "eval.parquet", outside)
    (project.root / "eval.parquet").symlink_to(outside)


def path_out(project):
    outside = project.root.parent / "outside.parquet"
    shutil.copy(project.root / "eval.parquet", outside)
    project.write("governance.yaml", MANIFEST.replace("path: eval.parquet", "path: ../outside.parquet"))


def link_to_itself(project):
    (project.root / "model.onnx").unlink()
    (project.root / "model.onnx").symlink_to("model.onnx")


def folder_for_file(project):
    (project.root / "eval.parquet").unlink()
    (project.root / "eval.parquet").mkdir()


def pipe_for_file(project):
    (project.root / "eval.parquet").unlink()
    os.mkfifo(project.root / "eval.parquet")


def unknown_rule(project):
    project.write("policy.yaml", POLICY.replace("performance.floor@1", "performance.flor@1"))


def unknown_rule_version(project):
    project.write("policy.yaml", POLICY.replace("performance.floor@1", "performance.floor@7"))


def unknown_parameter(project):
    project.write("policy.yaml", POLICY.replace("{at_least: 0.9}", "{at_leest: 0.9}"))


def broken_condition(project):
    rule = "  - {id: c, requires: [performance], expr: 'performance.counts.tp >', enforcement: {default: deny}}\n"
    project.write("policy.yaml", POLICY + rule)


def latin_1_policy(project):
    project.write("policy.yaml", POLICY.encode() + b"# M\xfcller\n")


BROKEN = {
    missing_file: ("data.evaluation", "no such file"),
    missing_artifact: ("artifact", "no such file"),
    missing_manifest: ("no manifest", "governance.yaml"),
    missing_column: ("truth", "eval.parquet"),
    unlisted_label: ("maybe", "data.evaluation.label"),
    unlisted_prediction: ("''", "data.evaluation.prediction"),
    missing_label: ("NULL", "data.evaluation.label"),
    nan_prediction: ("nan", "data.evaluation.prediction"),
    truncated_parquet: ("eval.parquet", "parquet"),
    no_rows: ("no rows", "eval.parquet"),
    empty_table: ("empty", "eval.parquet"),
    text_for_parquet: ("eval.parquet", "parquet"),
    latin_1_manifest: ("not UTF-8", "Latin-1"),
    utf_16_manifest: ("not UTF-8", "governance.yaml"),
    unknown_key: ("fromat", "did you mean 'format'"),
    duplicate_key: ("duplicate key 'model'", "governance.yaml:"),
    yaml_bomb: ("anchor", "governance.yaml:1"),
    huge_manifest: ("too large", "1048576"),
    no_yaml: ("governance.yaml", "nested too deeply"),
    link_out: ("leaves the project", "--allow-root"),
    path_out: ("leaves the project", "--allow-root"),
    link_to_itself: ("link", "artifact"),
    folder_for_file: ("a folder", "eval.parquet"),
    pipe_for_file: ("not a regular file", "eval.parquet"),
    unknown_rule: ("performance.flor@1", "did you mean 'performance.floor@1'"),
    unknown_rule_version: ("performance.floor@7", "governance policy rules"),
    unknown_parameter: ("at_leest", "did you mean 'at_least'"),
    broken_condition: ("does not compile", "policy.yaml:16"),
    latin_1_policy: ("not UTF-8", "policy.yaml"),
}


@pytest.mark.parametrize("breaks", BROKEN, ids=lambda one: one.__name__)
def test_refused_with_one_message(audited, check, breaks):
    breaks(audited)
    before, trail = tree(audited) if breaks is not pipe_for_file else None, audited.trail()
    ran = check(*AS_ANN)
    assert ran.code == 2, ran
    assert ran.out == ""
    assert ran.err.startswith("error: ")
    assert [line[:7] for line in ran.err.splitlines()].count("error: ") == 1
    for word in BROKEN[breaks]:
        assert word.lower() in ran.err.lower(), ran.err
    assert len(ran.err) < 1500
    assert audited.trail() == trail
    assert before is None or tree(audited) == before


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
