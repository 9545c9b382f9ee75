import subprocess
import sys
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from governance import keys
from governance.cli.__main__ import main
from tests.operations.project import CHEAP_SCRYPT, PASSWORD, Project


class Ran(NamedTuple):
    code: int
    out: str
    err: str


def now():
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch):
    monkeypatch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A project without a trail, as the current folder, under the machine's own clock."""
    project = Project(tmp_path / "project", tmp_path / "user-config", clock=now)
    project.write("pw", PASSWORD + "\n")
    monkeypatch.chdir(project.root)
    return project


@pytest.fixture
def project(bare):
    return bare.start("ann", "bo")


@pytest.fixture
def run(capsys):
    """A command in this process. Whatever it does, it never shows a stack trace."""

    def command(*argv):
        capsys.readouterr()
        code = main([str(one) for one in argv])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return Ran(code, captured.out, captured.err)

    return command


@pytest.fixture
def process(root, tmp_path):
    """A command in a process of its own, as a shell would start it."""

    def command(*argv, cwd, env=()):
        done = subprocess.run(
            [sys.executable, "-m", "governance", *map(str, argv)],
            cwd=cwd,
            env={
                "PYTHONPATH": str(root),
                "PATH": "",
                "GOVERNANCE_CONFIG_DIR": str(tmp_path / "user-config"),
                **dict(env),
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert "Traceback" not in done.stdout + done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return command


AS_ANN = ("--as", "ann", "--password-file", "pw")
AS_BO = ("--as", "bo", "--password-file", "pw")


@pytest.fixture
def check(run):
    """`governance check` under the small policy."""

    def command(*argv):
        return run("check", "--policy", "./policy.yaml", *argv)

    return command


@pytest.fixture
def audited(project, check):
    """With one decision in the trail, so that there is something to lose."""
    assert check(*AS_ANN).code == 11
    return project
