"""A service with little room and little patience: what is too much or too slow is refused, and nothing of it stays."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from governance.operations.workspace import Workspace
from governance.settings import Measuring
from governance.web.app import create_app
from governance.web.limits import LIMITS, Limits
from governance.web.served import Served
from tests.disk import mounted
from tests.web.api.measuring import BOUNDARY, Files, closed, part
from tests.web.api.serving import Serving, on_a_file
from tests.web.api.test_measurements import connected, refused, size, until
from tests.web.server import Server

pytestmark = on_a_file


class Beside:
    """The same service once more, under other limits."""

    def __init__(self, serving: Serving, measuring: Measuring, limits: Limits = LIMITS) -> None:
        self.serving, home = serving, serving.workspace
        settings = home.settings._replace(measuring=measuring)
        self.workspace = Workspace(home.root, settings, home.clock, os.urandom)
        self._server = Server(create_app(Served(self.workspace, serving.people, serving.policies), limits=limits))
        self.url = self._server.url
        self.folder = measuring.uploads or home.home / "uploads"

    def token(self, name: str) -> str:
        return self.serving.token(name)

    def client(self, name: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token(name)}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=60)

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", "1m") as place:
        yield place


def test_a_full_disk(serving: Serving, small_disk: Path) -> None:
    beside = Beside(serving, Measuring(uploads=small_disk / "uploads"))
    sent = Files(serving)
    too_much = closed(sent.parts[0], part("file", bytes(3 << 20), "model.onnx"), sent.parts[2])
    with beside.client("ann") as client:
        before = size(serving)
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        answer = client.post("/measurements", content=too_much, headers=headers)
        assert refused(answer, 503)["detail"] == "the upload cannot be kept here"
        assert answer.headers["retry-after"]
        assert not list(beside.folder.glob("*/*"))
        assert size(serving) == before
        # There is room again.
        assert client.post("/measurements", content=sent.body, headers=headers).status_code == 201
    beside.close()
    assert not list(beside.folder.iterdir())


def test_a_body_that_dawdles(serving: Serving, tmp_path: Path) -> None:
    beside = Beside(serving, Measuring(uploads=tmp_path / "uploads"), LIMITS._replace(body_idle=0.3))
    sent = Files(serving)
    body = sent.body
    serving.token("ann")
    before = size(serving)
    with connected(beside, f"Content-Length: {len(body)}", body=body[:-200]) as connection:  # type: ignore[arg-type]
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"/api/v1/problems/too-slow" in answer
    until(lambda: not list(beside.folder.glob("*/*")))
    assert size(serving) == before
    # The place is free again.
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    with beside.client("ann") as client:
        assert client.post("/measurements", content=body, headers=headers).status_code == 201
    beside.close()
