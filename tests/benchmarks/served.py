"""A service, and a bare handler of the same framework on the same server: `served.py ROOT CONFIG [DATABASE]`."""

import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Response

from governance.operations.evaluate import load_policies
from governance.operations.people import AccountPeople
from governance.operations.workspace import Workspace
from governance.settings import DatabaseUrl, Settings
from governance.web.app import create_app
from governance.web.connection import configured
from governance.web.portal import add_portal
from governance.web.served import Served

BARE = "/bare"


def both(root: Path, config: Path, database: str | None) -> Any:
    url = DatabaseUrl(database) if database else None
    settings = Settings(config=config, ci=False, colour=False, policy=None)._replace(database=url)
    workspace = Workspace(root, settings, lambda: datetime.now(UTC), os.urandom)
    policies = load_policies([str(root / "policy.yaml")])
    app = create_app(Served(workspace, AccountPeople(workspace), policies), add_portal)
    bare = FastAPI()

    @bare.get(BARE)
    def handler() -> Response:
        return Response("ok\n", media_type="text/plain")

    async def either(scope: Any, receive: Any, send: Any) -> None:
        await (bare if scope.get("path") == BARE else app)(scope, receive, send)

    return either


def main() -> None:
    root, config, *database = sys.argv[1:]
    app = both(Path(root), Path(config), database[0] if database else None)
    listening = socket.create_server(("127.0.0.1", 0))
    # As `governance serve` does: else both would wait 40 ms for an acknowledgement, and every ratio would look well.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(configured(app)).run(sockets=[listening])


if __name__ == "__main__":
    main()
