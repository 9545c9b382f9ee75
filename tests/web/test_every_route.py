"""Who may do what: each route that the application has, called by each kind of person, on both databases.

The answer is held against the table of permissions; whoever is refused is told why, the log keeps it, and not one byte
of the trail or of the accounts has changed. A route that is not in `CALLS` fails: it does not say who may call it.
"""

import html
import itertools
import logging
import re
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import text
from starlette.routing import Mount

from governance import keys
from governance.canonical import sha256
from governance.keys import KeySigner, open_person_key
from governance.operations.accounts import invite, wrapped_key
from governance.operations.caller import Caller, Operator
from governance.operations.evaluate import load_policies
from governance.operations.sessions import session, sign_in, sign_out
from governance.operations.submit import submit
from governance.operations.tokens import create_token, revoke_token, token
from governance.permissions import TABLE, Does, Scope
from governance.store import account_tables, tables
from tests.operations.project import CHEAP_SCRYPT, PASSWORD, POLICY, Project
from tests.web.api.serving import submission
from tests.web.calls import (
    ANYBODY,
    API,
    CALLS,
    EVERY,
    OTHER_METHODS,
    SELF,
    STATEMENT,
    TOO_CLOSE,
    Call,
    Scene,
    Visitor,
)
from tests.web.house import PEOPLE, House
from tests.web.server import Server


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            yield "GET", str(route.path)
        else:
            assert isinstance(route.original_route, APIRoute), f"what is {route.original_route}?"
            yield from ((method, str(route.path)) for method in sorted(route.methods or ()) if method != "HEAD")


def test_each_route_says_who_may_call_it(running: Server) -> None:
    found = list(routes(running.app))
    assert len(found) == len(set(found))
    unsaid = sorted(set(found) - set(CALLS))
    assert not unsaid, f"does not say who may call it: {unsaid}"
    assert not sorted(set(CALLS) - set(found)), "is no route any more"


