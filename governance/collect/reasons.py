"""The catalogue of reasons, from a CSV file that somebody wrote: always declared."""

from typing import Any

from governance.collect import tabular
from governance.errors import BadInput
from governance.evidence.manifest import Manifest
from governance.evidence.origin import FactOrigin
from governance.evidence.reasons import MOST_TEXT, Reason, ReasonFacts, ReasonsSection

HEADER = ("feature",)
SAID = ("code", "text", "barred")
MAX_BYTES = 1 << 20


def catalogue(data: bytes, name: str) -> tuple[Reason, ...]:
    """In the file's order, each feature once, with its line. What cannot be seen is refused: two texts could look like
    one. Raises BadInput."""
    found: dict[str, Reason] = {}
    for line, cells in tabular.rows(data, HEADER, name, SAID):
        where = f"{name}:{line}"
        known: dict[str, Any] = {column: cell for column, cell in cells.items() if cell}
        for column, cell in known.items():
            if hidden := next((char for char in cell if not char.isprintable()), None):
                what = f"the cell {column!r} holds a character that cannot be seen"
                raise BadInput(what, got=f"U+{ord(hidden):04X}", expected="plain text", where=where)
            if len(cell) > MOST_TEXT:
                expected = f"at most {MOST_TEXT} characters"
                raise BadInput(f"the cell {column!r} is too long", got=str(len(cell)), expected=expected, where=where)
        if "text" in known and "barred" in known:
            fix = "leave `text` empty where no reason may name the feature, or `barred` where one may"
            raise BadInput("a feature that is barred has a text", got=ascii(cells["feature"]), fix=fix, where=where)
        if (earlier := found.get(cells["feature"])) is not None:
            got = f"{cells['feature']!a}, also on line {earlier.line}"
            raise BadInput("a feature comes twice", got=got, expected="each feature once", where=where)
        found[cells["feature"]] = Reason(line=line, **known)
    return tuple(found.values())


def facts(manifest: Manifest, section: ReasonsSection, read: tuple[Reason, ...]) -> ReasonFacts:
    """All of it, as declared facts, beside the features of the model."""
    return ReasonFacts(
        origin=FactOrigin(kind="declared"),
        catalogue=read,
        features=manifest.features,
        most=section.most,
        compared_with=section.compared_with,
    )
