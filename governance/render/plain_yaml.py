"""Nested mappings, lists and text as YAML that a person edits: in one line where it fits."""

import re
from typing import Any

from governance.render.yaml import scalar

WIDTH = 118
# What YAML takes as plain text wherever it stands.
_PLAIN = re.compile(r"[A-Za-z0-9_./](?:[A-Za-z0-9_./+@' -]|:(?=[A-Za-z0-9]))*(?<! )", re.ASCII)


def flow(value: Any) -> str:
    """In one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if value is None:
        return "null"
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text != "null" else scalar(text)


def entry(key: str, value: Any, indent: int = 0) -> list[str]:
    """`key: value`, over several lines where one would be too long."""
    pad = " " * indent
    line = f"{pad}{flow(key)}: {flow(value)}"
    if len(line) <= WIDTH or not value or not isinstance(value, dict | list | tuple):
        return [line]
    head = [f"{pad}{flow(key)}:"]
    if isinstance(value, dict):
        return head + [inner for name, one in value.items() for inner in entry(name, one, indent + 2)]
    return head + [f"{pad}  - {flow(one)}" for one in value]
