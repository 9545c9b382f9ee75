"""Text that comes from outside, made safe to look at: what cannot be seen is spelled out, and nothing is dropped.

A group called "A<U+202E>" must not turn a line around, and a path must not clear a terminal.
"""

import unicodedata
from collections.abc import Container
from itertools import groupby

# Control, format (bidirectional marks, zero width), surrogate, private use, unassigned, line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_WIDE = frozenset({"W", "F"})
_NARROWEST = 8
_LONGEST_WORD = 24


def visible(text: str, covered: Container[str] | None = None) -> str:
    """`text` with unseen characters spelled out, also those outside `covered`, the characters of a font.

    One is written <U+202E>, several in a row <U+5973 6027>.
    """
    runs = groupby(text, lambda char: _shows(char, covered))
    return "".join(
        "".join(run) if shows else f"<U+{' '.join(f'{ord(char):04X}' for char in run)}>" for shows, run in runs
    )


def lines(text: str, covered: Container[str] | None = None) -> list[str]:
    """The lines of a longer text, each made visible. A tab counts as a space."""
    return [inert(visible(line.replace("\t", " "), covered)) for line in text.splitlines()] or [""]


def inert(line: str) -> str:
    """A line that a CI runner does not take for one of its commands (`::error::` at a line's start, `##[error]`
    anywhere in it: GitHub Actions and Azure Pipelines)."""
    start = len(line) - len(line.lstrip())
    if line.startswith("::", start):
        line = f"{line[:start]}<U+003A>{line[start + 1 :]}"
    return line.replace("##[", "##<U+005B>").replace("##vso[", "##vso<U+005B>")


def clip(text: str, characters: int) -> str:
    """At most `characters` of them. What is cut is cut visibly, and after a whole word where one ends nearby: half a
    number would be another number."""
    if len(text) <= characters:
        return text
    kept = text[: characters - 3]
    words = kept.rpartition(" ")[0]
    if text[characters - 3] != " " and words and len(kept) - len(words) <= _LONGEST_WORD:
        kept = words
    return kept.rstrip() + "..."


def wrap(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """`text` in lines of at most `width` columns. `first` and `rest` are put before the first and the other lines.

    A wide character (Chinese, Japanese, Korean) takes two columns (Unicode Standard Annex 11), a mark takes none. A
    word longer than a line is broken.
    """
    result, line, room = [], first, max(_NARROWEST, width - len(rest))
    used, limit = 0, max(_NARROWEST, width - len(first))
    for word in _pieces(text.split(), room):
        space = 1 if used else 0
        if used and used + space + columns(word) > limit:
            result.append(line)
            line, used, space, limit = rest, 0, 0, room
        line += " " * space + word
        used += space + columns(word)
    return [inert(one) for one in (*result, line)]


def columns(text: str) -> int:
    """Columns that `text` takes in a terminal."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in _WIDE else 1 for char in text
    )


def _pieces(words: list[str], room: int) -> list[str]:
    pieces = []
    for word in words:
        piece, used = "", 0
        for char in word:
            if piece and used + columns(char) > room:
                pieces.append(piece)
                piece, used = "", 0
            piece += char
            used += columns(char)
        pieces.append(piece)
    return pieces


def _shows(char: str, covered: Container[str] | None) -> bool:
    if char == " ":
        return True
    if unicodedata.category(char) in _UNSEEN or char.isspace():
        return False
    return covered is None or char in covered
