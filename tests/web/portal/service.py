"""A service on a made-up project: people with accounts, a case that fails and one that waits."""

import socket
import threading
import time
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from governance.operations.accounts import invite, redeem
from governance.operations.caller import Operator
from governance.operations.people import AccountPeople
from governance.operations.workspace import Workspace
from governance.web.app import create_app
from governance.web.portal import add_portal
from governance.web.service import Service
from tests.operations.project import PASSWORD, Project

PEOPLE = {
    "ann": ("submitter",),
    "bo": ("approver",),
    "di": ("auditor",),
    "ed": ("approver", "admin"),
}


def project_with_accounts(folder: Path, **options: object) -> Project:
    """`ann` submits, `bo` and `ed` approve, `di` only looks. All share one password."""
    project = Project(folder / "project", folder / "config", **options).start("ann")
    for name, roles in PEOPLE.items():
        redeem(project.workspace, invite(project.workspace, name, roles, Operator()).token, PASSWORD)
    return project


def application(workspace: Workspace) -> FastAPI:
    """The service as it is served."""
    return create_app(Service(workspace, AccountPeople(workspace), ()), add_portal)


class Server:
    """The service on a port of this machine, in a thread."""

    def __init__(self, app: FastAPI) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
