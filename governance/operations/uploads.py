"""Where a service keeps what is sent to be measured: a private folder for each upload, gone as soon as it is over.

Each running service has a folder of its own in there, which it locks. A folder that nobody has locked was left by a
service that crashed: whoever starts next removes it. Nothing in there is ever read by anybody else, or again.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from governance import strictyaml
from governance.canonical import sha256
from governance.collect.manifest import FILE_NAME
from governance.collect.named_files import NamedFile, named_files, travelling
from governance.errors import BadInput, MachineFault
from governance.evidence.manifest import Manifest

MANIFEST, FILE = "manifest", "file"
"""What the parts of an upload are called: the manifest first, then each file."""
FILES, WORK = "files", "work"
"""In the folder of an upload: what came, and room for whoever measures it."""


class TooLarge(BadInput):
    """More bytes than the operator lets in."""


@contextmanager
def upload_folder(place: Path) -> Iterator[Path]:
    """This service's own folder below `place`, while it runs; what crashed services left there is removed. Raises
    MachineFault."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(0o700)
        with _locked(place, wait=True):
            for left in place.iterdir():
                with suppress(OSError), _locked(left, wait=False):
                    shutil.rmtree(left, ignore_errors=True)
            own = Path(tempfile.mkdtemp(prefix="service-", dir=place))
            held = _lock(own, wait=False)
    except OSError as error:
        raise MachineFault("the folder for uploads cannot be used", got=str(error), where=str(place)) from error
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)
        os.close(held)


