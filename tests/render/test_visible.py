import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.render.visible import clip, columns, lines, visible, wrap


def test_what_cannot_be_seen_is_spelled_out() -> None:
    assert visible("A\u202eB\x1b[2J\x00\u200b\ud800") == "A<U+202E>B<U+001B>[2J<U+0000 200B D800>"
    assert visible("a\u00a0b\nc") == "a<U+00A0>b<U+000A>c"
    assert visible("Žena 女性 mujer") == "Žena 女性 mujer"


def test_characters_outside_the_font_are_spelled_out() -> None:
    assert visible("mü女", covered=set("mü")) == "mü<U+5973>"
    assert visible("女性", covered=set()) == "<U+5973 6027>"


@given(st.text())
def test_nothing_unseen_is_left_and_nothing_is_dropped(text: str) -> None:
    shown = visible(text)
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]
    if "<U+" not in text:
        spelled = re.sub(r"<U\+([0-9A-F ]+)>", lambda run: "".join(chr(int(c, 16)) for c in run[1].split()), shown)
        assert spelled == text


@given(st.text(), st.integers(40, 120))
def test_wrapped_lines_fit_and_keep_every_character(text: str, width: int) -> None:
    text = visible(text)
    wrapped = wrap(text, width, "- ", "  ")
    assert all(columns(line) <= width for line in wrapped)
    assert "".join(line[2:] for line in wrapped).replace(" ", "") == "".join(text.split())


def test_wide_characters_take_two_columns() -> None:
    assert wrap("女" * 30, 40) == ["女" * 20, "女" * 10]


def test_clip_and_lines() -> None:
    assert clip("abcdef", 6) == "abcdef" and clip("abcdefg", 6) == "abc..."
    assert (
        clip("ratio is 0.7358 here", 16) == "ratio is..." and clip("ratio is 0.7358 here", 18) == "ratio is 0.7358..."
    )
    assert clip("a " + "b" * 40, 36) == "a " + "b" * 31 + "..."
    assert lines("one\r\ntwo\tthree\u202e") == ["one", "two three<U+202E>"] and lines("") == [""]


@pytest.mark.parametrize("width", range(10, 60))
def test_no_line_is_a_command_of_a_ci_runner(width: int) -> None:
    hostile = "aaaa ::stop-commands::tok bbb ##[error]x ##vso[task.complete] ::error::y"
    for line in [*wrap(hostile, width, "- ", "  "), *lines(hostile.replace(" ", "\n"))]:
        assert not line.strip().startswith("::")
        assert "##[" not in line and "##vso[" not in line
