"""Policies that are wrong: each is refused at its place, with words that help."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from governance.canonical import sha256
from governance.errors import BadInput
from governance.policy.document import load_policy
from governance.policy.rules import CATALOGUE

GOOD = """\
schema: governance.policy/v1
id: house
version: 1.10.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [staging, prod]
rules:
  - id: floor
    uses: performance.floor@1
    with: {at_least: 0.8}
    severity: high
    enforcement: {default: deny, staging: warn}
  - id: share
    requires: [explainability.global]
    expr: explainability.global.top_share <= 0.6
    enforcement: {default: review}
"""


def load(text: str) -> Any:
    return load_policy(text.encode(), "p.yaml")


def test_the_good_policy_loads() -> None:
    loaded = load(GOOD)
    assert loaded.document.version == "1.10.0", "text stays text"
    assert loaded.sha256 == sha256(GOOD.encode()) and loaded.text == GOOD.encode()
    assert [one.key for one in loaded.rules] == ["house#floor", "house#share"]
    assert [one.uses for one in loaded.rules] == ["performance.floor@1", "expr@1"]
    assert [one.facts for one in loaded.rules] == [("performance",), ("explainability",)]
    assert loaded.rules[0].params.at_least == Decimal("0.8")


# (what is replaced, by what, position, fragments of the message)
WRONG: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("schema: governance.policy/v1", "schema: governance.policy/v2", "p.yaml:1:9", ("governance.policy/v1",)),
    ("schema: governance.policy/v1\n", "", "p.yaml:1:1", ("'schema' is missing",)),
    ("schema: governance", "schema_: governance", "p.yaml:1:1", ("unknown key 'schema_'", "'schema'")),
    ("id: house", "id: House", "p.yaml:2:5", ("small letters", "House")),
    ("id: house", "id: hоuse", "p.yaml:2:5", ("small letters",)),  # a Cyrillic o
    ("id: house", "id: ｈouse", "p.yaml:2:5", ("small letters",)),  # a full-width h
    ("id: house", 'id: "house\\n"', "p.yaml:2:5", ("small letters",)),
    ("id: house", 'id: "house#floor"', "p.yaml:2:5", ("small letters",)),
    ("id: house", "id: [house]", "p.yaml:2:5", ("expected text", "a list")),
    ("id: house", "id:", "p.yaml:2:4", ("small letters",)),
    ("version: 1.10.0", "version: 1.10", "p.yaml:3:10", ("1.10",)),
    ("version: 1.10.0", "version: v1.10.0", "p.yaml:3:10", ("v1.10.0",)),
    ("version: 1.10.0", "version: 1.١.0", "p.yaml:3:10", ("such as 1.0.0",)),  # an Arabic digit
    ("2026-01-01T00:00:00Z", "2026-01-01", "p.yaml:4:18", ("2026-01-31T12:00:00Z",)),
    ("2026-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "p.yaml:4:18", ("UTC time",)),
    ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00+01:00", "p.yaml:4:18", ("UTC time",)),
    ("{from: 2026", "{from_: 2026", "p.yaml:4:12", ("unknown key 'from_'", "'from'")),
    ("environments: [staging, prod]", "environments: []", "p.yaml:5:15", ("at least 1",)),
    ("environments: [staging, prod]", "environments: staging", "p.yaml:5:15", ("staging",)),
    ("environments: [staging, prod]", "environments: [staging, Prod]", "p.yaml:5:25", ("Prod",)),
    ("environments:", "valid_for: 0\nenvironments:", "p.yaml:5:12", ("at least 1",)),
    ("environments:", "valid_for: for ever\nenvironments:", "p.yaml:5:12", ("a whole number",)),
    ("environments:", "enviroments:", "p.yaml:5:1", ("unknown key", "did you mean 'environments'")),
    ("rules:\n", "rules: {}\nrulez:\n", "p.yaml:7:1", ("unknown key 'rulez'", "'rules'")),
    ("id: floor", "id: share", "p.yaml:12:9", ("'share' is used twice",)),
    ("uses: performance.floor@1", "uses: performance.flor@1", "p.yaml:8:11", ("unknown rule", "performance.floor@1")),
    ("uses: performance.floor@1", "uses: performance.floor@2", "p.yaml:8:11", ("unknown rule", "performance.floor@1")),
    ("uses: performance.floor@1", "uses: performance.floor", "p.yaml:8:11", ("unknown rule", "name@version")),
    ("uses: performance.floor@1", "uses: perfоrmance.floor@1", "p.yaml:8:11", ("unknown rule",)),  # a Cyrillic o
    ("    uses: performance.floor@1\n", "", "p.yaml:7:5", ("either `uses` or `expr`",)),
    ("    requires:", "    uses: performance.floor@1\n    requires:", "p.yaml:12:5", ("either `uses` or `expr`",)),
    ("    severity: high", "    requires: [fairness]", "p.yaml:7:5", ("`requires` goes with `expr`",)),
    ("    requires:", "    with: {a: 1}\n    requires:", "p.yaml:12:5", ("`with` goes with `uses`",)),
    ("with: {at_least: 0.8}", "with: {}", "p.yaml:9:5", ("at_least", "missing")),
    ("with: {at_least: 0.8}", "with_: {at_least: 0.8}", "p.yaml:9:5", ("unknown key 'with_'", "'with'")),
    ("{at_least: 0.8}", "{at_last: 0.8}", "p.yaml:9:12", ("unknown key", "did you mean 'at_least'")),
    ("{at_least: 0.8}", "{at_least: NaN}", "p.yaml:9:22", ("at_least",)),
    ("{at_least: 0.8}", "{at_least: .inf}", "p.yaml:9:22", ("at_least",)),
    ("{at_least: 0.8}", "{at_least: 80}", "p.yaml:9:22", ("at most 1",)),
    ("{at_least: 0.8}", "{at_least: 0}", "p.yaml:9:22", ("more than 0",)),
    ("{at_least: 0.8}", "{at_least: 0.8, alpha: 0.2}", "p.yaml:9:34", ("0.05",)),
    ("{at_least: 0.8}", "{at_least: 0.8, min_rows: many}", "p.yaml:9:37", ("a whole number",)),
    ("{at_least: 0.8}", "{at_least: 0.8, at_least: 0.1}", "p.yaml:9:27", ("duplicate key",)),
    ("severity: high", "severity: worst", "p.yaml:10:15", ("critical",)),
    ("severity: high", "controls: [LL144]", "p.yaml:10:16", ("<law>/<clause>",)),
    ("severity: high", "waivable_to: deny", "p.yaml:10:18", ("allow",)),
    ("severity: high", "accept: {kind: [hearsay]}", "p.yaml:10:21", ("measured",)),
    ("{default: deny, staging: warn}", "{staging: warn}", "p.yaml:11:18", ("`enforcement` needs `default`",)),
    ("{default: deny, staging: warn}", "{default: block}", "p.yaml:11:28", ("deny",)),
    ("{default: deny, staging: warn}", "{default: deny, stagng: warn}", "p.yaml:11:42", ("'stagng'", "environments")),
    ("{default: deny, staging: warn}", "deny", "p.yaml:11:18", ("keys with values", "deny")),
    ("top_share <= 0.6", "top_share <=", "p.yaml:14:5", ("does not compile", "^")),
    ("[explainability.global]", "[explain.global]", "p.yaml:14:5", ("unknown evidence", "explain.global")),
    ("[explainability.global]", "[access]", "p.yaml:14:5", ("undeclared reference", "requires")),
    ("    requires: [explainability.global]\n", "", "p.yaml:13:5", ("requires no evidence",)),
    ("rules:", "rules: &all", "p.yaml:6:8", ("anchor",)),
    ("rules:", "extra: *all\nrules:", "p.yaml:6:8", ("alias",)),
    ("version: 1.10.0", "version: !!str 1.10.0", "p.yaml:3:10", ("tag",)),
    ("  - id: share", "\t- id: share", "p.yaml:12:1", ("a tab", "spaces")),
    ("rules:", "---\nrules:", "p.yaml:6:1", ("more than one YAML document",)),
]


@pytest.mark.parametrize(("old", "new", "where", "fragments"), WRONG)
def test_wrong(old: str, new: str, where: str, fragments: tuple[str, ...]) -> None:
    assert GOOD.count(old) >= 1
    with pytest.raises(BadInput) as caught:
        load(GOOD.replace(old, new, 1))
    assert caught.value.where == where, str(caught.value)
    for fragment in fragments:
        assert fragment in str(caught.value), str(caught.value)


def test_there_are_many_wrong_policies() -> None:
    assert len(WRONG) >= 40


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"# nothing but a comment\n",
        b"null\n",
        b"just words\n",
        b"- a\n- list\n",
        b"{}",
        b"\xff\xfe\x00",
        b"id: caf\xe9\n",
        b"\x00",
        b"{" * 500,
        b"[" * 100_000,
        b"? [a]\n: b\n",
        b"%YAML 1.1\n---\n",
        b"<<: {a: b}\n",
        "id: cafe\u0301\n".encode(),
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_not_a_policy_at_all(text: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        load_policy(text, "p.yaml")
    assert caught.value.where.startswith("p.yaml")


def test_a_billion_laughs_never_start() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for one, before in zip("bcdefghi", "abcdefgh", strict=True):
        bomb += f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]\n"
    with pytest.raises(BadInput, match="anchor"):
        load(bomb)


def test_merge_keys_are_plain_unknown_keys() -> None:
    with pytest.raises(BadInput, match="unknown key '<<'"):
        load(GOOD + "<<: {id: other}\n")


def test_ten_megabytes_are_refused_without_parsing() -> None:
    with pytest.raises(BadInput, match="too large"):
        load(GOOD + "# " + "x" * 10_000_000)


def test_the_largest_number_of_rules_that_fits_loads_in_bounded_time() -> None:
    rule = "  - {{id: r{}, uses: performance.floor@1, with: {{at_least: 0.8}}, enforcement: {{default: deny}}}}\n"
    many = GOOD.split("rules:")[0] + "rules:\n" + "".join(rule.format(i) for i in range(5000))
    assert len(load(many).rules) == 5000


@pytest.mark.parametrize("text", ["NO", "0x10", "1e3", "yes", "~", "2026-01-01", "1_000", "08"])
def test_yaml_types_nothing_by_itself(text: str) -> None:
    assert load(GOOD.replace("id: house", f"title: {text}\nid: house")).document.title == text


@pytest.mark.parametrize(("text", "value"), [("0.8", "0.8"), ("0.80", "0.80"), ("8e-1", "0.8"), ("1", "1")])
def test_limits_are_exact_decimals(text: str, value: str) -> None:
    assert str(load(GOOD.replace("0.8}", text + "}")).rules[0].params.at_least) == value


def test_the_catalogue_is_an_argument() -> None:
    with pytest.raises(BadInput, match="unknown rule"):
        load_policy(GOOD.encode(), "p.yaml", {})
    assert load_policy(GOOD.encode(), "p.yaml", {"performance.floor@1": CATALOGUE["performance.floor@1"]})


def test_shipped_policies_load(root: Path) -> None:
    found = sorted((root / "policies").glob("*/policy.yaml"))
    assert found
    for path in found:
        loaded = load_policy(path.read_bytes(), str(path))
        assert loaded.document.id == path.parent.name
        assert loaded.rules
        assert any(section.enforcement["default"] == "deny" for section in loaded.document.rules)
