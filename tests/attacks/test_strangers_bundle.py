"""Whoever sends a file to a verifier chooses each byte of it. Reading it must cost what the bytes deserve."""

import resource
import subprocess
import sys

import pytest

from governance import canonical
from governance.canonical import Document, dumps, sha256
from governance.errors import BadInput, Broken, VerificationFailed
from governance.policy.act import Act
from governance.policy.decision import Decision
from governance.trail.bundle import parse_bundle
from governance.verification import verify
from governance.verification.documents import acts_of
from tests.verification.forge import ACT, DECISION

START = {"anchors": [], "decision": "0" * 64, "documents": {}, "entries": [], "envelopes": []}
# Marks in the wrong order: putting n of them in order takes n * n steps.
MARKS = "a" + "\u0315\u0300" * 500_000


@pytest.mark.parametrize("where", ["a document", "a bundle's text"])
def test_a_run_of_marks_is_refused_without_being_put_in_order(where, monkeypatch):
    """Before: 160,000 marks took 44 s, and 64 MB would have taken weeks. Counted here, not timed."""
    asked = []
    whole = canonical.unicodedata.normalize
    monkeypatch.setattr(
        canonical.unicodedata, "normalize", lambda form, text: asked.append(len(text)) or whole(form, text)
    )
    text = {"a": MARKS}
    data = f'{{"a":"{MARKS}"}}'.encode() if where == "a document" else f'{{"text":"{MARKS}"}}'.encode()
    with pytest.raises(BadInput, match="normal form C") as caught:
        canonical.loads(data)
    assert max(asked) <= 1000
    assert len(str(caught.value)) < 2000
    with pytest.raises(BadInput, match="normal form C"):
        dumps(text)


_BOMBS = {
    "items that are none": b'"entries":[' + b"0," * 1_500_000 + b'0],"envelopes":[]',
    "members nobody knows": b",".join(b'"%07d":0' % number for number in range(400_000))
    + b',"entries":[],"envelopes":[]',
    "documents that are none": b'"documents":{' + b",".join(b'"%07d":0' % number for number in range(400_000)) + b"}",
}


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space")
@pytest.mark.parametrize("bomb", _BOMBS)
def test_three_megabytes_do_not_take_gigabytes(bomb, tmp_path):
    """Before: a report of every bad item took 3.2 GB for 4 MB, so that 64 MB killed the machine."""
    file = tmp_path / "bundle.json"
    file.write_bytes(b"{" + _BOMBS[bomb] + b',"schema":"governance.bundle/v1"}')
    code = (
        "import sys; from governance.trail.bundle import parse_bundle; from governance.errors import *\n"
        "try: parse_bundle(open(sys.argv[1], 'rb').read())\n"
        "except VerificationFailed as error: print(error.verdict)"
    )
    most = 1200 * 2**20
    run = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, timeout=120, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
    )  # fmt: skip
    assert (run.stdout.strip(), run.stderr) == ("MALFORMED", "")


def test_one_bad_item_is_reported_whatever_follows():
    class Many(Document):
        values: tuple[int, ...]

    with pytest.raises(BadInput, match=r"values\.1"):
        Many.from_bytes(b'{"values":[1,"x","y"]}')


def test_documents_that_many_acts_share_are_read_once(case, monkeypatch):
    """Before: an act named ten thousand times, on a decision of megabytes, was ten thousand readings of both."""
    read = []
    for kind in (Act, Decision):
        whole = kind.from_bytes.__func__
        monkeypatch.setattr(
            kind,
            "from_bytes",
            classmethod(lambda cls, data, whole=whole: read.append(sha256(data)) or whole(cls, data)),
        )
    bundle = parse_bundle(case.full)
    decision = Decision.from_bytes(bundle.documents[bundle.decision].text.encode())
    read.clear()
    acts_of(bundle, decision)
    assert len(read) == len(set(read))
    twice = decision.model_copy(update={"acts": (decision.acts[0],) * 2})
    with pytest.raises(VerificationFailed) as caught:
        acts_of(bundle, twice)
    assert caught.value.verdict is Broken.MALFORMED


def test_what_is_sound_still_is(case):
    assert case.verify(case.full).decision.acts
    with pytest.raises(VerificationFailed) as caught:
        verify(case.full, None, now=case.project.clock.now)
    assert caught.value.verdict is Broken.NO_TRUST
    assert {ACT, DECISION} <= {one.type for one in parse_bundle(case.full).documents.values()}
