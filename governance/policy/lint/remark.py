"""What a lint is, and what it has to say. Text, examples and code of a lint stand together; the rest is generated."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from governance.canonical import parse_instant
from governance.policy.document import LoadedPolicy
from governance.policy.enforcement import days, enforced
from governance.policy.outcome import Enforcement, Outcome
from governance.policy.positions import Key, Positions
from governance.policy.sections import RuleSection


class Level(StrEnum):
    """How sure it is that something is wrong."""

    ERROR = "error"
    """The policy cannot mean what it says."""
    WARNING = "warning"
    """Somebody should look; there may be a reason."""


class Shown(NamedTuple):
    """What the cases of a policy show: by rule and outcome the names of cases, and the excuses for rules without."""

    table: Mapping[str, Mapping[Outcome, Sequence[str]]]
    uncovered: Mapping[str, object]


class Subject(NamedTuple):
    """A policy that is looked at. `shown` is None where no cases lie beside it; `as_of` is the day that counts as
    today; `laws` are those that the catalogue of controls knows."""

    policy: LoadedPolicy
    positions: Positions
    shown: Shown | None
    as_of: datetime
    laws: frozenset[str]

    def in_time(self, section: RuleSection, place: str) -> set[Enforcement]:
        """Every word by which a rule is enforced at a place while the policy is in force."""
        document = self.policy.document
        begin, end = document.in_force.from_, document.in_force.until
        # Instants are spelled in one way, so that their text has their order.
        moments = [begin, *(day for day in days(section.enforcement) if day > begin and (end is None or day < end))]
        return {enforced(section.enforcement, place, parse_instant(day)) for day in moments}


class Said(NamedTuple):
    """What a lint found. `key` is where, `also` another line that it is about."""

    key: Key
    what: str
    fix: str
    also: Key | None = None


class Lint(NamedTuple):
    """`bad` and `good` are what it finds and what it does not, in YAML: whole keys of a policy, or rules."""

    name: str
    level: Level
    bad: str
    good: str
    function: Callable[[Subject], Iterator[Said]]

    @property
    def summary(self) -> str:
        return _paragraphs(self.function)[0]

    @property
    def why(self) -> str:
        return _paragraphs(self.function)[1]


class Remark(NamedTuple):
    """One thing that a lint says of one place: `line` and `column` are 1-based, `caret` shows it in the text; `also` is
    file:line:column of the other place, where there are two."""

    lint: Lint
    file: str
    line: int
    column: int
    caret: str
    what: str
    fix: str
    also: str


def lint(name: str, level: Level, *, bad: str, good: str) -> Callable[[Callable[[Subject], Iterator[Said]]], Lint]:
    """Declare a lint. Its docstring is one line, then a paragraph that says why it matters. Raises RuntimeError for one
    that has not both."""

    def declare(function: Callable[[Subject], Iterator[Said]]) -> Lint:
        if len(_paragraphs(function)) != 2:
            raise RuntimeError(f"lint {name}: its docstring is a line and a paragraph")
        return Lint(name, level, inspect.cleandoc(bad) + "\n", inspect.cleandoc(good) + "\n", function)

    return declare


def _paragraphs(function: Callable[..., object]) -> list[str]:
    return [" ".join(part.split()) for part in inspect.cleandoc(function.__doc__ or "").split("\n\n") if part]
