import base64
import json

import pytest

from governance.errors import BadInput, Broken, VerificationFailed
from governance.trail import checkpoint, note

TEXT = "log.example/one\n3\n" + base64.b64encode(bytes(32)).decode() + "\n"


def keys_and_note(signer, *seeds, name="log.example/one"):
    keys = [note.verifier_key(f"{name}{'' if i == 0 else i}", signer(seed).public_key) for i, seed in enumerate(seeds)]
    lines = [
        note.sign(TEXT, key.name, signer(seed)).rpartition(b"\n\n")[2] for key, seed in zip(keys, seeds, strict=True)
    ]
    return keys, TEXT.encode() + b"\n" + b"".join(lines)


def verdict(data, keys, **options):
    with pytest.raises(VerificationFailed) as caught:
        note.open_note(data, keys, **options)
    return caught.value.verdict


def test_sign_then_open(signer):
    keys, data = keys_and_note(signer, 1, 2)
    assert note.open_note(data, keys, only_known=True) == (TEXT, [keys[0].name, keys[1].name])
    assert note.parse_vkey(note.encode_vkey(keys[0].name, keys[0].public_key)) == keys[0]


def test_unknown_lines_are_passed_over_unless_nothing_unknown_may_stand(signer):
    keys, data = keys_and_note(signer, 1, 2)
    assert note.open_note(data, keys[:1]) == (TEXT, [keys[0].name])
    assert verdict(data, keys[:1], only_known=True) is Broken.UNTRUSTED_KEY
    assert verdict(data, []) is Broken.UNTRUSTED_KEY
    twice = data + data.rpartition(b"\n\n")[2]
    assert note.open_note(twice, keys) == (TEXT, [keys[0].name, keys[1].name])
    assert verdict(twice, keys, only_known=True) is Broken.MALFORMED


def test_a_known_key_with_a_bad_signature_rejects_the_whole_note(signer):
    keys, data = keys_and_note(signer, 1, 2)
    assert verdict(data.replace(b"\n3\n", b"\n4\n"), keys) is Broken.TAMPERED
    # Name and id are the known key's, the signature is another key's: a 32-bit id is no fingerprint.
    stranger = base64.b64encode(keys[0].key_id + signer(9).sign(TEXT.encode())).decode()
    assert verdict(f"{TEXT}\n— {keys[0].name} {stranger}\n".encode(), keys) is Broken.TAMPERED
    # Same name, other id: another key, which nobody knows.
    other = base64.b64encode(b"\0\0\0\0" + signer(1).sign(TEXT.encode())).decode()
    assert verdict(f"{TEXT}\n— {keys[0].name} {other}\n".encode(), keys) is Broken.UNTRUSTED_KEY


def test_a_signer_that_does_not_fit_its_public_key_is_a_bug(signer):
    class Crossed:
        public_key = signer(1).public_key

        def sign(self, message):
            return signer(2).sign(message)

    with pytest.raises(RuntimeError, match="its own public key"):
        note.sign(TEXT, "log.example/one", Crossed())
    with pytest.raises(RuntimeError):
        note.sign("no newline at the end", "log.example/one", signer(1))


def test_malformed_notes(signer):
    keys, data = keys_and_note(signer, 1)
    line = data.rpartition(b"\n\n")[2]
    dash = "— ".encode()
    encoded = line.split(b" ")[2].rstrip(b"\n")
    for broken in (
        b"",
        TEXT.encode(),
        TEXT.encode() + b"\n",
        data[:-1],
        b"\x01" + data,
        b"\xff" + data,
        data + b"\n",
        data + b"more\n",
        data.replace(b"\n", b"\r\n"),
        data.replace(b" 3", b"\t3").replace(b"\n3", b"\t3"),
        data.replace(dash, b"- "),
        data.replace(encoded, b""),
        data.replace(encoded, encoded.rstrip(b"=")),
        data.replace(encoded, b"AAAA" + b"===="),
        data.replace(encoded, b"AAAA"),
        data.replace(encoded, encoded[:40] + b" " + encoded[40:]),
        data.replace(dash + b"log.example/one", dash + b"log.example one"),
        data.replace(dash + b"log", dash + b"lo+g"),
        data.replace(dash + b"log", dash + "\u00a0log".encode()),
        TEXT.encode() + b"\n" + line * 101,
        b"x" * 1_000_001 + b"\n" + data,
    ):
        assert verdict(broken, keys) is Broken.MALFORMED, broken[:120]


def test_base64_has_one_spelling(signer):
    keys, data = keys_and_note(signer, 1)
    at = data.rindex(b"=")
    for letter in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/":
        other = data[: at - 1] + bytes([letter]) + data[at:]
        if other != data:
            assert verdict(other, keys, only_known=True) in (Broken.MALFORMED, Broken.TAMPERED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+",
        "name+00000000+",
        "+00000000+AQ==",
        "na me+00000000+AQ==",
        "name+00000000+!!",
        "name+00000000+AQ==",
    ],
)
def test_bad_verifier_keys(text):
    with pytest.raises(BadInput):
        note.parse_vkey(text)


