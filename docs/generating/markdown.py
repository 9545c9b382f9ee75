"""Markdown that stays text: cells, tables, values."""

import re
from collections.abc import Iterable, Sequence


def cell(text: str) -> str:
    """Text of a table's cell: one line, no bar that would end it."""
    return " ".join(text.split()).replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)


def prose(text: str) -> str:
    """A docstring as Markdown: a line that stands for itself stays text, and `<40` opens no tag."""
    parts = re.split(r"(`[^`]*`)", text.strip())
    return "".join(part if part.startswith("`") else re.sub(r"[<*_]", r"\\\g<0>", part) for part in parts)


def sentence(text: str) -> str:
    """Beginning with a capital, ending with a full stop."""
    text = prose(text)
    text = text if text.startswith("`") else text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", ":", "?", "`.")) else f"{text}."


def code(value: object) -> str:
    return f"`{value}`"
