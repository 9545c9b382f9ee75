"""Names that do not mean what they look like."""

import difflib
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from governance.policy.lint.remark import Level, Said, Subject, lint
from governance.policy.positions import Key

_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
"""Those whose letters look alike (Unicode Technical Standard 39, confusables)."""
# What is taken for one another in small print, of the characters that an id may have.
_ALIKE = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("-", ""))


@lint(
    "unknown-law",
    Level.WARNING,
    bad="""
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            controls: [eu-ai-atc/art-15.5]
            enforcement: {default: deny}
    """,
    good="""
        rules:
          - id: as-it-was-approved
            uses: artifact.digest@1
            controls: [eu-ai-act/art-15.5]
            enforcement: {default: deny}
    """,
)
def unknown_law(subject: Subject) -> Iterator[Said]:
    """A control names a law or a standard that is known.

    Reports collect rules by the law that they serve. A misspelt law has a chapter of its own, and the right one lacks
    it. Known are those of the rules of the catalogue and of the shipped policies; a standard of the house's own is no
    mistake, which is why this is a warning.
    """
    own = subject.policy.document.law
    laws = subject.laws | ({own.id} if own else set())
    for selected in subject.policy.rules:
        for index, control in enumerate(selected.section.controls):
            law = control.partition("/")[0]
            if law not in laws:
                near = difflib.get_close_matches(law, sorted(laws), n=1, cutoff=0.6)
                what = f"control {control!r} is of a law that nobody here knows: {law!r}"
                fix = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(laws))}"
                yield Said(("rules", selected.section.id, "controls", index), what, fix)


@lint(
    "look-alike-ids",
    Level.WARNING,
    bad="""
        rules:
          - id: model-card
            uses: documentation.present@1
            enforcement: {default: deny}
            accept: {kind: [declared]}
          - id: mode1-card
            uses: documentation.current@1
            enforcement: {default: audit}
            accept: {kind: [declared]}
    """,
    good="""
        rules:
          - id: model-card
            uses: documentation.present@1
            enforcement: {default: deny}
            accept: {kind: [declared]}
          - id: model-card-current
            uses: documentation.current@1
            enforcement: {default: review}
            accept: {kind: [declared]}
    """,
)
def look_alike_ids(subject: Subject) -> Iterator[Said]:
    """No two rules have ids that are taken for one another.

    Waivers and baselines name a rule by its id. Who reads `mode1-card` reads `model-card`, and excuses the wrong one.
    """
    seen: dict[str, str] = {}
    for selected in subject.policy.rules:
        name = selected.section.id
        other = seen.setdefault(_skeleton(name), name)
        if other != name:
            what, fix = f"rule {name!r} looks like rule {other!r}", "give it an id that says how it differs"
            yield Said(("rules", name, "id"), what, fix, ("rules", other, "id"))


@lint(
    "mixed-scripts",
    Level.ERROR,
    bad="""
        rules:
          - id: acceptance
            uses: fairness.disparity@1
            with: {attributes: [s\u0435x], at_least: 0.8}
            enforcement: {default: deny}
    """,
    good="""
        rules:
          - id: acceptance
            uses: fairness.disparity@1
            with: {attributes: [sex], at_least: 0.8}
            enforcement: {default: deny}
    """,
)
def mixed_scripts(subject: Subject) -> Iterator[Said]:
    """No word mixes letters of scripts that look alike.

    A Cyrillic letter in a Latin word cannot be seen, and makes another word of it: a column that is not there, an owner
    whom nobody knows.
    """
    document = subject.policy.document
    texts: list[tuple[Key, str]] = [((name,), getattr(document, name) or "") for name in ("title", "owner", "applies")]
    texts += [text for name in document.parameters for text in _texts(("parameters", name), document.parameters[name])]
    for section in document.rules:
        at: Key = ("rules", section.id)
        texts += [((*at, name), getattr(section, name) or "") for name in ("title", "expr", "why", "fix", "owner")]
        texts += _texts((*at, "with"), section.with_)
    for key, text in texts:
        for word in _WORD.findall(text):
            found = {script: char for char in word for script in _SCRIPTS if _is_of(char, script)}
            if len(found) > 1:
                said = " and ".join(script.capitalize() for script in sorted(found))
                odd = next((char for script, char in found.items() if script != "LATIN"), "")
                what = f"the word {word!a} mixes {said} letters: U+{ord(odd):04X} is {unicodedata.name(odd).lower()}"
                yield Said(key, what, "write it in one script")


def _is_of(char: str, script: str) -> bool:
    return unicodedata.name(char, "").startswith(f"{script} ")


def _texts(key: Key, value: Any) -> list[tuple[Key, str]]:
    """Every text below a value, with where it stands."""
    if isinstance(value, str):
        return [(key, value)]
    if isinstance(value, dict):
        found = [((*key, name), name) for name in value if isinstance(name, str)]
        return found + [text for name, inner in value.items() for text in _texts((*key, name), inner)]
    if isinstance(value, list | tuple):
        return [text for index, inner in enumerate(value) for text in _texts((*key, index), inner)]
    if hasattr(value, "model_dump"):
        return _texts(key, value.model_dump(mode="json", by_alias=True, exclude_none=True))
    return []


def _skeleton(name: str) -> str:
    for one, other in _ALIKE:
        name = name.replace(one, other)
    return name
