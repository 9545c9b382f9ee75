"""The service with ten thousand versions recorded: its answers' times as ratios to a bare handler's in the same run."""

import http.client
import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from governance import keys
from governance.operations.caller import Caller
from governance.operations.sessions import sign_in
from governance.operations.tokens import create_token
from governance.permissions import Scope
from governance.store.trail import TrailStore
from governance.web.openapi import PREFIX
from tests.benchmarks.populated import Maker, copied, populate
from tests.benchmarks.served import BARE
from tests.operations.project import CHEAP_SCRYPT, PASSWORD
from tests.postgresql import Server
from tests.web.api.serving import PEOPLE, Serving

pytestmark = pytest.mark.bench
VERSIONS = 10_000
CLIENTS = (1, 8)
REQUESTS = 200


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    status: int = 200


class Prepared(NamedTuple):
    """What is asked, by name; each name's requests never end."""

    serving: Serving
    asked: dict[str, Iterator[Asked]]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
        serving = Serving(tmp_path_factory.mktemp("bench"), None, lambda: datetime.now(UTC))
    serving.close()
    workspace = serving.workspace
    maker = Maker(serving.project, workspace, "local|ann", "ci")
    artifacts = populate(workspace, serving.policies, maker, VERSIONS)
    cookie = sign_in(workspace, "bo", PASSWORD, "192.0.2.1").token
    expires = workspace.clock() + timedelta(days=1)

    def bearer(name: str) -> dict[str, str]:
        caller = Caller(f"local|{name}", PEOPLE[name], None, "the benchmark")
        return {
            "Authorization": f"Bearer {create_token(workspace, caller, tuple(Scope), 'bench', expires, 'ci').secret}"
        }

    auditor, submitter, browser = bearer("di"), bearer("ann"), {"Cookie": f"governance={cookie}"}

    def submissions() -> Iterator[Asked]:
        while True:
            evidence, manifest = maker.make()
            parts = (("evidence", "application/json", evidence.to_bytes()), ("manifest", "application/yaml", manifest))
            body = b""
            for name, kind, data in parts:
                said = f'form-data; name="{name}"; filename="{name}"\r\nContent-Type: {kind}'
                body += f"--x\r\nContent-Disposition: {said}\r\n\r\n".encode() + data + b"\r\n"
            headers = submitter | {"Content-Type": "multipart/form-data; boundary=x"}
            yield Asked("POST", f"{PREFIX}/evidence", headers, body + b"--x--\r\n", 201)

    gates = (
        Asked("GET", f"{PREFIX}/gate?{urlencode({'artifact': artifact, 'environment': 'prod'})}", auditor)
        for artifact in itertools.cycle(artifacts[:: len(artifacts) // 997 or 1])
    )
    return Prepared(
        serving,
        {
            "a bare handler": itertools.repeat(Asked("GET", BARE, {})),
            "gate": gates,
            "submit": submissions(),
            "Waiting, first page": itertools.repeat(Asked("GET", "/", browser)),
            "Waiting, page 20": itertools.repeat(Asked("GET", "/?start=500", browser)),
        },
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def port(request: pytest.FixtureRequest, prepared: Prepared, root: Path) -> Iterator[int]:
    """Of the service on each database, in a process of its own."""
    project = prepared.serving.project
    command = [sys.executable, "-m", "tests.benchmarks.served", str(project.root), str(project.settings.config)]
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        url = server.url(server.new())
        workspace = prepared.serving.workspace
        log = workspace.required_signer(workspace.trust().logs[0].origin, "log")
        TrailStore.create(url, "to-be-copied", log, workspace.clock()).close()
        copied(workspace.trail_path, url)
        command.append(url.secret)
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield int(process.stdout.readline())
    process.terminate()
    process.communicate()


def timed(port: int, asked: list[Asked]) -> list[float]:
    """Seconds of each, one after the other over one connection."""
    connection, seconds = http.client.HTTPConnection("127.0.0.1", port, timeout=120), []
    for one in asked:
        start = time.perf_counter()
        connection.request(one.method, one.path, one.body or None, one.headers)
        answer = connection.getresponse()
        answer.read()
        seconds.append(time.perf_counter() - start)
        assert answer.status == one.status, (answer.status, one.path)
    connection.close()
    return seconds


def measured(port: int, asked: Iterator[Asked], clients: int) -> tuple[float, float]:
    """(median, 99th percentile) of `REQUESTS` by so many at once."""
    ready = [list(itertools.islice(asked, REQUESTS // clients)) for _ in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        found = sorted(itertools.chain(*pool.map(lambda one: timed(port, one), ready)))
    return statistics.median(found), found[int(len(found) * 0.99) - 1]


def test_service(port: int, prepared: Prepared, request: pytest.FixtureRequest) -> None:
    for asked in prepared.asked.values():
        timed(port, list(itertools.islice(asked, 20)))
    kind = request.node.callspec.params["port"]
    heads = "".join(f"{head:>9}" for head in ("clients", "p50 ms", "p99 ms", "p50", "p99"))
    print(f"\n{kind}, {VERSIONS:,} versions; the last two as ratios to the bare handler's\n{'':<24}{heads}")
    for clients in CLIENTS:
        bare = measured(port, prepared.asked["a bare handler"], clients)
        for name, asked in prepared.asked.items():
            got = bare if name == "a bare handler" else measured(port, asked, clients)
            ratios = "".join(f"{mine / its:>9.1f}" for mine, its in zip(got, bare, strict=True))
            times = "".join(f"{1000 * seconds:>9.1f}" for seconds in got)
            print(f"{name:<24}{clients:>9}{times}{ratios}")
