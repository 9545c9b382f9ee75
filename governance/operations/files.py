"""Files appear whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from governance.errors import BadInput, MachineFault


def write_whole(path: Path, data: bytes) -> None:
    """Write beside the target, sync, then rename over it. Raises MachineFault; the old file is untouched then."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        raise MachineFault(
            "cannot write the file",
            got=str(error),
            fix="free some space or make the folder writable; nothing was left half-written",
            where=str(path),
        ) from error


def read_whole(path: Path, what: str) -> bytes:
    """Raises BadInput where there is no such file, MachineFault where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadInput(f"no {what} there", got=str(path), expected="the path of a file") from error
    except IsADirectoryError as error:
        raise BadInput(f"the {what} is a folder", got=str(path), expected="the path of a file") from error
    except OSError as error:
        raise MachineFault(f"the {what} cannot be read", got=str(error), where=str(path)) from error
