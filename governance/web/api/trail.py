"""The log, by the paths of C2SP tlog-tiles: the prefix that its clients take is this router's."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from governance.canonical import MAX_INTEGER
from governance.operations import log
from governance.trail.tiles import HIGHEST
from governance.web.openapi import BINARY, TEXT, answers
from governance.web.requests import IMMUTABLE, JSON, IfNoneMatch, answer
from governance.web.security import Given, Reader

router = APIRouter(prefix="/trail", tags=["trail"], default_response_class=Response)

_TILE = answers(200, "The tile.", BINARY, 401, 403, 404, 422, headers=("ETag",))
_Tile = Annotated[
    str,
    Path(
        max_length=60,
        description="The tile's number in groups of three digits, each but the last after an `x`, and `.p/W` for the"
        " first W of its 256 hashes: `x001/x234/067.p/8`.",
    ),
]
_Index = Annotated[int, Path(ge=0, le=MAX_INTEGER, description="The entry's number in the log, from 0.")]


@router.get("/checkpoint", responses=answers(200, "The checkpoint.", TEXT, 401, 403, 422, headers=("ETag",)))
def checkpoint(request: Request, given: Given, _: Reader, if_none_match: IfNoneMatch = None) -> Response:
    """The newest signed checkpoint (C2SP tlog-checkpoint). Keep it: a later log must continue it."""
    return answer(request, log.checkpoint(given.workspace), TEXT)


@router.get("/tile/entries/{tile:path}", responses=_TILE)
def entries(request: Request, given: Given, _: Reader, tile: _Tile, if_none_match: IfNoneMatch = None) -> Response:
    """The entries under a tile of level 0, each after its length in two bytes, big-endian."""
    return answer(request, log.entry_bundle(given.workspace, tile), BINARY, cache=IMMUTABLE)


@router.get("/tile/{level}/{tile:path}", responses=_TILE)
def hashes(
    request: Request,
    given: Given,
    _: Reader,
    level: Annotated[int, Path(ge=0, le=HIGHEST, description="Of the tree of tiles.")],
    tile: _Tile,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A tile of hashes, 32 bytes each. Neither a full nor a partial one ever changes."""
    return answer(request, log.tile(given.workspace, level, tile), BINARY, cache=IMMUTABLE)


@router.get(
    "/entries/{index}", responses=answers(200, "The entry.", JSON, 401, 403, 404, 422, of="Entry", headers=("ETag",))
)
def entry(request: Request, given: Given, _: Reader, index: _Index, if_none_match: IfNoneMatch = None) -> Response:
    """One entry, byte for byte as it was hashed into its leaf."""
    return answer(request, log.entry(given.workspace, index), JSON, cache=IMMUTABLE)


@router.get(
    "/entries/{index}/receipt",
    responses=answers(200, "The receipt.", TEXT, 401, 403, 404, 422, headers=("ETag",)),
)
def receipt(request: Request, given: Given, _: Reader, index: _Index, if_none_match: IfNoneMatch = None) -> Response:
    """The proof that an entry is in the log, under its newest checkpoint (C2SP tlog-proof)."""
    return answer(request, log.receipt(given.workspace, index).encode(), TEXT)