@contextmanager
def fresh_folder(own: Path) -> Iterator[Path]:
    """A folder for one upload, mode 0700, removed with all that is in it. Raises MachineFault."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="upload-", dir=own))
        (folder / FILES).mkdir(0o700)
        (folder / WORK).mkdir(0o700)
    except OSError as error:
        raise _no_room(error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path, *, wait: bool) -> Iterator[None]:
    held = _lock(folder, wait=wait)
    try:
        yield
    finally:
        os.close(held)


def _lock(folder: Path, *, wait: bool) -> int:
    """The descriptor that holds the lock until it is closed, or its process ends. Raises BlockingIOError."""
    import fcntl

    held = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BaseException:
        os.close(held)
        raise
    return held


def _no_room(error: OSError) -> MachineFault:
    return MachineFault("the upload cannot be kept here", got=str(error), fix="free some space", where="uploads")


class Limits(NamedTuple):
    """Bytes of all files together, and of one of them."""

    whole: int
    file: int


class Upload(NamedTuple):
    """What came, whole. `files`: the SHA-256 of each, by its path below `folder`/FILES, where the manifest lies too."""

    folder: Path
    manifest_name: str
    data: bytes
    manifest: Manifest
    files: Mapping[str, str]


class Incoming:
    """An upload while it comes in: part after part, each as it is read from the wire. One thread at a time.

    Each part is begun, written and ended; what is no file of the manifest never gets a name on the disk. All that is
    raised here leaves the removal to whoever made the folder.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder, self._files_at, self._limits = folder, folder / FILES, limits
        self._room = limits.whole
        self._manifest: tuple[str, bytes, Manifest] | None = None
        self._named: Mapping[str, tuple[NamedFile, ...]] = {}
        self._files: dict[str, str] = {}
        self._open: _File | None = None

    def begin(self, part: str, name: str | None) -> None:
        """`name` is the part's file name: the manifest's own, or the path of a file as the manifest spells it. Raises
        BadInput, MachineFault."""
        if self._open is not None:
            raise RuntimeError("the part before was not ended")
        if self._manifest is None:
            if part != MANIFEST:
                raise _bad_part("the manifest comes first", part, f"a part called {MANIFEST}")
            name = name or FILE_NAME
            travelling((), name)
            self._open = _File(self._files_at / name, name, strictyaml.MAX_BYTES)
            return
        if part != FILE or not name:
            raise _bad_part("a part that is no file", part, f"parts called {FILE}, with a file name")
        if name not in self._named:
            raise _bad_part(
                "the manifest names no such file", name, _some(self._named) or "no file", self._beside(name)
            )
        if name in self._files:
            raise _bad_part("a file that came already", name, "each file once")
        path = self._files_at / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise _no_room(error) from error
        self._open = _File(path, name, min(self._limits.file, self._room))

    def write(self, data: bytes) -> None:
        """More of the part that was begun. Raises TooLarge, MachineFault."""
        self._part().write(data)

    def end(self) -> None:
        """The part is whole. Raises BadInput where it is not the file that the manifest records."""
        part, self._open = self._part(), None
        digest = part.close()
        if self._manifest is None:
            self._read_manifest(part)
            return
        for file in self._named[part.name]:
            if file.recorded not in (None, digest):
                raise BadInput(
                    "a file that is not the one which the manifest records",
                    got=f"{digest} of {part.size} bytes",
                    expected=str(file.recorded),
                    fix="send the whole file, or record the digest of the one that you mean",
                    where=f"{file.role}: {part.name}",
                )
        self._files[part.name] = digest
        self._room -= part.size

    def _read_manifest(self, part: "_File") -> None:
        data = part.path.read_bytes()
        manifest = strictyaml.load(data, Manifest, part.name)
        self._named = travelling(named_files(manifest), part.name)
        self._manifest = part.name, data, manifest

    def whole(self) -> Upload:
        """What came, where the last part was ended and is there. Raises BadInput."""
        if self._manifest is None or self._open is not None:
            raise _bad_part("the upload breaks off", "no manifest" if self._manifest is None else "half a file", "all")
        name, data, manifest = self._manifest
        return Upload(self._folder, name, data, manifest, dict(self._files))

    def abandon(self) -> None:
        """Nothing more comes."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _part(self) -> "_File":
        if self._open is None:
            raise RuntimeError("no part was begun")
        return self._open

    def _beside(self, name: str) -> str:
        artifact = next((path for path, files in self._named.items() if files[0].role == "artifact"), None)
        if artifact is not None and name.startswith(f"{artifact}/"):
            return "an artifact that is a folder does not travel: check it where it is, and hand in the evidence"
        return "send what the manifest names, spelled as it does"


class _File:
    """One file on its way to the disk."""

    def __init__(self, path: Path, name: str, most: int) -> None:
        self.path, self.name, self.size, self._most = path, name, 0, most
        self._digest = hashlib.sha256()
        try:
            # It is new, so nothing can lie in wait under its name.
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            self._file = os.fdopen(os.open(path, flags, 0o600), "wb", buffering=0)
        except OSError as error:
            raise _no_room(error) from error

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self._most:
            raise TooLarge("the file is too large", got=f"more than {self._most} bytes", where=self.name)
        self._digest.update(data)
        try:
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise _no_room(error) from error

    def close(self) -> str:
        self._file.close()
        return self._digest.hexdigest()


def _bad_part(what: str, got: str, expected: str, fix: str = "") -> BadInput:
    return BadInput(what, got=ascii(got)[1:-1][:200], expected=expected, fix=fix, where="upload")


def _some(names: Mapping[str, object]) -> str:
    shown = ", ".join(list(names)[:10])
    return f"{shown}, ..." if len(names) > 10 else shown


def assert_complete(upload: Upload, wanted: tuple[str, ...]) -> None:
    """Raises BadInput unless each file that is read for these groups of facts came."""
    missing = [file for file in named_files(upload.manifest, wanted) if file.path not in upload.files]
    if missing:
        raise BadInput(
            "files are missing",
            got=_some(dict.fromkeys(upload.files)) or "none",
            expected=_some({file.path: None for file in missing}) + " too",
            fix="send each file that the manifest names",
            where=", ".join(dict.fromkeys(file.role for file in missing))[:200],
        )


def digest_of(upload: Upload) -> bytes:
    """What tells one upload from another: the manifest and its name, each file's path and SHA-256, in order."""
    lines = [f"{digest} {path}" for path, digest in sorted(upload.files.items())]
    return "\n".join([sha256(upload.data), upload.manifest_name, *lines]).encode()
