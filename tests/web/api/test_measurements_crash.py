"""`governance serve` is killed amid an upload, and a measurement: nothing half-written, swept at the next start."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from governance.operations.accounts import invite, redeem
from governance.operations.caller import Caller, Operator
from governance.operations.tokens import LONGEST, create_token
from governance.permissions import Scope
from tests.operations.project import PASSWORD, Project
from tests.web.api.measuring import BOUNDARY, closed, part
from tests.web.api.test_measurements import SLEEPS, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent (prctl)")
SERVE = (
    "from governance.cli.__main__ import main; sys.exit(main(['serve', '--port', '0', '--policy', './policy.yaml']))"
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    now = datetime.now(UTC).replace(microsecond=0)
    return Project(tmp_path / "project", tmp_path / "config", clock=lambda: now).start()


@pytest.fixture
def token(project: Project) -> str:
    workspace = project.workspace
    redeem(workspace, invite(workspace, "ann", ("submitter",), Operator()).token, PASSWORD)
    caller = Caller("local|ann", ("submitter",), None, "a test")
    return create_token(workspace, caller, (Scope.SUBMIT,), "tests", workspace.clock() + LONGEST, "ci").secret


@pytest.fixture
def serve(project: Project, root: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(first: str = "") -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-c", f"import sys; {first}\n{SERVE}"],
            cwd=project.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "GOVERNANCE_CONFIG_DIR": str(project.settings.config), "PYTHONPATH": str(root)},
        )
        started.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert " on http://" in line, line
        return process, line.split(" on ")[1].split(";")[0]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def form(project: Project) -> bytes:
    files = [part("file", (project.root / name).read_bytes(), name) for name in ("model.onnx", "eval.parquet")]
    return closed(part("manifest", (project.root / "governance.yaml").read_bytes()), *files)


def begin(url: str, token: str, length: int, body: bytes) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)))
    head = (
        f"POST /api/v1/measurements HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    return connection


def post(url: str, token: str, body: bytes) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return httpx.post(f"{url}/api/v1/measurements", content=body, headers=headers, timeout=60)


def left(project: Project, name: str) -> list[Path]:
    return [path for path in (project.workspace.home / "uploads").rglob(name) if path.stat().st_size]


def test_in_the_middle_of_an_upload(project: Project, token: str, serve: Any) -> None:
    project.write("model.onnx", bytes(3 << 20))
    body = form(project)
    process, url = serve()
    before = project.trail().size
    with begin(url, token, len(body), body[: 2 << 20]):
        until(lambda: left(project, "model.onnx"))
        process.kill()
        process.wait()
    (half,) = left(project, "model.onnx")
    assert half.stat().st_size < 3 << 20
    assert project.trail().size == before
    _, url = serve()
    assert not half.exists()
    assert len(list((project.workspace.home / "uploads").iterdir())) == 1  # the folder of the one that runs
    assert post(url, token, body).status_code == 201
    assert project.trail().size == before + 2


def test_in_the_middle_of_a_measurement(project: Project, token: str, serve: Any) -> None:
    body = form(project)
    limited = "from governance.measure.messages import Limits; from governance.measure.worker import limit; "
    sleeps = f"import sys; sys.path.insert(0, sys.argv[1]); {limited} limit(Limits()); {SLEEPS}"
    process, url = serve(f"import governance.operations.measure_here as m; m.PROGRAM = {sleeps!r}")
    before = project.trail().size
    with begin(url, token, len(body), body):
        (pid,) = until(lambda: left(project, "pid"))
        child = Path("/proc", pid.read_text().strip())
        assert child.exists()
        process.kill()
        process.wait()
    until(lambda: not _runs(child))
    assert project.trail().size == before
    _, url = serve()
    assert not pid.exists()
    assert post(url, token, body).status_code == 201
    assert project.trail().size == before + 2


def test_told_to_stop_it_ends_what_it_measures_or_lets_go(project: Project, token: str, serve: Any) -> None:
    """Nothing stays behind: no folder, no process."""
    body = form(project)
    short = "import governance.web.limits as l; l.LIMITS = l.LIMITS._replace(grace_seconds=1)"
    process, url = serve(f"{short}; import governance.operations.measure_here as m; m.PROGRAM = {SLEEPS!r}")
    before = project.trail().size
    with begin(url, token, len(body), body):
        (pid,) = until(lambda: left(project, "pid"))
        child = Path("/proc", pid.read_text().strip())
        process.terminate()
        process.wait()
    until(lambda: not _runs(child))
    assert not list((project.workspace.home / "uploads").iterdir())
    assert project.trail().size == before


def _runs(process: Path) -> bool:
    try:
        return "State:\tZ" not in (process / "status").read_text()
    except OSError:
        return False
