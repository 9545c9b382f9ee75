"""What long work says while it runs. Whoever works tells; only the edge knows who looks, and has a clock."""

from typing import Protocol


class Progress(Protocol):
    def __call__(self, step: str, done: int = 0, of: int = 0, /) -> None:
        """`step` is under way until another is named. `done` `of` its parts (bytes, rows, draws) are through, where
        that is known; `of` is 0 where it is not."""


def silent(step: str, done: int = 0, of: int = 0, /) -> None:
    """Nobody looks."""
