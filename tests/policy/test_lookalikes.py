"""Text of policies that is not what it looks like: letters of other alphabets in names, digits of other scripts, days
without a zone, and what cannot be seen at all."""

import json
import re
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance.canonical import Threshold
from governance.errors import BadInput
from governance.policy.document import load_policy
from governance.policy.rules import CATALOGUE
from governance.strictyaml.unseen import IN_VALUE

POLICY = """\
schema: governance.policy/v1
id: house
version: 1.0.0
title: The house
owner: risk
in_force: {from: 2026-01-01T00:00:00Z, until: 2028-01-01T00:00:00Z}
environments: [staging, prod]
applies: model.risk_tier == "high"
parameters:
  least: {type: decimal, value: 0.8, tighten: up, means: right so often}
  words: {type: text, value: any, among: [any, none], tighten: none}
rules:
  - id: floor
    title: Often right
    uses: performance.floor@1
    with: {at_least: params.least}
    controls: [eu-ai-act/art-15.1]
    severity: high
    enforcement: {default: deny, staging: {warn: now, review: 2027-01-01T00:00:00Z}}
    why: Wrong answers hurt
    fix: Train it again
    owner: modelling
  - id: share
    requires: [explainability.global]
    expr: explainability.global.top_feature != "postcode"
    enforcement: {default: review}
"""


def refused(text: str) -> BadInput:
    with pytest.raises(BadInput) as caught:
        load_policy(text.encode(), "p.yaml")
    error = caught.value
    assert error.where.startswith("p.yaml:") and error.what
    assert len(str(error)) < 1500
    return error


def changed(old: str, new: str) -> str:
    assert POLICY.count(old) == 1, old
    return POLICY.replace(old, new)


def test_as_it_is_it_loads() -> None:
    assert len(load_policy(POLICY.encode(), "p.yaml").rules) == 2


# What people read: the words of each, where the last letter gets company
PROSE = (
    "title: The house", "owner: risk", "means: right so often", "title: Often right", "why: Wrong answers hurt",
    "fix: Train it again", "owner: modelling", "value: any", "uses: performance.floor@1", "eu-ai-act/art-15.1",
    "[explainability.global", "id: share", "environments: [staging", "at_least: params.least",
)  # fmt: skip
HIDDEN = {
    "\u202e": "U+202E (right-to-left override)",
    "\u2067": "U+2067 (right-to-left isolate)",
    "\u200f": "U+200F (right-to-left mark)",
    "\u200b": "U+200B (zero width space)",
    "\u200d": "U+200D (zero width joiner)",
    "\u2060": "U+2060 (word joiner)",
    "\u00ad": "U+00AD (soft hyphen)",
    "\u3164": "U+3164 (hangul filler)",
    "\ufe0f": "U+FE0F (variation selector-16)",
    "\U000e0061": "U+E0061 (tag latin small letter a)",
    "\x1b": "U+001B",
    "\x9b": "U+009B",
    "\x07": "U+0007",
}


@pytest.mark.parametrize("char", HIDDEN, ids=ascii)
@pytest.mark.parametrize("words", PROSE)
def test_what_cannot_be_seen_is_refused_by_name(words: str, char: str) -> None:
    error = refused(changed(words, words + char))
    line = POLICY[: POLICY.index(words)].count("\n") + 1
    assert error.where.startswith(f"p.yaml:{line}:")
    assert HIDDEN[char] in error.what and error.fix and char not in str(error)


@pytest.mark.parametrize("char", [*HIDDEN, "\r"], ids=ascii)
@pytest.mark.parametrize("words", [words for words in PROSE if ": " in words and "[" not in words])
def test_nor_does_an_escape_bring_it_in(words: str, char: str) -> None:
    key, value = words.split(": ")
    error = refused(changed(words, f'{key}: "{value}\\U{ord(char):08x}"'))
    line = POLICY[: POLICY.index(words)].count("\n") + 1
    assert error.where.startswith(f"p.yaml:{line}:")
    assert f"U+{ord(char):04X}" in error.what and error.fix and char not in str(error).replace("\r\n", "\n")


def test_nor_a_key_or_a_condition() -> None:
    for new in ('"least\\u200b": {', '"\\u202eleast": {'):
        assert "invisible character" in refused(changed("least: {", new)).what
    escaped = changed('!= "postcode"', "!= 'post\\u202ecode'").replace("expr: explain", 'expr: "explain')
    assert "U+202E" in refused(escaped.replace("code'\n", "code'\"\n")).what


@given(st.text(max_size=20))
@example("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")
@example("\u26a0\ufe0f")
@example("a\nb\tc")
def test_any_other_title_is_read_as_it_is(text: str) -> None:
    escaped = "".join(f"\\U{ord(char):08x}" for char in text)
    data = changed("title: The house", f'title: "{escaped}"').encode()
    if IN_VALUE.search(text) or not unicodedata.is_normalized("NFC", text):
        refused(data.decode())
    else:
        assert load_policy(data, "p.yaml").document.title == text


