"""The files of one project: found, read and digested without ever leaving the folders that the operator allowed."""

import difflib
import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import NamedTuple

from governance import canonical
from governance.errors import BadInput, GovernanceError, MachineFault
from governance.evidence.origin import Input
from governance.progress import Progress, silent

MAX_FOLDER_FILES = 100_000
_BLOCK = 1 << 20
# What a platform lacks is left out: the checks around the open still hold, only the race is wider there.
_NOFOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
_FILE = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | _NOFOLLOW


class Stamp(NamedTuple):
    """What changes when a file is written or replaced (the change time cannot be set back, unlike the other)."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class _Seen(NamedTuple):
    """A path when it was digested. `stamp` is a file's; for a folder it is the sorted relative paths of its files."""

    stamp: Stamp | tuple[str, ...]
    sha256: str
    size: int
    shown: str


class Project:
    """A project's root folder, and the folders outside it that the operator allowed. `progress` is told what is read.

    Raises BadInput where a folder is not one.
    """

    def __init__(self, root: Path, allow_roots: tuple[Path, ...] = (), progress: Progress = silent) -> None:
        self.progress = progress
        self.root = _folder(root, "project")
        self._roots = (self.root, *(_folder(path, "--allow-root") for path in allow_roots))
        self._seen: dict[Path, _Seen] = {}
        self._folders: dict[Path, tuple[int, int, int]] = {}

    def resolve(self, relative: str, role: str) -> Path:
        """The real path of a regular file (or, for the role `artifact`, of a folder). Links are followed, but not out
        of the root and the allowed roots. Raises BadInput, naming the role."""
        if not relative or "\0" in relative:
            raise BadInput("not a path", got=repr(relative), expected="a path in the project", where=role)
        if "://" in relative:
            fix = "download it into the project first: nothing is fetched because a document says so"
            raise BadInput("an address, where a file is expected", got=repr(relative)[:200], fix=fix, where=role)
        try:
            canonical.dumps(relative)
        except BadInput as error:
            raise BadInput(error.what, got=error.got, expected=error.expected, fix=error.fix, where=role) from error
        real = Path(os.path.realpath(self.root / relative))
        if not any(real.is_relative_to(root) for root in self._roots):
            raise BadInput(
                "the path leaves the project",
                got=repr(relative),
                expected="a file below the manifest's folder",
                fix="copy it into the project, or let the operator allow its folder with --allow-root FOLDER",
                where=role,
            )
        try:
            mode = os.stat(real, follow_symlinks=False).st_mode
        except (OSError, ValueError) as error:
            if isinstance(error, FileNotFoundError) and os.path.islink(self.root / relative):
                raise BadInput("a link that leads to nothing", got=repr(relative), where=role) from error
            raise self._fault(error, relative, role, real) from error
        if stat.S_ISDIR(mode):
            if role != "artifact":
                raise BadInput("a folder, where a file is expected", got=repr(relative), where=role)
        elif stat.S_ISLNK(mode):
            raise BadInput("a link that points to itself", got=repr(relative), expected="a file", where=role)
        elif not stat.S_ISREG(mode):
            raise _special(relative, role)
        return real

    def read(self, relative: str, role: str, limit: int) -> bytes:
        """The bytes of a file of at most `limit` bytes. Raises BadInput."""
        return self.read_input(role, relative, limit)[0]

    def read_input(self, role: str, relative: str, limit: int) -> tuple[bytes, Input]:
        """The bytes of a small file and the record of exactly these bytes. Raises BadInput."""
        path = self.resolve(relative, role)
        fd, before = self._open(path, relative, role)
        with os.fdopen(fd, "rb") as file:
            data = file.read(limit + 1)
            if len(data) > limit:
                raise BadInput(
                    "file too large",
                    got=f"{before.size} bytes",
                    expected=f"at most {limit}",
                    where=f"{role}: {relative}",
                )
            self._remember(path, relative, before, os.fstat(file.fileno()), canonical.sha256(data), len(data))
        return data, Input(role=role, path=relative, sha256=canonical.sha256(data), size=len(data))

    def input(self, role: str, relative: str, recorded: str | None = None, rows: int | None = None) -> Input:
        """The record of a file of any size, or of an artifact's folder. Raises BadInput."""
        sha256, size = self._digest(self.resolve(relative, role), relative, role)
        return Input(role=role, path=relative, sha256=sha256, recorded=recorded, rows=rows, size=size)

    def digest(self, path: Path) -> tuple[str, int]:
        """(SHA-256, bytes) of a resolved file, read in blocks. Of a folder: the SHA-256 of the canonical JSON list of
        [relative path, bytes, SHA-256] of its files, sorted by path (links refused), and the sum of their bytes."""
        return self._digest(path, path.name, "file")

    def assert_unchanged(self) -> None:
        """Raises BadInput, naming the first file that changed since it was read, or the first folder above one in
        which something was put, taken away or renamed: another folder may have stood in its place for a while."""
        for path, seen in self._seen.items():
            now: Stamp | tuple[str, ...] | None
            try:
                if isinstance(seen.stamp, Stamp):
                    now = Stamp.of(os.stat(path, follow_symlinks=False))
                else:
                    now = tuple(_files(path, "artifact"))
            except (OSError, BadInput):
                now = None
            if now != seen.stamp:
                raise _changed(seen.shown)
        for folder, mark in self._folders.items():
            try:
                same = _mark(os.stat(folder, follow_symlinks=False)) == mark
            except OSError:
                same = False
            if not same:
                raise _changed(os.path.relpath(folder, self.root))

    def _digest(self, path: Path, shown: str, role: str, *, told: bool = True) -> tuple[str, int]:
        if path.is_dir():
            try:
                names = _files(path, role)
            except OSError as error:
                raise self._fault(error, shown, role, path) from error
            digests = []
            for number, name in enumerate(names):
                self.progress(f"reading {shown}/", number, len(names))
                digests.append(self._digest(path / name, f"{shown}/{name}", role, told=False))
            rows = [[name, size, sha256] for name, (sha256, size) in zip(names, digests, strict=True)]
            sha256, total = canonical.sha256(canonical.dumps(rows)), sum(size for _, size in digests)
            self._seen[path] = _Seen(tuple(names), sha256, total, shown)
            return sha256, total
        fd, before = self._open(path, shown, role)
        with os.fdopen(fd, "rb", buffering=0) as file:
            if (seen := self._seen.get(path)) is not None and seen.stamp == before:
                return seen.sha256, seen.size
            digest, size = hashlib.sha256(), 0
            while block := file.read(_BLOCK):
                if told:
                    self.progress(f"reading {shown}", size, before.size)
                digest.update(block)
                size += len(block)
            self._remember(path, shown, before, os.fstat(file.fileno()), digest.hexdigest(), size)
        return digest.hexdigest(), size

    def _remember(self, path: Path, shown: str, before: Stamp, after: os.stat_result, sha256: str, size: int) -> None:
        earlier = self._seen.get(path)
        if Stamp.of(after) != before or size != before.size or (earlier and earlier.sha256 != sha256):
            raise _changed(shown)
        self._seen[path] = _Seen(before, sha256, size, shown)

    def _open(self, path: Path, shown: str, role: str) -> tuple[int, Stamp]:
        """Each folder on the way is opened from the one above it, following no link: `path` has none unless somebody
        put one there since it was resolved. Without blocking, so that a FIFO put there cannot hold us."""
        base = next((root for root in self._roots if path.is_relative_to(root)), None)
        if base is None:
            raise RuntimeError(f"{path} was not resolved by this project")
        parts = path.relative_to(base).parts
        try:
            if os.open not in os.supports_dir_fd:
                fd = os.open(path, _FILE)
            else:
                folder, above = os.open(base, _FOLDER), base
                try:
                    for part in parts[:-1]:
                        inner = os.open(part, _FOLDER, dir_fd=folder)
                        os.close(folder)
                        folder, above = inner, above / part
                        self._folders.setdefault(above, _mark(os.fstat(folder)))
                    fd = os.open(parts[-1], _FILE, dir_fd=folder)
                finally:
                    os.close(folder)
        except OSError as error:
            raise self._fault(error, shown, role, path) from error
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            os.close(fd)
            raise _special(shown, role)
        return fd, Stamp.of(status)

    def _fault(self, error: Exception, shown: str, role: str, path: Path) -> GovernanceError:
        got = repr(shown)
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return BadInput("there is no such file", got=got, fix=_nearest(path, shown), where=role)
        if isinstance(error, PermissionError):
            fix = "give the user who runs the audit the right to read it"
            return BadInput("the file may not be read", got=got, fix=fix, where=role)
        if isinstance(error, OSError) and error.errno in (errno.ELOOP, errno.EMLINK):
            return BadInput("a link that points to itself, or was put there just now", got=got, where=role)
        if isinstance(error, ValueError) or error.errno in (errno.ENAMETOOLONG, errno.EINVAL):  # type: ignore[attr-defined]
            return BadInput("not a path", got=got[:200], expected="a path in the project", where=role)
        return MachineFault(f"cannot read the file: {error}", got=got, where=role)


