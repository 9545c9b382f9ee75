"""The text of a CEL expression, cut into tokens and at its operators (CEL specification, "Syntax").

For words about expressions and for what is refused before the engine sees it: what one means, the engine says.
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


def starts(text: str) -> list[int]:
    """Where each token of `cut` begins."""
    return [match.start() for match in _TOKEN.finditer(text) if match.lastgroup != "gap"]


def code_of(text: str) -> str:
    """The text with spaces in the place of literal texts and comments: what stands there is still where it was."""
    return _TOKEN.sub(lambda found: found[0] if found.lastgroup not in ("gap", "text") else " " * len(found[0]), text)


def from_the_root(tokens: Tokens) -> str:
    """The first name that is written with a point before it and nothing before that (CEL: looked up from the root).
    Empty where there is none."""
    for before, point, name in zip([None, *tokens], tokens, tokens[1:], strict=False):
        operand = before and (before.kind != "mark" or before.text in _CLOSE) and before.text != "in"
        if point.text == "." and name.kind == "name" and not operand:
            return name.text
    return ""


MACROS = ("all", "exists", "exists_one", "filter", "map")


def doubles(tokens: Tokens) -> str:
    """The first list that a macro goes through and that the expression builds of something: through a chain of such
    lists (`[a + a].all(b, [b + b].all(c, ...))`) text can grow to any length. Empty where there is none."""
    for at in range(2, len(tokens) - 1):
        if tokens[at].text in MACROS and is_field(tokens, at) and tokens[at + 1].text == "(":
            target = _before(tokens, at - 1)
            if _is_built(target):
                return shown(target)
    return ""


def _before(tokens: Tokens, end: int) -> Tokens:
    """The operand that ends before `end`: names, fields, calls, indices, brackets."""
    depth, at = 0, end
    while at > 0:
        one, after = tokens[at - 1], tokens[at]
        depth += (one.text in _CLOSE) - (one.text in _OPEN) if one.kind == "mark" else 0
        # A name or a bracket goes on to the left only by a point, or where it is called or indexed.
        ends = one.text == "in" or (one.kind == "mark" and one.text not in (".", *_OPEN, *_CLOSE))
        apart = at < end and one.kind != "mark" and after.kind != "mark"
        if depth < 0 or (not depth and (ends or apart)):
            break
        at -= 1
    return tokens[at:end]


def _is_built(target: Tokens) -> bool:
    """Whether it holds a sum, or a list or map literal of more than plain values. Conditions of macros in it are left
    out: nothing of them comes out of it, and they are looked at for themselves."""
    kept, at = list[Token](), 0
    while at < len(target):
        kept.append(target[at])
        if target[at].text in MACROS and is_field(target, at) and (end := closing(target, at + 1)):
            at = end
        at += 1
    for at, one in enumerate(kept):
        # Behind a value it is an index.
        indexed = at > 0 and kept[at - 1].text != "in" and (kept[at - 1].kind != "mark" or kept[at - 1].text in _CLOSE)
        literal = one.text == "{" or (one.text == "[" and not indexed)
        if one.kind == "mark" and (one.text == "+" or (literal and _holds_names(kept, at))):
            return True
    return False


def _holds_names(tokens: Tokens, at: int) -> bool:
    inner = tokens[at + 1 : closing(tokens, at)]
    return any(one.kind == "name" and one.text not in ("true", "false", "null") for one in inner)


def shown(tokens: Tokens, whole: bool = False) -> str:
    """The text, without comments and with single spaces; cut where it is long, unless `whole`."""
    text = "".join([f" {one.text}" if one.gap and at else one.text for at, one in enumerate(tokens)])
    return text if whole or len(text) <= LONGEST else f"{text[:LONGEST]}..."


def is_field(tokens: Tokens, at: int) -> bool:
    return at > 0 and tokens[at - 1].text == "."


def reads_clock(tokens: Tokens, at: int) -> bool:
    return tokens[at].kind == "name" and tokens[at].text == "now" and not is_field(tokens, at)


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
    for at, (kind, text, _) in enumerate(tokens):
        if kind == "mark":
            if text in _OPEN:
                depth += 1
            elif text in _CLOSE:
                depth -= 1
        if not depth and text in marks and kind != "text" and not is_field(tokens, at):
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
