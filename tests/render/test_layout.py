"""The layout of policy files: nothing that is said changes, no comment is lost, and a second time changes nothing."""

import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from governance import bundled, strictyaml
from governance.errors import BadInput
from governance.render.commented_text import WIDTH
from governance.render.layout import laid_out

HEAD = "schema: governance.policy/v1\n"


def lay(text: str) -> str:
    return laid_out(text.encode(), "policy.yaml").decode()


@pytest.mark.parametrize("name", bundled.policy_names())
def test_what_is_shipped_is_laid_out(name: str) -> None:
    shown, data = bundled.policy(name)
    assert laid_out(data, shown) == data


def test_keys_stand_in_the_order_of_the_document_and_comments_go_along() -> None:
    assert (
        lay("""\
# What it is.

id: x   # the id
# the type
schema: 'governance.policy/v1'
rules:  # all
# first
-   severity: high
    # why it is asked
    why: because   # really
    id: a
    enforcement: {staging: {deny: 2027-01-01T00:00:00Z, warn: now}, default: deny}
    # end of a


# second
-   # read first
    expr: "x"
    requires: [
       a,  # one
       b]
    id: "b"
version: "1.0.0"
environments:
  - staging
  - prod
# the end
""")
        == """\
# What it is.

# the type
schema: governance.policy/v1
id: x  # the id
version: "1.0.0"
environments: [staging, prod]
rules:  # all
  # first
  - id: a
    severity: high
    enforcement: {default: deny, staging: {warn: now, deny: 2027-01-01T00:00:00Z}}
    # why it is asked
    why: because  # really
    # end of a

  # second
  # read first
  - id: b
    requires:
      - a  # one
      - b
    expr: x
# the end
"""
    )


def test_long_words_are_folded_and_long_lists_get_lines() -> None:
    why = " ".join(f"word{number}" for number in range(30))
    long = ", ".join(f"feature_{number}" for number in range(12))
    found = lay(f"{HEAD}rules:\n- id: a\n  why: {why}\n  with: {{features: [{long}], at_most: 0}}\n")
    assert max(map(len, found.splitlines())) <= WIDTH
    assert "    with:\n      features:\n        - feature_0\n" in found
    assert re.search(r"    why: word0 .*\n      word\d+ ", found)


def test_blocks_keep_their_lines() -> None:
    expr = "      a &&\n        b  // c\n\n      # no comment\n      && c\n"
    text = f"{HEAD}rules:\n  - id: a\n    expr: |-  # said\n{expr}\n  - id: b\n"
    assert lay(text) == text
    folded = text.replace("|-", ">")
    assert lay(folded) == folded


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}rules: [\n", "not YAML"),
        (f"{HEAD}id: &a x\n", "anchor"),
        (f"{HEAD}id: a\nid: b\n", "duplicate key"),
        ("schema: governance.manifest/v1\n", "not a policy"),
        ("- a\n", "not a policy"),
        (f"{HEAD}merged: []\n", "written by us"),
    ],
)
def test_what_is_no_policy_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        lay(text)


WORD = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
TEXT = st.one_of(
    WORD,
    st.text(st.sampled_from("ab 01:#,[]{}-'\"|>&*!%@`?~.=é\n\\"), max_size=20),
    st.sampled_from(["", "0.80", "no", "null", "a: b", "x #y", "- a", "2027-01-01T00:00:00Z", " a ", "a\n\nb\n"]),
    st.lists(WORD, min_size=20, max_size=40).map(" ".join),
)
KNOWN = ["id", "version", "title", "in_force", "parameters", "rules", "with", "expr", "enforcement", "default"]
KEYS = st.one_of(WORD, st.sampled_from(KNOWN))
TREE = st.recursive(
    TEXT,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(KEYS, TEXT), inner, max_size=4)),
    max_leaves=12,
)


class Writer:
    """A tree as YAML in some style, with comments wherever one may stand."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def comment(self) -> str:
        return self.chance.choice(["", "", "# a", "#", "# 'b: c #", '#"- {'])

    def comments(self, indent: int) -> str:
        found = [self.comment() for _ in range(self.chance.randrange(3))]
        return "".join(f"{' ' * indent}{one}\n" for one in found)

    def behind(self) -> str:
        found = self.comment()
        return f"   {found}" if found else ""

    def quoted(self, text: str) -> str:
        style = self.chance.randrange(3)
        if re.fullmatch(r"\w([\w./ -]*\w)?", text) and style:
            return text
        if style == 1 and "\n" not in text:
            return "'" + text.replace("'", "''") + "'"
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

    def flow(self, tree: Any) -> str:
        if isinstance(tree, str):
            return self.quoted(tree)
        space = self.chance.choice(["", " "])
        if isinstance(tree, list):
            return f"[{space}{', '.join(map(self.flow, tree))}{space}]"
        return f"{{{space}{', '.join(f'{self.quoted(key)}: {self.flow(tree[key])}' for key in tree)}{space}}}"

    def value(self, tree: Any, indent: int) -> str:
        """What follows a colon or a dash, to the end of the last line."""
        if isinstance(tree, str):
            if tree and tree.strip() == tree and tree.isprintable() and self.chance.random() < 0.3:
                return f" {self.chance.choice(['|-', '>-'])}{self.behind()}\n{' ' * (indent + 1)}{tree}\n"
            return f" {self.quoted(tree)}{self.behind()}\n"
        if not tree or self.chance.random() < 0.4:
            return f" {self.flow(tree)}{self.behind()}\n"
        return f"{self.behind()}\n{self.block(tree, indent + self.chance.randint(1, 4))}"

    def block(self, tree: Any, indent: int) -> str:
        lines, pad = "", " " * indent
        for key in tree:
            lines += self.comments(indent)
            if isinstance(tree, list):
                lines += f"{pad}-{self.value(key, indent)}"
            else:
                lines += f"{pad}{self.quoted(key)}:{self.value(tree[key], indent)}"
        return lines + self.comments(indent)


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(KEYS, TREE, max_size=5), st.integers(0, 2**32))
def test_nothing_changes_but_the_layout(tree: dict[str, Any], seed: int) -> None:
    text = Writer(Random(seed)).block({"schema": "governance.policy/v1", **tree}, 0)
    note(text)
    said = strictyaml.parse(text.encode(), "x").tree
    once = lay(text)
    assert lay(once) == once
    assert strictyaml.parse(once.encode(), "x").tree == said
    if "|" not in text and ">" not in text and not re.search("#", str(said)):  # what has a number sign is a comment
        assert sorted(re.findall("#.*", once)) == sorted(found.rstrip() for found in re.findall("#.*", text))


def test_a_file_is_written_whole_or_left_alone(tmp_path: Path) -> None:
    from governance.operations.layout import lay_out

    file, link = tmp_path / "policy.yaml", tmp_path / "link.yaml"
    file.write_text(f"id: a\n{HEAD}")
    link.symlink_to(file)
    (one,) = lay_out([str(link)], write=False)
    assert one.difference and file.read_text() == f"id: a\n{HEAD}"
    (tmp_path / "broken.yaml").write_text("a: [")
    with pytest.raises(BadInput):
        lay_out([str(link), str(tmp_path / "broken.yaml")], write=True)
    assert file.read_text() == f"id: a\n{HEAD}"
    (one,) = lay_out([str(tmp_path)], write=True)
    assert file.read_text() == f"{HEAD}id: a\n" and link.is_symlink()
    assert one.was != one.sha256
    (one,) = lay_out([str(tmp_path)], write=True)
    assert (one.was, one.difference) == (one.sha256, "")
