"""Files appear whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from governance.errors import BadInput, MachineFault


@contextmanager
def writing_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write to beside the target; at the end it is synced and renamed over it. Whatever is raised meanwhile,
    the old file is untouched and nothing is left behind. Raises MachineFault."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
        temporary = None
    except OSError as error:
        raise MachineFault(
            "cannot write the file",
            got=str(error),
            fix="free some space or make the folder writable; nothing was left half-written",
            where=str(path),
        ) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def write_whole(path: Path, data: bytes) -> None:
    """The file holds `data` or is untouched. Raises MachineFault."""
    with writing_whole(path) as file:
        file.write(data)


def write_new(path: Path, data: bytes) -> None:
    """The file, which was not there, holds `data`. Raises BadInput where something is there already, MachineFault."""
    with suppress(OSError):  # what fails here fails below too, and is said there
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.open("xb").close()
    except FileExistsError as error:
        raise BadInput(
            "there is a file already", fix="name a new file, or move the old one away", where=str(path)
        ) from error
    except OSError as error:
        raise MachineFault("cannot write the file", got=str(error), where=str(path)) from error
    try:
        write_whole(path, data)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


MOST_WRITTEN = 8 << 20
"""Bytes of a document that somebody writes: what reads one refuses less than that as too large."""


def read_written(path: Path, what: str) -> bytes:
    """`read_whole` of what somebody writes, and no more of it than shows that it is too large."""
    return read_whole(path, what, MOST_WRITTEN)


def read_whole(path: Path, what: str, most: int = -1) -> bytes:
    """At most so many bytes, where it is said. Raises BadInput where there is no such file, MachineFault where it
    cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(most)
    except FileNotFoundError as error:
        raise BadInput(f"no {what} there", got=str(path), expected="the path of a file") from error
    except IsADirectoryError as error:
        raise BadInput(f"the {what} is a folder", got=str(path), expected="the path of a file") from error
    except OSError as error:
        raise MachineFault(f"the {what} cannot be read", got=str(error), where=str(path)) from error
