"""Policies that nobody should have to read: each is refused with one message, at line and column, in little memory.

All of them are read in one process that may take 512 MiB and a minute of work; none may need more.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance import bundled
from governance.canonical import sha256
from governance.errors import BadInput
from governance.policy.cases import load_cases
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.inheritance import MOST_LEVELS, written
from governance.policy.sections import MOST_RULES
from tests.bad_input.mutations import as_text, cut_up, mutated
from tests.limited import read_all

HEAD = """\
schema: governance.policy/v1
id: house
version: 1.0.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [prod]
"""
FLOOR = "rules:\n  - {id: a, uses: performance.floor@1, with: {at_least: 0.8}, enforcement: {default: deny}}\n"
EXPR = "rules:\n  - {id: a, requires: [performance], expr: 'true', enforcement: {default: deny}}\n"
SOUND = HEAD + FLOOR
MANY = 60_000


def several(pattern: str, count: int = MANY, between: str = ",") -> str:
    return between.join(pattern.format(at) for at in range(count))


def expr(text: str) -> str:
    return HEAD + EXPR.replace("true", text)


def value(text: str) -> str:
    return HEAD + FLOOR.replace("0.8", text)


def parameter(text: str) -> str:
    return f"{HEAD}parameters:\n  most: {{type: decimal, value: {text}, tighten: down}}\n{FLOOR}"


def dated(text: str) -> str:
    return SOUND.replace("2026-01-01T00:00:00Z", text)


# name: (the policy, where, a part of what is said)
HOSTILE: dict[str, tuple[str | bytes, str, str]] = {
    # Much of everything
    "ten megabytes": ("#" * 10_000_000, "", "document too large"),
    "empty rules": (HEAD + "rules:\n" + "  - {}\n" * 100_000, "7:5", "required key 'id'"),
    "too many rules": (
        HEAD + "rules:\n" + several("- {{id: a{}, expr: 'true', enforcement: {{default: deny}}}}\n", 6_000, ""),
        "6:1", f"expected at most {MOST_RULES}",
    ),
    "parameters": (HEAD + "parameters: {" + several("a{}: {{}}") + "}\n" + FLOOR, "6:14", "required key 'type'"),
    "unknown keys": (HEAD + several("k{}: x\n", between="") + FLOOR, "6:1", "unknown key 'k0'"),
    "environments": (SOUND.replace("[prod]", f"[{several('e{}')}]"), "5:15", "at most 100"),
    "controls": (SOUND.replace("default: deny}", f"default: deny}}, controls: [{several('a/b')}]"), "7:", "most 100"),
    "requires": (expr("true").replace("[performance]", f"[{several('performance')}]"), "7:23", "at most 100"),
    "enforcement": (SOUND.replace("default: deny", several("e{}: deny", 40_000)), "7:", "needs `default`"),
    # Long
    "rule": (SOUND.replace("performance.floor@1", "x" * 900_000), "7:19", "expected at most 200 characters"),
    "option": (SOUND.replace("at_least", "x" * 900), "7:47", "unknown key 'xxx"),
    "id": (SOUND.replace("house", "h" * 900_000), "2:5", "at most 63"),
    "number": (value("0." + "1" * 900_000), "7:57", "at most 18 digits"),
    "whole number": (HEAD + f"valid_for: {'9' * 900_000}\n{FLOOR}", "6:12", "whole number"),
    "expression": (expr("true" + " && true" * 12_500), "7:38", "expression too long"),
    "parentheses": (expr("(" * 10_000 + "true" + ")" * 10_000), "7:38", "expression too long"),
    "parentheses that fit": (expr("(" * 1900 + "true" + ")" * 1900), "7:38", "nested too deeply"),
    "sums": (expr("1" + "+1" * 1900 + " > 1"), "7:38", "nested too deeply"),
    "doubling": (expr('["ab"].exists(a, [a + a].exists(b, b != ""))'), "7:38", "a list that it makes itself"),
    "selector in parentheses": (f"{HEAD}applies: {'(' * 10_000}true\n{FLOOR}", "6:1", "too long"),
    "selector that fits": (f"{HEAD}applies: {'(' * 1900}true{')' * 1900}\n{FLOOR}", "6:1", "nested too deeply"),
    "selector": (HEAD + f'applies: "{"x" * 900_000}"\n{FLOOR}', "6:1", "expression too long"),
    # Deep
    "braces": ("{a: " * 100_000, "1:129", "nested too deeply"),
    "brackets": ("[" * 100_000, "1:33", "nested too deeply"),
    "keys": ("".join(f"{' ' * at}a:\n" for at in range(1000)), "33:33", "nested too deeply"),
    "dashes": ("- " * 5000 + "x", "1:65", "nested too deeply"),
    # YAML
    "billion laughs": ("a: &a [x, x]\nb: &b [*a, *a]\n", "1:4", "YAML anchor"),
    "anchors across documents": (f"{SOUND}owner: &a x\n---\nowner: *a\n", "8:8", "YAML anchor"),
    "anchors alone": ("a: [" + several("&a{} x") + "]", "1:5", "YAML anchor"),
    "anchors within anchors": ("a: " + "&a [" * 100_000, "1:4", "YAML anchor"),
    "merge bomb": ("a: &a {b: c}\nd: {<<: [*a, *a]}\n", "1:4", "YAML anchor"),
    "tabs": (SOUND.replace(": ", ":\t"), "1:8", "a tab where only spaces may stand"),
    "a tab before a colon": (SOUND.replace("id: house", "id\t: house"), "2:3", "a tab where only spaces may stand"),
    "a tab within braces": (SOUND.replace("at_least: 0.8", "\tat_least: 0.8"), "7:47", "a tab"),
    "a tab at a line's end": (SOUND.replace("house\n", "house\t\n"), "2:10", "a tab"),
    "key after a mark": (f"? id\n: other\n{SOUND}", "1:3", "a question mark before a key"),
    "comment at once": (SOUND.replace("house", "|# house"), "2:", "not YAML"),
    "colon before a brace": (SOUND.replace("at_least: 0.8", "at_least:"), "7:", "not YAML"),
    "only a mark": ("---\n", "", "the document is empty"),
    "aliases": ("*a\n" * 200_000, "1:1", "YAML alias"),
    "merge key": (f"<<: {{id: x}}\n{SOUND}", "1:1", "unknown key '<<'"),
    "several documents": (f"{SOUND}---\n{SOUND}", "8:1", "more than one YAML document"),
    "duplicate key": (f"{SOUND}id: other\n", "8:1", "duplicate key 'id'"),
    "duplicate option": (SOUND.replace("at_least", "at_least: 0.1, at_least"), "7:62", "duplicate key 'at_least'"),
    "rule id twice": (SOUND + FLOOR.removeprefix("rules:\n"), "8:10", "rule id 'a' is used twice"),
    "tab": (f"{HEAD}\trules: []\n", "6:1", "a tab"),
    "tag": (SOUND.replace("house", "!!python/object/apply:os.system [id]"), "2:5", "YAML tag"),
    "directive": (f"%YAML 1.1\n---\n{SOUND}", "1:1", "YAML directive"),
    "no scalar": ("? [a]\n: b\n", "1:3", "not plain text"),
    "a text": ("5", "1:1", "expected keys with values"),
    # Bytes
    "UTF-16": (SOUND.encode("utf-16"), "", "not UTF-8"),
    "UTF-16 without a mark": (SOUND.encode("utf-16-le"), "1:2", "control character U+0000"),
    "UTF-32": (SOUND.encode("utf-32"), "", "not UTF-8"),
    "a mark in the middle": (HEAD + "\ufeff" + FLOOR, "6:1", "byte order mark"),
    "NUL": (HEAD + "\0" + FLOOR, "6:1", "control character U+0000"),
    "half a pair": (HEAD + 'owner: "\\ud800"\n' + FLOOR, "6:11", "not YAML"),
    "decomposed": (f"{HEAD}owner: e\u0301\n{FLOOR}", "6:9", "normal form C"),
    # Look-alikes
    "a Cyrillic o": (SOUND.replace("house", "h\u043euse"), "2:5", "small letters"),
    "a rule in Cyrillic": (SOUND.replace("performance", "perf\u043ermance"), "7:19", "unknown rule"),
    "right to left": (SOUND.replace("house", "\u202ehouse"), "2:5", "U+202E (right-to-left override)"),
    "no width": (SOUND.replace("id: a", "id: a\u200b"), "7:11", "U+200B (zero width space)"),
    "other digits": (value("\u0660.\u0668"), "7:57", "plain digits"),
    "wide digits": (value("\uff10.\uff18"), "7:57", "plain digits"),
    # Numbers, and what YAML would make of them
    **{
        f"limit {text}": (value(text), "7:57", said)
        for text, said in (
            ("nan", "finite"), (".nan", "a number"), ("inf", "finite"), ("1e999", "digits"), ("-0", ""), ("-1", ""),
            ("0_8", ""), ("'0.8 '", "plain digits"), ("00.8", "plain digits"), ("+0.8", "plain digits"),
            ("yes", "a number"), ("0x1", "a number"), ("80%", "a number"), ("[0.8]", ""),
            ("null", "a number"),
        )
    },
    **{
        f"days {text}": (f"{HEAD}valid_for: {text}\n{FLOOR}", "6:12", "whole number")
        for text in ("017", "0o17", "0x11", "1e1", "10.0", "9_0", "+90", "' 90'", "yes", "\u0663")
    },
    **{
        f"waivable {text}": (SOUND.replace("deny}", f"deny}}, waivable: {text}"), "7:", "true or false")
        for text in ("yes", "no", "on", "off", "1", "TRUE", "n", "~")
    },
    **{
        f"parameter {text}": (parameter(text), "7:", "expected a number")
        for text in ("nan", "inf", "1e999", "1e3", "0x1", "' 1'", "1_000", "\u0661", "yes", "1.", ".5", "9999999999999")
    },
    # Days
    **{
        f"from {text}": (dated(text), "4:18", "not a UTC time")
        for text in (
            "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00+01:00", "2026-02-30T00:00:00Z", "now",
            "2026-01-01T24:00:00Z", "2026-01-01T23:59:60Z", "0000-01-01T00:00:00Z", "12026-01-01T00:00:00Z", "0",
        )
    },
}  # fmt: skip
LOAD = """
from governance.policy.document import load_policy
def load(data):
    load_policy(data, "p.yaml")
