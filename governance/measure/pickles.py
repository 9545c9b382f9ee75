"""Pickles in an artifact, read operation by operation with pickletools. Nothing is ever unpickled.

What is searched: every part of the artifact, however deep it is packed (`packed`), as a whole, behind the header of an
object array (.npy), and for pickles of protocol 4 and 5 anywhere inside, by their PROTO and FRAME.
"""

from __future__ import annotations

import pickletools
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from governance.evidence.artifact import Pickle, PickleScan
from governance.measure.packed import COMPRESSED, Budget, parts, plain

MOST_OPERATIONS = 2_000_000
MOST_PICKLES = 1_000
MOST_IMPORTS = 200
UNKNOWN = "?"
"""An import whose name depends on what runs before it."""
_PROTO = re.compile(rb"\x80[\x02-\x05]")
_FRAMED = re.compile(rb"\x80[\x04\x05]\x95.{5}\x00{3}", re.DOTALL)
# What Python 2 and `pickle.dumps(protocol=0)` write first for most objects: a pickle even where it breaks off.
_OLD = (b"ccopy_reg\n", b"c__builtin__\n", b"cbuiltins\n", b"(dp", b"(lp", b"(i", b"cos\n", b"cposix\n", b"cnt\n")
_PICKLED_NAMES = (".pkl", ".pickle", ".joblib", ".p")
_MAKES_CALLS = ("REDUCE", "BUILD", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX")
_TEXTS = frozenset(
    ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "SHORT_BINSTRING", "BINSTRING", "STRING")
)
_PUTS = frozenset(("PUT", "BINPUT", "LONG_BINPUT"))
_GETS = frozenset(("GET", "BINGET", "LONG_BINGET"))


class _Budget(Budget):
    def __init__(self) -> None:
        super().__init__()
        self.operations = MOST_OPERATIONS


def scan(path: Path) -> PickleScan:
    """Search a file or a folder. Never raises for what is in it; OSError where it cannot be read."""
    budget, found = _Budget(), list[Pickle]()
    for member, data in parts(path, budget):
        for start in _starts(member, data, budget):
            if len(found) == MOST_PICKLES:
                budget.cannot(f"more than {MOST_PICKLES:,} pickles")
                break
            found.append(_read(member, data, start, budget))
    return PickleScan(bytes=budget.bytes, pickles=tuple(found), problem=budget.problem or None)


def _starts(member: str, data: bytes, budget: _Budget) -> list[int]:
    """Where pickles begin. Protocols 0 and 1 have no mark: what reads as one to its end, and imports, is one."""
    starts = {match.start() for match in _FRAMED.finditer(data)}
    named = member.lower().endswith(_PICKLED_NAMES) and not data.startswith(COMPRESSED)
    if (
        named
        or _PROTO.match(data)
        or data.startswith(_OLD)
        or ((old := _read(member, data, 0, budget)).imports and not old.problem)
    ):
        starts.add(0)
    if data.startswith(b"\x93NUMPY") and len(data) > 12:
        wide = data[6] >= 2
        end = (12 + int.from_bytes(data[8:12], "little")) if wide else (10 + int.from_bytes(data[8:10], "little"))
        # An array of objects is stored as a pickle behind the header.
        if re.search(rb"'descr':\s*[^,]*O", data[:end]):
            starts.add(min(end, len(data)))
    return sorted(starts)


def _read(member: str, data: bytes, start: int, budget: _Budget) -> Pickle:
    imports: set[str] = set()
    calls, problem = 0, ""
    try:
        for name, imported in _operations(data, start, budget):
            calls += name in _MAKES_CALLS
            if imported is not None:
                imports.add(imported)
    except (ValueError, UnicodeError, OverflowError, MemoryError, IndexError, EOFError, AttributeError) as error:
        problem = plain(str(error)) or type(error).__name__
    if len(imports) > MOST_IMPORTS:
        problem = problem or f"more than {MOST_IMPORTS} imports"
    # Unknown first: what is cut off at the end must not be what is worst.
    shown = sorted(imports, key=lambda one: (one != UNKNOWN, one))[:MOST_IMPORTS]
    return Pickle(member=member, at=start, imports=tuple(sorted(shown)), calls=calls, problem=problem or None)


def _operations(data: bytes, start: int, budget: _Budget) -> Iterator[tuple[str, str | None]]:
    """(operation, what it imports). STACK_GLOBAL takes its two names from the stack: they are known where two texts
    were put there just before, as plain texts or from the memo; everything else is UNKNOWN."""
    file = BytesIO(data)
    file.seek(start)
    memo: dict[int, str | None] = {}
    texts: list[str] = []
    for operation, argument, _ in pickletools.genops(file):
        name = operation.name
        budget.operations -= 1
        if budget.operations < 0:
            raise ValueError(f"more than {MOST_OPERATIONS:,} operations")
        if name in _TEXTS:
            texts.append(_text(argument))
        elif name in _GETS:
            text = memo.get(int(argument or 0))
            texts = [*texts, text] if text is not None else []
        elif name == "MEMOIZE" or name in _PUTS:
            memo[len(memo) if name == "MEMOIZE" else int(argument or 0)] = texts[-1] if texts else None
        elif name == "STACK_GLOBAL":
            module, attribute = texts[-2:] if len(texts) >= 2 else ("", "")
            yield name, _imported(module, attribute) if module and attribute else UNKNOWN
            texts = []
        elif name in ("GLOBAL", "INST"):
            module, _, attribute = _text(argument).partition(" ")
            yield name, _imported(module, attribute)
            texts = []
        elif name in ("EXT1", "EXT2", "EXT4"):
            yield name, UNKNOWN
            texts = []
        elif name != "FRAME":
            yield name, None
            texts = []


def _text(argument: object) -> str:
    return argument.decode("latin-1") if isinstance(argument, bytes) else str(argument)


def _imported(module: str, attribute: str) -> str:
    """module.name, or module:a.b for an attribute of an attribute, so that one cannot pass for the other."""
    return plain(module) + (":" if "." in attribute else ".") + plain(attribute)
