"""Strict YAML: text stays text, nothing expands, nothing hangs, and only BadInput comes out."""

import unicodedata
from typing import Annotated, Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, model_validator

from governance import strictyaml
from governance.errors import BadInput
from governance.strictyaml.unseen import IN_VALUE
from tests.limited import read_all

LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
MERGES = "a0: &a0 {k: v}\n" + "".join(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}\n" for i in range(1, 40))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


TREES = st.recursive(
    st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), max_size=8)
    .map(_nfc)
    .filter(lambda text: not IN_VALUE.search(text)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcXYZ01 ~", min_size=1, max_size=20), inner, max_size=3)
    ),
    max_leaves=12,
)
MARKS = (
    "b: ",
    "- ",
    "? ",
    ": ",
    "&x ",
    "*x ",
    "!!int ",
    "<<: ",
    ">-\n",
    "\n  ",
    "---\n",
    "...\n",
    "%YAML 9.9\n",
    "\\ud800",
)
FRAGMENTS = st.sampled_from([*MARKS, *"a{}[],|'\"#%\n\t\\\u2028\ufeffé"])


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    column: str
    positive: tuple[str, ...] = ()
    limit: int = 0

    @model_validator(mode="after")
    def _limited(self) -> "Inner":
        if self.limit > 9:
            raise ValueError("Limit must be below ten")
        return self


class Outer(BaseModel):
    """Has what the schemas of the project have: aliases, unions, mappings and lists of models."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    schema_: str = Field("s", alias="schema")
    version: str = ""
    flag: bool | None = None
    one: Inner | None = None
    either: Annotated[str, Field(pattern="^rescore$")] | Inner | None = None
    several: tuple[Inner, ...] = ()
    named: dict[str, Inner] = {}


def refused(text: str | bytes) -> str:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(BadInput) as caught:
        strictyaml.load(data, Outer, "m.yaml")
    return str(caught.value)


def test_scalars_are_text_until_the_schema_types_them() -> None:
    source = strictyaml.parse(b"a: NO\nb: 1.10\nc: 2026-02-30\nd: ~\ne:\nf: 0x1f\ng: [on, 1e3, <<]\n", "m")
    expected = {"a": "NO", "b": "1.10", "c": "2026-02-30", "d": "~", "e": "", "f": "0x1f", "g": ["on", "1e3", "<<"]}
    assert source.tree == expected
    loaded = strictyaml.load(b"version: 1.10\nflag: false\n", Outer, "m")
    assert (loaded.version, loaded.flag) == ("1.10", False)


@pytest.mark.parametrize("text", ["no", "yes", "on", "off", "0", "FALSE", "n"])
def test_true_and_false_have_one_spelling(text: str) -> None:
    """A policy that says `waivable: no` may mean it; one that says `off` or `0`, who knows: there is one way."""
    with pytest.raises(BadInput, match="flag: expected true or false"):
        strictyaml.load(f"version: 1.10\nflag: {text}\n".encode(), Outer, "m")


@given(TREES)
def test_what_yaml_writes_is_read_back(tree: Any) -> None:
    text = yaml.safe_dump(tree, default_style='"', allow_unicode=True)
    assert strictyaml.parse(text.encode(), "m").tree == tree


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize(
    "text, words",
    [
        ("a: 1\na: 2\n", "2:1: duplicate key 'a'"),
        ("one: {column: c, column: d}\n", "1:18: duplicate key 'column'"),
        ("a: &x 1\n", "anchor"),
        ("a: *x\n", "alias"),
        ("a: !!int 1\n", "tag"),
        ("a: !x 1\n", "tag"),
        ("a: !!python/object/apply:os.system [id]\n", "tag"),
        ("a: !!binary aGk=\n", "tag"),
        ("a: 1\n---\nb: 2\n", "more than one"),
        ("%YAML 1.1\n---\na: 1\n", "1:1: YAML directive"),
        ("a: 1\n...\n%TAG ! x\n---\n", "3:1: YAML directive"),
        ("", "empty"),
        ("# only a comment\n", "empty"),
        ("{a: 1}: 2\n", "not plain text"),
        ("[a]: 2\n", "not plain text"),
        ("? [a]\n: 2\n", "not plain text"),
        ("a: [1\n", "not YAML"),
        ("a: 'x\n", "not YAML"),
        ("a\tb: \t{\n", "1:2: a tab"),
        ("\tkey: 1\n", "1:1: a tab"),
        ("a: b: c\n", "1:5: not YAML"),
        ("a: \x07\n", "1:4: control character U+0007"),
        ('a: "\\ud800"\n', "m.yaml:1:"),
        ('a: "e\\u0301"\n', "1:4: text is not in Unicode normal form C"),
        ("a: 1\nb: x\ufeff\n", "2:5: byte order mark"),
        ("\ufeff\ufeffa: 1\n", "1:1: byte order mark"),
        ("a: 1\nb: e\u0301\n", "2:5: text is not in Unicode normal form C"),
        ('a: "\\U00110000"\n', "not YAML"),
        (LAUGHS, "anchor"),
        (MERGES, "anchor"),
        ("[" * 10_000, "nested too deeply"),
        ("{a: " * 10_000, "nested too deeply"),
        ("- " * 10_000, "nested too deeply"),
        ("".join(" " * i + "a:\n" for i in range(1000)), "nested too deeply"),
        (b"\xff", "not UTF-8"),
        ("schöma: 1\n".encode("latin-1"), "line 1"),
        ("a: 1\n".encode("utf-16"), "not UTF-8"),
        (b"a: " + b"x" * (10 << 20), "too large"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_refused(text: str | bytes, words: str, loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strictyaml.source, "_LOADER", getattr(yaml, loader))
    assert words in refused(text)


WORST = (
    b"".join(b"%%TAG !%x! x\n" % i for i in range(70_000)),
    b"a: b\n...\n" + b"".join(b"%%TAG !%x! x\n" % i for i in range(70_000)),
    b"".join(b"k%d: {j: v}\n" % i for i in range(50_000)),
    b"[" + b"a," * 500_000 + b"]",
    b"? " + b"a" * 1_000_000 + b"\n: v\n",
    b"'" + b"\n" * 1_000_000,
    b"[" * 1_000_000,
    b"? " * 500_000,
    b"a: |\n" + b" x\n" * 300_000,
    "a: {}".format("\u0628\u200c" * 200_000).encode(),
    "a: {}".format("\u2757\ufe0f" * 170_000).encode(),
)
LOAD = """
from governance import strictyaml
from tests.strictyaml.test_reading import Outer
def load(data):
    strictyaml.load(data, Outer, "m.yaml")
