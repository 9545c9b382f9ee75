"""What each page of the portal shows: one type for each template, with exactly the fields that it uses."""

from collections.abc import Mapping
from typing import NamedTuple

from governance.policy.finding import Finding
from governance.render.changes import Changes
from governance.render.explain import Explanation
from governance.render.matrix import LawMatrix
from governance.render.svg.strips import Strip
from governance.web.portal.pages_frame import Frame as Frame
from governance.web.portal.pages_frame import Pager as Pager
from governance.web.portal.pages_people import AccountPage as AccountPage
from governance.web.portal.pages_people import LinkPage as LinkPage
from governance.web.portal.pages_people import PeoplePage as PeoplePage
from governance.web.portal.pages_people import PersonPage as PersonPage
from governance.web.portal.pages_people import StepPage as StepPage


class Verdict(NamedTuple):
    """`environment` may be empty; `style` is the part of a class that says how it looks."""

    environment: str
    word: str
    style: str


class Told(NamedTuple):
    """Something that was looked at and that is not drawn, with the rows behind it."""

    what: str
    value: str
    rows: int | None


class Picture(NamedTuple):
    """A chart: markup, the same in a sentence and in rows, and what its marks mean."""

    title: str
    svg: str
    words: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Past(NamedTuple):
    """What a rule found in an earlier decision about this model, in words."""

    version: str
    case_at: str
    decided: str
    style: str
    found: str


class Fold(NamedTuple):
    """One finding. `first` are the strips that are shown at once and `rest` those that are folded; `more` counts what
    was looked at and is told in the bundle only. `waivable`: somebody who may waive could waive this one, for all
    or for some of `groups`, each as the form sends it and in words."""

    anchor: str
    finding: Finding
    state: str
    style: str
    effect: str
    limit: str
    first: tuple[Strip, ...]
    rest: tuple[Strip, ...]
    told: tuple[Told, ...]
    more: int
    pictures: tuple[Picture, ...]
    origin: str
    declared: bool
    waived: str
    known: str
    announced: str
    explanation: Explanation
    past: tuple[Past, ...]
    waivable: bool
    waive_at: str
    groups: tuple[tuple[str, str], ...]


class Signed(NamedTuple):
    """An act as it was signed. `bounds`: of a waiver, what it excuses and until when; `key` is the id of the signer's
    key, `sha256` that of the document, `number` that of the entry."""

    number: int
    did: str
    who: str
    role: str
    at: str
    reason: str
    bounds: tuple[tuple[str, str], ...]
    key: str
    sha256: str


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
    requester: str = ""
    condition: str = ""
    covers: str = ""


class Choice(NamedTuple):
    """An act that may be done now, or the reason why not."""

    kind: str
    label: str
    means: str
    allowed: bool
    reason: str


class Line(NamedTuple):
    """An entry of the trail in words. `case_at` is empty where it is about no model version; `kind` says what sort of
    thing happened, `bounds` what a waiver excuses, `key` which key signed, empty where none did."""

    number: int
    id: str
    time: str
    kind: str
    what: str
    who: str
    subject: str
    case_at: str
    said: str
    bounds: str
    key: str
    decision: str


class LaneRow(NamedTuple):
    """One version in one environment over time: markup, and the same in words. `word` is what holds now."""

    version: str
    case_at: str
    environment: str
    word: str
    svg: str
    words: str


class WaiverRow(NamedTuple):
    version: str
    case_at: str
    title: str
    state: str
    style: str
    expires: str
    ticket: str
    who: str
    reason: str


class Option(NamedTuple):
    value: str
    label: str
    picked: bool


class Notice(NamedTuple):
    """What was sealed a moment ago."""

    subject: str
    case_at: str
    verdicts: tuple[Verdict, ...]
    number: int
    decision: str


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
    `meanwhile` are the acts since then. `again`: to have it
    judged again, which is no act. `drawing`: whether what draws is installed."""

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
    pictures: tuple[Picture, ...]
    drawing: bool
    signed: tuple[Signed, ...]
    since: tuple[Changes, ...]
    conflict: tuple[Changes, ...] | None
    meanwhile: tuple[str, ...]
    choices: tuple[Choice, ...]
    again: Choice
    draft: Draft
    waiving: Fold | None
    covers: tuple[tuple[str, str], ...]
    problem: str
    notice: Notice | None
    decision: str
    bundle_at: str
    entry: int
    decided: str
    as_of: str
    valid_until: str
    submitter: str
    evidence: str
    measured: str
    manifest: str
    declared: tuple[tuple[str, str], ...]
    policies: tuple[tuple[str, str, str, str], ...]
    inputs: tuple[tuple[str, str, str, str], ...]
    laws: tuple[LawMatrix, ...]
    history: tuple[Line, ...]


class ModelsPage(NamedTuple):
    frame: Frame
    rows: tuple[ModelRow, ...]
    pager: Pager


class ModelPage(NamedTuple):
    frame: Frame
    name: str
    lanes: tuple[LaneRow, ...]
    first: str
    now: str
    waivers: tuple[WaiverRow, ...]
    rows: tuple[CaseRow, ...]
    pager: Pager
    history: tuple[Line, ...]


class TrailPage(NamedTuple):
    """`verified` and `unverified` are what somebody who asked was told was checked and was not, `broken` why it does
    not hold; all empty where nobody asked. `narrowed`: not every entry is asked for."""

    frame: Frame
    origin: str
    size: str
    root: str
    kinds: tuple[Option, ...]
    model: str
    who: str
    since: str
    until: str
    narrowed: bool
    problem: str
    lines: tuple[Line, ...]
    through: str
    older: str
    verified: tuple[str, ...]
    unverified: tuple[str, ...]
    broken: str


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
