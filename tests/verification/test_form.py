"""The same content in another form, or with something more or less in it, is another file, and refused."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.canonical import dumps, sha256
from governance.errors import Broken, VerificationFailed
from governance.trail.bundle import MAX_BYTES
from governance.verification import verify
from tests.verification.forge import ACT, DECISION, EVIDENCE, MANIFEST, POLICY, SIGNED, find, load, seen, store


def malformed(case, data):
    return case.refused(data, Broken.MALFORMED)


def test_other_spellings_of_the_same_json(case):
    value = load(case.full)
    malformed(case, json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False).encode())
    malformed(case, json.dumps(value, sort_keys=True, ensure_ascii=False).encode())
    malformed(case, json.dumps(dict(reversed(value.items())), separators=(",", ":"), ensure_ascii=False).encode())
    malformed(case, case.full.replace(b'"anchors"', b'"\\u0061nchors"', 1))
    malformed(case, b"\xef\xbb\xbf" + case.full)
    malformed(case, case.full.decode().encode("utf-16"))


def test_duplicate_keys(case):
    first = b'{"anchors":[],'
    assert case.full.startswith(first)
    malformed(case, first + case.full[1:])
    malformed(case, case.full.replace(b'"type":"governance', b'"type":"x","type":"governance', 1))


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"null", b"1", b'"x"', b"[" * 100_000, b"\xff\xfe", b"NaN", b"9" * 5000]
)
def test_not_a_bundle(case, data):
    malformed(case, data)


def test_too_large(case):
    malformed(case, b" " * (MAX_BYTES + 1))


@pytest.mark.parametrize("list_", ["envelopes", "entries"])
def test_the_order_of_lists_is_fixed(case, list_):
    value = load(case.full)
    value[list_].reverse()
    malformed(case, store(value))
    value = load(case.full)
    value[list_][0], value[list_][1] = value[list_][1], value[list_][0]
    malformed(case, store(value))


@pytest.mark.parametrize("list_", ["envelopes", "entries"])
def test_twice(case, list_):
    for at in range(2):
        value = load(case.full)
        value[list_].insert(at, value[list_][at])
        case.refused(store(value), Broken.MALFORMED)


@pytest.mark.parametrize("list_", ["envelopes", "entries"])
def test_one_of_a_list_is_missing(case, list_):
    for at in range(len(load(case.full)[list_])):
        value = load(case.full)
        del value[list_][at]
        case.refused(store(value), Broken.INCOMPLETE, Broken.TAMPERED)
    value = load(case.full)
    value[list_] = []
    case.refused(store(value), Broken.INCOMPLETE)


def test_each_document_is_needed(case):
    for digest in load(case.full)["documents"]:
        value = load(case.full)
        del value["documents"][digest]
        case.refused(store(value), Broken.INCOMPLETE, Broken.TAMPERED)


@pytest.mark.parametrize("type", [*SIGNED, POLICY, MANIFEST, "governance.report/pdf"])
def test_a_document_too_many(case, type):
    value = load(case.full)
    one = next((one for one in value["documents"].values() if one["type"] == type), None)
    text = (one["text"] if one else "%PDF") + " "
    value["documents"][sha256(text.encode())] = {"type": type, "salt": "00" * 32, "text": text}
    case.refused(store(value), Broken.MALFORMED, Broken.INCOMPLETE)


def test_documents_under_each_others_digest(case):
    value = load(case.full)
    first, second = find(value, EVIDENCE), value["decision"]
    documents = value["documents"]
    documents[first], documents[second] = documents[second], documents[first]
    case.refused(store(value), Broken.TAMPERED)


def test_about_an_earlier_decision_than_the_proof(case):
    """The bundle's head points to a decision in it that really was made, and really was signed."""
    for kind in ("waive", "approve"):
        value = load(case.full)
        value["decision"] = seen(value, kind)
        case.refused(store(value), Broken.MALFORMED)


def test_a_document_by_another_type(case):
    value = load(case.full)
    for digest in value["documents"]:
        for other in (*SIGNED, POLICY, MANIFEST):
            changed = load(case.full)
            if changed["documents"][digest]["type"] != other:
                changed["documents"][digest]["type"] = other
                case.refused(store(changed), Broken.TAMPERED, Broken.MALFORMED, Broken.UNSUPPORTED, Broken.INCOMPLETE)


