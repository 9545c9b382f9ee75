"""Text that stands where something should be said and says nothing."""

import re

_NOTHING = frozenset({"", "?", "-", "\u2026", "n/a", "na", "none", "null", "tba", "tbd", "todo", "unknown", "xxx"})


def says_nothing(text: str | None) -> bool:
    """Whether `text` is missing, blank, dots, or a placeholder such as TODO or n/a (in any case)."""
    return text is None or text.strip().rstrip(".:").strip().casefold() in _NOTHING


_MARKED = re.compile(r"(?:TODO|TBD|TBA|FIXME|XXX|(?i:lorem ipsum))\b")
_NUMBER = re.compile(r"\s*[0-9]{1,9}[.)]\s")
_BRACKETS = ("[]", "<>", "{}")


def still_to_write(text: str) -> bool:
    """Whether a paragraph, or an item of a list, stands where something should be written: it says nothing, begins with
    a mark such as TODO, perhaps with words about it, or is wholly in the brackets of a template."""
    text = _NUMBER.sub("", text, count=1) if _NUMBER.match(text) else text
    text = text.lstrip("-*+>_`~| \t\n").rstrip("-*_`~| \t\n")
    return (
        says_nothing(text)
        or _MARKED.match(text.lstrip("[(<{ ")) is not None
        or any(text[0] + text[-1] == pair and not {*text.strip(pair)} & {*pair} for pair in _BRACKETS)
    )
