"""Where each part of a policy stands, in the file that says it: of a merged policy in the child, else in a parent."""

import re
from collections.abc import Mapping
from typing import Any

from governance.errors import BadInput
from governance.strictyaml import Path, Position, Source

Key = tuple[str | int, ...]
"""A path in which a rule, or a clause, is called by its id, not by its place: ("rules", "floor", "with")."""


class Positions:
    """Of the keys that files state."""

    def __init__(self, found: Mapping[Key, tuple[Source, Path]]) -> None:
        self._found = dict(found)

    @classmethod
    def of(cls, source: Source) -> "Positions":
        return cls({_key(source.tree, path): (source, path) for path in {*source.keys, *source.values}})

    def over(self, parent: "Positions") -> "Positions":
        """What stands here, and else what stands in the parent."""
        return Positions(parent._found | self._found)

    def has(self, key: Key) -> bool:
        return key in self._found

    def place(self, key: Key) -> tuple[Source, Path]:
        """The source of what is nearest to `key`, and its path there."""
        return next(self._found[key[:length]] for length in range(len(key), -1, -1) if key[:length] in self._found)

    def named(self, key: Key) -> str:
        """file:line:column"""
        source, at = self._at(key)
        return f"{source.name}:{at.line}:{at.column}"

    def inside(self, key: Key, text: str, offset: int, name: str) -> tuple[Source, Position]:
        """Where the name at an offset of the text at `key` stands in its file, however the text is written there; where
        the text begins if the name is spelled otherwise."""
        source, path = self.place(key)
        here = source.values.get(path) or source.position(path)
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.ASCII)
        left = len(word.findall(text[:offset]))
        for number, line in enumerate(source.lines[here.line - 1 :], here.line):
            for found in word.finditer(line, here.column - 1 if number == here.line else 0):
                if not left:
                    return source, Position(number, found.start() + 1)
                left -= 1
        return source, source.position(path)

    def error(self, key: Key, what: str, **details: str) -> BadInput:
        """At the value, or at the key of what begins below."""
        source, at = self._at(key)
        return source.error(at, what, **details)

    def _at(self, key: Key) -> tuple[Source, Position]:
        source, path = self.place(key)
        return source, source.beside(path)


_NAMED = (("rules",), ("law", "clauses"))
"""Lists of what has an id."""


def _key(tree: Any, path: Path) -> Key:
    for above in _NAMED:
        at = len(above)
        if path[:at] == above and len(path) > at and isinstance(path[at], int):
            section = _under(tree, above)[path[at]]
            name = section.get("id") if isinstance(section, dict) else None
            return (*above, name if isinstance(name, str) else path[at], *path[at + 1 :])
    return path


def _under(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree
