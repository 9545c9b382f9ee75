"""What a scanner of YAML complains about, in words for whoever wrote the text: the same ones for libyaml and PyYAML."""

import re
from typing import NamedTuple

import yaml

COLON = "a colon without a space behind it", "write one after it, or put the text in quotes"
COMMENT = "a comment begins with a space", "write one before #"
ESCAPE = "an escape that YAML does not have", "write the character itself, and a backslash twice"
_QUOTE = "put text with any of : # [ ] { } , in quotes, and close what was opened"
_START = "text that begins with a sign of YAML's own", "put the text in quotes"
# What either scanner says, and what that means; {line} is where what it was reading begins.
_MEANT = (
    ("escape|hexa?decimal", *ESCAPE),
    ("found unexpected ':'", *COLON),
    ("but found '#'", *COMMENT),
    ("quoted", "quotes that are not closed", "close them; one within single quotes is written as two"),
    ("sequence entries", "a list that begins within a line", "begin it on a line of its own, or write [a, b]"),
    (
        "not allowed (here|in this context)",
        "a colon where no key can end",
        "put text with a colon in quotes, begin keys that belong together in one column, and see to the line above",
    ),
    (
        "could not find expected ':'",
        "text where a key is expected",
        "write `key: value`, with a space behind the colon, and `- ` before each member of a list",
    ),
    (
        "',' or",
        "a comma or the end is missing from what begins on line {line}",
        "write a comma, or close it; put text with any of : [ ] { } , in quotes",
    ),
    (
        "block end|expected key|'-' indicator",
        "this does not fit what begins on line {line}",
        "begin what belongs together in one column; put text that holds quotes in the other kind of them",
    ),
    ("start any token|alias|anchor|tag", *_START),
    ("block scalar", "text behind | or >", "begin it on the line below; put text that begins so in quotes"),
)
# Noticed only where the text, or something else, has ended.
_BEGINS = re.compile("not find expected ':'|(?:end of stream|document).* quoted scalar")


class Fault(NamedTuple):
    """`line` and `column` as scanners count: from 0."""

    line: int
    column: int
    what: str
    fix: str


def meant(error: yaml.MarkedYAMLError, lines: list[str]) -> Fault:
    """Where a text of these lines is at fault, and in plain words how."""
    said = f"{error.problem} {error.context}"
    mark, began = error.problem_mark or error.context_mark, error.context_mark
    # What was never closed, or has no colon, is at fault, and not where that was noticed.
    if mark is None or (began and (_over(mark, lines) or _BEGINS.search(said))):
        mark = began
    line, column = (mark.line, mark.column) if mark else (0, 0)
    what, fix = next(((what, fix) for sign, what, fix in _MEANT if re.search(sign, said)), (said, _QUOTE))
    return Fault(line, column, "not YAML: " + what.replace("{line}", str(began.line + 1 if began else 1)), fix)


def _over(mark: yaml.Mark, lines: list[str]) -> bool:
    """Whether the text has ended there."""
    return mark.line >= len(lines) or (mark.line == len(lines) - 1 and mark.column >= len(lines[-1]))
