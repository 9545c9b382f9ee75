"""An application on a port of this machine, in a thread: the one server of all tests of a worker."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import uvicorn
from fastapi import FastAPI

from governance.operations.people import AccountPeople
from governance.operations.workspace import Workspace
from governance.policy.document import LoadedPolicy
from governance.web.api.measurements import room
from governance.web.served import Served


class Server:
    def __init__(self, app: FastAPI, lifespan: Literal["on", "off"] = "on") -> None:
        self.app = app
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        # As `governance serve` does: else each answer waits 40 ms for an acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan=lifespan)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.01)

    @contextmanager
    def of(self, workspace: Workspace, policies: tuple[LoadedPolicy, ...] = ()) -> Iterator[None]:
        """Meanwhile it serves this workspace, with the accounts of it. Made for `lifespan="off"`."""
        with workspace.keeping_trail(), room(workspace) as self.app.state.room:
            self.app.state.served = Served(workspace, AccountPeople(workspace), policies)
            yield

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
