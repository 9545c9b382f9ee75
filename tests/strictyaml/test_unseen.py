"""What cannot be seen is no part of a document: it could say something else than it shows."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import strictyaml
from governance.errors import BadInput
from governance.render.visible import visible
from governance.strictyaml.unseen import IN_TEXT, IN_VALUE, seen

HIDDEN = {
    "\u202e": "U+202E (right-to-left override)",
    "\u2066": "U+2066 (left-to-right isolate)",
    "\u200e": "U+200E (left-to-right mark)",
    "\u061c": "U+061C (arabic letter mark)",
    "\u200b": "U+200B (zero width space)",
    "\u2060": "U+2060 (word joiner)",
    "\u00ad": "U+00AD (soft hyphen)",
    "\u034f": "U+034F (combining grapheme joiner)",
    "\u3164": "U+3164 (hangul filler)",
    "\u2029": "U+2029 (paragraph separator)",
    "\ufe01": "U+FE01 (variation selector-2)",
    "\U000e0041": "U+E0041 (tag latin capital letter a)",
    "\U000e0100": "U+E0100 (variation selector-17)",
    "\x1b": "control character U+001B",
    "\x85": "control character U+0085",
    "\x9b": "control character U+009B",
    "\ufffe": "U+FFFE",
}


def said(text: str) -> BadInput:
    with pytest.raises(BadInput) as caught:
        strictyaml.parse(text.encode(), "m.yaml")
    return caught.value


@pytest.mark.parametrize("char", HIDDEN, ids=ascii)
@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: x{}y\n", "1:5"),
        ("x{}: y\n", "1:2"),
        ("a: 'x{}'\n", "1:6"),
        ("a: |\n  x{}\n", "2:4"),
        ("# x{}\na: b\n", "1:4"),
    ],
    ids=["value", "key", "quoted", "block", "comment"],
)
def test_each_is_refused_by_its_name_wherever_it_stands(char: str, text: str, where: str) -> None:
    error = said(text.format(char))
    assert error.where == f"m.yaml:{where}"
    assert HIDDEN[char] in error.what and error.fix.startswith("delete it")
    assert char not in str(error), "not even the message shows it"


@pytest.mark.parametrize("char", [*HIDDEN, "\r", "\x00"], ids=ascii)
def test_as_an_escape_it_can_be_seen_and_where_people_read_it_may_not(char: str) -> None:
    """So a manifest can name a column that holds one; a policy has no use for it."""
    escape = f"\\U{ord(char):08x}"
    for text, where in ((f'"a{escape}": b', "m.yaml:1:1"), (f'a: [b, "{escape}"]', "m.yaml:1:8")):
        source = strictyaml.parse(text.encode(), "m.yaml")
        assert char in str([*source.tree, *source.tree.values()]) or ascii(char)[1:-1] in str(source.tree)
        with pytest.raises(BadInput, match=f"U.{ord(char):04X}.*in the text") as caught:
            source.assert_seen()
        assert caught.value.where == where and caught.value.fix


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian: two parts of one word
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",  # Sri (Lanka), in Sinhala
        "\u26a0\ufe0f not for production",
        "\u00a92026, 5\u00a0% \u2014 \u7406\u7531\u3000\u7b2c\u4e00",
        "\U0001f600 \U0001f44d\U0001f3fd \ue000",
    ],
)
def test_what_a_language_needs_may_stand(text: str) -> None:
    source = strictyaml.parse(f"a: {text}\n".encode(), "m.yaml")
    source.assert_seen()
    assert source.tree == {"a": text}


@pytest.mark.parametrize(
    "text",
    [
        "h\u200couse",
        "\u200c",
        "\u0645\u200c",
        "\u200d\u0645",
        "\u0645\u200c\u200c\u0645",
        "0\ufe0f",
        "\ufe0f",
        "\u26a0\ufe0f\ufe0f",
    ],
)
def test_and_nowhere_else(text: str) -> None:
    assert "invisible character" in said(f"a: {text}\n").what


def test_line_ends_and_tabs_are_seen_in_values() -> None:
    source = strictyaml.parse(b'a: "b\\n\\tc"\nd: |\n  e\n  f\n', "m.yaml")
    source.assert_seen()
    assert source.tree == {"a": "b\n\tc", "d": "e\nf\n"}


def test_the_table_is_that_of_unicode() -> None:
    """All that turns text around, all format characters and controls; Python's table is a later one or the same."""
    for code in (*range(0xD800), *range(0xE000, sys.maxunicode + 1)):
        char = chr(code)
        hidden = IN_VALUE.search(char) is not None
        kind = unicodedata.category(char)
        assert hidden == (IN_TEXT.search(char) is not None) or char in "\t\r"
        if unicodedata.bidirectional(char) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"):
            assert hidden
        if kind in ("Cc", "Zl", "Zp"):
            assert hidden == (char not in "\n\t"), hex(code)
        if kind in ("Lu", "Ll", "Nd", "Sm", "Sc", "Zs"):
            assert not hidden, hex(code)
        # Signs of number and verse in Arabic and Syriac, and brackets of hieroglyphs, are drawn.
        if kind == "Cf" and not re.search("ARABIC|SYRIAC|KAITHI|EGYPTIAN", unicodedata.name(char, "")):
            assert hidden, hex(code)
        assert not (hidden and seen(char))


@given(st.text(max_size=30))
def test_messages_hold_nothing_hidden(text: str) -> None:
    text = f"a: {text}\n\ufeff"
    try:
        strictyaml.parse(text.encode("utf-8", "surrogatepass"), "m.yaml")
    except BadInput as error:
        lines = str(error).split("\n")
        assert all(visible(line) == line for line in lines)


def test_the_caret_stands_under_it_in_a_terminal() -> None:
    for before, columns in (("a: ", 3), ("a: \u5973\u6027 ", 8), ("a: \u00a0", 7)):
        shown, caret = str(said(f"{before}\u202eb")).split("\n")[1:3]
        assert caret == f"  | {' ' * columns}^"
        assert shown.endswith("\\u202eb")
