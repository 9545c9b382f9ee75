"""The report that readers of the repository see is the one that this code makes."""

import hashlib
import re
import zlib
from io import BytesIO
from pathlib import Path

import pypdf
import reportlab

from tests.render.sample import PDF, made

STALE = "the sample is not what this code makes: run `make sample`, look at it, and commit it"
# Another zlib packs the same page into other bytes.
PACKED = "19bc47a37ee17256159fafe265a60137"


def _pages(data: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(BytesIO(data)).pages]


def test_the_sample_is_what_the_code_makes(root: Path) -> None:
    """To the byte, where the library that writes it is the locked one and packs pages as it does where it was made."""
    anew, kept = made(), PDF.read_bytes()
    assert _pages(anew) == _pages(kept), STALE
    locked = re.search(r"^reportlab==(\S+)", (root / "requirements.lock").read_text(), re.MULTILINE)
    packed = hashlib.sha256(zlib.compress(bytes(range(256)) * 40)).hexdigest()[:32]
    if locked and locked[1] == reportlab.__version__ and packed == PACKED:
        assert anew == kept, STALE


def test_the_sample_shows_what_a_report_has() -> None:
    data = PDF.read_bytes()
    assert len(data) < 200_000
    whole = " ".join(_pages(data))
    for said in (
        "prod DENY staging DENY",
        "Waived baseline#model-card until 2026-12-21T09:30:00Z by local|bo (approver)",
        "Figure 6. Lineage",
        "What people decided",
        "comment by local|bo, approver",
        "governance verify BUNDLE --trust trust.json",
    ):
        assert said in whole, said