def test_another_salt(case):
    value = load(case.full)
    for digest in value["documents"]:
        changed = load(case.full)
        changed["documents"][digest]["salt"] = "5a" * 32
        assert "commits" in case.refused(store(changed), Broken.TAMPERED)


def test_envelopes(case):
    value = load(case.full)
    for envelope in value["envelopes"]:
        for change in (
            {"payloadType": "application/vnd.governance.decision.v2+json"},
            {"payload": ""},
            {"payload": envelope["payload"] + "\n"},
            {"payload": envelope["payload"].replace("=", "") + "===="},
            {"signatures": []},
            {"signatures": envelope["signatures"] * 2},
            {"signatures": [envelope["signatures"][0] | {"sig": ""}]},
            {"signatures": [envelope["signatures"][0] | {"keyid": ""}]},
        ):
            changed = load(case.full)
            changed["envelopes"][value["envelopes"].index(envelope)] = envelope | change
            with pytest.raises(VerificationFailed):
                case.verify(store(changed))


def test_signatures_exchanged_between_envelopes(case):
    value = load(case.full)
    one, *others = value["envelopes"]
    for other in others:
        changed = load(case.full)
        changed["envelopes"][0] = one | {"signatures": other["signatures"]}
        case.refused(store(changed), Broken.TAMPERED, Broken.UNTRUSTED_KEY)


def test_a_receipt_of_another_entry(case):
    value = load(case.full)
    for at in range(len(value["entries"])):
        for other in range(len(value["entries"])):
            if at != other:
                changed = load(case.full)
                changed["entries"][at]["proof"] = value["entries"][other]["proof"]
                case.refused(store(changed), Broken.TAMPERED, Broken.MALFORMED)


def test_receipts_under_two_checkpoints(case):
    """Each entry is proven, but not in one and the same state of the log."""
    value, older = load(case.full), load(case.plain)
    at = next(i for i, entry in enumerate(value["entries"]) if entry["text"] == older["entries"][0]["text"])
    value["entries"][at] = older["entries"][0]
    assert "different checkpoints" in malformed(case, store(value))


def test_anchors_nobody_knows(case):
    value = load(case.full)
    value["anchors"] = [{"kind": "rfc3161"}]
    malformed(case, store(value))
    value["anchors"] = []
    value["note"] = "trust me"
    malformed(case, store(value))


def test_what_could_go_without_saying_is_said(case):
    """A default that may be left out would be a second form."""
    for key in load(case.full):
        value = load(case.full)
        del value[key]
        malformed(case, store(value))
    for list_ in ("documents", "entries"):
        for at, one in load(case.full)[list_].items() if list_ == "documents" else enumerate(load(case.full)[list_]):
            for key in one:
                value = load(case.full)
                del value[list_][at][key]
                malformed(case, store(value))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["0" * 64, EVIDENCE, DECISION, ACT]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_", max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


@pytest.mark.parametrize("trusting", [True, False])
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_any_place(case, data, trusting):
    """Whatever stands wherever: VerificationFailed and nothing else. Inner documents too, with digests mended."""
    value = load(case.full)
    if data.draw(st.booleans(), "inside"):
        digest = data.draw(st.sampled_from(sorted(value["documents"])))
        inner = value["documents"][digest]
        if inner["type"] in SIGNED:
            tree = json.loads(inner["text"])
            path = data.draw(st.sampled_from(list(places(tree))[1:]))
            put(tree, path, data.draw(JSON))
            try:
                inner["text"] = dumps(tree).decode()
            except Exception:
                inner["text"] = json.dumps(tree)
        else:
            inner["text"] = data.draw(st.text(max_size=50)) + inner["text"]
        value = json.loads(json.dumps(value).replace(digest, sha256(inner["text"].encode("utf-8", "replace"))))
    else:
        path = data.draw(st.sampled_from([path for path in places(value) if path]))
        put(value, path, data.draw(JSON))
    bundle = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    if bundle != case.full:
        with pytest.raises(VerificationFailed):
            verify(bundle, case.trust if trusting else None, now=case.project.clock.now)


def put(tree, path, new):
    for key in path[:-1]:
        tree = tree[key]
    tree[path[-1]] = new
