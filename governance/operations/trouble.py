"""Why a limited process has no answer, as a document: what went wrong in it is told here as if it had been here."""

import unicodedata
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Document
from governance.errors import BadInput, GovernanceError, MachineFault

TROUBLE = "trouble.json"
_MOST = 2000


class Trouble(Document):
    """Why there is no answer: something wrong with the `input`, the `machine`, or a part that is not `installed`."""

    kind: Literal["input", "machine", "installed"]
    what: Annotated[str, Field(max_length=_MOST)]
    got: Annotated[str, Field(max_length=_MOST)] = ""
    expected: Annotated[str, Field(max_length=_MOST)] = ""
    fix: Annotated[str, Field(max_length=_MOST)] = ""
    where: Annotated[str, Field(max_length=_MOST)] = ""

    @classmethod
    def of(cls, error: GovernanceError) -> "Trouble":
        return cls(
            kind="input" if isinstance(error, BadInput) else "machine",
            what=_said(error.what),
            got=_said(error.got),
            expected=_said(error.expected),
            fix=_said(error.fix),
            where=_said(error.where),
        )

    def error(self) -> GovernanceError:
        """To raise, of what is wrong with the input or the machine."""
        kind = BadInput if self.kind == "input" else MachineFault
        return kind(self.what, got=self.got, expected=self.expected, fix=self.fix, where=self.where)


def leave(path: Path, document: Document) -> None:
    """Raises MachineFault."""
    try:
        path.write_bytes(document.to_bytes())
    except OSError as error:
        raise MachineFault("the answer cannot be kept here", got=str(error)) from error


def _said(text: str) -> str:
    """Fit for a document: NFC, printable but for line ends, and not too long."""
    text = "".join(char if char.isprintable() or char == "\n" else " " for char in text[:_MOST])
    return unicodedata.normalize("NFC", text)[:_MOST]
