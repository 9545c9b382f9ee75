"""Text that stands where something should be said and says nothing."""

_NOTHING = frozenset({"", "?", "-", "\u2026", "n/a", "na", "none", "null", "tba", "tbd", "todo", "unknown", "xxx"})


def says_nothing(text: str | None) -> bool:
    """Whether `text` is missing, blank, dots, or a placeholder such as TODO or n/a (in any case)."""
    return text is None or text.strip().rstrip(".:").strip().casefold() in _NOTHING
