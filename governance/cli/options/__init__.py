"""The options of the commands, by subject: here those that several commands share. All that `--help` can do without is
imported where it is needed."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # as in typing, which costs a third of the start-up of `--help`
if TYPE_CHECKING:
    from pathlib import Path

MODEL = "a model version"


class Known:
    """A word from a list that some module states. The module is imported when the list is needed, not for `--help` of
    all commands."""

    def __init__(self, noun: str, module: str, name: str) -> None:
        self.noun, self.module, self.name = noun, module, name

    def _words(self) -> tuple[str, ...]:
        from importlib import import_module

        stated = getattr(import_module(self.module), self.name)
        return tuple(stated() if callable(stated) else stated)

    def __str__(self) -> str:
        return ", ".join(self._words())

    def __call__(self, text: str) -> str:
        if text not in self._words():
            raise argparse.ArgumentTypeError(f"unknown {self.noun} {text!a}; expected one of {self}")
        return text


def path(text: str) -> Path:
    from pathlib import Path

    return Path(text)


def elsewhere(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--trust", type=path, metavar="FILE", help="of a service (GOVERNANCE_URL); default: the project's own"
    )


def person(added: argparse.ArgumentParser, *, required: bool) -> None:
    added.add_argument("--as", dest="name", metavar="NAME", required=required, help="who you are; asks your password")
    added.add_argument("--password-file", type=path, metavar="FILE", help="read the password from a file")
