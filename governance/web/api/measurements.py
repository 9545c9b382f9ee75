"""Files go in: measured here, judged under the service's policies, sealed with its keys, answered with the decision."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Event
from typing import Annotated, NamedTuple

import anyio
from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from governance.operations.answers import Done, once
from governance.operations.caller import Caller
from governance.operations.measure_here import Abandoned, Places, measure_here
from governance.operations.uploads import FILE, MANIFEST, Incoming, Limits, digest_of, fresh_folder, upload_folder
from governance.operations.workspace import Workspace
from governance.permissions import Does
from governance.web import examples
from governance.web.api.decisions import decided
from governance.web.openapi import BINARY, YAML, answers, form
from governance.web.requests import JSON, IdempotencyKey, fingerprint
from governance.web.security import Given, needs
from governance.web.uploads import receive

router = APIRouter(tags=["evidence"], default_response_class=Response)

_FORM = form(
    {
        MANIFEST: {
            "type": "string",
            "description": "The manifest, byte for byte. It comes first. Its file name is recorded; `governance.yaml` "
            "where it has none.",
            "contentMediaType": YAML,
            "example": examples.MANIFEST.decode(),
        },
        FILE: {
            "type": "array",
            "items": {"type": "string", "contentMediaType": BINARY},
            "description": "Each file that the manifest names, once, in any order. Its file name is the path as the "
            "manifest spells it.",
        },
    },
    required=[MANIFEST],
)


class Room(NamedTuple):
    """Where this process measures: how much at once, and in which folder; None where it measures nothing."""

    places: Places
    folder: Path | None


@contextmanager
def room(workspace: Workspace) -> Iterator[Room]:
    """While the service runs. What a service that crashed left is removed. Raises MachineFault."""
    settings = workspace.settings.measuring
    places = Places(settings.at_once)
    if places.closed:
        yield Room(places, None)
        return
    with upload_folder(settings.uploads or workspace.home / "uploads") as folder:
        yield Room(places, folder)


@router.post(
    "/measurements",
    status_code=201,
    responses=answers(
        201, "The decision.", JSON, 400, 401, 403, 413, 415, 422, 501, 503,
        of="Decision", headers=("ETag", "Location", "Idempotency-Replayed"),
    ),
    openapi_extra=_FORM,
)  # fmt: skip
async def measure(
    request: Request,
    given: Given,
    caller: Annotated[Caller, Depends(needs(Does.SUBMIT))],
    key: IdempotencyKey = None,
) -> Response:
    """Send the files of a model version and have the service measure them, in a limited process. The evidence is yours
    (`origin.by`), and says that it was measured here (`origin.where`). The files are gone when the answer comes.
    Nothing is recorded unless all of it came, nor if you close the connection before the answer. To send it again under
    the same key takes the files again; nothing is measured twice."""
    room: Room = request.app.state.room
    limits = given.workspace.settings.measuring
    with room.places.one():
        async with _fresh(room.folder) as folder:
            incoming = Incoming(folder, Limits(limits.whole, limits.file))
            upload = await receive(request, incoming, limits.whole)
            asked = fingerprint(request, digest_of(upload))
            done = await _awaited(
                request,
                lambda gone: once(
                    given.workspace,
                    caller.principal,
                    key,
                    asked,
                    201,
                    lambda also: measure_here(
                        given.workspace,
                        given.policies,
                        upload,
                        caller=caller,
                        baselines=given.baselines,
                        gone=gone,
                        also=also,
                    ),
                ),
            )
    return await run_in_threadpool(decided, request, given, done)


@asynccontextmanager
async def _fresh(folder: Path | None) -> AsyncIterator[Path]:
    """A folder for one upload, made and removed beside the loop: files of gigabytes take their time to go."""
    if folder is None:
        raise RuntimeError("there is no place here without a folder")
    made = fresh_folder(folder)
    path = await run_in_threadpool(made.__enter__)
    try:
        yield path
    finally:
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(made.__exit__, None, None, None)


async def _awaited(request: Request, do: Callable[[Callable[[], bool]], Done]) -> Done:
    """What it comes to, in a thread. It is told when nobody waits for it any more: the caller left, or the service
    stops. Raises ClientDisconnect then."""
    gone = Event()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    watching = asyncio.create_task(watch())
    try:
        return await run_in_threadpool(do, gone.is_set)
    except Abandoned as error:
        raise ClientDisconnect from error
    finally:
        gone.set()
        watching.cancel()
