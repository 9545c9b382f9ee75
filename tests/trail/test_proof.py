import base64

import pytest

from governance.errors import Broken, VerificationFailed
from governance.trail import checkpoint, merkle, note, proof

ORIGIN = "log.example/proofs"


@pytest.fixture
def log(signer, leaf_reader):
    entries = [f"entry {number}".encode() for number in range(11)]
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    state = checkpoint.Checkpoint(ORIGIN, len(leaves), merkle.root(leaves))
    signed = checkpoint.sign(state, signer(1))
    read = leaf_reader(leaves)
    receipts = [proof.to_text(i, merkle.inclusion_proof(i, len(leaves), read), signed) for i in range(len(leaves))]
    return entries, receipts, state, [note.encode_vkey(ORIGIN, signer(1).public_key)]


def verdict(receipt, entry, vkeys, **options):
    with pytest.raises(VerificationFailed) as caught:
        proof.verify(receipt, entry, vkeys, **options)
    return caught.value.verdict


def test_each_receipt_holds_for_its_entry_and_no_other(log):
    entries, receipts, state, vkeys = log
    for index, receipt in enumerate(receipts):
        assert proof.verify(receipt, entries[index], vkeys) == proof.Receipt(index, state)
        assert verdict(receipt, entries[index - 1], vkeys) is Broken.TAMPERED


def test_every_flipped_bit_is_refused(log):
    entries, receipts, _, vkeys = log
    data = receipts[6].encode()
    for place in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            try:
                text = flipped.decode()
            except UnicodeDecodeError:
                continue  # a receipt is text: such bytes do not even reach us
            assert verdict(text, entries[6], vkeys) in Broken


def test_every_cut_and_every_appended_byte_is_refused(log):
    entries, receipts, _, vkeys = log
    for cut in range(len(receipts[3])):
        assert verdict(receipts[3][:cut], entries[3], vkeys) in Broken
    for more in (" ", "\n", "x", "— witness.example/w AAAAAAAA\n"):
        assert verdict(receipts[3] + more, entries[3], vkeys) in Broken


def test_strict_form(log):
    entries, receipts, _, vkeys = log
    good = receipts[10]
    first_hash = good.split("\n")[2]
    for broken in (
        good.replace("@v1", "@v2"),
        good.replace("index 10", "index 010"),
        good.replace("index 10", "index +10"),
        good.replace("index 10", "index 1_0"),
        good.replace("index 10", "index ١٠"),
        good.replace("index 10", "index  10"),
        good.replace("index 10\n", ""),
        good.replace("index 10\n", "extra AAAA\nindex 10\n"),
        good.replace("\n", "\r\n"),
        good.replace(first_hash, first_hash[:-1]),
        good.replace(first_hash, first_hash + "\n" + first_hash),
        good.replace(first_hash + "\n", ""),
        good.replace("index 10", "index 11"),
        good.replace("index 10", f"index {2**63}"),
        good.replace(first_hash, "\n".join([first_hash] * 64)),
        good.replace("\n\n", "\n", 1),
        "",
        "\ud800" + good,
        good * 5000,
    ):
        assert verdict(broken, entries[10], vkeys) is Broken.MALFORMED, broken[:80]


def test_size_and_root_come_only_from_the_signed_checkpoint(log, signer):
    entries, receipts, _, vkeys = log
    stranger = [note.encode_vkey(ORIGIN, signer(2).public_key)]
    assert verdict(receipts[0], entries[0], stranger) is Broken.UNTRUSTED_KEY
    assert verdict(receipts[0], entries[0], []) is Broken.UNTRUSTED_KEY
    assert verdict(receipts[0].replace("\n11\n", "\n12\n"), entries[0], vkeys) is Broken.TAMPERED
    forged = base64.b64encode(merkle.leaf_hash(entries[0])).decode()
    text = f"{proof.HEADER}\nindex 0\n\n{ORIGIN}\n1\n{forged}\n\n" + receipts[0].rpartition("\n\n")[2]
    assert verdict(text, entries[0], vkeys) is Broken.TAMPERED


def test_another_logs_receipt(log, signer):
    entries, receipts, _, _ = log
    same_key_other_log = [note.encode_vkey("log.example/other", signer(1).public_key)]
    assert verdict(receipts[0], entries[0], same_key_other_log) is Broken.UNTRUSTED_KEY


def test_witness_lines_count_only_where_unknown_ones_may_stand(log, signer):
    entries, receipts, state, vkeys = log
    witness = note.sign(state.to_text(), "witness.example/w", signer(7)).decode().rpartition("\n\n")[2]
    cosigned = receipts[4] + witness
    assert verdict(cosigned, entries[4], vkeys) is Broken.UNTRUSTED_KEY
    assert proof.verify(cosigned, entries[4], vkeys, only_known=False).index == 4
    known = note.encode_vkey("witness.example/w", signer(7).public_key)
    assert proof.verify(cosigned, entries[4], [*vkeys, known]).index == 4
