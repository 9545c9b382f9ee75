"""Bundles as somebody with some of the keys would forge them: documents changed, everything that follows made anew."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from governance.canonical import dumps, sha256
from governance.signing import dsse
from governance.signing.keys import Signer
from governance.trail import checkpoint, merkle, proof, tiles
from governance.trail.entry import commitment
from governance.verification import payload_type

EVIDENCE, DECISION, ACT = "governance.evidence/v1", "governance.decision/v1", "governance.act/v1"
POLICY, MANIFEST = "governance.policy/v1", "governance.manifest/v1"
SIGNED = (EVIDENCE, DECISION, ACT)
Edit = Callable[[Any], Any]


class Hand(NamedTuple):
    """Whoever signs: the log under its origin, documents by their type."""

    log: Signer
    origin: str
    signers: Mapping[str, Signer]


def load(bundle: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(bundle)
    return value


def store(bundle: Mapping[str, Any]) -> bytes:
    return dumps(bundle)


def find(bundle: Mapping[str, Any], type: str, **fields: Any) -> str:
    """The digest of the one document of this type whose fields are these."""
    found = [
        digest
        for digest, enclosed in bundle["documents"].items()
        if enclosed["type"] == type and (not fields or fields.items() <= json.loads(enclosed["text"]).items())
    ]
    assert len(found) == 1, f"{len(found)} documents of type {type} with {fields}"
    return found[0]


def seen(bundle: Mapping[str, Any], kind: str) -> str:
    """The digest of the decision that the act of this kind saw."""
    digest: str = document(bundle, find(bundle, ACT, kind=kind))["decision"]
    return digest


def document(bundle: Mapping[str, Any], digest: str) -> Any:
    enclosed = bundle["documents"][digest]
    return json.loads(enclosed["text"]) if enclosed["type"] in SIGNED else enclosed["text"]


def edited(bundle: dict[str, Any], edits: Mapping[str, Edit]) -> dict[str, str]:
    """Change documents by digest, and wherever a changed one is named. Returns {old digest: new digest}.

    An edit gets a dict for JSON and text for YAML, and returns the new one.
    """
    documents: dict[str, Any] = bundle["documents"]
    new: dict[str, str] = {}
    texts = {digest: enclosed["text"] for digest, enclosed in documents.items()}
    for digest, edit in edits.items():
        value = edit(document(bundle, digest))
        texts[digest] = value if isinstance(value, str) else dumps(value).decode()
    while True:
        changed = {old: sha256(text.encode()) for old, text in texts.items()}
        again = texts
        for old, digest in changed.items():
            before = new.get(old, old)
            if digest != before:
                again = {key: text if key == old else text.replace(before, digest) for key, text in again.items()}
                new[old] = digest
        if again == texts:
            break
        texts = again
    bundle["documents"] = {new.get(old, old): documents[old] | {"text": text} for old, text in texts.items()}
    bundle["decision"] = new.get(bundle["decision"], bundle["decision"])
    return {old: digest for old, digest in new.items() if old != digest}


def envelope(type: str, text: str, signer: Signer, kind: str | None = None) -> dict[str, Any]:
    return dsse.seal(kind or payload_type(type), text.encode(), signer).model_dump(mode="json")


def log(entries: list[bytes], hand: Hand) -> list[dict[str, str]]:
    """These entries, and no others, in a log of their own."""
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    size = len(leaves)

    def tile(level: int, number: int, width: int) -> bytes:
        assert (level, number) == (0, 0)
        return b"".join(leaves[:width])

    read = tiles.subtree_reader(tile, size)
    signed = checkpoint.sign(checkpoint.Checkpoint(hand.origin, size, merkle.root(leaves)), hand.log)
    return [
        {"text": entry.decode(), "proof": proof.to_text(index, merkle.inclusion_proof(index, size, read), signed)}
        for index, entry in enumerate(entries)
    ]


def forge(
    sound: bytes,
    hand: Hand,
    edits: Mapping[str, Edit] | None = None,
    *,
    entries: Edit = lambda entry: entry,
    signers: Mapping[str, Signer] | None = None,
) -> bytes:
    """The bundle with documents edited, references mended, and everything signed and logged again by `hand`.

    `entries` edits each entry; `signers` names other signers, by the digest that a document has in the sound bundle.
    """
    bundle = load(sound)
    before = {digest: _committed(one)[0] for digest, one in bundle["documents"].items()}
    renamed = edited(bundle, edits or {})
    documents = bundle["documents"]
    now = {old: _committed(documents[renamed.get(digest, digest)]) for digest, old in before.items()}
    leaves = []
    for proven in bundle["entries"]:
        entry = json.loads(proven["text"])
        for ref in entry["refs"]:
            ref["commitment"], ref["size"] = now.get(ref["commitment"], (ref["commitment"], ref["size"]))
        leaves.append(dumps(entries(entry)))
    bundle["entries"] = log(leaves, hand)
    other = {renamed.get(old, old): signer for old, signer in (signers or {}).items()}
    bundle["envelopes"] = [
        envelope(one["type"], one["text"], other.get(digest) or hand.signers[one["type"]])
        for digest, one in sorted(documents.items())
        if one["type"] in SIGNED
    ]
    return store(bundle)


def _committed(enclosed: Mapping[str, Any]) -> tuple[str, int]:
    data = enclosed["text"].encode()
    return commitment(bytes.fromhex(enclosed["salt"]), data), len(data)


def put(*path, value):
    """An edit that sets one place of a document; a callable value gets what was there."""

    def edit(tree):
        inner = tree
        for key in path[:-1]:
            inner = inner[key]
        new = value(inner[path[-1]]) if callable(value) else value
        assert new != inner[path[-1]], "an edit that changes nothing"
        inner[path[-1]] = new
        return tree

    return edit


def last_entry(bundle):
    """The entry of the bundle's own decision: the last."""
    return json.loads(bundle["entries"][-1]["text"])
