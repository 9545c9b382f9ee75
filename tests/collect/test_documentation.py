"""What a Markdown document has to say: headings, and words that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import canonical
from governance.collect import documentation
from governance.errors import BadInput


@pytest.mark.parametrize(
    "text, headings, words",
    [
        ("", (), 0),
        ("one two three\n", (), 3),
        ("# Title\n\nSome words here.\n\n## Intended use\nMore.\n", ("Title", "Intended use"), 4),
        ("# Only\n## Headings\n### Here\n", ("Only", "Headings", "Here"), 0),
        ("#hashtag is text\n", (), 3),
        ("####### seven\n", (), 1),
        ("   ## Closed ##\n    # four spaces\n", ("Closed",), 2),
        ("# C# and F#\n", ("C# and F#",), 0),
        ("Title\n=====\n\nPart two\n---\ntext\n", ("Title", "Part two"), 1),
        ("a\n\n---\n\nb\n***\n", (), 2),
        ("=====\n", (), 0),
        ("---\ntitle: x y z\n---\n# Real\nword\n", ("Real",), 1),
        ("---\nnot closed\n", (), 2),
        ("```python\n# no heading\ncode words\n```\nafter\n", (), 1),
        ("~~~\n```\n# no\n~~~\n# Yes\n", ("Yes",), 0),
        ("````\n```\n# no\n````\nword\n", (), 1),
        ("```\n# never closed\n", (), 0),
        ("``` not `a fence\n# Heading\n", ("Heading",), 3),
        ("before\n```\nx\n```\n", (), 1),
        ("<!-- # hidden\nwords -->shown <!-- again --> here\n", (), 2),
        ("shown <!-- never closed\n# no\n", (), 1),
        ("# **Bold** `code` [link](https://example.org/x) *em*\n", ("Bold code link em",), 0),
        ("# Intended\u00a0 use\t x\n", ("Intended use x",), 0),
        ("#\n##  \n", (), 0),
        ("# Re\u0301sume\u0301\n", ("R\u00e9sum\u00e9",), 0),
        ("# " + "x" * 500 + "\n", ("x" * 200,), 0),
        ("\ufeff# Bom\r\nwords\r\n", ("Bom",), 1),
        ("--- *** ___ 1. | -\n", (), 1),
    ],
)
def test_headings_and_words(text: str, headings: tuple[str, ...], words: int) -> None:
    data = text.encode()
    found = documentation.document("model_card", "card.md", data)
    assert (found.headings, found.words) == (headings, words)
    assert (found.kind, found.path, found.sha256) == ("model_card", "card.md", canonical.sha256(data))


@pytest.mark.parametrize(
    "text, sections",
    [
        ("above all\n", {}),
        ("# A\none two\n## B\nthree\n### C\nfour\n## D\nfive six\n# E\n", {"A": 6, "B": 2, "C": 1, "D": 2, "E": 0}),
        ("### A\none\n# B\ntwo three\n", {"A": 1, "B": 2}),
        ("A\n=\none\n\nB\n-\ntwo\n", {"A": 2, "B": 1}),
        ("# A\n```\ncode words\n```\none\n<!-- two -->\n", {"A": 1}),
        ("# A\nTODO: write about\nthe methods\n\none\n", {"A": 1}),
        ("# A\n- TODO\n- one two\n- [Name it.]\n1. tbd\n", {"A": 2}),
        ("# A\n[Describe\nit.]\n## B\n| TBD | TBD |\n", {"A": 0, "B": 0}),
        ("# A\none\n#\ntwo\n# A\n", {"A": 1}),
    ],
)
def test_words_under_each_heading(text: str, sections: dict[str, int]) -> None:
    found = documentation.document("model_card", "card.md", text.encode())
    assert found.sections is not None
    assert [section.heading for section in found.sections] == list(found.headings)
    assert {section.heading: section.words for section in reversed(found.sections)} == sections


def test_what_is_still_to_write_are_words_of_the_document_all_the_same() -> None:
    """`words` means what it meant before sections were counted."""
    assert documentation.document("x", "x.md", b"# A\nTODO write it\n").words == 3


@pytest.mark.parametrize(
    "text, dated",
    [
        ("Date: 2026-11-01\n", "2026-11-01"),
        ("date:2026-11-01\n", "2026-11-01"),
        ("Some words.\n\nDATE: 2026-11-01T10:00:00Z\n", "2026-11-01"),
        ("- **Date:** 2026-11-01\n", "2026-11-01"),
        ("* _Date_: 2026-11-01.\n", "2026-11-01"),
        ("---\ntitle: x\ndate: '2026-11-01'\n---\nDate: 2020-01-01\n", "2026-11-01"),
        ("---\ndate: soon\n---\nDate: 2020-01-01\n", "2020-01-01"),
        ("Date: TBD\nDate: 2026-11-01\nDate: 2020-01-01\n", "2026-11-01"),
        ("", None),
        ("Date:\n2026-11-01\n", None),
        ("Date: 1 November 2026\n", None),
        ("Date: 2026-02-30\n", None),
        ("Date: 2026-11-011\n", None),
        ("Date: 2026-11-01x\n", None),
        ("Date: 26-11-01\n", None),
        ("Date: \u0662\u0660\u0662\u0666-11-01\n", None),
        ("Update: 2026-11-01\n", None),
        ("The date: 2026-11-01\n", None),
        ("Birth date: 2026-11-01\n", None),
        ("```\nDate: 2026-11-01\n```\n", None),
        ("    Date: 2026-11-01\n", None),
        ("<!-- Date: 2026-11-01 -->\n", None),
        ("# Date: 2026-11-01\n", None),
    ],
)
def test_the_day_a_document_is_of(text: str, dated: str | None) -> None:
    assert documentation.document("model_card", "card.md", text.encode()).dated == dated


@pytest.mark.parametrize("data", [b"%PDF-1.7\n\xe2\xe3", b"\xff\xfe#\0", b"a\0b", b"# x\n" * 2001])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput, match=r"documents\.dpia: d\.pdf"):
        documentation.document("dpia", "d.pdf", data)


@given(st.text(max_size=80) | st.text("#=-`~<!> a\n*[]()", max_size=80))
def test_any_text_can_stand_in_evidence(text: str) -> None:
    try:
        found = documentation.document("x", "x.md", text.encode())
    except BadInput:
        assert "\0" in text
        return
    assert found.from_bytes(found.to_bytes()) == found


@pytest.mark.parametrize(
    "text",
    [
        "Date: 2026-11-01" + " " * 10**6 + "x",
        " " * 10**6,
        "*" * 10**6 + "date:",
        "[" * 500_000,
        "<!--" * 250_000,
        "`" * 1_000_000,
        "# " + "[a](" * 250_000,
        "# " + "#" * 10**6,
        "###### a\n" * 2000 + "- TODO\n" * 100_000,
        "# a\n" + "* " * 500_000 + "x",
        "# a\n" + "[" * 500_000 + "]" * 500_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    assert documentation.document("x", "x.md", text.encode()[: documentation.MAX_BYTES]).words >= 0
