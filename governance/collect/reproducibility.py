"""What would be needed to build the model again: the lock file, the commit, the seeds. Declared, as the manifest is."""

import re
from typing import NamedTuple

from governance import canonical
from governance.errors import BadInput
from governance.evidence.manifest import EnvironmentSection
from governance.evidence.origin import FactOrigin
from governance.evidence.reproducibility import MOST_SHOWN, LockLine, Parameter, ReproducibilityFacts

MAX_BYTES = 8 << 20
MAX_SPECIFIER = 1000
# A name and perhaps extras (PEP 508), then nothing, or what PEP 508 allows to follow.
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_NAME = rf"{_PACKAGE.pattern}\s*(?:\[[^\[\]]*\]\s*)?"
_REQUIREMENT = re.compile(rf"{_NAME}(?:(?:[=<>!~]=|[<>;@(]).*)?", re.ASCII)
# PEP 440: == or === with a version; with a wildcard it names many versions.
_PINNED = re.compile(rf"{_NAME}\(?([^;@]*)", re.ASCII)
_EXACT = re.compile(r"={2,3}\s*[A-Za-z0-9][A-Za-z0-9.!+_-]*", re.ASCII)
_HASH = re.compile(r"--hash[= ](?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})(?!\S)")
_INCLUDED = ("-r", "--requirement", "-e", "--editable")


class Requirement(NamedTuple):
    """One requirement. `name` is the package's (PEP 503 normal form) and `version` the one that it is pinned to; null
    where there is none."""

    line: int
    text: str
    name: str | None
    version: str | None
    hashed: bool


def lock(data: bytes, name: str) -> tuple[Requirement, ...]:
    """The requirements of a lock file in pip's requirements format. What another file is included for, and an editable
    install, count as one requirement that is not pinned. Raises BadInput for anything else."""
    found = []
    for number, line in _logical_lines(canonical.text(data, name)):
        if line.startswith("-"):
            if line.split("=")[0].split()[0].startswith(_INCLUDED):
                shown = line[:100].encode("ascii", "backslashreplace").decode()
                found.append(Requirement(number, shown, None, None, False))
            continue
        specifier = line.split(" --", 1)[0].strip()
        if len(specifier) > MAX_SPECIFIER or not _REQUIREMENT.fullmatch(specifier):
            raise BadInput(
                "not a requirement",
                got=repr(line[:100]),
                expected="pip's requirements format, one `name==version --hash=...` for each package",
                fix="export the lock, for example: uv pip compile --generate-hashes, or pip-compile --generate-hashes",
                where=f"{name}:{number}",
            )
        package = _PACKAGE.match(specifier)
        title = package[0] if package else ""
        normal = re.sub(r"[-_.]+", "-", title).lower()
        found.append(Requirement(number, title, normal, _pinned_to(specifier), bool(_HASH.search(line))))
    return tuple(found)


def _pinned_to(specifier: str) -> str | None:
    found = _PINNED.match(specifier)
    parts = found.group(1).split(",") if found else []
    return next((part.strip(" )=") for part in parts if _EXACT.fullmatch(part.strip(" )"))), None)


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """(line, text) without comments and empty lines. As pip reads it, a backslash at the end of a line continues it,
    save on a line that is all comment, and comments go after lines are joined."""
    found: list[tuple[int, str]] = []
    pending: list[str] = []
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        comment = line.lstrip().startswith("#")
        continued = line.endswith("\\") and not comment
        pending.append(f" {line}" if comment else line[:-1] if continued else line)
        if continued and number < len(lines):
            continue
        if joined := " ".join(re.sub(r"(?:^|\s)#.*$", "", "".join(pending)).split()):
            found.append((number - len(pending) + 1, joined))
        pending = []
    return found


def facts(environment: EnvironmentSection, sha256: str | None, locked: tuple[Requirement, ...]) -> ReproducibilityFacts:
    """`sha256` and `locked` are the lock file's; null and empty where the manifest names none."""
    unpinned = [one for one in locked if one.version is None]
    unhashed = [one for one in locked if not one.hashed]
    return ReproducibilityFacts(
        origin=FactOrigin(kind="declared"),
        lock=sha256,
        requirements=len(locked),
        pinned=len(locked) - len(unpinned),
        hashed=len(locked) - len(unhashed),
        unpinned=_lines(unpinned),
        unhashed=_lines(unhashed),
        commit=environment.commit,
        seeds=environment.seeds,
        parameters=tuple(Parameter(name=name, value=value) for name, value in sorted(environment.parameters.items())),
    )


def _lines(requirements: list[Requirement]) -> tuple[LockLine, ...]:
    return tuple(LockLine(line=one.line, requirement=one.text) for one in requirements[:MOST_SHOWN])
