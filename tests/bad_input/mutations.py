"""Sound documents made unsound: nodes dropped, replaced, retyped, renamed and doubled, and texts cut up."""

import copy
import json
from typing import Any

from hypothesis import strategies as st

Path = tuple[Any, ...]
_WORDS = (
    "",
    " ",
    "1",
    "0.9",
    "age",
    "yes",
    "no",
    "NO",
    "null",
    "~",
    "1e999",
    "nan",
    "-1",
    "1.10",
    "0,8",
    "../x",
    "/dev/zero",
    "*",
    "a*b",
)
_TEXTS = st.one_of(st.sampled_from(_WORDS), st.text(max_size=12))
_FRAGMENTS = (
    "&a ",
    "*a",
    "!!str ",
    "<<: ",
    "---\n",
    "%TAG\n",
    "\t",
    "\0",
    "\ufeff",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "#",
    '"',
    "\n",
)


def values(numbers: bool) -> st.SearchStrategy[Any]:
    """Any small tree; with `numbers`, what JSON has beside text as well."""
    leaves: st.SearchStrategy[Any] = _TEXTS
    if numbers:
        odd = st.sampled_from([None, True, False, 0, -1, 2**63, 0.5, float("nan"), float("inf")])
        leaves = st.one_of(_TEXTS, odd)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner, max_size=3)),
        max_leaves=6,
    )


def paths(tree: Any, at: Path = ()) -> list[Path]:
    """Of every node below the root."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path for key, value in items for path in ((*at, key), *paths(value, (*at, key)))]


@st.composite
def mutated(draw: st.DrawFn, sound: Any, numbers: bool) -> Any:
    """The tree with one to three changes, mostly one: more are seldom sound."""
    tree = copy.deepcopy(sound)
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        there = paths(tree)
        if not there:
            return draw(values(numbers))
        path = draw(st.sampled_from(there))
        holder = tree
        for step in path[:-1]:
            holder = holder[step]
        how = draw(st.sampled_from(("drop", "replace", "wrap", "double", "rename", "swap")))
        if how == "drop":
            del holder[path[-1]]
        elif how == "replace":
            holder[path[-1]] = draw(values(numbers))
        elif how == "wrap":
            holder[path[-1]] = draw(
                st.sampled_from(([holder[path[-1]]], {"x": holder[path[-1]]}, str(holder[path[-1]])))
            )
        elif how == "double" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[path[-1]]))
        elif how in ("double", "rename") and isinstance(holder, dict):
            name = draw(_TEXTS)
            holder[name] = holder[path[-1]] if how == "double" else holder.pop(path[-1])
        elif how == "swap":
            other = draw(st.sampled_from(there))
            value: Any = sound
            for step in other:
                value = (
                    value[step]
                    if (isinstance(value, dict) and step in value)
                    or (isinstance(value, list) and isinstance(step, int) and step < len(value))
                    else {}
                )
            holder[path[-1]] = copy.deepcopy(value)
    return tree


@st.composite
def cut_up(draw: st.DrawFn, sound: str) -> bytes:
    """The text with one to three pieces taken out, doubled, or replaced; in the end, perhaps, another encoding."""
    text = sound
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        piece = draw(
            st.one_of(st.sampled_from(_FRAGMENTS), st.just(""), st.just(text[start:end] * 2), st.text(max_size=8))
        )
        text = text[:start] + piece + text[end:]
    coding = draw(st.sampled_from(("utf-8", "utf-8", "utf-8", "latin-1", "utf-16")))
    return text.encode(coding, "replace" if coding == "latin-1" else "surrogatepass")


def as_text(tree: Any) -> bytes:
    """As JSON, which is YAML as well."""
    return json.dumps(tree, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")
