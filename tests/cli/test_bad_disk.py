"""The disk is full, fills up, or may not be written: exit code 1, one clear message, and the trail as it was."""

import os

import pytest

from tests.cli.conftest import AS_ANN, now
from tests.disk import fill, mounted, remount
from tests.operations.project import PASSWORD, Project


@pytest.fixture
def small_disk(tmp_path):
    with mounted(tmp_path / "disk", "2m") as place:
        yield place
        os.chdir("/")


@pytest.fixture
def there(small_disk, tmp_path, monkeypatch):
    project = Project(small_disk / "project", tmp_path / "user-config", clock=now)
    project.write("pw", PASSWORD)
    monkeypatch.chdir(project.root)
    return project


class TestFullDisk:
    def test_a_check(self, there, small_disk, check, run):
        there.start("ann", "bo")
        assert check(*AS_ANN, "--bundle", "b.json").code == 11
        before, bundle = there.trail().size, (there.root / "b.json").read_bytes()
        ballast = fill(small_disk)
        ran = check(*AS_ANN, "--fresh", "--bundle", "b.json")
        assert ran.code == 1
        assert "space" in ran.err or "full" in ran.err
        assert len(ran.err.splitlines()) < 8
        assert (there.root / "b.json").read_bytes() == bundle
        assert not [path for path in there.root.iterdir() if path.name.startswith(".b.json")]
        ballast.unlink()
        assert there.trail().size == before
        assert check(*AS_ANN, "--bundle", "b.json").code == 11
        assert run("trail", "verify").code == 0

    @pytest.mark.parametrize("wanted", [("--bundle", "b.json"), ("--also", "markdown=m.md")])
    def test_where_files_go_that_are_wanted_beside_the_trail(self, project, small_disk, check, wanted):
        """The decision is sealed elsewhere, and that is said; the file is not there in part."""
        fill(small_disk)
        option, name = wanted
        kind, _, file = name.rpartition("=")
        ran = check(*AS_ANN, option, f"{kind}={small_disk / file}" if kind else small_disk / file)
        assert ran.code == 1
        assert ran.out.startswith("credit 1.10  prod: DENY")
        assert "space" in ran.err and "(prod: deny, staging: allow) is sealed" in ran.err
        assert len(ran.err.splitlines()) < 8
        assert [path.name for path in small_disk.iterdir()] == ["ballast"]
        assert project.trail().size == 3

    def test_a_disk_that_fills_up(self, there, small_disk, check, run):
        """Checks go on until there is no space: each one is sealed whole, or not at all."""
        there.start("ann", "bo")
        ballast = fill(small_disk, leave=600_000)
        sealed = 0
        while (ran := check(*AS_ANN, "--fresh")).code == 11:
            sealed += 1
            assert sealed < 120
        assert ran.code == 1
        assert "no space left" in ran.err
        assert "nothing was written" in ran.err
        ballast.unlink()
        assert sealed > 0
        assert there.trail().checkpoints == 1 + sealed

    def test_init(self, there, small_disk, run):
        ballast = fill(small_disk, leave=8192)
        ran = run("init")
        assert ran.code == 1
        assert "space" in ran.err.lower()
        ballast.unlink()
        assert run("init").code == 0
        assert run("trail", "verify").code == 0


class TestReadOnly:
    @pytest.fixture
    def frozen(self, there, small_disk, check):
        """A read-only place with a trail in it."""
        there.start("ann", "bo")
        check(*AS_ANN, "--bundle", "b.json")
        there.before = there.trail()
        remount(small_disk, "ro")
        yield there
        remount(small_disk, "rw")
        assert there.trail() == there.before

    @pytest.mark.parametrize(
        "argv",
        [
            ("check", "--policy", "./policy.yaml", *AS_ANN),
            ("comment", "credit@1.10", *AS_ANN, "--role", "submitter", "--reason", "x"),
            ("bundle", "credit@1.10", "--out", "c.json"),
            ("key", "new", "zoe", "--role", "auditor", "--password-file", "pw"),
        ],
    )
    def test_what_writes(self, frozen, run, argv):
        ran = run(*argv)
        assert ran.code == 1, ran
        assert ran.out == ""
        assert ran.err.startswith("error: ")
        assert len(ran.err.splitlines()) < 8

    def test_what_reads_a_bundle(self, frozen, run):
        assert run("verify", "b.json", "--trust", ".governance/trust.json").code == 0
        asked = ("gate", "--artifact", "model.onnx", "--environment", "prod", "--bundle", "b.json")
        assert run(*asked).code == 11

    def test_a_new_trail(self, there, small_disk, run):
        remount(small_disk, "ro")
        ran = run("init")
        assert ran.code == 1
        assert "read-only" in ran.err.lower()
        assert not (there.root / ".governance").exists()
        assert not there.settings.config.exists()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not stop root; see TestReadOnly")
def test_a_folder_without_permission(audited, check):
    before = audited.trail()
    audited.workspace.home.chmod(0o500)
    try:
        ran = check(*AS_ANN)
        assert ran.code == 1
    finally:
        audited.workspace.home.chmod(0o700)
    assert audited.trail() == before
