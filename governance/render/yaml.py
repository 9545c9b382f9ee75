"""A tiny YAML emitter: mappings with comments between their keys, and parts that are commented out.

What it writes, strictyaml reads back as it was; and YAML 1.1 and 1.2 readers that guess types see text where it is
text, since every scalar that could be taken for something else is quoted.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from governance.render.visible import wrap
from governance.strictyaml import seen

WIDTH = 110
# Letters first: neither a number, nor a date, nor a marker. Without spaces, so that no indicator can stand in it.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{40,64}", re.ASCII)
# YAML 1.1, tag:yaml.org,2002:bool and :null.
_TYPED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class Comment(NamedTuple):
    """Prose for the reader. Anything from outside in it must have gone through `scalar`."""

    text: str


class Off(NamedTuple):
    """Items that are written as comments: uncommented they say what they would have said here."""

    items: "Sequence[Item]"


class Pair(NamedTuple):
    """A key and its value: text or a number; a list or a mapping, to be written in one line if it fits; or items, which
    have lines of their own and stand in no list."""

    key: str
    value: "Value"


Item: TypeAlias = Comment | Off | Pair
Value: TypeAlias = "str | int | float | tuple[Value, ...] | dict[str, Value] | list[Item]"


def scalar(text: str) -> str:
    """One line of YAML that is read back as exactly `text`."""
    if _PLAIN.fullmatch(text) and text.lower() not in _TYPED and not _DIGEST.fullmatch(text):
        return text
    composed = unicodedata.is_normalized("NFC", text)
    return '"' + "".join(_escaped(char, composed) for char in text) + '"'


def _escaped(char: str, composed: bool) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    # What cannot be seen, and what a reader might compose with its neighbour, is spelled out.
    if seen(char) and (composed or char.isascii()):
        return char
    number = ord(char)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def document(items: Sequence[Item]) -> str:
    """The text of a mapping."""
    return "\n".join(_lines(items)) + "\n"


def tree(items: Sequence[Item]) -> dict[str, Any]:
    """What a strict reader of `document(items)` gets: nested dict, list and str, without what is commented out."""
    return {item.key: _plain(item.value) for item in items if isinstance(item, Pair)}


def _plain(value: Value) -> Any:
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return tree(value)


def _lines(items: Sequence[Item]) -> list[str]:
    found: list[str] = []
    for item in items:
        if isinstance(item, Comment):
            found += wrap(item.text, WIDTH - 10, "# ", "# ")
        elif isinstance(item, Off):
            found += [f"# {line}" for line in _lines(item.items)]
        else:
            found += _pair(item.key, item.value)
    return found


def _pair(key: str, value: Value) -> list[str]:
    flow = None if isinstance(value, list) else _flow(value)
    name = scalar(key)
    if flow is not None and (isinstance(value, str | int | float) or not value or len(name) + 2 + len(flow) <= WIDTH):
        return [f"{name}: {flow}"]
    if isinstance(value, tuple):
        return [f"{name}:", *(f"  - {_flow(each)}" for each in value)]
    items = [Pair(inner, each) for inner, each in value.items()] if isinstance(value, dict) else value
    if isinstance(items, str | int | float) or not tree(items):
        raise RuntimeError(f"{key} has nothing below it, which reads as empty text")
    return [f"{name}:", *(f"  {line}" for line in _lines(items))]


def _flow(value: Value) -> str:
    """The value in one line."""
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_flow(each) for each in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{scalar(key)}: {_flow(each)}' for key, each in value.items())}}}"
    raise RuntimeError("items have lines of their own")
