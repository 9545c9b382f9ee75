"""What pages of several kinds show, and what is around them."""

from typing import NamedTuple


class Frame(NamedTuple):
    """What stands around every page. `person` is empty where nobody has signed in; `here` is this page's own path."""

    title: str
    person: str
    roles: tuple[str, ...]
    csrf: str
    theme: str
    here: str


class Pager(NamedTuple):
    """`newer` and `older` are addresses, empty where there is no such page."""

    said: str
    newer: str
    older: str


class Verdict(NamedTuple):
    """`environment` may be empty; `style` is the part of a class that says how it looks."""

    environment: str
    word: str
    style: str


class Notice(NamedTuple):
    """What was sealed a moment ago."""

    subject: str
    case_at: str
    verdicts: tuple[Verdict, ...]
    number: int
    decision: str


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
