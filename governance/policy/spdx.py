"""SPDX licence expressions (SPDX specification 3.0.1, annex B): how far one is covered by lists of licences."""

import re
from collections.abc import Collection
from enum import IntEnum

_TOKEN = re.compile(r"\s*(?:(\()|(\))|([A-Za-z0-9][A-Za-z0-9.+:-]*))", re.ASCII)
_MOST_TOKENS = 200
# Deprecated since version 3.0 of the SPDX licence list, and still what most metadata says.
_GNU = re.compile(r"((?:agpl|gfdl|gpl|lgpl)-[0-9.]+)(\+?)", re.ASCII)


class Standing(IntEnum):
    """From worst to best. `UNKNOWN`: on neither list, or no expression at all."""

    FORBIDDEN = 0
    UNKNOWN = 1
    ALLOWED = 2


def standing(expression: str, allowed: Collection[str], forbidden: Collection[str]) -> Standing:
    """AND is as good as its worse side, OR as its better one; an identifier stands as the list that has it, without
    regard to case. `GPL-2.0-only WITH Classpath-exception-2.0` must be listed as a whole: an exception changes what may
    be done. A licence on both lists is forbidden. GNU licences by their old names are what the SPDX list calls
    them now: GPL-3.0 is GPL-3.0-only and GPL-3.0+ is GPL-3.0-or-later."""
    found = _read(expression, _folded(allowed), _folded(forbidden))
    return Standing.UNKNOWN if found is None else found


def is_expression(text: str) -> bool:
    """Whether this has the form of an expression: MIT has it, "MIT License" has not."""
    return _read(text, frozenset(), frozenset()) is not None


def _read(expression: str, allowed: frozenset[str], forbidden: frozenset[str]) -> Standing | None:
    """Null for what is no expression."""
    reader = _Reader(_tokens(expression), allowed, forbidden)
    try:
        found = reader.either()
    except ValueError:
        return None
    return None if reader.left else found


def _folded(names: Collection[str]) -> frozenset[str]:
    return frozenset(" ".join(map(_today, name.split())) for name in names)


def _today(name: str) -> str:
    """An identifier without its case, as the SPDX list has it now."""
    name = name.casefold()
    found = _GNU.fullmatch(name)
    return f"{found[1]}-{'or-later' if found[2] else 'only'}" if found else name


def _tokens(expression: str) -> list[str]:
    """Empty where this is no expression."""
    found: list[str] = []
    at, text = 0, expression.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(found) == _MOST_TOKENS:
            return []
        found.append(match[0].strip())
        at = match.end()
    return found


class _Reader:
    """Recursive descent; AND binds tighter than OR (annex B.3)."""

    def __init__(self, tokens: list[str], allowed: frozenset[str], forbidden: frozenset[str]) -> None:
        self.left = tokens
        self._allowed, self._forbidden = allowed, forbidden

    def _takes(self, word: str) -> bool:
        if self.left and self.left[0].upper() == word:
            self.left.pop(0)
            return True
        return False

    def either(self) -> Standing:
        found = self._both()
        while self._takes("OR"):
            found = max(found, self._both())
        return found

    def _both(self) -> Standing:
        found = self._one()
        while self._takes("AND"):
            found = min(found, self._one())
        return found

    def _one(self) -> Standing:
        if self._takes("("):
            found = self.either()
            if not self._takes(")"):
                raise ValueError("a bracket is not closed")
            return found
        name = self._name()
        if self._takes("WITH"):
            name = f"{name} with {self._name()}"
        if name in self._forbidden:
            return Standing.FORBIDDEN
        return Standing.ALLOWED if name in self._allowed else Standing.UNKNOWN

    def _name(self) -> str:
        if not self.left or self.left[0].upper() in ("AND", "OR", "WITH", "(", ")"):
            raise ValueError("a licence is missing")
        return _today(self.left.pop(0))