# Names: a letter of each is replaced by one that looks like it
NAMES = (
    ("id: house", "o"), ("id: floor", "o"), ("[staging, prod]", "o"), ("{default: deny, staging", "e"),
    ("  least: {", "e"), ("params.least", "e"), ("performance.floor@1", "o"), ("eu-ai-act/art", "a"),
    ("severity: high", "i"), ("severity: ", "e"), ("at_least: ", "e"), ("enforcement: {default: review", "e"),
    ("schema: ", "e"), ("governance.policy", "o"), ("type: text", "e"), ("tighten: up", "p"), ("warn: now", "o"),
    ("[explainability.global]", "o"), ("version: 1.0.0", "1"), ("until: 2028", "2"), ("value: 0.8", "8"),
)  # fmt: skip
ALIKE = {
    "cyrillic": dict(zip("oeaip", "\u043e\u0435\u0430\u0456\u0440", strict=True)),
    "full width": {letter: chr(ord(letter) + 0xFEE0) for letter in "oeaip128"},
    "bold": {
        **{letter: chr(0x1D41A + ord(letter) - ord("a")) for letter in "oeaip"},
        **{digit: chr(0x1D7CE + int(digit)) for digit in "128"},
    },
    "combining": {letter: f"{letter}\u0332" for letter in "oeaip128"},
    "accent": dict(zip("oeai", "\u00f6\u00e9\u00e4\u0131", strict=True)),
    "arabic digits": {digit: chr(0x660 + int(digit)) for digit in "128"},
}


@pytest.mark.parametrize(
    ("kind", "words", "letter"),
    [(kind, words, letter) for kind in ALIKE for words, letter in NAMES if letter in ALIKE[kind]],
)
def test_no_name_looks_like_another(kind: str, words: str, letter: str) -> None:
    """Two names that look alike are one name, and the message says which letter is not the one it seems to be."""
    other = ALIKE[kind][letter]
    at = words.rindex(letter) if words.startswith(("params", "performance", "{", "[")) else words.index(letter)
    text = changed(words, words[:at] + other + words[at + 1 :])
    error = refused(text)
    line = text[: text.index(other)].count("\n") + 1
    assert error.where.startswith(f"p.yaml:{line}:") or "unknown" in error.what or "missing" in error.what
    strange = next(char for char in other if not char.isascii())
    named = unicodedata.name(strange).lower()
    assert named in str(error) or f"{strange}" in str(error)


@pytest.mark.parametrize("char", ["\u212a", "\u2126", "\u212b"], ids=ascii)
def test_a_sign_that_stands_for_a_letter_is_not_the_letter(char: str) -> None:
    """Unicode itself takes the Kelvin sign for a K: such text is not in normal form C."""
    error = refused(changed("owner: risk", f"owner: ris{char}"))
    assert "normal form C" in error.what and error.where == "p.yaml:5:11"
    assert unicodedata.name(char).lower() in error.got


# Numbers
DECIMALS = [
    (rule.name, field.alias or name)
    for rule in CATALOGUE.values()
    for name, field in rule.params.model_fields.items()
    if field.annotation in (Decimal, Decimal | None) or field.annotation == Threshold
]


def test_there_are_limits_to_try() -> None:
    assert len(DECIMALS) >= 10


@pytest.mark.parametrize(("rule", "limit"), DECIMALS)
def test_no_limit_of_any_rule_is_beyond_numbers(rule: str, limit: str) -> None:
    for text in (
        "nan",
        "NaN",
        ".nan",
        "-nan",
        "sNaN",
        "inf",
        "-inf",
        ".inf",
        "Infinity",
        "1e999",
        "-1e-999",
        "\u0661",
        "1_0",
    ):
        params = json.dumps({limit: text})
        rules = f"rules: [{{id: a, uses: {rule}, with: {params}, enforcement: {{default: deny}}}}]\n"
        error = refused(POLICY.split("rules:")[0] + rules)
        # Of another parameter, which is missing, it may be told first; that it loads would be wrong.
        assert limit in error.what or "missing" in error.what or "give" in error.what, error


@settings(deadline=None)
@given(
    st.from_regex(
        r"[-+ ]?[0-9_]{0,4}[.,]?[0-9\u0660]{0,4}([eE][-+]?[0-9]{1,3})?[ %]?|nan|-?inf(inity)?|true", fullmatch=True
    )
)
@example("0.8")
@example("8e-1")
def test_a_limit_is_a_number_in_plain_digits_or_refused(text: str) -> None:
    policy = changed("at_least: params.least", f"at_least: {json.dumps(text)}")
    if re.fullmatch(r"(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", text, re.ASCII) and 0 < Decimal(text) <= 1:
        assert load_policy(policy.encode(), "p.yaml").rules[0].params.model_dump()["at_least"] == Decimal(text)
    else:
        assert refused(policy).where.startswith("p.yaml:16:")


# Days
@pytest.mark.parametrize(
    "day", ["from: 2026-01-01T00:00:00Z", "until: 2028-01-01T00:00:00Z", "review: 2027-01-01T00:00:00Z"]
)
@pytest.mark.parametrize(
    "text",
    ["2027-01-01", "2027-01-01T00:00:00", "2027-01-01T00:00:00+00:00", "2027-01-01 00:00:00Z", "2027-01-01T00:00:00z",
     "2027-01-01T00:00:00.0Z", "2027-13-01T00:00:00Z", "2027-02-29T00:00:00Z", "01.01.2027", "tomorrow", "1798761600",
     "2027-W01-1", "20270101T000000Z", "\u0662\u0660\u0662\u0667-01-01T00:00:00Z", "''"],
)  # fmt: skip
def test_a_day_without_a_zone_is_no_day(day: str, text: str) -> None:
    key = day.partition(":")[0]
    error = refused(changed(day, f"{key}: {text}"))
    line = POLICY[: POLICY.index(day)].count("\n") + 1
    assert error.where.startswith(f"p.yaml:{line}:")
    assert "UTC time" in error.what and "2026-01-31T12:00:00Z" in error.what
