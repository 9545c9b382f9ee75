"""The limited child process: the only place where a model file is opened, and a stranger's table.

It gets an empty environment, a folder of its own as working directory, limits on time, memory and file size, a task as
JSON on stdin, tables as Arrow files. It answers with JSON documents and plain int32 numbers, never with a pickle, one
file for each stage, so that a crash while explaining does not take back the predictions. A child that was taken over
by a model can write any bytes: nothing but the JSON parser and `numpy.frombuffer` reads them.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import governance
from governance.canonical import Document
from governance.errors import BadInput, MachineFault
from governance.measure.messages import (
    EXPLAIN,
    EXPLAINED,
    FEATURES,
    OPENED,
    PREDICTED,
    PREDICTIONS,
    SCORES,
    Explained,
    Opened,
    Predicted,
    Task,
)
from governance.progress import Progress, silent

if TYPE_CHECKING:
    import numpy
    import pyarrow

_LARGEST = 16 * 2**20
"""Bytes of one JSON answer that the parent is willing to parse."""


def program(module: str) -> str:
    """What a child runs: the `main` of one of our modules.

    `-I` keeps the caller's folder and environment out of the path. The package itself may lie in a checkout that is not
    installed: its folder is on the path for that one import only, so that nothing beside it can be imported.
    """
    ours = "import sys; sys.path.insert(0, sys.argv[1]); import governance; del sys.path[0]; "
    return f"{ours}from {module} import main; main()"


WORKER = program("governance.measure.worker")
_Answer = TypeVar("_Answer", bound=Document)
_LOOK = 0.2
"""Seconds between two looks at what the child has left so far."""


class Answers(NamedTuple):
    """What came back. A stage that was asked for and is None did not finish: `died` says why. `codes`: int32[rows].
    `scores`: float64[rows], null also where the model gives none."""

    opened: Opened | None
    predicted: Predicted | None
    codes: numpy.ndarray | None
    scores: numpy.ndarray | None
    explained: Explained | None
    died: str


def ask(task: Task, tables: Mapping[str, pyarrow.Table], code: str = WORKER, progress: Progress = silent) -> Answers:
    """Run the task in a child process and read its answers. Never raises for what the model does.

    `tables` are written to the child's folder under their names. `code` is what the child runs.
    """
    with TemporaryDirectory(prefix="governance-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for file, table in tables.items():
            _write(folder / file, table)
        rows = {file: len(table) for file, table in tables.items()}
        died = run(task.to_bytes(), task.limits.wall, folder, code, lambda: progress(_stage(task, rows, folder)))
        opened, trouble = document(folder / OPENED, Opened)
        predicted = explained = codes = scores = None
        ready = opened is not None and opened.problem is None
        if ready and task.predict:
            predicted, trouble = document(folder / PREDICTED, Predicted)
            if predicted and predicted.failure is None:
                codes, trouble = _codes(folder / PREDICTIONS, len(tables[FEATURES]), len(predicted.classes))
                if codes is not None and task.score and predicted.unscored is None:
                    scores, trouble = _scores(folder / SCORES, len(codes))
        if ready and task.explain:
            explained, later = document(folder / EXPLAINED, Explained)
            trouble = trouble or later
        return Answers(opened, predicted, codes, scores, explained, died or trouble)


def _stage(task: Task, rows: Mapping[str, int], folder: Path) -> str:
    """What the child is at, by the answers that it has left."""
    if not os.path.lexists(folder / OPENED):
        return f"opening {Path(task.artifact).name} in a limited process"
    if task.predict and not os.path.lexists(folder / PREDICTED):
        return f"running the model on {rows[FEATURES]:,} rows"
    return f"explaining {rows[EXPLAIN]:,} rows" if task.explain else "reading the predictions"


def run(question: bytes, wall: int, folder: Path, code: str, told: Callable[[], None]) -> str:
    """Run `code` in a child process in `folder`, with `question` on its stdin. How it ended, in words; empty where it
    ended well within `wall` seconds. `told` is called again and again meanwhile: what it raises ends the child. Raises
    MachineFault where no child can be started."""
    if not sys.executable:
        raise MachineFault("there is no Python executable for a child process", fix="run under a normal interpreter")
    command = [sys.executable, "-I", "-X", "utf8", "-c", code, str(Path(governance.__file__).absolute().parents[1])]
    # One thread: sums then have one order, and the address space is not spent on stacks.
    environment = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
    )
    # shap compiles a few small loops by numba at first use, which takes longer than running them as they are.
    environment |= {"NUMBA_DISABLE_JIT": "1", "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8"}
    told()
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            close_fds=True,
            start_new_session=True,
        )
    except OSError as error:
        raise MachineFault("cannot start a child process", got=str(error)) from error
    with process:
        try:
            _wait(process, question, wall, told)
        except subprocess.TimeoutExpired:
            return f"the child process did not end within {wall} s and was stopped"
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    if process.returncode == 0:
        return ""
    if process.returncode > 0:
        return f"the child process ended with code {process.returncode}"
    try:
        return f"the child process was ended by {signal.Signals(-process.returncode).name}"
    except ValueError:
        return f"the child process was ended by signal {-process.returncode}"


def _wait(process: subprocess.Popen[bytes], question: bytes, wall: int, told: Callable[[], None]) -> None:
    """Give the question, and wait for the end. Raises TimeoutExpired."""
    looks = max(1, math.ceil(wall / _LOOK))
    for look in range(1, looks + 1):
        try:
            process.communicate(question, timeout=wall / looks)
            return
        except subprocess.TimeoutExpired:
            if look == looks:
                raise
            # What was not yet taken in of the question is not lost by this (`Popen.communicate`), nor given again.
            question = b""
            told()


def _write(path: Path, table: pyarrow.Table) -> None:
    import pyarrow.ipc

    with pyarrow.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)


def _read(path: Path, most: int) -> bytes | None:
    """The bytes of a plain file of at most `most` bytes; None where there is none (a link is none)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        data = file.read(most + 1)
    return data if len(data) <= most else None


def document(path: Path, kind: type[_Answer], most: int = _LARGEST) -> tuple[_Answer | None, str]:
    """What the child left there, or why that is none."""
    data = _read(path, most)
    if data is None:
        return None, f"the child process left no {path.name}"
    try:
        return kind.from_bytes(data), ""
    except BadInput as error:
        return None, f"the child process wrote a {path.name} that is none: {error.what}"


def _codes(path: Path, rows: int, classes: int) -> tuple[numpy.ndarray | None, str]:
    import numpy as np

    data = _read(path, 4 * rows)
    if data is None or len(data) != 4 * rows:
        return None, f"the child process did not leave {rows} predictions"
    codes = np.frombuffer(data, dtype="<i4")
    if codes.min() < 0 or codes.max() >= classes:
        return None, "the child process left predictions of a class that it does not name"
    return codes, ""


def _scores(path: Path, rows: int) -> tuple[numpy.ndarray | None, str]:
    import numpy as np

    data = _read(path, 8 * rows)
    if data is None or len(data) != 8 * rows:
        return None, f"the child process did not leave {rows} scores"
    scores = np.frombuffer(data, dtype="<f8")
    # Not `min() < 0`: NaN is neither below nor above.
    if not ((scores >= 0) & (scores <= 1)).all():
        return None, "the child process left scores that are no probabilities"
    return scores, ""
