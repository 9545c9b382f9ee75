"""Parameters that several routes take."""

from typing import Annotated, Any

from fastapi import Header, Path, Query
from pydantic import AfterValidator

from governance.operations.browse import MOST
from governance.web.frame import SLASH

_NAME = 200
HEX = r"^[0-9a-f]{64}$"


def _whole(name: str) -> str:
    return name.replace(SLASH, "/")


ModelName = Annotated[
    str, AfterValidator(_whole), Path(min_length=1, max_length=_NAME, description="The model's name.")
]
Version = Annotated[
    str, AfterValidator(_whole), Path(min_length=1, max_length=_NAME, description="One version of the model.")
]
Digest = Annotated[str, Path(pattern=HEX, description="The SHA-256 of the document, in lower-case hex.")]
Artifact = Annotated[str, Query(pattern=HEX, description="The SHA-256 of the very bytes that are to run.")]


def text(description: str) -> Any:
    """A query parameter of some words."""
    return Query(min_length=1, max_length=_NAME, description=description)


Cursor = Annotated[
    str | None,
    Query(min_length=1, max_length=_NAME, description="`next` of the page before; left out, the first page."),
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="Lines of a page.")]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The decision you saw, as its `ETag`: refused where it is not the latest."),
]