def _folder(path: Path, role: str) -> Path:
    if not path.is_dir():
        raise BadInput("not a folder", got=repr(str(path)), expected="a folder that exists", where=role)
    return Path(os.path.realpath(path))


def _mark(status: os.stat_result) -> tuple[int, int, int]:
    """What changes when a folder is renamed, replaced, or gets other names in it."""
    return status.st_dev, status.st_ino, status.st_ctime_ns


def _special(shown: str, role: str) -> BadInput:
    return BadInput("not a regular file (a pipe, socket or device)", got=repr(shown), expected="a file", where=role)


def _changed(shown: str) -> BadInput:
    return BadInput(
        "the file changed while it was measured",
        got=repr(shown),
        fix="let nothing write to the project during an audit, then run it again",
    )


def _nearest(path: Path, shown: str) -> str:
    """What to do about a missing file: the most similar name in the nearest folder above it that exists."""
    if shown.startswith("~") or "$" in shown:
        return "write the path out, from the manifest's folder: ~ and $ stand for nothing here"
    if "\\" in shown and os.sep == "/":
        return "write / between folders"
    missing, folder = path.name, path.parent
    while not folder.is_dir() and folder != folder.parent:
        missing, folder = folder.name, folder.parent
    try:
        names = os.listdir(folder)[:10_000]
    except OSError:
        names = []
    alike = {name.casefold(): name for name in names}
    # Close ones only: "train.parquet" is no slip of the pen for "test.parquet".
    near = difflib.get_close_matches(missing.casefold(), list(alike), n=1, cutoff=0.75)
    if near:
        return f"did you mean {alike[near[0]]!r}?"
    return f"{folder.name or folder}/ has no {missing!r}: bring it here (`dvc pull`, say), or mend the manifest"


def _files(folder: Path, role: str) -> list[str]:
    """Relative POSIX paths of every file below `folder`, sorted. Links and special files are refused, so is no file."""
    found: list[str] = []
    waiting = [""]
    while waiting:
        above = waiting.pop()
        with os.scandir(folder / above) as entries:
            for entry in entries:
                name = f"{above}{entry.name}"
                if entry.is_symlink():
                    raise BadInput("a link in a folder artifact", got=repr(name), fix="copy the file there", where=role)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{name}/")
                elif entry.is_file(follow_symlinks=False):
                    found.append(name)
                else:
                    raise _special(name, role)
                if len(found) > MAX_FOLDER_FILES:
                    raise BadInput("too many files", expected=f"at most {MAX_FOLDER_FILES} in a folder", where=role)
    if not found:
        raise BadInput("the folder holds no file", got=repr(folder.name), where=role)
    return sorted(found)
