"""A page of documentation as a list of blocks, by the convention that `tests/docs/README.md` writes down."""

import re
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"(?P<indent> *)(?P<ticks>`{3,}|~{3,})(?P<info>.*)")
_TITLE = re.compile(r'\btitle="([^"]+)"')
# What differs between two runs stands for any of its kind: a time, a digest, an identifier.
_VARIES = (
    (re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"), "TIME"),
    (re.compile(r"\b[0-9a-f]{12,64}\b"), "DIGEST"),
)
_NOTE = re.compile(r"<!-- (needs|starts-from|server|slow)(?:: (\S+(?: \S+)*))? -->")


class Block(NamedTuple):
    """`line` is that of the fence, counted from 1."""

    line: int
    language: str
    title: str | None
    text: str


class Command(NamedTuple):
    """`shown` are the lines below it: (number, text)."""

    line: int
    text: str
    shown: tuple[tuple[int, str], ...]


class Page(NamedTuple):
    """`needs`, `starts_from`, `server`, `slow`: what its comments say."""

    needs: tuple[str, ...]
    starts_from: str | None
    server: str | None
    slow: bool
    blocks: tuple[Block, ...]


class Malformed(Exception):
    """The page does not follow the convention; the message begins with the line."""


def read(path: Path) -> Page:
    """Raises Malformed."""
    text = path.read_text(encoding="utf-8")
    notes = {found[1]: found[2] or "" for found in map(_NOTE.fullmatch, text.splitlines()) if found}
    return Page(
        tuple(notes.get("needs", "").split()),
        notes.get("starts-from"),
        notes.get("server"),
        "slow" in notes,
        tuple(_blocks(text.splitlines())),
    )


def _blocks(lines: list[str]) -> list[Block]:
    blocks, at = [], 0
    while at < len(lines):
        opened = _FENCE.fullmatch(lines[at])
        at += 1
        if not opened:
            continue
        start = at
        while at < len(lines) and not re.fullmatch(rf" *{opened['ticks']}{opened['ticks'][0]}* *", lines[at]):
            at += 1
        if at == len(lines):
            raise Malformed(f"{start}: this block is never closed")
        language, _, rest = opened["info"].strip().partition(" ")
        title = _TITLE.search(rest)
        body = "".join(f"{line.removeprefix(opened['indent'])}\n" for line in lines[start:at])
        blocks.append(Block(start, language, title[1] if title else None, body))
        at += 1
    return blocks


def commands(block: Block) -> list[Command]:
    """What a console block runs and shows. Raises Malformed."""
    found: list[Command] = []
    continues = False
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        if continues:
            last = found[-1]
            found[-1] = last._replace(text=f"{last.text}\n{line.removeprefix('> ')}")
            continues = line.endswith("\\")
        elif line.startswith("$ "):
            found.append(Command(number, line[2:], ()))
            continues = line.endswith("\\")
        elif found:
            found[-1] = found[-1]._replace(shown=(*found[-1].shown, (number, line)))
        elif line.strip():
            raise Malformed(f"{number}: a console block begins with `$ command`, got {line!r}")
    if not found:
        raise Malformed(f"{block.line}: a console block without a command")
    return found


def missing(shown: tuple[tuple[int, str], ...], output: str) -> tuple[int, str] | None:
    """The first shown line that the output does not hold, in order; `...` stands for anything, and one time or digest
    for another."""
    real = _settled(output).splitlines()
    at = 0
    for number, line in shown:
        if not line.strip() or line.strip() == "...":
            continue
        pattern = re.compile(".*".join(map(re.escape, _settled(line).split("..."))))
        at = next((index for index in range(at, len(real)) if pattern.fullmatch(real[index])), -1) + 1
        if not at:
            return number, line
    return None


def _settled(text: str) -> str:
    for pattern, name in _VARIES:
        text = pattern.sub(name, text)
    return "\n".join(line.rstrip() for line in text.splitlines())
