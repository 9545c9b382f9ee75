"""What each page of the portal shows: one type for each template, with exactly the fields that it uses."""

from collections.abc import Mapping
from typing import NamedTuple

from governance.web.portal.pages_case import CasePage
from governance.web.portal.pages_frame import Frame
from governance.web.portal.pages_people import AccountPage, LinkPage, PeoplePage, PersonPage, StepPage
from governance.web.portal.pages_records import ModelPage, ModelsPage, TrailPage
from governance.web.portal.pages_waiting import WaitingPage


class LoginPage(NamedTuple):
    frame: Frame
    to: str
    name: str
    done: str
    problem: str


class InvitationPage(NamedTuple):
    frame: Frame
    token: str
    name: str
    invited_roles: tuple[str, ...]
    expires: str
    rule: str
    problem: str


class ErrorPage(NamedTuple):
    """`kept` is text that was typed and would else be lost."""

    frame: Frame
    status: int
    what: str
    details: tuple[tuple[str, str], ...]
    kept: str
    request_id: str


TEMPLATES: Mapping[type, str] = {
    LoginPage: "login.html",
    InvitationPage: "invitation.html",
    WaitingPage: "waiting.html",
    CasePage: "case.html",
    ModelsPage: "models.html",
    ModelPage: "model.html",
    TrailPage: "trail.html",
    AccountPage: "account.html",
    PeoplePage: "people.html",
    PersonPage: "person.html",
    StepPage: "step.html",
    LinkPage: "link.html",
    ErrorPage: "error.html",
}
