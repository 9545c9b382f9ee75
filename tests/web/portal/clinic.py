"""The demonstration, served: a version with a fault of each family that was denied, and one that a person allowed."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import NamedTuple

import httpx

from governance.operations.accounts import invite, redeem
from governance.operations.caller import Operator
from governance.operations.sessions import sign_in
from governance.operations.workspace import Workspace
from governance.settings import Settings
from tests.operations.project import PASSWORD
from tests.web.portal.forms import form_to, send
from tests.web.server import Server

MODEL = "/models/diabetes-progression"
DENIED, ALLOWED = "/cases/diabetes-progression/1", "/cases/diabetes-progression/2"
SHARE, RATES = "baseline#no-single-feature", "baseline#selection-four-fifths"
REASON = "a pilot of forty patients, each call reviewed"


class Clinic(NamedTuple):
    """`eve` approves and has waived two findings of version 1, one of which ends soon; she has commented, too."""

    workspace: Workspace
    session: str

    @classmethod
    def of(cls, demo: Path, folder: Path, server: Server) -> "Clinic":
        shutil.copytree(demo, folder, dirs_exist_ok=True)
        settings = Settings(config=folder / "keys", ci=False, colour=False, policy=None)
        workspace = Workspace(folder, settings, lambda: datetime.now(UTC), os.urandom)
        redeem(workspace, invite(workspace, "eve", ("approver",), Operator()).token, PASSWORD)
        clinic = cls(workspace, sign_in(workspace, "eve", PASSWORD, "192.0.2.1").token)
        with clinic.visited(server) as eve:
            for key, days in ((SHARE, 9), (RATES, 28)):
                form = form_to(eve.get(DENIED, params={"waive": key}), "/acts")
                expires = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
                assert send(eve, form, reason=REASON, ticket="RISK-41", expires=expires).status_code == 303
            form = form_to(eve.get(DENIED), "/acts")
            assert send(eve, form, kind="comment", reason="the data team was told").status_code == 303
        return clinic

    @contextmanager
    def visited(self, server: Server) -> Iterator[httpx.Client]:
        """By `eve`."""
        with server.of(self.workspace), httpx.Client(base_url=server.url, timeout=120) as client:
            client.cookies.set("governance", self.session)
            yield client


def read(html: str) -> str:
    """What is on a page or in a part of one, in its order, without markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html[max(html.find("<main"), 0) :])).split())
