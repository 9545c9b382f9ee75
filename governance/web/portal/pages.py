"""What each page of the portal shows: one type for each template, with exactly the fields that it uses."""

from collections.abc import Mapping
from typing import NamedTuple

from governance.policy.finding import Finding
from governance.render.changes import Changes
from governance.render.explain import Explanation
from governance.render.svg.strips import Strip


class Frame(NamedTuple):
    """What stands around every page. `person` is empty where nobody has signed in; `here` is this page's own path."""

    title: str
    person: str
    roles: tuple[str, ...]
    csrf: str
    theme: str
    here: str


class Verdict(NamedTuple):
    """`environment` may be empty; `style` is the part of a class that says how it looks."""

    environment: str
    word: str
    style: str


class Fold(NamedTuple):
    """One finding. `first` are the strips that are shown at once and `rest` those
    that are folded. `waivable`: somebody who may waive could waive this one."""

    anchor: str
    finding: Finding
    state: str
    style: str
    effect: str
    limit: str
    first: tuple[Strip, ...]
    rest: tuple[Strip, ...]
    origin: str
    declared: bool
    waived: str
    known: str
    explanation: Explanation
    waivable: bool
    waive_at: str


class Draft(NamedTuple):
    """What somebody typed into the form of an act, kept as it is. `waive` is the finding, empty for any other act."""

    kind: str = ""
    reason: str = ""
    waive: str = ""
    ticket: str = ""
    expires: str = ""
    groups: tuple[str, ...] = ()
    no_worse_than: str = ""
    compensating: str = ""


class Choice(NamedTuple):
    """An act that may be done now, or the reason why not."""

    kind: str
    label: str
    means: str
    allowed: bool
    reason: str


class Line(NamedTuple):
    """An entry of the trail in words. `case_at` is empty where it is about no model version."""

    number: int
    id: str
    time: str
    what: str
    who: str
    subject: str
    case_at: str
    said: str
    decision: str


class Notice(NamedTuple):
    """What was sealed a moment ago."""

    subject: str
    case_at: str
    verdicts: tuple[Verdict, ...]
    number: int
    decision: str


class Pager(NamedTuple):
    """`newer` and `older` are addresses, empty where there is no such page."""

    said: str
    newer: str
    older: str


class Tab(NamedTuple):
    label: str
    href: str
    cases: int
    current: bool


class CaseRow(NamedTuple):
    """One model version in a list, with what asks for most of its findings."""

    name: str
    version: str
    case_at: str
    verdicts: tuple[Verdict, ...]
    tally: str
    gists: tuple[str, ...]
    decided: str
    submitter: str
    own: bool


class WaitingRow(NamedTuple):
    """A case in the list of what waits. `why` it is where it is, `due` by when it wants an answer; `late`: that was
    before. `whom`: for whom it waits, empty where that is whoever looks."""

    case: CaseRow
    why: str
    due: str
    late: bool
    whom: str


class Filters(NamedTuple):
    """What a list is narrowed to, and what there is to pick from. `clear` is the address without any, empty where there
    is none to clear."""

    shown: str
    words: str
    tier: str
    tiers: tuple[str, ...]
    environment: str
    environments: tuple[str, ...]
    clear: str


class ModelRow(NamedTuple):
    name: str
    href: str
    versions: str
    newest: str
    case_at: str
    verdicts: tuple[Verdict, ...]


class LoginPage(NamedTuple):
    frame: Frame
    to: str
    name: str
    problem: str


class InvitationPage(NamedTuple):
    frame: Frame
    token: str
    name: str
    invited_roles: tuple[str, ...]
    expires: str
    problem: str


class WaitingPage(NamedTuple):
    """`order`: how rows follow each other; `empty`: what to say where no row is, in paragraphs."""

    frame: Frame
    tabs: tuple[Tab, ...]
    filters: Filters
    rows: tuple[WaitingRow, ...]
    pager: Pager
    notice: Notice | None
    order: tuple[str, ...]
    empty: tuple[str, ...]


class CasePage(NamedTuple):
    """`conflict` is what changed since the decision that somebody acted on, None where nobody acted on an older one;
    `meanwhile` are the acts since then."""

    frame: Frame
    name: str
    version: str
    artifact: str
    case_at: str
    model_at: str
    verdicts: tuple[Verdict, ...]
    tally: str
    asked: tuple[str, ...]
    notes: tuple[str, ...]
    open_: tuple[Fold, ...]
    settled: tuple[Fold, ...]
    since: tuple[Changes, ...]
    conflict: tuple[Changes, ...] | None
    meanwhile: tuple[str, ...]
    choices: tuple[Choice, ...]
    draft: Draft
    waiving: Fold | None
    problem: str
    notice: Notice | None
    decision: str
    decided: str
    valid_until: str
    submitter: str
    evidence: str
    measured: str
    manifest: str
    declared: tuple[tuple[str, str], ...]
    policies: tuple[tuple[str, str, str], ...]
    inputs: tuple[tuple[str, str, str, str], ...]
    history: tuple[Line, ...]


class ModelsPage(NamedTuple):
    frame: Frame
    rows: tuple[ModelRow, ...]
    pager: Pager


class ModelPage(NamedTuple):
    frame: Frame
    name: str
    rows: tuple[CaseRow, ...]
    pager: Pager
    history: tuple[Line, ...]


class TrailPage(NamedTuple):
    """`verified` and `broken` are what somebody who asked was told; empty where nobody asked."""

    frame: Frame
    origin: str
    size: str
    root: str
    lines: tuple[Line, ...]
    older: str
    verified: tuple[str, ...]
    broken: str


class TokenRow(NamedTuple):
    id: str
    label: str
    scopes: str
    expires: str
    used: str
    state: str


class SessionRow(NamedTuple):
    began: str
    seen: str
    expires: str
    current: bool


class ScopeChoice(NamedTuple):
    value: str
    means: str


class AccountPage(NamedTuple):
    """`made` is a token that is shown this once."""

    frame: Frame
    principal: str
    tokens: tuple[TokenRow, ...]
    sessions: tuple[SessionRow, ...]
    scopes: tuple[ScopeChoice, ...]
    made: str
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
    ErrorPage: "error.html",
}
