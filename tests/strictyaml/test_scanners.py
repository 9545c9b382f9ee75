"""A document means the same whether libyaml is installed or not: PyYAML's own scanner and libyaml's disagree about some
texts, and those nobody reads."""

import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance import strictyaml
from governance.errors import BadInput

pytestmark = pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML was built without libyaml")
SCANNERS = {"libyaml": getattr(yaml, "CSafeLoader", None), "PyYAML": yaml.SafeLoader}


def read(text: str, scanner: str) -> strictyaml.Source | None:
    """None where it is refused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strictyaml.source, "_LOADER", SCANNERS[scanner])
        try:
            return strictyaml.parse(text.encode(), "m.yaml")
        except BadInput:
            return None


def one_meaning(text: str) -> None:
    found, other = (read(text, scanner) for scanner in SCANNERS)
    assert (found is None) == (other is None)
    if found is not None and other is not None:
        assert found.tree == other.tree
        assert found.values == other.values and found.keys == other.keys


def bare(text: str, scanner: str) -> object:
    """What the scanner itself makes of it, None where it refuses."""
    try:
        events = [one for one in yaml.parse(text, Loader=SCANNERS[scanner]) if isinstance(one, yaml.NodeEvent)]
    except yaml.YAMLError:
        return None
    return [(type(one), getattr(one, "value", None), one.start_mark.line, one.start_mark.column) for one in events]


DISAGREE = {
    "tab before a colon": "model\t: x",
    "tab after a colon": "a:\tb",
    "tab at the end": "a: b\t",
    "tab before a comment": "a: b\t# c",
    "tab in a list": "[a,\tb\t]",
    "tab behind a block's header": "a: |\t\n  b",
    "comment at a block's header": "a: |# b\n  c",
    "comment at a chomped block's header": "- >-# b\n  c",
    "colon before a brace": "{a:}",
    "colon before a bracket": "[a:]",
    "colon before a comma": "{a:, b: c}",
    "question mark in a list": "[?]",
    "space and colon before a list": "{a :[b]}",
}


@pytest.mark.parametrize("name", DISAGREE)
def test_what_they_disagree_about_is_refused_by_both(name: str) -> None:
    text = DISAGREE[name]
    assert len({str(bare(text, scanner)) for scanner in SCANNERS}) == 2, "they agree by now"
    assert [read(text, scanner) for scanner in SCANNERS] == [None, None]


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("model\t: x", "m.yaml:1:6", "a tab where only spaces may stand"),
        ("a: b\nc: {d: 1, e\t: 2}", "m.yaml:2:12", "a tab where only spaces may stand"),
        ("a:\n  b: |# c\n    d\n", "m.yaml:2:", "comment|'#'"),
        ("a: [b, {c:}]", "m.yaml:1:", "colon|':'"),
        ("a: b\x85c: d", "m.yaml:1:5", r"control character U\+0085"),
        ("a: b\u2028c: d", "m.yaml:1:5", r"U\+2028 \(line separator\)"),
    ],
)
@pytest.mark.parametrize("scanner", SCANNERS)
def test_it_is_said_where_and_why(
    text: str, where: str, words: str, scanner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strictyaml.source, "_LOADER", SCANNERS[scanner])
    with pytest.raises(BadInput) as caught:
        strictyaml.parse(text.encode(), "m.yaml")
    assert caught.value.where.startswith(where) and re.search(words, caught.value.what) and caught.value.fix


@pytest.mark.parametrize("text", ["---", "---\n", "--- # c", "# c\n---\n...\n", "", "\n\n"])
@pytest.mark.parametrize("scanner", SCANNERS)
def test_nothing_at_all_is_empty(text: str, scanner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strictyaml.source, "_LOADER", SCANNERS[scanner])
    with pytest.raises(BadInput, match="the document is empty"):
        strictyaml.parse(text.encode(), "m.yaml")


@pytest.mark.parametrize("char", ["a", "\u00e9", "\U0001f600"])
@pytest.mark.parametrize(
    "key", ["{}: x", '"{}": x', "{{{}: x}}", '["{}": x]', "'{}' : x", "[{}]: x", "{}:\n  - a", "? {}"]
)
def test_keys_of_about_the_longest_that_one_may_be(char: str, key: str) -> None:
    for length in range(1018, 1028):
        one_meaning(key.format(char * length))


# Of what each has a meaning somewhere in YAML, and what hides between its parts.
_INDICATORS = (
    *"-?:,[]{}#&*!|>'\"%@`\\<=~/",
    "- ",
    "? ",
    ": ",
    " #",
    "::",
    "<<: ",
    "&a ",
    "*a ",
    "!t ",
    "!<x> ",
    "---",
    "...",
)
_SPACE = (" ", "  ", "\n", "\n  ", "\n    ", "\n\n", "\r", "\r\n", "\t", "\n\t", "\n---\n", "\n...\n", "\n%")
_ODD = ("\x85", "\u2028", "\u2029", "\0", "\x01", "\x7f", "\x80", "\xa0", "\ufeff", "\ufffe", "\u200b", "\u3000")
_PLAIN = (
    "a",
    "b",
    "1",
    "\u00e9",
    "\U0001f600",
    "\ue000",
    "null",
    "a b",
    "a:b",
    "a#b",
    "a: b",
    "- a",
    "k:\n  v",
    "k: v\n",
)
_FLOW = (
    "[a, b]",
    "{a: b}",
    "{a}",
    "{a,}",
    "[a: b]",
    "[? a : b]",
    "{? a}",
    "{: a}",
    "{a: }",
    "{?}",
    "[?]",
    "[a\n, b]",
    "{a #c\n: b}",
)
_BLOCKS = st.builds(
    "{}{}{}\n{}".format,
    st.sampled_from("|>"),
    st.sampled_from(("", "+", "-", "1", "2", "9", "0", "1-", "-1", "+2", "11", "--", "x")),
    st.sampled_from(("", " ", " # c", "# c", "\t", " x")),
    st.lists(
        st.sampled_from((" a", "  b", "   c", "d", "", " ", "   ", "\t", " \te", "# f", " # g", "---")), max_size=5
    ).map("\n".join),
)
_ESCAPES = st.lists(
    st.sampled_from(
        (*(f"\\{char}" for char in "0abtnvfre \"/\\N_LPxuUz'\n\t%"), "\\x41", "\\x4", "\\u00e9", "\\ud83d\\ude00",
         "\\ud800", "\\U0001F600", "\\U00110000", "a", " ", "\n", "\n\n ", "''", "#", ": ", "\n--- ", "\\\r\n  ")
    ),
    max_size=5,
).map("".join)  # fmt: skip
_QUOTED = st.builds(lambda mark, text: f"{mark}{text}{mark}", st.sampled_from("'\""), _ESCAPES)
_PIECES = st.one_of(
    st.sampled_from(_PLAIN),
    st.sampled_from(_INDICATORS),
    st.sampled_from(_SPACE),
    st.sampled_from(_FLOW),
    _BLOCKS,
    _QUOTED,
)
_RARELY = st.one_of(*[_PIECES] * 9, st.sampled_from(_ODD), st.characters(exclude_categories=["Cs"]))
_SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(_SETTINGS, max_examples=250)
@given(st.lists(_PIECES, max_size=8).map("".join))
def test_texts(text: str) -> None:
    one_meaning(text)


@settings(_SETTINGS, max_examples=120)
@given(st.lists(_RARELY, max_size=8).map("".join))
def test_texts_with_odd_characters(text: str) -> None:
    one_meaning(text)


@settings(_SETTINGS, max_examples=120)
@given(
    st.sampled_from(("a: {}\n", "- {}\n", "[{}]", "{{a: {}}}", "? {}\n: b\n", "a:\n  {}\nb: c\n")),
    st.one_of(_QUOTED, _BLOCKS, _PIECES),
)
def test_one_piece_in_its_place(around: str, text: str) -> None:
    one_meaning(around.format(text))


@pytest.mark.slow
@settings(_SETTINGS, max_examples=20_000)
@given(st.lists(_RARELY, max_size=12).map("".join))
def test_many_texts(text: str) -> None:
    one_meaning(text)