"""


@pytest.fixture(scope="module")
def answers() -> dict[str, list[str]]:
    return read_all(LOAD, ((name, policy) for name, (policy, _, _) in HOSTILE.items()))


@pytest.mark.parametrize("name", HOSTILE)
def test_each_is_refused_where_it_is_wrong(answers: dict[str, list[str]], name: str) -> None:
    where, what, whole = answers[name]
    _, place, said = HOSTILE[name]
    assert where != "loaded"
    assert where == f"p.yaml:{place}".removesuffix(":") or (place.endswith(":") and where.startswith(f"p.yaml:{place}"))
    assert said in what.partition("\n")[0]
    assert len(whole) < 1500, "one clear message"


@pytest.mark.parametrize("text", ["yes", "NO", "null", "0x10", "on", "007", "2026-01-01"])
def test_text_stays_text(text: str) -> None:
    assert load_policy(f"title: {text}\n{SOUND}".encode(), "p.yaml").document.title == text


def test_a_byte_order_mark_at_the_start_is_none_of_it() -> None:
    assert load_policy(b"\xef\xbb\xbf" + SOUND.encode(), "p.yaml").rules


# Policies that extend each other


def child(name: str, parent: str, digest: str) -> bytes:
    extends = f"extends: {{policy: {parent}, version: 1.0.0, sha256: {digest}}}\n"
    return f"{HEAD.replace('house', name)}{extends}rules: []\n".encode()


def chain(length: int) -> list[tuple[str, bytes]]:
    """Each extends the one before; the first stands alone."""
    made = [("p0", SOUND.replace("house", "p0").encode())]
    for at in range(1, length):
        made.append((f"p{at}", child(f"p{at}", f"p{at - 1}", sha256(made[-1][1]))))
    return made


def test_a_long_chain_is_refused_before_it_is_climbed() -> None:
    made = chain(10_000)
    asked = []

    def parents() -> list[tuple[str, bytes]]:
        asked.append(1)
        return made[-2 * MOST_LEVELS :]

    with pytest.raises(BadInput, match=f"more than {MOST_LEVELS} policies extend each other") as caught:
        load_policy(made[-1][1], "last.yaml", parents=parents)
    assert len(asked) == MOST_LEVELS - 1
    assert caught.value.where == f"p{10_000 - MOST_LEVELS}:6:10"
    fits = chain(MOST_LEVELS)
    assert len(load_policy(fits[-1][1], "p.yaml", parents=lambda: fits).rules) == 1


@pytest.mark.parametrize("length", [1, 2, 3])
def test_nothing_can_extend_itself(length: int) -> None:
    """The digest of a file that names its own cannot be known: whoever claims one is told what there is."""
    names = [f"p{at}" for at in range(length)]
    made = [(name, child(name, names[at - 1], "0" * 64)) for at, name in enumerate(names)]
    with pytest.raises(BadInput, match="the policy that it extends is not here") as caught:
        load_policy(made[0][1], "p0.yaml", parents=lambda: made)
    assert caught.value.where == "p0.yaml:6:47"
    assert f"{names[-1]} 1.0.0 is {sha256(made[-1][1])}" in caught.value.expected


def test_two_may_extend_one_and_each_is_read_from_whichever_copy_comes_first() -> None:
    """A diamond is no circle: both sides have the rules of the one above, which lies there under many names."""
    top = SOUND.encode()
    beside = [(f"copy{at}", top) for at in range(100)]
    sides = [(name, child(name, "house", sha256(top))) for name in ("left", "right")]
    for _, side in sides:
        found = load_policy(side, "c.yaml", parents=lambda: [*sides, *beside])
        assert [one.section.id for one in found.rules] == ["a"]
        assert [one.policy for one in found.document.merged] == [found.document.id, "house"]
    bottom = child("bottom", "left", sha256(sides[0][1]))
    found = load_policy(bottom, "c.yaml", parents=lambda: [*beside, *sides])
    assert [one.policy for one in found.document.merged] == ["bottom", "left", "house"]


def test_files_that_lie_beside_are_read_only_where_the_parent_is_missing() -> None:
    """Their names are a hint, and what is no policy gives none."""
    beside = [("bomb", b"a: &a [x, x]"), ("long", b"#" * 2_000_000), ("bytes", b"\xff")]
    parent = SOUND.encode()
    found = load_policy(child("c", "house", sha256(parent)), "c.yaml", parents=lambda: [*beside, ("p", parent)])
    assert len(found.rules) == 1
    with pytest.raises(BadInput, match="not here"):
        load_policy(child("c", "house", sha256(parent)), "c.yaml", parents=lambda: beside)


def test_what_is_merged_meets_the_limits_of_any_policy() -> None:
    """Else its verifier could not read it."""
    rules = several(
        "  - {{id: NAME{}, uses: performance.floor@1, with: {{at_least: 0.8}}, enforcement: {{default: deny}}}}\n",
        2_600,
        "",
    )
    parent = f"{HEAD}rules:\n{rules.replace('NAME', 'a')}".encode()
    data = child("c", "house", sha256(parent)).replace(b"rules: []", f"rules:\n{rules.replace('NAME', 'b')}".encode())
    with pytest.raises(BadInput, match="merged with what it extends") as caught:
        load_policy(data, "c.yaml", parents=lambda: [("p", parent)])
    assert caught.value.where.startswith("c.yaml:6:") and f"at most {MOST_RULES}" in caught.value.got


# Whatever bytes come: refused, or a policy that reads the same again

SHIPPED = {name: (bundled.policy(name)[1], bundled.cases(name)[1]) for name in bundled.policy_names()}
TEXTS = {name: policy.decode() for name, (policy, _) in SHIPPED.items()}
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def tree(data: bytes) -> object:
    import yaml

    return yaml.load(data, Loader=yaml.BaseLoader)


def or_refused(load: Callable[[], Any], name: str) -> Any:
    """What was loaded; None where it was refused, in one message about the file."""
    refused, found = None, None
    try:
        found = load()
    except BadInput as error:
        refused = error
    assert refused is None or (refused.what and refused.where.startswith(name) and len(str(refused)) < 4000)
    return found


def loaded(data: bytes) -> LoadedPolicy | None:
    found: LoadedPolicy | None = or_refused(lambda: load_policy(data, "p.yaml"), "p.yaml")
    if found is None:
        return None
    again = load_policy(written(found.document), "again.yaml")
    assert again.document == found.document
    assert [one.params for one in again.rules] == [one.params for one in found.rules]
    assert found.text == data and found.sha256 == sha256(data)
    return found


@QUICK
@given(st.sampled_from(sorted(TEXTS)).flatmap(lambda name: cut_up(TEXTS[name])))
def test_bytes_of_shipped_policies(data: bytes) -> None:
    loaded(data)


@QUICK
@given(st.sampled_from(sorted(TEXTS)).flatmap(lambda name: mutated(tree(SHIPPED[name][0]), False)).map(as_text))
def test_trees_of_shipped_policies(data: bytes) -> None:
    loaded(data)


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert loaded(data) is None


@QUICK
@given(st.sampled_from(sorted(SHIPPED)).flatmap(
    lambda name: st.tuples(st.just(name), st.one_of(
        cut_up(SHIPPED[name][1].decode()), mutated(tree(SHIPPED[name][1]), False).map(as_text)
    ))
))  # fmt: skip
def test_cases_of_shipped_policies(drawn: tuple[str, bytes]) -> None:
    name, data = drawn
    policy = load_policy(SHIPPED[name][0], "p.yaml")
    found = or_refused(lambda: load_cases(data, "cases.yaml", policy), "cases.yaml")
    assert found is None or found.document.policy == policy.document.id


@QUICK
@given(mutated(tree(child("c", "house", sha256(SOUND.encode()))), False).map(as_text))
def test_children(data: bytes) -> None:
    """What is merged is never less than its parent."""
    found = or_refused(lambda: load_policy(data, "c.yaml", parents=lambda: [("p.yaml", SOUND.encode())]), "c.yaml")
    if found is None:
        return
    assert found.document.extends is None
    assert not found.document.merged or {one.section.id for one in found.rules} >= {"a"}
