"""The text of a CEL expression, cut into tokens and at its operators (CEL specification, "Syntax").

Only for words about expressions: what one means, the engine says.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?P<gap>(?:\s|//[^\n]*)+)|"
    r"(?P<text>[bB]?[rR][bB]?(?:'''(?s:.)*?'''|\"\"\"(?s:.)*?\"\"\"|'[^'\n]*'|\"[^\"\n]*\")|"
    r"[bB]?(?:'''(?:[^\\]|\\(?s:.))*?'''|\"\"\"(?:[^\\]|\\(?s:.))*?\"\"\"|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"))|"
    r"(?P<number>0[xX][0-9A-Fa-f]+[uU]?|(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?[uU]?)|"
    r"(?P<name>[A-Za-z_][A-Za-z_0-9]*)|"
    r"(?P<mark>&&|\|\||[<>=!]=|[^\s])",
    re.ASCII,
)
_OPEN, _CLOSE = {"(": ")", "[": "]", "{": "}"}, {")", "]", "}"}
_RELATIONS = ("<=", ">=", "<", ">", "==", "!=", "in")
LONGEST = 160
"""Characters of an expression that are shown."""


class Token(NamedTuple):
    kind: str
    text: str
    gap: bool
    """Whether there is space before it."""


Tokens = Sequence[Token]


def cut(text: str) -> list[Token]:
    found, gap = [], False
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "gap":
            gap = True
            continue
        found.append(Token(str(match.lastgroup), match[0], gap))
        gap = False
    return found


def shown(tokens: Tokens, whole: bool = False) -> str:
    """The text, without comments and with single spaces; cut where it is long, unless `whole`."""
    text = "".join(f" {one.text}" if one.gap and at else one.text for at, one in enumerate(tokens))
    return text if whole or len(text) <= LONGEST else f"{text[:LONGEST]}..."


def is_field(tokens: Tokens, at: int) -> bool:
    return at > 0 and tokens[at - 1].text == "."


def closing(tokens: Tokens, at: int) -> int | None:
    """Where the bracket that opens at `at` is closed."""
    depth = 0
    for place in range(at, len(tokens)):
        mark = tokens[place]
        if mark.kind == "mark":
            depth += (mark.text in _OPEN) - (mark.text in _CLOSE)
        if depth <= 0:
            return place if place > at else None
    return None


def unwrapped(tokens: Tokens) -> Tokens:
    while len(tokens) > 2 and tokens[0].text == "(" and closing(tokens, 0) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def at_top(tokens: Tokens, *marks: str) -> list[int]:
    """Where these stand outside of all brackets."""
    found, depth = [], 0
    for at, one in enumerate(tokens):
        if one.kind == "mark":
            depth += (one.text in _OPEN) - (one.text in _CLOSE)
        if not depth and one.kind != "text" and one.text in marks and not is_field(tokens, at):
            found.append(at)
    return found


def split(tokens: Tokens, mark: str) -> list[Tokens]:
    """The operands of an operator; nothing where it does not stand here."""
    cuts = at_top(tokens, mark)
    ends = [-1, *cuts, len(tokens)]
    return [tokens[a + 1 : b] for a, b in pairwise(ends)] if cuts else []


def relation(tokens: Tokens) -> int | None:
    """Where the one comparison stands; None where there is none, or a chain of them."""
    found = at_top(tokens, *_RELATIONS)
    return found[0] if len(found) == 1 else None


def is_plain(tokens: Tokens) -> bool:
    """A value that is written out: a number, text, true, null, a list of such, or a moment in time."""
    if len(tokens) > 3 and tokens[0].text in ("timestamp", "duration") and closing(tokens, 1) == len(tokens) - 1:
        return is_plain(tokens[2:-1])
    values = [one for one in tokens if one.text not in ("-", "[", "]", ",")]
    if not tokens or (len(values) > 1 and tokens[0].text != "["):
        return False
    return all(one.kind in ("number", "text") or one.text in ("true", "false", "null") for one in values)
