"""Uploads as a client would send them, byte for byte."""

from collections.abc import Mapping
from typing import Any

from governance.canonical import sha256
from tests.web.api.serving import Serving

BOUNDARY = "the-boundary"


def part(name: str, content: bytes, filename: str | None = None, boundary: str = BOUNDARY) -> bytes:
    named = f'name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
    return f"--{boundary}\r\nContent-Disposition: form-data; {named}\r\n\r\n".encode() + content + b"\r\n"


def closed(*parts: bytes, boundary: str = BOUNDARY) -> bytes:
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


class Files:
    """The made-up project as a version of its own, and what is sent of it."""

    def __init__(self, serving: Serving, version: str | None = None, **changes: str) -> None:
        submission = serving.submission(version=version)
        self.serving, self.version = serving, submission.version
        self.manifest = submission.manifest
        for old, new in changes.items():
            assert old.encode() in self.manifest
            self.manifest = self.manifest.replace(old.encode(), new.encode())
        root = serving.project.root
        self.files = {name: (root / name).read_bytes() for name in ("model.onnx", "eval.parquet")}

    def record(self, name: str, digest: str | None = None) -> "Files":
        """State a file's digest in the manifest."""
        digest = digest or sha256(self.files[name])
        old = f"path: {name}".encode()
        assert self.manifest.count(old) == 1
        line = b"," if name == "model.onnx" else b"\n   "
        self.manifest = self.manifest.replace(old, old + line + f" sha256: {digest}".encode())
        return self

    @property
    def parts(self) -> list[bytes]:
        return [part("manifest", self.manifest), *(part("file", data, name) for name, data in self.files.items())]

    @property
    def body(self) -> bytes:
        return closed(*self.parts)

    def post(self, body: bytes | None = None, name: str = "ann", *, client: Any = None, **headers: str) -> Any:
        sent = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **_spelled(headers)}
        with client or self.serving.client(name) as calling:
            return calling.post("/measurements", content=self.body if body is None else body, headers=sent)


def _spelled(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): text for name, text in headers.items()}
