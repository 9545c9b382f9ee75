"""The trust file decides who counts: what two readers could read in two ways is refused."""

import json

import pytest

from governance.errors import BadInput, Broken, VerificationFailed
from governance.trail.trust import MAX_BYTES, load_trust


@pytest.fixture
def value(case):
    return json.loads(case.trust.model_dump_json(by_alias=True))


def said(value):
    with pytest.raises(BadInput) as caught:
        load_trust(value if isinstance(value, bytes) else json.dumps(value).encode(), "trust.json")
    assert "trust.json" in caught.value.where
    return str(caught.value)


def test_sound(case, value):
    assert load_trust(json.dumps(value, indent=7).encode(), "trust.json") == case.trust


@pytest.mark.parametrize("one, other", [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)])
def test_one_key_in_two_roles(case, value, one, other):
    """Measurer, issuer, person, log: each pair."""
    from governance.signing.keys import decode_public
    from governance.trail.note import encode_vkey

    raw = decode_public(value["people"][0]["key"])
    text = value["people"][0]["key"]
    value["people"] = []
    for role in (one, other):
        if role == 0:
            value["measurers"] = [text]
        elif role == 1:
            value["issuers"] = [text]
        elif role == 2:
            value["people"] = [{"key": text, "principal": "local|zoe", "roles": ["approver"]}]
        else:
            value["logs"] = [{"origin": case.project.origin, "key": encode_vkey(case.project.origin, raw)}]
    assert "one key serves two roles" in said(value)


def test_one_key_for_two_people(value):
    """Or ann could approve as somebody else what she submitted as ann."""
    value["people"].append(value["people"][0] | {"principal": "local|somebody-else", "roles": ["approver"]})
    assert "two people" in said(value)


def test_a_key_that_comes_twice(value):
    text = json.dumps(value)
    assert "duplicate key" in said(text.replace('"issuers"', '"people": [], "issuers"', 1).encode())
    assert "duplicate key" in said(
        text.replace('"roles": ["approver"]', '"roles": [], "roles": ["approver"]', 1).encode()
    )


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "governance.trust/v2"},
        {"logs": None},
        {"issuers": ["AAAA"]},
        {"issuers": [""]},
        {"measurers": "MCowBQYDK2VwAyEA"},
        {"people": [{"key": "x", "principal": "local|x", "roles": []}]},
        {"policies": ["abc"]},
        {"max_age": -1},
        {"max_age": "30"},
        {"max_age": 10**12},
        {"max_age": 1.5},
        {"more": 1},
    ],
)
def test_not_a_trust_file(value, change):
    said(value | change)


def test_a_logs_key_under_another_name(value):
    value["logs"][0]["origin"] = "governance-other"
    assert "another origin" in said(value)
    value["logs"][0]["key"] = "nonsense"
    said(value)


def test_too_large(value):
    assert "too large" in said(json.dumps(value).encode() + b" " * MAX_BYTES)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 50_000])
def test_not_even_json(data):
    said(data)


def test_witnesses_that_cannot_be_checked_are_not_passed_over(case):
    demanding = case.trust.model_copy(update={"witnesses": ("witness.example+00000000+AQ==",)})
    with pytest.raises(VerificationFailed) as caught:
        case.verify(case.full, demanding)
    assert caught.value.verdict is Broken.UNSUPPORTED
