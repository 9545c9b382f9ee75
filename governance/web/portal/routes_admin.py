"""What an admin sees to: who has an account, as what. Each step is asked about first, signed with the admin's own
password, and an entry of the trail."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from governance.canonical import instant
from governance.errors import BadInput, NotThere
from governance.operations import accounts
from governance.operations.accounts import INVITATION, Listed
from governance.operations.caller import Caller
from governance.operations.desk import MOST
from governance.operations.sessions import step_up
from governance.operations.tokens import revoke_token, tokens
from governance.operations.workspace import Workspace, local
from governance.permissions import ACCOUNT_ROLES, Does
from governance.web.portal import compose, compose_people, http
from governance.web.portal import pages_people as pages
from governance.web.portal.compose_people import name_of, person_at
from governance.web.portal.http import By, Form, Segment, workspace_of

router = APIRouter(route_class=http.PageRoute, include_in_schema=False)

_DONE = {
    "grant": "The role is granted.",
    "revoke": "The role is revoked.",
    "disable": "The account is disabled.",
    "token": "The token is revoked.",
}
_NEW_KEY = (
    "Their password also locks the key they sign with, and nobody can open it without. So they get a new key with the "
    "new password.",
    "What they signed with the old key stays valid; nothing new can be signed with it.",
)


class Asked(NamedTuple):
    """A step that an admin is about to take. `detail` is the role or the token it is about, empty where there is none;
    `take` does it, with what was typed as the reason."""

    does: Does
    title: str
    label: str
    means: tuple[str, ...]
    detail: tuple[tuple[str, str], ...]
    take: Callable[[str], object]


@router.get("/people")
def people(request: Request, by: By) -> Response:
    found = accounts.list_accounts(workspace_of(request), by)
    words = request.query_params.get("q", "").strip()[:200]
    wanted = [one for one in found if words.casefold() in f"{one.principal} {' '.join(one.roles)}".casefold()]
    start = http.number(request, "start")
    rows = tuple(compose_people.person_row(one) for one in wanted[start : start + MOST])
    page = pages.PeoplePage(
        frame=http.frame(request, "People", by),
        words=words,
        rows=rows,
        pager=compose.pager("/people", start, len(rows), len(wanted), "account", q=words),
        refusal=compose_people.refusal(by, Does.INVITE),
    )
    return http.html(page)


@router.get("/people/invite")
def invite(request: Request, by: By) -> Response:
    by.must(Does.LIST_ACCOUNTS)
    return http.html(_invite_page(request, by, ""))


@router.post("/people/invite")
def invited(request: Request, by: By, form: Form) -> Response:
    """The page that shows the link is the answer itself: no address leads to it again."""
    http.assert_csrf(form, by)
    name = http.text(form, "name").strip()
    page = _invite_page(request, by, name)
    return _linked(request, by, form, name, page)


@router.get("/people/{principal}")
def person(request: Request, principal: Segment, by: By) -> Response:
    workspace = workspace_of(request)
    one = _somebody(workspace, by, principal)
    now = instant(workspace.clock())
    theirs = [] if one.created is None else tokens(workspace, by, principal)
    page = pages.PersonPage(
        frame=http.frame(request, name_of(principal), by),
        principal=principal,
        created=one.created or "",
        disabled=one.disabled or "",
        person=compose_people.person_row(one),
        roles=compose_people.role_rows(one, by),
        tokens=tuple(compose_people.person_token(token, now, by) for token in theirs),
        steps=compose_people.steps(one, by),
        done=_DONE.get(request.query_params.get("done", ""), ""),
    )
    return http.html(page)


@router.get("/people/{principal}/link")
def link(request: Request, principal: Segment, by: By) -> Response:
    one = _somebody(workspace_of(request), by, principal)
    return http.html(_link_page(request, by, one))


@router.post("/people/{principal}/link")
def linked(request: Request, principal: Segment, by: By, form: Form) -> Response:
    http.assert_csrf(form, by)
    page = _link_page(request, by, _somebody(workspace_of(request), by, principal))
    return _linked(request, by, form, name_of(principal), page)


@router.get("/people/{principal}/{step}")
def ask(request: Request, principal: Segment, step: str, by: By) -> Response:
    one = _somebody(workspace_of(request), by, principal)
    asked = _asked(workspace_of(request), by, one, step, request.query_params)
    return http.html(_step_page(request, by, one, step, asked))


@router.post("/people/{principal}/{step}")
def take(request: Request, principal: Segment, step: str, by: By, form: Form) -> Response:
    http.assert_csrf(form, by)
    workspace = workspace_of(request)
    one = _somebody(workspace, by, principal)
    asked = _asked(workspace, by, one, step, {field: http.text(form, field) for field in ("role", "id")})
    reason = http.text(form, "reason").strip()
    try:
        by.must(asked.does, principal)
        step_up(workspace, by.principal, http.text(form, "password"))
        asked.take(reason)
    except BadInput as error:
        page = _step_page(request, by, one, step, asked)._replace(problem=compose_people.said(error), reason=reason)
        return http.refused(request, page, error)
    return http.see_other(person_at(principal, done=step))


def _somebody(workspace: Workspace, by: Caller, principal: str) -> Listed:
    """Raises Refused, NotThere."""
    found = next((one for one in accounts.list_accounts(workspace, by) if one.principal == principal), None)
    if found is None:
        raise NotThere("nobody has an account by this name", got=principal, fix="the page of people shows who has")
    return found


def _asked(workspace: Workspace, by: Caller, one: Listed, step: str, given: Mapping[str, str]) -> Asked:
    """Raises NotThere for a step that there is none of."""
    name, role, identifier = name_of(one.principal), given.get("role", ""), given.get("id", "")
    means: tuple[str, ...]
    if step in ("grant", "revoke") and role in ACCOUNT_ROLES:
        lets = "; ".join(compose_people.lets(role))
        if step == "grant":
            means = (f"As {role}, {name} may from now on: {lets}.",)
            return Asked(
                Does.GRANT, f"Make {name} {role}", "Grant the role", means, (("role", role),),
                lambda reason: accounts.grant(workspace, one.principal, role, by, reason),
            )  # fmt: skip
        means = (
            f"{name} is no longer {role}, at once, and may no more: {lets}, but for what another role lets them.",
            f"What {name} signed as {role} before stays valid.",
        )
        return Asked(
            Does.GRANT, f"{name} is no longer to be {role}", "Revoke the role", means, (("role", role),),
            lambda reason: accounts.revoke(workspace, one.principal, role, by, reason),
        )  # fmt: skip
    if step == "disable":
        means = (
            f"{name} is out at once: sessions, tokens, roles and key end here.",
            f"What {name} signed before stays valid and still verifies.",
            "Cases that wait for an answer are not lost: they wait for others who may give it.",
            "A new invitation lets them in again, with a new key.",
        )
        return Asked(
            Does.DISABLE, f"Disable the account of {name}", "Disable the account", means, (),
            lambda reason: accounts.disable(workspace, one.principal, by, reason),
        )  # fmt: skip
    if step == "token":
        token = next((each for each in tokens(workspace, by, one.principal) if each.id == identifier), None)
        if token is not None:
            means = (
                f"The token “{token.label}” of {name}, which may {', '.join(token.scopes)}, is refused at once and "
                "for good.",
                f"Programs that use it stop working until {name} makes another.",
            )
            return Asked(
                Does.REVOKE_TOKEN, f"Revoke a token of {name}", "Revoke the token", means, (("id", identifier),),
                lambda reason: revoke_token(workspace, by, identifier, reason),
            )  # fmt: skip
    raise NotThere("there is no such page", got=step[:100])


def _step_page(request: Request, by: Caller, one: Listed, step: str, asked: Asked) -> pages.StepPage:
    return pages.StepPage(
        frame=http.frame(request, asked.title, by),
        title=asked.title,
        means=asked.means,
        action=person_at(one.principal, step),
        label=asked.label,
        back=person_at(one.principal),
        refusal=compose_people.refusal(by, asked.does, one.principal),
        problem="",
        asks_name=False,
        name=name_of(one.principal),
        pick=(),
        picked=(),
        carried=asked.detail,
        reason="",
    )


def _invite_page(request: Request, by: Caller, name: str) -> pages.StepPage:
    return pages.StepPage(
        frame=http.frame(request, "Invite somebody", by),
        title="Invite somebody",
        means=(
            f"You get a link to hand over. It can be used once, within {INVITATION.days} days; whoever opens it sets a "
            "password and gets a key of their own.",
            "Give it to nobody else: whoever opens it first is that person here.",
        ),
        action="/people/invite",
        label="Make the link",
        back="/people",
        refusal=compose_people.refusal(by, Does.INVITE),
        problem="",
        asks_name=True,
        name=name,
        pick=compose_people.roles_to_pick(),
        picked=(),
        carried=(),
        reason="",
    )


def _link_page(request: Request, by: Caller, one: Listed) -> pages.StepPage:
    """A new link: for somebody who lost their password, or who was disabled, or whose first link got lost."""
    name, there = name_of(one.principal), compose_people.state_of(one) in ("in use", "no role")
    once = f"The link can be used once, within {INVITATION.days} days. One that was made before is void."
    keeps = (
        *_NEW_KEY,
        "They keep their roles. Until they use the link nothing changes; then their sessions and tokens end.",
    )
    title = f"A new link for {name}" if there else f"Invite {name} again"
    return _invite_page(request, by, name)._replace(
        frame=http.frame(request, title, by),
        title=title,
        means=(once, *(keeps if there else _NEW_KEY[1:] if one.created else ())),
        action=person_at(one.principal, "link"),
        back=person_at(one.principal),
        refusal=compose_people.refusal(by, Does.INVITE, one.principal),
        asks_name=False,
        pick=() if there else compose_people.roles_to_pick(),
        picked=one.roles if one.created is None else (),
    )


def _linked(request: Request, by: Caller, form: http.Fields, name: str, page: pages.StepPage) -> Response:
    workspace, roles, reason = workspace_of(request), http.texts(form, "roles"), http.text(form, "reason").strip()
    try:
        by.must(Does.INVITE, local(name))
        step_up(workspace, by.principal, http.text(form, "password"))
        made = accounts.invite(workspace, name, roles, by, reason)
    except BadInput as error:
        again = page._replace(problem=compose_people.said(error), picked=roles, reason=reason)
        return http.refused(request, again, error)
    base = workspace.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    shown = pages.LinkPage(
        frame=http.frame(request, "The link", by),
        name=name,
        link=f"{base}/invitation/{made.token}",
        expires=made.expires,
        given=made.roles,
        anew=not made.roles,
        back="/people",
    )
    return http.html(shown, 201)
