"""What the emitter writes is read back as it was, by our strict reader and by one that guesses types."""

import unicodedata

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from governance import strictyaml
from governance.render.yaml import WIDTH, Comment, Off, Pair, document, scalar, tree

_CHARACTERS = st.characters(exclude_categories=["Cs"])
# Mostly what YAML has a meaning for, so that few examples are dull.
_TEXT = (
    st.text(
        st.one_of(
            st.sampled_from("-?:,[]{}#&*!|>'\"%@` \n\t\r\\~=.0123456789eEynNY\x85\u2028\ufeff\u202e"), _CHARACTERS
        )
    )
    .map(lambda text: unicodedata.normalize("NFC", text))
    .filter(lambda text: len(text) <= 60)
)
_VALUE = st.one_of(_TEXT, st.lists(_TEXT).map(tuple), st.dictionaries(_TEXT, _TEXT))


@given(_TEXT)
def test_a_scalar_is_read_back(text: str) -> None:
    assert strictyaml.parse(f"key: {scalar(text)}\n".encode(), "x").tree == {"key": text}
    # A reader that guesses types finds text as well.
    assert yaml.safe_load(f"key: {scalar(text)}\n") == {"key": text}


@pytest.mark.parametrize(
    "text", ["yes", "NO", "null", "~", "", "1.10", "1e5", "0x1f", "2026-01-31", "-", "a: b", "a #b"]
)
def test_what_could_be_something_else_is_quoted(text: str) -> None:
    assert scalar(text) == f'"{text}"'


@given(st.dictionaries(_TEXT, _VALUE, min_size=1, max_size=4), st.lists(_TEXT, max_size=3))
def test_a_mapping_is_read_back_and_comments_do_not_count(values: dict, notes: list[str]) -> None:
    pairs = [Pair(key, value) for key, value in values.items()]
    items = [*(Comment(scalar(note)) for note in notes), *pairs, Off(pairs)]
    inside = [*items, Pair("inside", items)] if "inside" not in values else items
    text = document(inside)
    assert strictyaml.parse(text.encode(), "x").tree == tree(inside)


def test_commented_out_items_say_the_same_when_uncommented() -> None:
    items = [Pair("a", {"b": "yes", "c": (1, 2)}), Pair("d", [Pair("e", "f g")])]
    text = "".join(line.removeprefix("# ") for line in document([Off(items)]).splitlines(keepends=True))
    assert (
        strictyaml.parse(text.encode(), "x").tree
        == tree(items)
        == {"a": {"b": "yes", "c": ["1", "2"]}, "d": {"e": "f g"}}
    )


def test_what_does_not_fit_has_lines_of_its_own() -> None:
    items = [Pair("features", tuple(f"feature_{number}" for number in range(40))), Pair("map", {"k": "v " * WIDTH})]
    text = document(items)
    assert "  - feature_39\n" in text
    assert strictyaml.parse(text.encode(), "x").tree == tree(items)


def test_what_is_empty_stays_empty_below_a_long_key() -> None:
    items = [Pair("k" * WIDTH, ()), Pair("l" * WIDTH, {})]
    assert strictyaml.parse(document(items).encode(), "x").tree == {"k" * WIDTH: [], "l" * WIDTH: {}}


def test_a_key_of_comments_alone_is_a_bug() -> None:
    with pytest.raises(RuntimeError, match="nothing below"):
        document([Pair("a", [Comment("only this")])])
