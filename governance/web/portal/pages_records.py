"""The pages of what is recorded: models, one model, the trail."""

from typing import NamedTuple

from governance.web.portal.pages_frame import CaseRow, Frame, Line, Pager, Verdict


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


class ModelRow(NamedTuple):
    name: str
    href: str
    versions: str
    newest: str
    case_at: str
    verdicts: tuple[Verdict, ...]


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
