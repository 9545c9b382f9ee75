"""One bash for one page: commands run in it one after the other, so `cd`, variables and functions carry over."""

import contextlib
import os
import select
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self


class Ran(NamedTuple):
    code: int
    output: str


class ShellEnded(Exception):
    """The shell is gone: the command left it or did not end in time."""


class Shell:
    """`notes` is a folder beside the working folder, for the command and its output."""

    def __init__(self, folder: Path, notes: Path, environment: dict[str, str]) -> None:
        self._command, self._output, self._last = notes / "command", notes / "output", 0
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.wait()
        for pipe in (self._bash.stdin, self._bash.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def run(self, command: str, timeout: float) -> Ran:
        """Output is that of both streams, as a terminal would mix them. Raises ShellEnded."""
        assert self._bash.stdin and self._bash.stdout
        self._command.write_text(command + "\n", encoding="utf-8")
        # `(exit N)` hands `$?` on, as if nothing of ours had run in between.
        line = f'(exit {self._last}); . "{self._command}" >"{self._output}" 2>&1 </dev/null; printf "%s\\n" $?\n'
        try:
            self._bash.stdin.write(line.encode())
            self._bash.stdin.flush()
        except OSError as error:
            raise ShellEnded("the shell has ended") from error
        answer, ends = b"", time.monotonic() + timeout
        while not answer.endswith(b"\n"):
            ready, _, _ = select.select([self._bash.stdout], [], [], max(0, ends - time.monotonic()))
            if not ready:
                raise ShellEnded(f"it did not end within {timeout:.0f} s; it said:\n{self._said()}")
            if not (more := os.read(self._bash.stdout.fileno(), 4096)):
                raise ShellEnded(f"it ended the shell; it said:\n{self._said()}")
            answer += more
        self._last = int(answer)
        return Ran(self._last, self._said())

    def _said(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace") if self._output.exists() else ""
