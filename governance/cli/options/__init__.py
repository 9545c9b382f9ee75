"""The options of the commands, by subject: here those that several commands share. All that `--help` can do without is
imported where it is needed."""

from __future__ import annotations

import argparse

from governance.errors import ExitCode

TYPE_CHECKING = False  # as in typing, which costs a third of the start-up of `--help`
if TYPE_CHECKING:
    from pathlib import Path

MODEL = "a model version"
_CODES = [f"{code:d} {code.means}" for code in ExitCode]
EXITS = f"exit codes: {', '.join(_CODES[:-1])},\n{_CODES[-1]}"


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


def usual(added: argparse.ArgumentParser, *, formats: tuple[str, ...], project: bool) -> None:
    """What each command takes."""
    loudness = added.add_mutually_exclusive_group()
    loudness.add_argument("--quiet", action="store_true", help="say nothing beside the result")
    loudness.add_argument("--verbose", action="store_true", help="say what is read and done, on standard error")
    added.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="default: auto, on a terminal"
    )
    added.add_argument("--traceback", action="store_true", help=argparse.SUPPRESS)
    if formats:
        added.add_argument("--format", choices=formats, default="text", help="default: text")
    if project:
        added.add_argument(
            "--project", type=path, metavar="DIR", help="folder with the trail; default: found from here upwards"
        )


def elsewhere(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--trust", type=path, metavar="FILE", help="of a service (GOVERNANCE_URL); default: the project's own"
    )


def person(added: argparse.ArgumentParser, *, required: bool) -> None:
    added.add_argument("--as", dest="name", metavar="NAME", required=required, help="who you are; asks your password")
    added.add_argument("--password-file", type=path, metavar="FILE", help="read the password from a file")