class Morning:
    """What happens before anybody calls."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.ids: dict[str, str] = {}
        self.visitors: dict[str, Visitor] = {}
        self.signers: dict[str, KeySigner] = {}

    def __call__(self, project: Project) -> None:
        self.project, self.workspace = project, project.workspace
        old = sign_in(self.workspace, "max", PASSWORD, "192.0.2.2").token
        _, expired = self._token("max", minutes=1)
        gone, revoked = self._token("max")
        revoke_token(self.workspace, _caller("max"), gone)
        out = sign_in(self.workspace, "max", PASSWORD, "192.0.2.2")
        sign_out(self.workspace, out.caller)
        for _ in range(2):  # whoever comes now and then stays signed in; `old` does not
            project.clock.tick(minutes=20)
            for name in PEOPLE:
                session(self.workspace, self.house.sessions[name])
                token(self.workspace, self.house.tokens[name])
        self._case()
        for name in PEOPLE:
            if name != "gus":
                key = wrapped_key(self.workspace, _caller(name))
                self.signers[name] = open_person_key(key, f"local|{name}", PASSWORD, "a test")
        known = {"no role left": "nia", "submitter": "ann", "approver": "bo", "too close": TOO_CLOSE, "auditor": "di"}
        known |= {"reviewer": "rae", "admin": "al", "approver and admin": "ed", "every role": "max"}
        for kind, name in known.items():
            roles = () if name == "nia" else PEOPLE[name]
            self.visitors[kind] = Visitor(name, roles, EVERY, self.house.tokens[name], self.house.sessions[name])
        for scope in EVERY:
            self.visitors[f"scope {scope}"] = Visitor("max", PEOPLE["max"], (scope,), self._token("max", scope)[1])
        self.visitors |= {
            "nobody": Visitor(),
            "made up": Visitor(token="gvt_" + "A" * 43, session="A" * 43),
            "expired": Visitor(token=expired, session=old),
            "revoked": Visitor(token=revoked, session=out.token),
            "disabled": Visitor(token=self.house.tokens["gus"], session=self.house.sessions["gus"]),
            # A session is no token, and a token no session.
            "mixed up": Visitor(
                token=f"gvt_{self.house.sessions['max']}", session=self.house.tokens["max"].removeprefix("gvt_")
            ),
        }

    def _case(self) -> None:
        self.project.write("policy.yaml", POLICY + STATEMENT)
        policies = load_policies([str(self.project.root / "policy.yaml")])
        self.measured = self.project.check(dry_run=True).evidence
        case = submission(self.measured, TOO_CLOSE, "ci", "1.0")
        evidence = case.evidence.to_bytes()
        handed = {"evidence": evidence, "manifest": case.manifest, "caller": _caller(TOO_CLOSE)}
        self.ids = {
            "decision": submit(self.workspace, policies, **handed).sealed.decision_sha256,  # type: ignore[arg-type]
            "evidence": sha256(evidence),
            "policy": policies[0].sha256,
            "artifact": self.project.artifact(),
            "name": case.evidence.subject.name,
            "version": case.version,
            "token of cy": self._token(TOO_CLOSE)[0],
            "token of di": self._token("di")[0],
            "session of cy": sign_in(self.workspace, TOO_CLOSE, PASSWORD, "192.0.2.2").caller.via,
            "principal": "local|di",
            "identifier": "a",
            **{f"to {step}": step for step in ("grant", "revoke", "token", "disable")},
            "step": "disable",
            "token": invite(self.workspace, "fay", ("approver",), Operator()).token,
            **{"kind": "stale", "index": "0", "level": "0", "tile": "000.p/1", "path": "nowhere"},
        }

    def _token(self, name: str, *scopes: Scope, **life: float) -> tuple[str, str]:
        expires = self.project.clock() + timedelta(**(life or {"days": 9}))
        made = create_token(self.workspace, _caller(name), scopes or EVERY, "a test", expires)
        assert token(self.workspace, made.secret)  # which is noted; not again within a minute
        return made.token.id, made.secret


def _caller(name: str) -> Caller:
    return Caller(f"local|{name}", PEOPLE[name], None, "a test", place="ci")


class Stage:
    """One scene after the other, each on a copy of that morning."""

    def __init__(self, server: Server, house: House, folder: Path) -> None:
        self._server, self._folder, self._scenes, self._closing = server, folder, itertools.count(), ExitStack()
        self._morning = Morning(house)
        self._house = house.after(folder / "morning", self._morning)
        self.visitors = self._morning.visitors
        self._opened: dict[str, list[str]] | None = None
        self.client = httpx.Client(base_url=server.url, timeout=60, verify=False)

    def open(self) -> dict[str, list[str]]:
        """What was done since is undone. What the tables then hold."""
        if self._opened is not None and self.dump() == self._opened:
            return self._opened
        self._closing.close()
        morning = self._morning
        project = self._closing.enter_context(self._house.copy(self._folder / f"scene-{next(self._scenes)}"))
        policies = load_policies([str(project.root / "policy.yaml")])
        self._closing.enter_context(self._server.of(project.workspace, policies))
        self.workspace = project.workspace
        self.scene = Scene(project, dict(morning.ids), morning.visitors, morning.measured, morning.signers)
        self._opened = self.dump()
        return self._opened

    def close(self) -> None:
        self.client.close()
        self._closing.close()

    def dump(self) -> dict[str, list[str]]:
        """Every byte of every table."""
        names = [row.__tablename__ for part in (tables, account_tables) for row in vars(part).values() if _is_row(row)]
        with self.workspace.open_trail() as store, store._engine.connect() as connection:
            return {name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {name}")))) for name in names}

    def call(self, method: str, path: str, call: Call, visitor: Visitor) -> httpx.Response:
        ids = self.scene.ids | {"decision": self._latest()}
        self.scene.ids["decision"] = ids["decision"]
        ids |= {"sha256": ids["decision"], SELF: f"local|{visitor.name or 'al'}"}
        ids |= {name: ids.get(kind, kind) for name, kind in call.at.items()}
        self.client.cookies.clear()
        sent = call.sends(self.scene, visitor)
        shown = {"Authorization": f"Bearer {visitor.token}"} if visitor.token else {}
        if not path.startswith(API):
            shown = {"Cookie": f"governance={visitor.session}"} if visitor.session else {}
        sent["headers"] = shown | {"X-Request-Id": uuid.uuid4().hex} | sent.get("headers", {})
        address = (
            "/static/app.css" if path == "/static" else re.sub(r"{(\w+)(:path)?}", lambda m: quote(ids[m[1]]), path)
        )
        return self.client.request(method, address, **sent)

    def _latest(self) -> str:
        """The decision that somebody who looks at the case now sees."""
        with self.workspace.open_trail() as store, store.snapshot() as snapshot:
            issued = snapshot.latest_decision(name=self.scene.ids["name"], version=self.scene.ids["version"])
        assert issued is not None
        return issued.sha256


def _is_row(value: object) -> bool:
    return hasattr(value, "__table__")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stage(
    request: pytest.FixtureRequest, running: Server, house: Callable[[str], House], tmp_path_factory: Any
) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
        made = Stage(running, house(request.param), tmp_path_factory.mktemp("stage"))
    yield made
    made.close()


# --- who gets in ----------------------------------------------------------------------------------------------------

VISITORS = (
    *("nobody", "made up", "expired", "revoked", "disabled", "mixed up", "no role left"),
    *("submitter", "approver", "too close", "auditor", "reviewer", "admin", "approver and admin", "every role"),
    *(f"scope {scope}" for scope in Scope),
)


def permitted(call: Call, visitor: Visitor, by_token: bool) -> bool:
    if call.does is None:
        return True
    if not visitor.name or (call.close and visitor.name == TOO_CLOSE) or call.at.get("principal") == SELF:
        return False
    does = (Does.READ,) if call.own and visitor.name == TOO_CLOSE else call.does
    return all(visitor.may(one, by_token) for one in does)


def hidden(call: Call, visitor: Visitor, by_token: bool) -> bool:
    """Whether what is somebody else's is not even told of as such."""
    return call.own and visitor.may(Does.READ, by_token) and not permitted(call, visitor, by_token)


