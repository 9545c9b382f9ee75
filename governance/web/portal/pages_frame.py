"""What pages of every kind have around them."""

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
