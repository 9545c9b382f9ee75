"""The page of what waits."""

from typing import NamedTuple

from governance.web.portal.pages_frame import CaseRow, Frame, Notice, Pager


class Tab(NamedTuple):
    label: str
    href: str
    cases: int
    current: bool


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