def test_two_keys_with_one_name_and_id_are_refused(signer):
    keys, data = keys_and_note(signer, 1)
    twin = note.VerifierKey(keys[0].name, keys[0].key_id, signer(2).public_key)
    with pytest.raises(BadInput):
        note.open_note(data, [keys[0], twin])


def test_checkpoints_are_strict():
    root = base64.b64encode(bytes(range(32))).decode()
    assert checkpoint.parse(f"o\n7\n{root}\n") == checkpoint.Checkpoint("o", 7, bytes(range(32)))
    for text in (
        f"o\n7\n{root}",
        f"o\n7\n{root}\nextension\n",
        f"o\n07\n{root}\n",
        f"o\n+7\n{root}\n",
        f"o\n1_5\n{root}\n",
        f"o\n 7\n{root}\n",
        f"o\n٧\n{root}\n",
        f"o\n{2**63}\n{root}\n",
        f"o\n-1\n{root}\n",
        f"\n7\n{root}\n",
        f"o\n7\n{root[:-1]}\n",
        f"ö\n7\n{root}\n",
        f"o\n7\n{root[:-2]}9=\n",
        f"o\r\n7\r\n{root}\r\n",
        f"o\n0\n{root}\n",
        "o\n7\nAAAA\n",
        "",
        "\n\n\n",
    ):
        with pytest.raises(VerificationFailed) as caught:
            checkpoint.parse(text)
        assert caught.value.verdict is Broken.MALFORMED, text


def test_a_key_speaks_only_for_the_log_it_is_named_after(signer):
    state = checkpoint.Checkpoint("log.example/one", 1, bytes(32))
    signed = checkpoint.sign(state, signer(1))
    own, other = (note.encode_vkey(f"log.example/{name}", signer(1).public_key) for name in ("one", "two"))
    assert checkpoint.open_checkpoint(signed, [own]) == state
    forged = note.sign(state.to_text(), "log.example/two", signer(1))
    with pytest.raises(VerificationFailed) as caught:
        checkpoint.open_checkpoint(forged, [own, other])
    assert caught.value.verdict is Broken.UNTRUSTED_KEY


def test_published_notes(vectors):
    data = json.loads((vectors / "notes/notes.json").read_text())
    keys = {name: note.parse_vkey(text) for name, text in data["vkeys"].items()}
    for name, key in keys.items():
        assert note.encode_vkey(key.name, key.public_key) == data["vkeys"][name]
    for text in data["bad_vkeys"]:
        with pytest.raises(BadInput):
            note.parse_vkey(text)
    both = f"{data['text']}\n{data['sig_peter']}{data['sig_enoch']}".encode()
    assert note.open_note(both, [keys["peter"], keys["enoch"]], only_known=True) == (
        data["text"],
        ["PeterNeumann", "EnochRoot"],
    )
    assert note.open_note(both, [keys["enoch"]]) == (data["text"], ["EnochRoot"])
    assert note.open_note(data["c2sp_note"].encode(), [keys["c2sp_example"]])[1] == ["example.com/foo"]
    text, peter = data["text"], data["sig_peter"]
    for broken in (
        text,
        text + "\n",
        f"{text}\n{peter}"[:-1],
        f"\x01{text}\n{peter}",
        f"{text}\n{peter}unexpected\n",
        f"{text}\n{peter.replace('PeterNeumann', 'Peter Neumann')}",
        f"{text}\n{peter * 101}",
    ):
        assert verdict(broken.encode(), [keys["peter"]]) is Broken.MALFORMED
    assert verdict(f"{text}\xff\n{peter}".encode("latin-1", "replace"), [keys["peter"]]) is Broken.MALFORMED


def test_published_witness_requests(vectors):
    """Checkpoints and consistency proofs that another implementation's log sent to its witness."""
    from governance.trail import merkle

    data = json.loads((vectors / "torchwood/witness-race-ed25519.json").read_text())
    vkey = note.encode_vkey(data["log_origin"], bytes.fromhex(data["log_pub_hex"]))
    states = {}
    for request in data["requests"]:
        head, _, signed = request["body"].partition("\n\n")
        first, *hashes = head.split("\n")
        state = checkpoint.open_checkpoint(signed.encode(), [vkey])
        states[state.size] = state.root
        old = int(first.removeprefix("old "))
        if old:
            proof = [base64.b64decode(item) for item in hashes]
            merkle.verify_consistency(old, state.size, proof, states[old], state.root)
    assert states[data["final_state"]["size"]].hex() == data["final_state"]["hash_hex"]


def test_another_signature_type_is_an_unknown_key(vectors):
    data = json.loads((vectors / "torchwood/litewitness-mldsa.json").read_text())
    with pytest.raises(BadInput, match="signature type"):
        note.parse_vkey(data["vkey"])
    assert verdict(data["note"].encode(), []) is Broken.UNTRUSTED_KEY
