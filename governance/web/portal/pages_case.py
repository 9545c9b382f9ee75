"""The page of one case: what was decided and why, what its reader may do, and what they began to write."""

from typing import NamedTuple

from governance.policy.finding import Finding
from governance.render.changes import Changes
from governance.render.explain import Explanation
from governance.render.matrix import LawMatrix
from governance.render.svg.strips import Strip
from governance.web.portal.pages_frame import Frame, Line, Notice, Verdict


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


class Asks(NamedTuple):
    """A statement that a finding asks for. `text`: word for word. `bounds`: who may sign it, and for how long.
    `settled`: somebody's word counts already."""

    key: str
    anchor: str
    title: str
    text: str
    bounds: str
    why: str
    settled: bool


class Signing(NamedTuple):
    """The form for statements: those nobody has signed, and those that could be signed anew or taken back. `roles`:
    in which whoever looks may sign. `first` and `last`: days on which what is signed may end, the last for some of
    them only."""

    open_: tuple[Asks, ...]
    settled: tuple[Asks, ...]
    roles: tuple[str, ...]
    covers: tuple[tuple[str, str], ...]
    first: str
    last: str


class Fold(NamedTuple):
    """One finding. `asks`: the statement that it wants, None where it wants none. `first` are the strips that are
    shown at once and `rest` those that are folded; `more` counts what was looked at and is told in the bundle only.
    `waivable`: somebody who may waive could waive this one, for all or for some of `groups`, each as the form sends it
    and in words."""

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
    unchecked: str
    waived: str
    known: str
    announced: str
    explanation: Explanation
    past: tuple[Past, ...]
    waivable: bool
    waive_at: str
    asks: Asks | None
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
    """What somebody typed into the form of an act, kept as it is. `waive` is the finding, empty for any other act;
    `statements` are findings, and `holds` whether it is so: `so`, `not so`, or empty where nothing is said yet."""

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
    statements: tuple[str, ...] = ()
    holds: str = ""
    role: str = ""


class Choice(NamedTuple):
    """An act that may be done now, or the reason why not."""

    kind: str
    label: str
    means: str
    allowed: bool
    reason: str


class CasePage(NamedTuple):
    """`signing`: statements that whoever looks may sign, None where there are none. `conflict` is what changed since
    the decision that somebody acted on, None where nobody acted on an older one; `meanwhile` are the acts since then.
    `again`: to have it judged again, which is no act. `drawing`: whether what draws is installed."""

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
    signing: Signing | None
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
