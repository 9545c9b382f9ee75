"""What a service knows, asked for and checked: who is asking, its policies, its decisions, its answer at the gate."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple, TypeVar

from governance.canonical import Document, Sha256, sha256
from governance.client.opened import Opened, assert_is, open_bundle
from governance.client.transport import PDF, TEXT, YAML, Answer, ServiceClient
from governance.client.upload import BINARY
from governance.errors import BadInput, Broken, MachineFault, NotThere, Refused, VerificationFailed
from governance.operations.ask import Asked, ask_bundle
from governance.operations.browse import MOST, DecisionLine, DecisionPage, Me, PolicyList
from governance.operations.waivers import WaiverList
from governance.operations.workspace import local
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.gate import Answer as Said
from governance.policy.outcome import Action, worst
from governance.render.json import GateAnswer
from governance.trail import entry, merkle, tiles
from governance.trail.note import MAX_NOTE
from governance.trail.trust import Trust

Kind = TypeVar("Kind", bound=Document)
_SMALL = 1 << 20
"""Bytes that a page, or whatever else is short, may have."""


class Ruling(NamedTuple):
    """What a service judges by now. `baselines`: digests of known failures by the model that has them."""

    policies: tuple[LoadedPolicy, ...]
    baselines: dict[str, Sha256]


class Remote:
    """One service, as whoever holds the token may use it. `trust`: whose keys count here; None where nobody said. Each
    verb raises what `ServiceClient` does, and VerificationFailed for what does not verify."""

    def __init__(self, http: ServiceClient, trust: Trust | None, clock: Callable[[], datetime]) -> None:
        self.http, self.trust, self.clock = http, trust, clock
        self._me: Me | None = None

    def me(self) -> Me:
        """Whom the token speaks for."""
        if self._me is None:
            self._me = self._read(Me, self.http.get("/me", limit=_SMALL))
        return self._me

    def assert_me(self, name: str | None) -> Me:
        """Raises Refused where the token is somebody else's than `name`, as one types it or as documents say it."""
        me = self.me()
        if name is not None and me.principal not in (name, local(name)):
            raise Refused(
                f"the token is not {name}'s",
                got=me.principal,
                fix="name its owner, or give GOVERNANCE_TOKEN a token of your own",
            )
        return me

    def ruling(self) -> Ruling:
        """What the service judges by. Raises VerificationFailed for a policy that is not the one its digest names,
        MachineFault for one that this release cannot read."""
        listed = self._read(PolicyList, self.http.get("/policies", limit=_SMALL))
        policies = []
        for line in listed.policies:
            text = self.http.get(f"/policies/{line.sha256}", media_type=YAML).data
            if sha256(text) != line.sha256:
                raise VerificationFailed(
                    Broken.TAMPERED, "a policy is not the one its digest names", got=sha256(text), expected=line.sha256
                )
            try:
                policies.append(load_policy(text, f"policy {line.id} {line.version}"))
            except BadInput as error:
                raise MachineFault(
                    "a policy of the service cannot be read by this release",
                    got=str(error).partition("\n")[0],
                    fix="install the release that the service runs",
                    where=self.http.url,
                ) from error
        return Ruling(tuple(policies), listed.baselines)

    def lines(self, **query: str) -> Iterator[DecisionLine]:
        """Decisions that are all of this (docs/reference/api.md), newest first: as the service tells, unchecked."""
        cursor: str | None = None
        while True:
            asked = query | ({"cursor": cursor} if cursor else {})
            page = self._read(DecisionPage, self.http.get("/decisions", query=asked, limit=_SMALL))
            yield from page.decisions
            if page.next is None or page.next == cursor or not page.decisions:
                return
            cursor = page.next

    def latest(self, *, model: str, version: str) -> Sha256:
        """The digest of the latest decision about a model version, as the service says. Raises NotThere."""
        found = next(self.lines(name=model, version=version, latest="true", limit="1"), None)
        if found is None:
            page = self._read(DecisionPage, self.http.get("/decisions", query={"latest": "true", "limit": str(MOST)}))
            known = ", ".join(sorted({f"{line.name}@{line.version}" for line in page.decisions})[:10])
            raise NotThere(
                f"no decision about {model} {version} is in this trail",
                expected=known or "an audited model version",
                fix="`governance check` makes one",
            )
        return found.decision

    def newest(self) -> Sha256 | None:
        """The digest of the last decision of all; None where there is none."""
        return next((line.decision for line in self.lines(limit="1")), None)

    def opened(self, digest: Sha256, *, model: str | None = None, version: str | None = None) -> Opened:
        """A decision with everything that it stands on. Raises NotThere."""
        data = self.http.get(f"/decisions/{digest}/bundle").data
        opened = open_bundle(data, self.trust, self.clock())
        assert_is(opened, digest, model, version)
        return opened

    def waivers(self, name: str | None) -> WaiverList:
        """Those for one model, or all: as the service tells, but for their acts, which are what their digests name:
        else raises VerificationFailed."""
        data = self.http.get("/waivers", query={"name": name} if name is not None else {})
        found = self._read(WaiverList, data)
        for one in found.waivers:
            if (digest := sha256(one.act.to_bytes())) != one.sha256 or name not in (None, one.subject.name):
                raise VerificationFailed(
                    Broken.TAMPERED, "a waiver is not the one its digest names", got=digest, expected=one.sha256
                )
        return found

    def report(self, digest: Sha256) -> bytes:
        """The PDF that the service drew and recorded, unchecked. Raises MachineFault for what is none."""
        data = self.http.get(f"/decisions/{digest}/report", media_type=PDF).data
        if not data.startswith(b"%PDF-"):
            raise MachineFault("the report is no PDF", got=ascii(data[:20]), where=self.http.url)
        return data

    def ask(self, artifact: Sha256, environment: str) -> Asked:
        """The gate's question. The service names the newest decision; its bundle is verified and asked here, and of the
        two answers the stricter counts. Without a trust file nothing is allowed: VerificationFailed NO_TRUST."""
        query = {"artifact": artifact, "environment": environment}
        said = self._read(GateAnswer, self.http.get("/gate", query=query, limit=_SMALL))
        if said.decision is None:
            # Whoever hides a decision can only make this stricter.
            return Asked(Said(Action.DENY, said.why), None)
        data = self.http.get(f"/decisions/{said.decision}/bundle").data
        asked = ask_bundle(data, self.trust, artifact, environment, self.clock())
        if asked.verified is None or asked.verified.decision_sha256 != said.decision:
            raise VerificationFailed(
                Broken.TAMPERED, "the service gives another decision than it names", expected=said.decision
            )
        if worst([said.answer, asked.answer.action]) is asked.answer.action:
            return asked
        return Asked(Said(said.answer, tuple(f"the service says: {why}" for why in said.why)), asked.verified)

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint, unchecked."""
        return self.http.get("/trail/checkpoint", media_type=TEXT, limit=MAX_NOTE).data

    def tile(self, level: int, number: int, width: int) -> bytes:
        """A tile of hashes, unchecked."""
        limit = tiles.WIDTH * merkle.HASH_SIZE
        return self.http.get(f"/trail/{tiles.path(level, number, width)}", media_type=BINARY, limit=limit).data

    def entry_bundle(self, number: int, width: int) -> bytes:
        """The entries under a tile of level 0, unchecked."""
        name = tiles.path(0, number, width).removeprefix("tile/0/")
        limit = tiles.WIDTH * (2 + entry.MAX_BYTES)
        return self.http.get(f"/trail/tile/entries/{name}", media_type=BINARY, limit=limit).data

    def _read(self, model: type[Kind], answer: Answer) -> Kind:
        try:
            return model.from_bytes(answer.data)
        except BadInput as error:
            raise MachineFault(
                f"the service's answer is no {model.__name__}",
                got=f"{error.what}{f': {error.got}' if error.got else ''}"[:300],
                fix="see that service and command line are of the same release",
                where=self.http.url,
            ) from error
