"""A service on a made-up project, on a port of this machine, and the people and programs that call it."""

import base64
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from governance.canonical import instant, sha256
from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Origin
from governance.keys import KeySigner, open_person_key
from governance.operations.accounts import invite, redeem
from governance.operations.caller import Caller, Operator
from governance.operations.evaluate import load_policies
from governance.operations.initialise import start_trail
from governance.operations.people import AccountPeople
from governance.operations.tokens import LONGEST, create_token
from governance.permissions import Scope
from governance.policy.act import Act, Waiver
from governance.settings import DatabaseUrl
from governance.signing import dsse
from governance.verification import ACT, payload_type
from governance.web.app import create_app
from governance.web.openapi import PREFIX
from governance.web.served import Served
from tests.operations.project import MANIFEST, NAME, PASSWORD, VERSION, Clock, Project
from tests.web.server import Server

PEOPLE = {
    "ann": ("submitter",),
    "bo": ("approver",),
    "cy": ("submitter", "approver"),
    "di": ("auditor",),
    "ed": ("admin",),
    "fi": ("approver",),
}
ALL = tuple(Scope)
on_a_file = pytest.mark.parametrize("serving", ["sqlite"], indirect=True, scope="session")
"""For what is refused before any database is asked, or answered alike by both."""


class Submission:
    """Evidence about a version of its own, as somebody would hand it in."""

    def __init__(self, evidence: EvidenceSet, manifest: bytes) -> None:
        self.evidence, self.manifest = evidence, manifest

    def but(self, **change: Any) -> "Submission":
        return Submission(self.evidence.model_copy(update=change), self.manifest)

    @property
    def version(self) -> str:
        return self.evidence.subject.version

    @property
    def files(self) -> dict[str, tuple[str, bytes, str]]:
        return {
            "evidence": ("evidence.json", self.evidence.to_bytes(), "application/json"),
            "manifest": ("governance.yaml", self.manifest, "application/yaml"),
        }


def submission(measured: EvidenceSet, by: str, place: str, version: str, name: str = NAME) -> Submission:
    """What was measured, as if it had been by them, there, about another version."""
    manifest = MANIFEST
    for field, old, new in (("name", NAME, name), ("version", VERSION, version)):
        manifest = manifest.replace(f"{field}: {old}", f"{field}: {json.dumps(new, ensure_ascii=False)}")
    origin = Origin(kind="measured", by=f"local|{by}", where=place, predictions="supplied")  # type: ignore[arg-type]
    subject = measured.subject.model_copy(update={"name": name, "version": version})
    change = {"manifest": sha256(manifest.encode()), "subject": subject, "origin": origin}
    return Submission(measured.model_copy(update=change), manifest.encode())


class Serving:
    def __init__(self, folder: Path, database: DatabaseUrl | None = None, clock: Any = None) -> None:
        self.project = Project(folder / "project", folder / "config", clock=clock or Clock())
        self.project.settings = self.project.settings._replace(database=database)
        self.workspace = self.project.workspace = self.project.at()
        start_trail(self.workspace)
        for name, roles in PEOPLE.items():
            redeem(self.workspace, invite(self.workspace, name, roles, Operator()).token, PASSWORD)
        self.people = AccountPeople(self.workspace)
        self.policies = load_policies([str(self.project.root / "policy.yaml")])
        self.measured = self.project.check(dry_run=True, workspace=self.workspace).evidence
        self.app = create_app(Served(self.workspace, self.people, self.policies))
        self._numbers = itertools.count()
        self._tokens: dict[tuple[Any, ...], str] = {}
        self._server = Server(self.app)
        self.url = self._server.url

    def close(self) -> None:
        self._server.close()

    def token(self, name: str, scopes: tuple[Scope, ...] = ALL, place: str = "ci") -> str:
        key = (name, scopes, place)
        if key not in self._tokens:
            caller = Caller(f"local|{name}", PEOPLE[name], None, "a test")
            expires = self.workspace.clock() + LONGEST
            made = create_token(self.workspace, caller, scopes, "tests", expires, place)  # type: ignore[arg-type]
            self._tokens[key] = made.secret
        return self._tokens[key]

    def client(self, name: str | None = None, scopes: tuple[Scope, ...] = ALL, place: str = "ci") -> httpx.Client:
        """One that calls below `PREFIX`; without a name a stranger's."""
        headers = {"Authorization": f"Bearer {self.token(name, scopes, place)}"} if name else {}
        return httpx.Client(base_url=self.url + PREFIX, headers=headers, timeout=60, verify=False)

    def submission(
        self, by: str = "ann", place: str = "ci", version: str | None = None, name: str = NAME
    ) -> Submission:
        version = version or f"1.{next(self._numbers)}-{'pg' if self.workspace.settings.database else 'file'}"
        return submission(self.measured, by, place, version, name)

    def submitted(self, by: str = "ann", **headers: str) -> "Case":
        """A new version that `by` submitted."""
        submission = self.submission(by)
        with self.client(by) as client:
            answer = client.post("/evidence", files=submission.files, headers=headers)
        assert answer.status_code == 201, answer.text
        return Case(self, submission.version, answer.json(), sha256(answer.content))

    def signer(self, name: str) -> KeySigner:
        """Their key, as the command line would get it: wrapped, and opened on their machine."""
        with self.client(name) as client:
            return open_person_key(client.get("/me/key").content, f"local|{name}", PASSWORD, "a test")


class Case:
    """A decision about a version."""

    def __init__(self, serving: Serving, version: str, decision: dict[str, Any], digest: str) -> None:
        self.serving, self.version, self.decision, self.sha256 = serving, version, decision, digest

    def act(self, kind: str = "comment", name: str = "bo", role: str = "approver", **change: Any) -> Act:
        said = {"reason": "looked at it", "at": instant(self.serving.workspace.clock()), "decision": self.sha256}
        if kind == "waive":
            said["waiver"] = Waiver(
                key="small#floor", ticket="RISK-7", not_before=said["at"], expires="2027-02-01T00:00:00Z"
            )
        return Act(kind=kind, actor=f"local|{name}", role=role, **(said | change))  # type: ignore[arg-type]

    def signed(self, act: Act, name: str = "bo") -> bytes:
        return dsse.seal(payload_type(ACT), act.to_bytes(), self.serving.signer(name)).to_bytes()

    def post(
        self, body: bytes, name: str = "bo", seen: str | None = None, client: httpx.Client | None = None, **headers: str
    ) -> httpx.Response:
        sent = {"If-Match": f'"{seen or self.sha256}"', "Content-Type": "application/json"} | headers
        sent = {key.replace("_", "-"): value for key, value in sent.items()}
        with client or self.serving.client(name) as calling:
            return calling.post(f"/decisions/{self.sha256}/acts", content=body, headers=sent)

    def acted(self, kind: str, name: str = "bo", role: str = "approver", **change: Any) -> "Case":
        """The case after an act."""
        answer = self.post(self.signed(self.act(kind, name, role, **change), name), name)
        assert answer.status_code == 201, answer.text
        return Case(self.serving, self.version, answer.json(), sha256(answer.content))


def payload(envelope: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The envelope around other bytes, under the old signature."""
    value = json.loads(envelope)
    value["payload"] = base64.b64encode(change(base64.b64decode(value["payload"]))).decode()
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
