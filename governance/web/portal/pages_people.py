"""What pages about people show: one's own account, and those that an admin sees to."""

from typing import NamedTuple

from governance.web.portal.pages_frame import Frame, Pager


class TokenRow(NamedTuple):
    """`place`: where evidence that it hands in was measured."""

    id: str
    label: str
    scopes: str
    place: str
    expires: str
    used: str
    state: str


class SessionRow(NamedTuple):
    id: str
    began: str
    seen: str
    expires: str
    current: bool


class Named(NamedTuple):
    """Something to pick by name, and what it means."""

    value: str
    means: str


class Right(NamedTuple):
    """What there is to do, whether this person may, and why."""

    means: str
    allowed: bool
    reason: str


class AccountPage(NamedTuple):
    """`made` is a token that is shown this once; `done` and `problem` what to say of what was sent, `about` which part
    of the page that is; `rule` what a password must be."""

    frame: Frame
    principal: str
    created: str
    key: str
    key_since: str
    rights: tuple[Right, ...]
    rule: str
    tokens: tuple[TokenRow, ...]
    sessions: tuple[SessionRow, ...]
    scopes: tuple[Named, ...]
    places: tuple[Named, ...]
    longest: int
    made: str
    done: str
    problem: str
    about: str


class PersonRow(NamedTuple):
    """Somebody who has an account, or is invited to one. `state`: invited, in use, no role or disabled; `invited`: when
    an open link to them ends; `tokens`: how many of theirs can be used."""

    name: str
    href: str
    roles: str
    state: str
    signed_in: str
    key: str
    invited: str
    tokens: int


class PeoplePage(NamedTuple):
    """`refusal`: why whoever looks may not invite, empty where they may."""

    frame: Frame
    words: str
    rows: tuple[PersonRow, ...]
    pager: Pager
    refusal: str


class Step(NamedTuple):
    """Something an admin may do to somebody: where it is asked about, or the reason why not, which is else empty."""

    label: str
    href: str
    refusal: str


class RoleRow(NamedTuple):
    """A role, what it lets somebody do, and what would change it."""

    role: str
    held: bool
    means: tuple[str, ...]
    step: Step


class PersonTokenRow(NamedTuple):
    token: TokenRow
    step: Step


class PersonPage(NamedTuple):
    """`principal` as the trail names them; `created` is empty for who has only been invited."""

    frame: Frame
    principal: str
    created: str
    disabled: str
    person: PersonRow
    roles: tuple[RoleRow, ...]
    tokens: tuple[PersonTokenRow, ...]
    steps: tuple[Step, ...]
    done: str


class StepPage(NamedTuple):
    """Asks before something is done. `means`: what then happens. `refusal`: why it is not for whoever looks, else
    empty. `asks_name`: whether `name` is to be typed; `pick`: roles to pick from; `carried`: fields that go along."""

    frame: Frame
    title: str
    means: tuple[str, ...]
    action: str
    label: str
    back: str
    refusal: str
    problem: str
    asks_name: bool
    name: str
    pick: tuple[Named, ...]
    picked: tuple[str, ...]
    carried: tuple[tuple[str, str], ...]
    reason: str


class LinkPage(NamedTuple):
    """A link that is shown this once. `anew`: for somebody who has an account already."""

    frame: Frame
    name: str
    link: str
    expires: str
    given: tuple[str, ...]
    anew: bool
    back: str
