"""Text that says nothing is told from text that says little."""

import pytest

from governance.policy.placeholder import says_nothing, still_to_write


@pytest.mark.parametrize("text", [None, "", "  ", "...", "\u2026", "TODO", " tbd. ", "N/A", "-", "?", "None", "todo:"])
def test_nothing(text: str | None) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize("text", ["pricing", "todo list of the clerk", "none of the above", "x", "1", "nobody"])
def test_something(text: str) -> None:
    assert not says_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "TODO", "- TBD", "**TODO**: describe the methods here,\nand the choices", "[Describe the methods.]",
        "<name of the\nprovider>", "{{ purpose }}", "| TBD | TBD |", "n/a", "> TODO later",
        "Lorem ipsum dolor sit amet", "(TBA)", "[ TODO ] ask ann", "FIXME", "---", "***",
    ],
)  # fmt: skip
def test_still_to_write(text: str) -> None:
    assert still_to_write(text)


@pytest.mark.parametrize(
    "text",
    [
        "The model ranks loans.", "todo lists are planned by it", "TODOS", "[a paper](https://example.org/x)",
        "[one] and [another]", "- [x] tested", "none of the above", "<b>bold</b>", "We have nothing TODO here.",
    ],
)  # fmt: skip
def test_written(text: str) -> None:
    assert not still_to_write(text)
