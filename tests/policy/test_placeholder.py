"""Text that says nothing is told from text that says little."""

import pytest

from governance.policy.placeholder import says_nothing


@pytest.mark.parametrize("text", [None, "", "  ", "...", "\u2026", "TODO", " tbd. ", "N/A", "-", "?", "None", "todo:"])
def test_nothing(text: str | None) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize("text", ["pricing", "todo list of the clerk", "none of the above", "x", "1", "nobody"])
def test_something(text: str) -> None:
    assert not says_nothing(text)
