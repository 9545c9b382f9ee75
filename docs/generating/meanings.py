"""What a docstring says about each field: a sentence that begins with the field's name is about it."""

import re
from collections.abc import Iterable

from generating.markdown import sentence


def meanings(text: str, fields: Iterable[str]) -> tuple[str, dict[str, str]]:
    """What is about the whole, and what is about each field: "`bins` are ...", "`low` and `high` map ...",
    "`kinds`: ...". What follows such a sentence up to the next one belongs to it."""
    known = "|".join(map(re.escape, sorted(fields, key=len, reverse=True)))
    whole = " ".join(text.split())
    if not known:
        return whole, {}
    named = rf"`(?:{known})`(?:(?:, | and |, and )`(?:{known})`)*"
    about: list[str] = []
    found: dict[str, str] = {}
    for part in re.split(rf"(?<=[.;]) (?={named})", whole):
        if not (head := re.match(named, part)):
            about.append(part)
            continue
        names = re.findall(r"`([^`]+)`", head[0])
        rest = part[head.end() :].rstrip(";").removeprefix(":").strip()
        said = re.sub(r"^(?:is|are) (?=[^`])", "", rest) if len(names) == 1 else part.rstrip(";")
        for name in names:
            found[name] = " ".join(filter(None, (found.get(name), sentence(said))))
    return " ".join(about), found
