"""What people see while something takes long, and what their terminal can show."""

import sys
from collections.abc import Callable
from threading import Event, RLock, Thread
from typing import TextIO

from governance.render.visible import clip, visible

_REDRAWN = 0.1
"""Seconds between two drawings of one step: a table is hashed in many small blocks."""
_TICK = 1.0
"""Seconds after which the clock is drawn again where a step tells nothing, as one long query does."""
_WIPE = "\r\x1b[K"


class Steps:
    """The step that is under way, on one line that replaces itself (`live`), and each that is over on a line that stays
    (`lasting`); nothing where neither is wanted. Called as a `governance.progress.Progress`; `clock` gives seconds."""

    def __init__(
        self, stream: TextIO, clock: Callable[[], float], columns: Callable[[], int], *, live: bool, lasting: bool
    ) -> None:
        self._stream, self._clock, self._columns, self._live, self._lasting = stream, clock, columns, live, lasting
        self._step, self._share, self._begun, self._drawn = "", "", 0.0, float("-inf")
        # The line is drawn by whoever works and by the ticking clock, one at a time.
        self._lock, self._over = RLock(), Event()

    def __call__(self, step: str, done: int = 0, of: int = 0, /) -> None:
        if not (self._live or self._lasting):
            return
        with self._lock:
            now = self._clock()
            if step != self._step:
                self.end()
                self._step, self._begun, self._drawn = step, now, float("-inf")
                self._tick()
            self._share = f" {min(done / of, 1):.0%}" if of else ""
            if self._live and now - self._drawn >= _REDRAWN:
                self._draw(now)

    def end(self) -> None:
        """The last step is over: its line gives way to whatever is printed next."""
        with self._lock:
            self._over.set()
            if not self._step:
                return
            if self._live:
                self._stream.write(_WIPE)
            if self._lasting:
                self._stream.write(f"{self._clock() - self._begun:8.2f} s  {visible(self._step)}\n")
            self._step = ""
            self._stream.flush()

    def _draw(self, now: float) -> None:
        seconds = f" {now - self._begun:.0f} s" if now - self._begun >= _TICK else ""
        told = f" ...{self._share}{seconds}"
        room = max(8, self._columns() - 1 - len(told))
        self._stream.write(_WIPE + clip(visible(self._step), room) + told)
        self._stream.flush()
        self._drawn = now

    def _tick(self) -> None:
        if not self._live:
            return
        self._over = over = Event()

        def run() -> None:
            while not over.wait(_TICK):
                with self._lock:
                    if not over.is_set():
                        self._draw(self._clock())

        Thread(target=run, daemon=True).start()


def shows(text: str, stream: TextIO | None = None) -> bool:
    """Whether the encoding of a stream (default: standard output) has every character of `text`."""
    try:
        text.encode((stream or sys.stdout).encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def encodable(text: str, stream: TextIO) -> str:
    """`text` with what the encoding of a stream lacks written as an escape, which loses nothing."""
    encoding = stream.encoding or "ascii"
    return text.encode(encoding, "backslashreplace").decode(encoding)
