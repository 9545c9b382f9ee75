"""The service is killed while people act, at any moment: what it acknowledged is there, once, and all else is not."""

import os
import random
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from governance.canonical import sha256
from governance.errors import VerificationFailed
from governance.policy.act import Act, Waiver
from governance.policy.decision import Decision
from governance.settings import DatabaseUrl
from governance.signing import dsse
from governance.store.verify import verify_trail
from governance.trail.entry import EntryType
from governance.verification import ACT, ACT_ENTRIES, DECISION, payload_type
from tests.web.api.serving import Case, Serving

KINDS = ("comment", "approve", "waive", "reject", "comment")
CLIENTS = ("bo", "cy", "fi")
CASES = 6
GIVEN_UP = 120
"""Seconds after which nothing more will come: for whoever waits for the tests, and no claim about speed."""


class Acknowledged(NamedTuple):
    """A request, and what it was answered: the decision that follows from the act."""

    name: str
    headers: dict[str, str]
    body: bytes
    act: str
    answer: bytes


class Killed:
    """A service in a process of its own, and how much of it was seen."""

    def __init__(self, serving: Serving, seed: int) -> None:
        self.serving, self.random = serving, random.Random(seed)
        self.cases: list[Case] = [serving.submitted() for _ in range(CASES)]
        self.signers = {name: serving.signer(name) for name in CLIENTS}
        for name in (*CLIENTS, "di"):
            serving.token(name)
        serving.close()
        self.acknowledged: list[Acknowledged] = []
        self.checkpoints: list[bytes] = []
        self.failed: list[BaseException | str] = []
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        settings, database = self.serving.project.settings, self.serving.workspace.settings.database
        environment = {**os.environ, "GOVERNANCE_CONFIG_DIR": str(settings.config)}
        if database is not None:
            environment["GOVERNANCE_DATABASE_URL"] = database.secret
        command = [sys.executable, "-m", "governance", "serve", "--quiet", "--port", "0", "--policy", "./policy.yaml"]
        self.process = subprocess.Popen(
            command, cwd=self.serving.project.root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=environment,
        )  # fmt: skip
        assert self.process.stdout is not None
        # What waits here for ever would keep whoever runs the tests waiting, and say nothing.
        ready, _, _ = select.select([self.process.stdout], [], [], GIVEN_UP)
        assert ready, f"the service did not start within {GIVEN_UP} s"
        said = self.process.stdout.readline()
        assert said.startswith("Serving "), said
        self.serving.url = said.split(" on ")[1].split(";")[0]

    def kill(self) -> None:
        """At once, as by a power cut of the process: SIGKILL cannot be caught."""
        assert self.process is not None
        assert self.process.poll() is None
        self.process.kill()
        assert self.process.wait() == -signal.SIGKILL

    def act(self, name: str, count: int, seed: int) -> None:
        """One client: `count` acts, each sent until it is answered."""
        chance, seen = random.Random(seed), [case.sha256 for case in self.cases]
        try:
            for number in range(count):
                at = chance.randrange(CASES)
                while True:
                    body, digest = self._signed(name, chance.choice(KINDS), seen[at])
                    headers = {
                        "If-Match": f'"{seen[at]}"', "Content-Type": "application/json",
                        "Idempotency-Key": f"{name}-{number}-{chance.getrandbits(64):x}",
                    }  # fmt: skip
                    answer = self._until_answered(name, seen[at], body, headers)
                    if answer.status_code != 412:
                        break
                    seen[at] = answer.json()["latest"]  # somebody else was first: nothing was written
                if answer.status_code != 201:
                    raise AssertionError(answer.text)
                self.acknowledged.append(Acknowledged(name, headers, body, digest, answer.content))
                seen[at] = sha256(answer.content)
        except BaseException as error:
            self.failed.append(error)

    def _until_answered(self, name: str, seen: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        last, ends = "", time.monotonic() + GIVEN_UP
        while time.monotonic() < ends:
            try:
                with self.serving.client(name) as client:
                    answer = client.post(f"/decisions/{seen}/acts", content=body, headers=headers)
                if answer.status_code < 500:
                    return answer
                last = answer.text
            except httpx.TransportError as error:
                last = repr(error)
            time.sleep(0.02)  # it is gone, and its next one is not yet there: the same request, under the same key
        raise AssertionError(f"no answer within {GIVEN_UP} s; the last: {last}")

    def _signed(self, name: str, kind: str, seen: str) -> tuple[bytes, str]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        said: dict[str, Any] = {
            "actor": f"local|{name}",
            "role": "approver",
            "decision": seen,
            "reason": "as seen",
            "at": now,
        }
        if kind == "waive":
            expires = (datetime.now(UTC) + timedelta(days=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
            said["waiver"] = Waiver(key="small#floor", ticket="RISK-7", not_before=now, expires=expires)
        data = Act(kind=kind, **said).to_bytes()  # type: ignore[arg-type]
        return dsse.seal(payload_type(ACT), data, self.signers[name]).to_bytes(), sha256(data)

    def checkpoint(self) -> None:
        with self.serving.client("di") as client:
            answer = client.get("/trail/checkpoint")
        assert answer.status_code == 200
        self.checkpoints.append(answer.content)

    def run(self, acts: int, kills: int, between: Callable[[int], None] = lambda kill: None) -> None:
        """`between` is called when most of what comes before each kill was acknowledged, and (as -1 - kill) after."""
        moments = sorted(self.random.sample(range(5, acts - 2), kills))
        counts = [len(range(start, acts, len(CLIENTS))) for start in range(len(CLIENTS))]
        self.start()
        clients = [
            threading.Thread(target=self.act, args=(name, count, self.random.getrandbits(32)), daemon=True)
            for name, count in zip(CLIENTS, counts, strict=True)
        ]
        for client in clients:
            client.start()
        for kill, moment in enumerate(moments):
            self._wait(moment - 4)
            between(kill)
            self._wait(moment)
            self.checkpoint()
            time.sleep(self.random.uniform(0, 0.05))
            self.kill()
            between(-1 - kill)
            self.start()
        for client in clients:
            client.join()

    def _wait(self, count: int) -> None:
        while len(self.acknowledged) < count and not self.failed:
            time.sleep(0.002)

    def check(self, acts: int) -> None:
        """Raises AssertionError, VerificationFailed."""
        assert not self.failed, self.failed
        assert len(self.acknowledged) == acts
        for one in self.acknowledged:
            again = self._until_answered(one.name, one.headers["If-Match"].strip('"'), one.body, one.headers)
            assert (again.status_code, again.headers.get("idempotency-replayed")) == (201, "true"), again.text
            assert again.content == one.answer
        self.checkpoint()
        workspace = self.serving.workspace
        with workspace.open_trail() as store:
            verified = verify_trail(store, workspace.trust().logs[0].key, self.checkpoints)
            with store.snapshot() as snapshot:
                recorded, issued = Counter[str](), Counter[str]()
                decisions: dict[str, Decision] = {}
                for stored in snapshot.entries():
                    for document in snapshot.documents_of(stored.index):
                        if document.type == ACT and stored.entry.type in ACT_ENTRIES.values():
                            recorded[document.sha256] += 1
                        if document.type == DECISION and stored.entry.type is EntryType.DECISION_ISSUED:
                            issued[document.sha256] += 1
                            decisions[document.sha256] = Decision.from_bytes(document.data)
        assert recorded == Counter(one.act for one in self.acknowledged), "each act once, and none but those"
        assert set(issued.values()) == {1}
        assert len(issued) == CASES + acts
        for one in self.acknowledged:
            assert decisions[sha256(one.answer)].acts[-1] == one.act
        followed = [decision.previous for decision in decisions.values() if decision.previous is not None]
        assert len(followed) == len(set(followed)) == acts, "each case went one way"
        assert verified.size > len(issued)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[DatabaseUrl | None, int], Killed]]:
    made: list[Killed] = []

    def killed(database: DatabaseUrl | None, seed: int) -> Killed:
        made.append(Killed(Serving(tmp_path / "killed", database, lambda: datetime.now(UTC)), seed))
        return made[-1]

    yield killed
    for one in made:
        if one.process is not None:
            one.process.kill()
            one.process.communicate()


def test_killed_once(make: Any) -> None:
    killed = make(None, 1)
    killed.run(20, 1)
    killed.check(20)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_again_and_again(make: Any, request: pytest.FixtureRequest, kind: str, seed: int) -> None:
    killed = make(request.getfixturevalue("database") if kind == "postgresql" else None, seed)
    killed.run(200, 12)
    killed.check(200)


@pytest.mark.slow
def test_a_service_that_answers_before_it_is_durable_would_be_noticed(make: Any, tmp_path: Path) -> None:
    """What was acknowledged last is not on the disk when the process is gone: so this test can fail."""
    killed = make(None, 4)
    trail, kept = killed.serving.project.root / ".governance" / "trail.db", tmp_path / "kept.db"

    def forget(kill: int) -> None:
        if kill >= 0:
            with closing(sqlite3.connect(trail)) as source, closing(sqlite3.connect(kept)) as target:
                source.backup(target)
        else:
            for name in (trail, f"{trail}-wal", f"{trail}-shm"):
                Path(name).unlink(missing_ok=True)
            shutil.copy(kept, trail)

    killed.run(20, 1, forget)
    with pytest.raises((AssertionError, VerificationFailed)):
        killed.check(20)
