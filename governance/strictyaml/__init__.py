"""Strict YAML: every scalar is text until the schema types it; duplicate keys, aliases, anchors, tags and directives
are refused.

So `version: 1.10` stays 1.10, `NO` stays text, and no document can expand. Errors carry file, line, column, a caret and
the nearest known name.
"""

from governance.strictyaml.faults import Misplaced, explain, got, load, misspelt, said, validate
from governance.strictyaml.source import MAX_BYTES, MAX_DEPTH, Path, Position, Source, parse
from governance.strictyaml.unseen import seen

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "Misplaced",
    "Path",
    "Position",
    "Source",
    "explain",
    "got",
    "load",
    "misspelt",
    "parse",
    "said",
    "seen",
    "validate",
]
