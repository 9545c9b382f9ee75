"""The child process: whatever it does, the parent gets an answer or the reason why there is none."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from governance.measure.child import Answers, ask
from governance.measure.messages import FEATURES, Limits, Opened, Predicted, Sides, Task

pa = pytest.importorskip("pyarrow")
OPENED = f"open('opened.json', 'wb').write({Opened(problem=None, tools={}).to_bytes()!r});"
_PREDICTED = Predicted(failure=None, classes=(("0",), ("1",)), tools={}).to_bytes()
PREDICTED = f"{OPENED} open('predicted.json', 'wb').write({_PREDICTED!r});"
LIMITS = Limits(wall=20, cpu=20, memory=2**31, file=2**20)


def task(limits: Limits = LIMITS, **changes: Any) -> Task:
    sides = (Sides(positive=("1",), negative=("0",)),)
    built = Task(
        artifact="model", sha256="0" * 64, format="skops", features=("a",), predict=True, explain=False, seed=1,
        sides=sides, limits=limits,
    )  # fmt: skip
    return built.model_copy(update=changes)


def behaves(code: str, limits: Limits = LIMITS) -> Answers:
    return ask(task(limits), {FEATURES: pa.table({"a": [1.0, 2.0, 3.0]})}, code)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import os; os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("import os; os.abort()", "SIGABRT"),
        ("raise SystemExit(3)", "code 3"),
        ("pass", "left no opened.json"),
        ("open('opened.json', 'w').write('{')", "opened.json that is none"),
        ("open('opened.json', 'w').write('[' * 100000)", "opened.json that is none"),
        ("open('opened.json', 'wb').write(b'\\x80\\x04N.')", "opened.json that is none"),
        (
            """open('opened.json', 'w').write('{"problem":null,"tools":{},"untrusted_types":[],"x":1}')""",
            "that is none",
        ),
        ("import os; os.symlink('/etc/hostname', 'opened.json')", "left no opened.json"),
        ("import os; os.mkfifo('opened.json')", "left no opened.json"),
        (OPENED, "left no predicted.json"),
        (PREDICTED, "did not leave 3 predictions"),
        (
            f"{PREDICTED} open('predictions.i32', 'wb').write(bytes(8))",
            "did not leave 3 predictions",
        ),
        (
            f"{PREDICTED}open('predictions.i32', 'wb').write(bytes(8) + b'\\x02\\0\\0\\0')",
            "a class that it does not name",
        ),
    ],
)
def test_misbehaviour_is_said(code: str, says: str) -> None:
    answers = behaves(code)
    assert says in answers.died
    assert answers.codes is None


def test_what_a_child_leaves_before_it_crashes_counts() -> None:
    numbers = b"\0\0\0\0\1\0\0\0\1\0\0\0"
    answers = behaves(f"{PREDICTED} open('predictions.i32', 'wb').write({numbers!r}); import os; os.abort()")
    assert "SIGABRT" in answers.died
    assert answers.codes is not None
    assert answers.codes.tolist() == [0, 1, 1]


def test_a_child_that_hangs_is_stopped() -> None:
    answers = behaves("import time; print('x' * 10**7); time.sleep(60)", Limits(wall=1, cpu=5, memory=2**31, file=1))
    assert answers.died == "the child process did not end within 1 s and was stopped"


LIMITED = (
    "import sys; sys.path.insert(0, sys.argv[1]); from governance.measure import worker; "
    "from governance.measure.messages import Limits; "
)


@pytest.mark.parametrize(
    ("limits", "code", "says"),
    [
        ("Limits(cpu=1)", "\nwhile True: pass", "SIGXCPU|SIGKILL"),
        ("Limits(memory=2**30)", "\ntry: x = bytearray(2**31)\nexcept MemoryError: sys.exit(42)", "code 42"),
        ("Limits(file=10)", "\nimport pathlib; pathlib.Path('big').write_bytes(bytes(1000))", "code 1"),
    ],
)
def test_limits_bite(limits: str, code: str, says: str) -> None:
    answers = behaves(f"{LIMITED}worker.limit({limits}){code}")
    assert any(part in answers.died for part in says.split("|")), answers.died


def test_a_child_knows_little(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No environment, no way to the caller's folder, a working folder that is gone afterwards."""
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "numpy.py").write_text("raise SystemExit(9)")
    note = tmp_path / "note"
    answers = behaves(
        "import os, sys; "
        f"open({str(note)!r}, 'w').write(repr((sorted(os.environ), os.getcwd(), sys.flags.isolated))); import numpy"
    )
    names, folder, isolated = eval(note.read_text())
    assert "SECRET" not in names
    assert "PATH" not in names
    assert isolated
    assert "left no opened.json" in answers.died
    assert not Path(folder).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent (prctl)")
def test_it_ends_with_whoever_started_it_however_that_ends(tmp_path: Path) -> None:
    code = (
        f"{LIMITED}worker.limit(Limits())\nimport os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))"
    )
    parent = (
        "from pathlib import Path; from governance.measure.child import run; "
        f"run(b'', 600, Path({str(tmp_path)!r}), {code + chr(10) + 'time.sleep(600)'!r}, lambda: None)"
    )
    with subprocess.Popen([sys.executable, "-c", parent]) as process:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert process.poll() is None
            time.sleep(0.01)
        child = Path("/proc", (tmp_path / "pid").read_text())
        assert child.exists()
        process.kill()
    while _runs(child):
        time.sleep(0.01)


def _runs(process: Path) -> bool:
    try:
        return "State:\tZ" not in (process / "status").read_text()
    except OSError:
        return False
