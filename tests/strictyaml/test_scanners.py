"""A document means the same whether libyaml is installed or not: PyYAML's own scanner and libyaml's disagree about some
texts, and those nobody reads."""

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


def refusal(text: str, scanner: str) -> BadInput:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strictyaml.source, "_LOADER", SCANNERS[scanner])
        with pytest.raises(BadInput) as caught:
            strictyaml.parse(text.encode(), "m.yaml")
    return caught.value


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
        ("a:\n  b: |# c\n    d\n", "m.yaml:2:", "a comment begins with a space"),
        ("a: [b, {c:}]", "m.yaml:1:", "a colon without a space behind it"),
        ("a: b\x85c: d", "m.yaml:1:5", "control character U+0085"),
        ("a: b\u2028c: d", "m.yaml:1:5", "U+2028 (line separator)"),
    ],
)
@pytest.mark.parametrize("scanner", SCANNERS)
def test_it_is_said_where_and_why(text: str, where: str, words: str, scanner: str) -> None:
    error = refusal(text, scanner)
    assert error.where.startswith(where) and words in error.what and error.fix


FAULTS = (
    ("a:\n  - b\n c: d", "3:2", "does not fit what begins on line 1", "one column"),
    ("a:\n  - b: c\n    d: e\n   f: g", "4:4", "does not fit what begins on line 2", "one column"),
    ("a: 'it's me'", "1:8", "does not fit what begins on line 1", "the other kind"),
    ('a: "b" == c', "1:8", "does not fit what begins on line 1", "the other kind"),
    ("a: b\n  c: d", "2:4", "a colon where no key can end", "one column"),
    ("a: b: c", "1:5", "a colon where no key can end", "in quotes"),
    ("a: - b", "1:4", "a list that begins within a line", "a line of its own"),
    ("a: b\nc\nd: e", "2:1", "text where a key is expected", "key: value"),
    ("a:b\nc: d", "2:2", "a colon where no key can end", "the line above"),
    ("a: b\n<<<<<<< HEAD\nc: d", "2:1", "text where a key is expected", "key: value"),
    ("a: 'b\nc: d", "1:4", "quotes that are not closed", "close them"),
    ('a: "b\n---\nc: d', "1:4", "quotes that are not closed", "close them"),
    ("a: [b, c\nd: e", "2:2", "missing from what begins on line 1", "close it"),
    ("a: {b: c\nd: {e: f}", "2:2", "missing from what begins on line 1", "close it"),
    ('{"a": "b" "c": "d"}', "1:11", "missing from what begins on line 1", "a comma"),
    ("a: [b, c", "1:4", "missing from what begins on line 1", "close it"),
    ("a: *.csv", "1:5", "begins with a sign", "in quotes"),
    ("a: @b", "1:4", "begins with a sign", "in quotes"),
    ("a: `b`", "1:4", "begins with a sign", "in quotes"),
    ("a: >b", "1:5", "text behind | or >", "in quotes"),
    ("a: > 0.5", "1:6", "text behind | or >", "in quotes"),
    ("a: &b c", "1:4", "YAML anchor", "in quotes"),
    ("a: *b", "1:4", "YAML alias", "in quotes"),
    ("a: !b", "1:4", "YAML tag", "in quotes"),
    ('a:\n  "C:\n    \\data"', "3:", "an escape that YAML does not have", "a backslash twice"),
    ('a: "\\ud83d\\ude00"', "1:", "", ""),
    ('a: "\\U00110000"', "1:", "an escape that YAML does not have", "the character itself"),
)


@pytest.mark.parametrize(("text", "where", "what", "fix"), FAULTS)
def test_faults_are_told_in_the_same_plain_words(text: str, where: str, what: str, fix: str) -> None:
    for scanner in SCANNERS:
        error = refusal(text, scanner)
        assert what in error.what and fix in error.fix, (scanner, error)
        assert f"{error.where}:".startswith(f"m.yaml:{where}:".replace("::", ":")), (scanner, error)
        for jargon in ("mapping", "scalar", "token", "sequence", "block", "stream"):
            assert jargon not in error.what


@pytest.mark.parametrize("text", ["---", "---\n", "--- # c", "# c\n---\n...\n", "", "\n\n"])
@pytest.mark.parametrize("scanner", SCANNERS)
def test_nothing_at_all_is_empty(text: str, scanner: str) -> None:
    assert refusal(text, scanner).what == "the document is empty"


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
