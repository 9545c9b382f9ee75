"""How each route is called, and who may: what a new route must say of itself. Read by `test_every_route`."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from governance.canonical import instant
from governance.evidence.evidence import EvidenceSet
from governance.keys import KeySigner
from governance.operations.sessions import session
from governance.permissions import ROLES, TABLE, Does, Scope
from governance.policy.act import Act, Attestation, Statement, Waiver
from governance.signing import dsse
from governance.verification import ACT, payload_type
from tests.operations.project import PASSWORD, Project
from tests.web.api.serving import submission

API = "/api/"
OTHER_METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE")
TOO_CLOSE = "cy"
"""Submitted the case at hand, and is an approver too."""
SELF = "the visitor"
EVERY = tuple(Scope)
NEVER = None
"""What nobody may do to what is somebody else's."""
STOP, WORDS = "small#stop", "Somebody can stop it within the hour."
STATEMENT = f"""\
  - id: stop
    uses: attestation.signed@1
    with: {{statement: {WORDS}, roles: [approver, auditor, reviewer]}}
    enforcement: {{default: warn}}
"""
"""A rule of the policy, for whoever may sign what no machine can check."""


class Visitor(NamedTuple):
    """Who calls: `name` of an account, empty for nobody; `roles` they hold now; `scopes` of the token they use; with
    what. Nothing of it may let anybody in where `name` is empty."""

    name: str = ""
    roles: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = EVERY
    token: str = ""
    session: str = ""

    def may(self, does: Does | None, by_token: bool) -> bool:
        if does is NEVER:
            return False
        row = TABLE[does]
        return bool(set(row.roles) & set(self.roles)) and (not by_token or row.scope in self.scopes)


class Scene(NamedTuple):
    """A morning in the house: `ids` are of things that are somebody else's to all but `cy`."""

    project: Project
    ids: dict[str, str]
    visitors: dict[str, Visitor]
    measured: EvidenceSet
    signers: dict[str, KeySigner]


Sends = Callable[[Scene, Visitor], dict[str, Any]]


def nothing(_scene: Scene, _visitor: Visitor) -> dict[str, Any]:
    return {}


class Call(NamedTuple):
    """How a route is called and who may: `does`, all of them; None where anybody may, or, with `known`, whoever shows
    a token that is in use. `at`: what stands in the path, other than usual. `close`: not for who submitted the case.
    `own`: it is about what belongs to `cy`, who needs no more than to be let in; whoever else may not is told the same
    as where there is nothing, which is `refused`."""

    does: tuple[Does | None, ...] | None
    answers: int = 200
    sends: Sends = nothing
    at: Mapping[str, str] = {}
    writes: bool = False
    known: bool = False
    close: bool = False
    own: bool = False
    refused: int = 403


READ = Call((Does.READ,))


def evidence(scene: Scene, visitor: Visitor) -> dict[str, Any]:
    """What one measured oneself; nobody comes with what `ann` measured."""
    return {"files": submission(scene.measured, visitor.name or "ann", "ci", "2.0").files}


def draft(scene: Scene, _visitor: Visitor) -> dict[str, Any]:
    return {"files": {"policy": (scene.project.root / "policy.yaml").read_bytes()}}


def signed(kind: str) -> Sends:
    """An act of one's own, signed with one's own key; nobody comes with one that `bo` signed."""

    def sends(scene: Scene, visitor: Visitor) -> dict[str, Any]:
        name = visitor.name or "bo"
        at = instant(scene.project.clock())
        said: dict[str, Any] = {"reason": "looked at it", "at": at, "decision": scene.ids["decision"]}
        if kind == "waive":
            said["waiver"] = Waiver(key="small#floor", ticket="T-1", not_before=at, expires="2027-02-01T00:00:00Z")
        if kind == "attest":
            said["attestation"] = Attestation(
                statements=(Statement(key=STOP, text=WORDS),), expires="2027-02-01T00:00:00Z"
            )
        own = {"comment": ROLES, "attest": TABLE[Does.ATTEST].roles}.get(kind, ("approver",))
        role = next((role for role in own if role in visitor.roles), own[-1])
        act = Act(kind=kind, actor=f"local|{name}", role=role, **said)  # type: ignore[arg-type]
        envelope = dsse.seal(payload_type(ACT), act.to_bytes(), scene.signers[name]).to_bytes()
        headers = {"If-Match": f'"{scene.ids["decision"]}"', "Content-Type": "application/json"}
        return {"content": envelope, "headers": headers}

    return sends


