"""Places that a decision is about: an environment, or a point of it at which somebody asks, such as prod@ci."""

from typing import Annotated

from governance.canonical import Spelled

_SLUG = r"[a-z][a-z0-9-]{0,62}"
_WORDS = "small letters, digits and hyphens, a letter first and at most 63 in all"
Slug = Annotated[str, Spelled(_SLUG, _WORDS)]
Place = Annotated[str, Spelled(rf"{_SLUG}(?:@{_SLUG})?", f"{_WORDS}; then @ and a point in the same way, if any")]
"""`prod`, or `prod@ci`: the question about prod, asked at the point ci."""


def environment_of(place: str) -> str:
    return place.partition("@")[0]


def point_of(place: str) -> str:
    """Empty where the question is asked of the environment itself."""
    return place.partition("@")[2]