def reasons(call: Call, visitor: Visitor, by_token: bool) -> set[str]:
    """What may be said to whoever is known and may not: any of it."""
    said = {"submitted this version"} if call.close and visitor.name == TOO_CLOSE else set()
    if call.at.get("principal") == SELF:
        said.add("is not for one's own account")
    for does in filter(None, (Does.READ, *(call.does or ()))):
        row = TABLE[does]
        if by_token and row.scope not in visitor.scopes:
            said.add(f"takes a token with the scope {row.scope}")
        elif not set(row.roles) & set(visitor.roles):
            said |= {f"takes the role {' or '.join(row.roles)}", "but holds the roles: "}
    return said


def fault(path: str, call: Call, visitor: Visitor, answer: httpx.Response) -> str:
    """What is wrong with an answer; nothing where it is as the table has it."""
    by_token = path.startswith(API)
    got = answer.status_code
    if permitted(call, visitor, by_token):
        return "" if got == call.answers else f"{got}, not {call.answers}: {answer.text[:300]}"
    if not visitor.name and by_token:
        challenged = answer.headers.get("www-authenticate") == 'Bearer realm="governance"'
        return "" if got == 401 and challenged and answer.json()["detail"] else f"{got}, not 401"
    if not visitor.name:
        there = answer.headers.get("location", "")
        return "" if got == 303 and there.startswith("/login") else f"{got} {there}, not 303 /login"
    refused = call.refused if hidden(call, visitor, by_token) else 403
    if got != refused:
        return f"{got}, not {refused}: {answer.text[:300]}"
    said = answer.json()["got"] if by_token else html.unescape(answer.text)
    if refused == 303:
        return ""  # as if there was none
    if refused == 422:
        return "" if "no such token" in said.lower() else "no word on why"
    return (
        "" if any(reason in said for reason in reasons(call, visitor, by_token)) else f"no word on why: {said[-900:]}"
    )


@pytest.mark.parametrize("kind", VISITORS)
def test_each_route_lets_in_whom_the_table_names_and_nobody_else(
    stage: Stage, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "governance.web")
    visitor, faults, refused = stage.visitors[kind], [], {}
    before = stage.open()
    for (method, path), calls in CALLS.items():
        by_token = path.startswith(API)
        if visitor.name and not by_token and not visitor.session:
            continue  # a token's scope: nothing of the portal is reached by a token
        for call in calls:
            answer = stage.call(method, path, call, visitor)
            named = f"{method} {path} to {' and '.join(map(str, call.does or ()))} {dict(call.at) or ''}"
            if wrong := fault(path, call, visitor, answer):
                faults.append(f"{named}: {wrong}")
            after = stage.dump()
            changed = [name for name in after if after[name] != before[name]]
            if not permitted(call, visitor, by_token) and not hidden(call, visitor, by_token):
                refused[answer.headers["x-request-id"]] = named
            if changed and not (call.writes and permitted(call, visitor, by_token)):
                faults.append(f"{named}: {answer.status_code}, and it wrote to {', '.join(changed)}")
            before = after
    faults += [f"{refused[one]}: {said}" for one, said in unlogged(caplog, refused, visitor).items()]
    assert not faults, "\n".join(faults)


def unlogged(caplog: pytest.LogCaptureFixture, wanted: Collection[str], visitor: Visitor) -> dict[str, str]:
    """Requests of which the log does not say who was refused, and why. A line is written once its answer is out."""
    lines: dict[str, Any] = {}
    for _ in range(500):
        lines = {one.args["request"]: one.args for one in caplog.records if isinstance(one.args, dict)}
        if lines.keys() >= set(wanted):
            break
        time.sleep(0.01)
    who = f"local|{visitor.name}" if visitor.name else None
    return {
        one: f"the log says {line}"
        for one in wanted
        if not (line := lines.get(one, {})).get("refused") or line.get("principal") != who
    }


@pytest.mark.parametrize("kind", ["nobody", "no role left", "auditor", "every role"])
def test_no_other_method_gets_further(stage: Stage, kind: str) -> None:
    """HEAD tells as much as GET would there, without a body; others nobody has."""
    visitor, faults = stage.visitors[kind], []
    before = stage.open()
    for path in sorted({path for _, path in CALLS}):
        there = {method for method, one in CALLS if one == path}
        call = CALLS[("GET", path)][0] if "GET" in there else ANYBODY
        if call.writes or path == "/static":
            continue
        for method in OTHER_METHODS:
            answer = stage.call(method, path, call, visitor)
            got = answer.status_code
            fine = got in (404, 405) or (method == "OPTIONS" and got in (200, 204) and "allow" in answer.headers)
            if method == "HEAD" and not fine:
                fine = got == stage.call("GET", path, call, visitor).status_code
            if not fine or (answer.content and method in ("HEAD", "OPTIONS") and got < 400):
                faults.append(f"{method} {path}: {got}")
    assert not faults, "\n".join(faults)
    assert stage.dump() == before