def form(**fields: Any) -> Sends:
    """A form as a page of the visitor's own session would send it; nobody's carries what `bo`'s would."""

    def sends(scene: Scene, visitor: Visitor) -> dict[str, Any]:
        known = session(scene.project.workspace, visitor.session or scene.visitors["approver"].session)
        csrf = known.csrf if known else "A" * 43
        return {"data": {"csrf": csrf, "password": PASSWORD, "seen": scene.ids["decision"]} | fields}

    return sends


def acting(route: tuple[str, str], sends: Callable[[str], Sends], answers: int, *also: Does) -> dict[Any, Any]:
    kinds = (Does.COMMENT, Does.APPROVE, Does.REJECT, Does.WAIVE, Does.ATTEST)
    close = (Does.APPROVE, Does.WAIVE, Does.ATTEST)
    return {route: [Call((*also, kind), answers, sends(kind), writes=True, close=kind in close) for kind in kinds]}


def act_form(kind: str) -> Sends:
    more = {
        "waive": {"waive": "small#floor", "ticket": "T-1", "expires": "2027-02-01"},
        "attest": {"statements": STOP, "holds": "so", "expires": "2027-02-01"},
    }
    return form(kind=kind, reason="looked at it", **more.get(kind, {}))


ANYBODY = Call(None)
EVIDENCE, POLICY = {"sha256": "evidence"}, {"sha256": "policy"}
CALLS: dict[tuple[str, str], list[Call]] = {
    ("POST", "/api/v1/evidence"): [Call((Does.SUBMIT,), 201, evidence, writes=True)],
    # 501: this service measures nothing itself, which it says to whoever might ask it to.
    ("POST", "/api/v1/measurements"): [Call((Does.SUBMIT,), 501)],
    ("GET", "/api/v1/evidence/{sha256}"): [READ._replace(at=EVIDENCE)],
    ("POST", "/api/v1/models/{name}/versions/{version}/evaluations"): [Call((Does.EVALUATE,), 201, writes=True)],
    ("GET", "/api/v1/decisions"): [READ],
    ("GET", "/api/v1/decisions/{sha256}"): [READ],
    ("GET", "/api/v1/decisions/{sha256}/bundle"): [READ],
    # It is drawn, and recorded, when it is first asked for.
    ("GET", "/api/v1/decisions/{sha256}/report"): [READ._replace(writes=True)],
    **acting(("POST", "/api/v1/decisions/{sha256}/acts"), signed, 201, Does.COMMENT),
    ("GET", "/api/v1/waivers"): [READ],
    ("GET", "/api/v1/models"): [READ],
    ("GET", "/api/v1/models/{name}"): [READ],
    ("GET", "/api/v1/gate"): [
        READ._replace(sends=lambda scene, _: {"params": {"artifact": scene.ids["artifact"], "environment": "prod"}})
    ],
    ("GET", "/api/v1/policies"): [READ],
    ("POST", "/api/v1/policies/check"): [Call((Does.TRY_POLICY,), sends=draft)],
    ("GET", "/api/v1/policies/{sha256}"): [READ._replace(at=POLICY)],
    ("GET", "/api/v1/trust"): [READ],
    ("GET", "/api/v1/trail/checkpoint"): [READ],
    ("GET", "/api/v1/trail/tile/entries/{tile:path}"): [READ],
    ("GET", "/api/v1/trail/tile/{level}/{tile:path}"): [READ],
    ("GET", "/api/v1/trail/entries/{index}"): [READ],
    ("GET", "/api/v1/trail/entries/{index}/receipt"): [READ],
    ("GET", "/api/v1/me"): [Call((), known=True)],
    ("GET", "/api/v1/me/key"): [Call((Does.COMMENT,))],
    ("GET", "/api/v1/openapi.json"): [ANYBODY],
    ("GET", "/api/v1/problems/{kind}"): [ANYBODY],
    ("GET", "/healthz"): [ANYBODY],
    ("GET", "/readyz"): [ANYBODY],
    ("GET", "/static"): [ANYBODY],
    # Whoever has signed in is sent on from it.
    ("GET", "/login"): [Call(None, sends=lambda *_: {"headers": {"Cookie": "theme=dark"}})],
    ("POST", "/login"): [Call(None, 303, form(name="bo"), writes=True)],
    ("POST", "/theme"): [Call(None, 303, form(theme="dark"))],
    ("GET", "/invitation/{token}"): [ANYBODY],
    ("POST", "/invitation/{token}"): [Call(None, 303, form(again=PASSWORD), writes=True)],
    ("GET", "/"): [READ],
    ("GET", "/cases/{name}/{version}"): [READ],
    **acting(("POST", "/cases/{name}/{version}/acts"), act_form, 303, Does.READ),
    ("POST", "/cases/{name}/{version}/evaluations"): [Call((Does.READ, Does.EVALUATE), 303, form(), writes=True)],
    ("GET", "/decisions/{sha256}/bundle"): [READ],
    ("POST", "/decisions/{sha256}/report"): [Call((Does.READ,), 200, form(), writes=True)],
    ("GET", "/models"): [READ],
    ("GET", "/models/{name}"): [READ],
    ("GET", "/trail"): [READ],
    ("POST", "/trail"): [Call((Does.READ,), 200, form())],
    ("GET", "/trail/checkpoint"): [READ],
    ("GET", "/account"): [READ],
    ("POST", "/account/tokens"): [
        Call((Does.MAKE_TOKEN,), 201, form(label="a", days="9", scopes="read", place="ci"), writes=True)
    ],
    ("POST", "/account/tokens/{identifier}/revoke"): [
        Call((Does.READ, Does.REVOKE_TOKEN), 303, form(), {"identifier": "token of cy"}, True, own=True, refused=422)
    ],
    # Of somebody else's it is said that it has ended, as of one that has: nothing was done.
    ("POST", "/account/sessions/{identifier}/end"): [
        Call((Does.READ, NEVER), 303, form(), {"identifier": "session of cy"}, True, own=True, refused=303)
    ],
    ("POST", "/account/sessions"): [Call((Does.READ,), 303, form(), writes=True)],
    ("GET", "/people"): [Call((Does.LIST_ACCOUNTS,))],
    ("GET", "/people/invite"): [Call((Does.LIST_ACCOUNTS,))],
    ("POST", "/people/invite"): [Call((Does.INVITE,), 201, form(name="eve", roles="auditor"), writes=True)],
    ("GET", "/people/{principal}"): [Call((Does.LIST_ACCOUNTS,))],
    ("GET", "/people/{principal}/link"): [Call((Does.LIST_ACCOUNTS,))],
    ("POST", "/people/{principal}/link"): [
        Call((Does.INVITE,), 201, form(), writes=True),
        Call((Does.INVITE,), 201, form(), {"principal": SELF}),
    ],
    ("GET", "/people/{principal}/{step}"): [Call((Does.LIST_ACCOUNTS,), at={"step": "to disable"})],
    ("POST", "/people/{principal}/{step}"): [
        Call((does,), 303, sends, {"step": f"to {step}", "principal": whose}, writes=whose != SELF)
        for whose in (SELF, "principal")
        for step, does, sends in (
            ("grant", Does.GRANT, form(role="approver")),
            ("revoke", Does.GRANT, form(role="auditor")),
            ("token", Does.REVOKE_TOKEN, lambda scene, visitor: form(id=scene.ids["token of di"])(scene, visitor)),
            ("disable", Does.DISABLE, form()),
        )
        if (whose, step) != (SELF, "token")
    ],
    ("GET", "/{path:path}"): [READ._replace(answers=404)],
    # Last: after these the visitor's session is gone.
    ("POST", "/account/password"): [
        Call((Does.READ,), 303, form(old=PASSWORD, new="staple staple", again="staple staple"), writes=True)
    ],
    ("POST", "/logout"): [Call(None, 303, form(), writes=True)],
}