"""


def test_the_worst_megabytes_take_little() -> None:
    """A quadratic one would take the minute that all of them have together."""
    found = read_all(LOAD, ((str(at), data[: strictyaml.MAX_BYTES]) for at, data in enumerate(WORST)))
    assert len(found) == len(WORST)
    assert all(where != "loaded" and len(message) < 1500 for where, _, message in found.values())


def test_nesting_up_to_the_limit() -> None:
    depth = strictyaml.MAX_DEPTH
    tree = strictyaml.parse(b"[" * depth + b"]" * depth, "m").tree
    while tree:
        tree, depth = tree[0], depth - 1
    assert depth == 1
    assert "nested" in refused("[" * (strictyaml.MAX_DEPTH + 1) + "]" * (strictyaml.MAX_DEPTH + 1))


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(FRAGMENTS, max_size=25).map("".join) | st.text(max_size=60))
@example("? |\n-")
@example("--- !<x> a")
def test_text_is_read_or_refused(text: str) -> None:
    for use in (lambda: strictyaml.parse(text.encode("utf-8", "surrogatepass"), "m"), lambda: _load(text)):
        try:
            use()
        except BadInput as error:
            str(error).encode("utf-8")  # it can be printed


def _load(text: str) -> Outer:
    return strictyaml.load(text.encode("utf-8", "surrogatepass"), Outer, "m")


@given(st.binary(max_size=80))
def test_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        tree = strictyaml.parse(data, "m").tree
    except BadInput:
        return
    assert isinstance(tree, str | list | dict)


@pytest.mark.parametrize(
    "text, where, words",
    [
        ("versoin: 1\n", "m.yaml:1:1", "did you mean 'version'?"),
        ("schema_: s\n", "m.yaml:1:1", "did you mean 'schema'?"),
        ("\ufeffversoin: 1\n", "m.yaml:1:1", "did you mean 'version'?"),
        ("one:\n  colum: c\n", "m.yaml:2:3", "did you mean 'column'?"),
        ("either: {column: p, positiv: [a]}\n", "m.yaml:1:21", "did you mean 'positive'?"),
        ("either: {column: p, positiv: [a]}\n", "m.yaml:1:21", "one of: column, limit, positive"),
        ("several:\n  - column: a\n  - {column: b, limt: 3}\n", "m.yaml:3:17", "did you mean 'limit'?"),
        ("named:\n  x: {column: b, positives: []}\n", "m.yaml:2:18", "did you mean 'positive'?"),
        ("one: {}\n", "m.yaml:1:1", "required key 'column' is missing"),
        ("named: {x: {}}\n", "m.yaml:1:9", "required key 'column' is missing"),
        ("one: {column: c, limit: many}\n", "m.yaml:1:25", "'many'"),
        ("one: {column: c, limit: 10}\n", "m.yaml:1:6", "limit must be below ten"),
        ("one: [c]\n", "m.yaml:1:6", "a list"),
        ("version: {a: 1}\n", "m.yaml:1:10", "a mapping"),
        ("one:\n  column: c\n  limit: 10\n", "m.yaml:1:1", "limit must be below ten"),
        ("either: rescor\n", "m.yaml:1:9", "'rescor'"),
        ("just text\n", "m.yaml:1:1", "just text"),
        ("bogus: 1\nother: 2\n", "m.yaml:1:1", "1 more in this file"),
        ('"a\\e[2J": 1\n', "m.yaml:1:1", r"a\\x1b[2J"),
    ],
)
def test_a_fault_is_told_with_its_place_and_the_nearest_name(text: str, where: str, words: str) -> None:
    message = refused(text)
    assert message.startswith(f"{where}: ")
    assert words in message


def test_the_caret_stands_under_the_fault() -> None:
    for text, found in (("one: {colum: c}\n", "colum"), (f"one: {{column: {'x' * 300}, bogus: 1}}\n", "bogus")):
        lines = refused(text).splitlines()
        assert lines[1][lines[2].index("^") :].startswith(found)


def test_positions_of_keys_and_values() -> None:
    source = strictyaml.parse(b"a:\n  - x\n  - {b: c}\n", "m")
    assert source.position(("a",)) == (1, 1)
    assert source.position(("a", 0)) == (2, 5)
    assert source.position(("a", 1, "b")) == (3, 6)
    assert source.values[("a", 1, "b")] == (3, 9)
    assert source.position(("a", 7, "z")) == (1, 1)
