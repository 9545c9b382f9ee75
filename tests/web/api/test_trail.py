"""The log by its C2SP paths, read by a client that shares no code with the server's tree."""

import base64
import hashlib

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance.evidence.origin import Subject
from governance.trail import proof
from governance.trail.entry import EntryType
from tests.web.api.serving import Serving


def _name(number: int, width: int) -> str:
    """c2sp.org/tlog-tiles, "Parameters": groups of three digits, all but the last after an x."""
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]]) + (f".p/{width}" if width < 256 else "")


def _root(hashes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it is written there."""
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return hashlib.sha256(b"\1" + _root(hashes[:k]) + _root(hashes[k:])).digest()


def _tiles(size: int) -> list[tuple[int, int]]:
    return [(number, min(256, size - number * 256)) for number in range(-(-size // 256))]


def _read(client: httpx.Client) -> tuple[int, bytes]:
    """Size and root, after everything that a client can check was checked."""
    note = client.get("/trail/checkpoint").text
    text, _, signatures = note.partition("\n\n")
    origin, said_size, said_root = text.split("\n")
    (log,) = client.get("/trust").json()["logs"]
    name, _, key = log["key"].split("+", 2)
    assert name == origin == log["origin"]
    signature = base64.b64decode(signatures.splitlines()[0].rpartition(" ")[2])[4:]
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:]).verify(signature, (text + "\n").encode())
    size, leaves = int(said_size), []
    for number, width in _tiles(size):
        data = client.get(f"/trail/tile/0/{_name(number, width)}").content
        hashes = [data[start : start + 32] for start in range(0, len(data), 32)]
        bundle, entries = client.get(f"/trail/tile/entries/{_name(number, width)}").content, []
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            entries.append(bundle[2 : 2 + length])
            bundle = bundle[2 + length :]
        assert [hashlib.sha256(b"\0" + entry).digest() for entry in entries] == hashes
        assert len(hashes) == width
        leaves += hashes
    full = size // 256
    if full:
        above = client.get(f"/trail/tile/1/{_name(0, full)}").content
        roots = [_root(leaves[number * 256 : number * 256 + 256]) for number in range(full)]
        assert above == b"".join(roots)
    root = _root(leaves)
    assert base64.b64encode(root).decode() == said_root
    return size, root


@pytest.fixture(scope="module")
def grown(serving: Serving) -> Serving:
    """With more entries than fit into one tile."""
    log = serving.workspace.required_signer(serving.workspace.trust().logs[0].origin, "log")
    with (
        serving.workspace.open_trail() as store,
        store.transaction(log, serving.workspace.clock()) as transaction,
    ):
        for number in range(300):
            subject = Subject(name="filler", version=str(number), artifact=None)
            transaction.append(transaction.compose(EntryType.REVIEW_COMMENTED, "local|ann", subject=subject))
    return serving


def test_another_client_reads_all_of_it(grown: Serving) -> None:
    grown.token("ann")  # which is an entry too
    with grown.client("di") as client:
        size, _ = _read(client)
        assert size > 300
        grown.submitted()
        assert _read(client)[0] == size + 2  # evidence, and decision


def test_receipts(grown: Serving) -> None:
    with grown.client("di") as client:
        vkeys = [log["key"] for log in client.get("/trust").json()["logs"]]
        for index in (0, 1, 255, 256, 300):
            entry, receipt = client.get(f"/trail/entries/{index}"), client.get(f"/trail/entries/{index}/receipt")
            assert receipt.headers["content-type"] == "text/plain; charset=utf-8"
            assert proof.verify(receipt.text, entry.content, vkeys).index == index


def test_types_as_the_format_asks_for(grown: Serving) -> None:
    with grown.client("di") as client:
        assert client.get("/trail/checkpoint").headers["content-type"] == "text/plain; charset=utf-8"
        for path in ("/trail/tile/0/000", "/trail/tile/entries/000", "/trail/tile/1/000.p/1"):
            assert client.get(path).headers["content-type"] == "application/octet-stream"
            assert "immutable" in client.get(path).headers["cache-control"]


def test_a_partial_tile_is_the_beginning_of_the_full_one(grown: Serving) -> None:
    with grown.client("di") as client:
        full, part = client.get("/trail/tile/0/000").content, client.get("/trail/tile/0/000.p/7").content
        assert (len(full), part) == (256 * 32, full[: 7 * 32])


@pytest.mark.parametrize(
    "path, status",
    [
        ("/trail/tile/0/900", 404),  # not full yet
        ("/trail/tile/0/999", 404),
        ("/trail/tile/9/000", 404),
        ("/trail/tile/0/x001/000", 404),
        ("/trail/tile/entries/999.p/1", 404),
        ("/trail/entries/9007199254740991", 404),
        ("/trail/entries/9007199254740991/receipt", 404),
        ("/trail/entries/9007199254740992", 422),
        ("/trail/entries/-1", 422),
        ("/trail/entries/first", 422),
        ("/trail/tile/64/000", 422),
        ("/trail/tile/-1/000", 422),
        ("/trail/tile/0/0", 422),
        ("/trail/tile/0/000.p/0", 422),
        ("/trail/tile/0/000.p/256", 422),
        ("/trail/tile/0/000.p/01", 422),
        ("/trail/tile/0/x000/001", 422),
        ("/trail/tile/0/x1/001", 422),
        ("/trail/tile/0/٠٠١", 422),
        ("/trail/tile/0/001/", 422),
        ("/trail/tile/0/" + "x999/" * 20 + "999", 422),
    ],
)
def test_what_is_not_there_and_what_is_no_name(grown: Serving, path: str, status: int) -> None:
    with grown.client("di") as client:
        answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
