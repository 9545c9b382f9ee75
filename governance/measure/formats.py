"""What the bytes of a model file look like, without opening it as a model."""

from __future__ import annotations

from pathlib import Path

from governance.errors import BadInput

PICKLES = ("pickle", "joblib")
PICKLE_RUNS_CODE = "a pickle runs code when it is opened, so we never open one"
PICKLE_FIX = "export the model as skops: `skops.io.dump(model, 'model.skops')`, and set artifact.format to skops"
GIT_LFS = b"version https://git-lfs.github.com/spec/"
"""How a file begins that stands for one that git left elsewhere (Git LFS, docs/spec.md)."""
GIT_LFS_FIX = "`git lfs pull` fetches the file itself"
_COMPRESSED = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"\x78\x01",
    b"\x78\x5e",
    b"\x78\x9c",
    b"\x78\xda",
)


def found_format(path: Path, declared: str) -> str:
    """The format that the bytes look like, in the manifest's words where they are one of those; otherwise "zip",
    "json", "compressed", "folder", "a Git LFS pointer", "empty" or "unknown". `declared` only tells joblib from other
    pickles.

    Raises BadInput where the file cannot be read.
    """
    if path.is_dir():
        return "folder"
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise BadInput("the artifact cannot be read", got=error.strerror or "", where=path.name) from error
    if not head:
        return "empty"
    if head.startswith(GIT_LFS):
        return "a Git LFS pointer"
    # Pickle protocol 2 and later starts with PROTO; protocols 0 and 1 have no mark, and usually start with these.
    if head[0] == 0x80 and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "joblib" if declared == "joblib" else "pickle"
    if head.startswith((b"ccopy_reg\n", b"c__builtin__\n", b"cbuiltins\n", b"(dp", b"(lp", b"cos\n", b"cposix\n")):
        return "pickle"
    if head.startswith(b"PK\x03\x04"):
        return "skops" if _is_skops(path) else "zip"
    if head.startswith(_COMPRESSED):
        return "joblib" if declared == "joblib" else "compressed"
    if head.lstrip(b" \t\r\n").startswith(b"{"):
        return "xgboost-json" if b'"learner"' in head or _tail(path).find(b'"version"') >= 0 else "json"
    # ModelProto has no mark; every exporter writes ir_version, field 1 and a varint, first (onnx.proto).
    return "onnx" if head[0] == 0x08 and 1 <= head[1] <= 64 else "unknown"


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        return file.read()


def _is_skops(path: Path) -> bool:
    """Whether the end of the file, where a zip lists what it holds, names the file that skops writes last. The list is
    not parsed here: it may be as long as the file, and only the child is limited."""
    return b"schema.json" in _tail(path)


def why_closed(declared: str, found: str) -> str | None:
    """Why a file is not given to the child at all; null where it may be."""
    if declared in PICKLES:
        return f"{PICKLE_RUNS_CODE}; {PICKLE_FIX}"
    if found == declared:
        return None
    if found == "folder":
        return f"it is a folder; a {declared} model is one file"
    if found == "empty":
        return "it is empty"
    if found == "a Git LFS pointer":
        return f"it is {found}, not the model; {GIT_LFS_FIX}"
    if found == "zip" and declared == "skops":
        return "it does not end as skops writes it: it is cut short, or another zip archive"
    if found in PICKLES:
        return f"its bytes look like {found}, not {declared}; {PICKLE_RUNS_CODE}; {PICKLE_FIX}"
    return f"its bytes look like {found}, not {declared}" if found != "unknown" else f"its bytes are not {declared}"
