"""Locks in pip's requirements format: what counts as a requirement, as pinned, and as hashed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.collect import reproducibility
from governance.errors import BadInput
from governance.evidence.manifest import EnvironmentSection

HASH = "--hash=sha256:" + "a" * 64


def counts(data: bytes) -> tuple[int, int, int]:
    """Requirements: all, with one exact version, with a digest."""
    found = reproducibility.lock(data, "l")
    return len(found), sum(one.version is not None for one in found), sum(one.hashed for one in found)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", (0, 0, 0)),
        ("# nothing\n\n   # here\n", (0, 0, 0)),
        ("numpy==2.1.0\n", (1, 1, 0)),
        (f"numpy==2.1.0 {HASH}\n", (1, 1, 1)),
        (f"numpy==2.1.0 \\\n    {HASH} \\\n    {HASH.replace('a', 'b')}\n    # via -r x.in\n", (1, 1, 1)),
        (f"a==1 \\\n  {HASH}\nb==2\n", (2, 2, 1)),
        (f"a==1 --hash sha512:{'0' * 128}\nb==1 --hash=sha384:{'0' * 96}\n", (2, 2, 2)),
        ("a==1 --hash=sha256:abc\nb==1 --hash=md5:" + "0" * 32 + "\n", (2, 2, 0)),
        (f"a==1 {HASH}0\n", (1, 1, 0)),
        ("a\nb>=1\nc~=1.0\nd!=1\ne<2,>1\nf===1.0\n", (6, 1, 0)),
        ("a==1.*\nb == 1.*, >1\n", (2, 0, 0)),
        ("a == 1.0\nb[x,y]==1\nc [x] == 2\nd (==1.0)\ne>=0.9,==1.0\nf==1.0,<2\n", (6, 6, 0)),
        ("a==1.0 ; python_version < '3.12'\nb; python_version == '3.11'\nc>1;extra == 'x'\n", (3, 1, 0)),
        ("a==1.0+local.1\nb==1!2.0\nc==2.0rc1\n", (3, 3, 0)),
        (f"a @ https://example.org/a-1.0.whl {HASH}\n", (1, 0, 1)),
        ("a @ git+https://example.org/a@==1\n", (1, 0, 0)),
        ("-e .\n--editable=../x\n-r other.txt\n--requirement other.txt\n-rother.txt\n", (5, 0, 0)),
        ("-c constraints.txt\n--pre\n--require-hashes\n--only-binary :all:\n", (0, 0, 0)),
        ("a==1 # ==2\n# b==1\n#c==1 \\\nd\n", (2, 1, 0)),
        ("a==1 \\", (1, 1, 0)),
        ("a==1\r\nb==2\r\n", (2, 2, 0)),
        ("\ufeffa==1\n", (1, 1, 0)),
    ],
)
def test_lock(text: str, expected: tuple[int, int, int]) -> None:
    assert counts(text.encode()) == expected


def test_our_own_lock_is_pinned_and_hashed(root: Path) -> None:
    requirements, pinned, hashed = counts((root / "requirements.lock").read_bytes())
    assert requirements > 50
    assert requirements == pinned == hashed


@pytest.mark.parametrize(
    "data, where",
    [
        (b'version = 1\n\n[[package]]\nname = "numpy"\n', "l:1"),
        (b'a==1\n[[package]]\nname = "numpy"\n', "l:2"),
        (b'{"_meta": {}}', "l:1"),
        (b"name: env\ndependencies:\n  - numpy=2\n", "l:1"),
        (b"./local/path\n", "l:1"),
        (b"https://example.org/a.whl\n", "l:1"),
        (b"a b\n", "l:1"),
        (b"a==1 \\\n# c\n%\n", "l:3"),
        (b"\xff\n", "l"),
        (b"a" * 2000, "l:1"),
        (b"a" * (4 << 20) + b"%", "l:1"),
        (b"a[" * (1 << 20), "l:1"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_what_is_no_lock_is_refused(data: bytes, where: str) -> None:
    with pytest.raises(BadInput) as caught:
        reproducibility.lock(data, "l")
    assert caught.value.where == where
    assert len(str(caught.value)) < 600


@given(st.binary(max_size=40) | st.text("a=1. [],;#\\\n-@", max_size=40).map(str.encode))
def test_read_or_refused(data: bytes) -> None:
    try:
        requirements, pinned, hashed = counts(data)
    except BadInput:
        return
    assert 0 <= pinned <= requirements
    assert 0 <= hashed <= requirements


def test_each_requirement_has_its_line_name_and_version() -> None:
    text = f"# c\nNumPy==2.1.0 \\\n    {HASH}\na_b.c[x] (===1.0)\n-e ./h\u00e4\nscipy>=1\n"
    found = reproducibility.lock(text.encode(), "l")
    assert [(one.line, one.text, one.name, one.version, one.hashed) for one in found] == [
        (2, "NumPy", "numpy", "2.1.0", True),
        (4, "a_b.c", "a-b-c", "1.0", False),
        (5, "-e ./h\\xe4", None, None, False),
        (6, "scipy", "scipy", None, False),
    ]
    facts = reproducibility.facts(EnvironmentSection(), "a" * 64, found)
    assert (facts.requirements, facts.pinned, facts.hashed) == (4, 2, 1)
    assert [(one.line, one.requirement) for one in facts.unpinned] == [(5, "-e ./h\\xe4"), (6, "scipy")]
    assert [one.line for one in facts.unhashed] == [4, 5, 6]
    many = reproducibility.lock("".join(f"p{i}\n" for i in range(99)).encode(), "l")
    facts = reproducibility.facts(EnvironmentSection(), "a" * 64, many)
    assert (len(facts.unpinned), facts.requirements - facts.pinned) == (20, 99)


def test_facts_without_a_lock() -> None:
    found = reproducibility.facts(EnvironmentSection(commit="4" * 40, seeds=(1,)), None, ())
    assert (found.lock, found.requirements, found.commit, found.seeds) == (None, 0, "4" * 40, (1,))
    assert found.origin is not None
    assert found.origin.kind == "declared"
