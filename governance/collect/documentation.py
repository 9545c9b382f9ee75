"""Documents that accompany a model: Markdown (or plain text), by its headings and how much it says."""

import re
import unicodedata
from datetime import date

from governance import canonical
from governance.errors import BadInput
from governance.evidence.documentation import DocumentFact, SectionFact
from governance.policy.placeholder import still_to_write

MAX_BYTES = 1 << 20
MAX_HEADINGS = 2000
MAX_HEADING = 200
# CommonMark 0.31: ATX headings 4.2, setext underlines 4.3, fenced code 4.5; HTML comments are not shown to a reader.
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?")
_SETEXT = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
# What follows `Date:` in a line of its own, perhaps in a list or emphasised, and in front matter.
_DATED = re.compile(r"[ \t]{0,3}(?:[-*+][ \t]+)?[*_]{0,2}date[*_]{0,2}:[*_]{0,2}[ \t]*(.*)", re.IGNORECASE)
_DAY = re.compile(r"[\"']?([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T\s\"'*_.,;].*)?")
# How an item of a list, a row of a table or a quotation begins.
_ITEM = re.compile(r"[ \t]*(?:[-*+|>]|[0-9]{1,9}[.)])")
_WORD = re.compile(r"[^\W_]+")


def document(kind: str, path: str, data: bytes) -> DocumentFact:
    """Headings in order, the number of words outside headings, code blocks, comments and front matter, the same under
    each heading without lines such as TODO, and the day that the document is of: `date:` in its front matter, else the
    first line `Date:` with a day such as 2026-01-31. Raises BadInput for what is no text."""
    where = f"documents.{kind}: {path}"
    text = canonical.text(data, where)
    if "\0" in text:
        raise BadInput("not text", got="a NUL byte", expected="a Markdown or text file", where=where)
    parts, dated = _read(_without_comments(text).splitlines())
    sections = _sections(parts)
    if len(sections) > MAX_HEADINGS:
        raise BadInput("too many headings", got=str(len(sections)), expected=f"at most {MAX_HEADINGS}", where=where)
    return DocumentFact(
        kind=kind,
        path=path,
        sha256=canonical.sha256(data),
        words=sum(part.words for part in parts),
        headings=tuple(section.heading for section in sections),
        dated=dated,
        sections=tuple(sections),
    )


class _Part:
    """What stands under one heading, down to the next one: all its words, and those that say something."""

    def __init__(self, level: int, heading: str) -> None:
        self.level, self.heading = level, _plain(heading)
        self.words = self.said = 0

    def add(self, paragraph: list[str]) -> None:
        items: list[list[str]] = []
        for line in paragraph:
            if not items or _ITEM.match(line):
                items.append([])
            items[-1].append(line)
        for item in items:
            words = sum(len(_WORD.findall(line)) for line in item)
            self.words += words
            self.said += 0 if still_to_write("\n".join(item)) else words


def _read(lines: list[str]) -> tuple[list[_Part], str | None]:
    """The parts of a document, the first of them above all headings, and its day."""
    start = _front_matter(lines)
    days = [_day(line) for line in lines[1:start]]
    parts = [_Part(0, "")]
    fence = ""
    paragraph: list[str] = []
    for line in lines[start:]:
        mark = _FENCE.fullmatch(line)
        if fence:
            closes = mark is not None and mark[1].startswith(fence) and not mark[2].strip()
            fence = "" if closes else fence
            continue
        if mark and not (mark[1][0] == "`" and "`" in mark[2]):
            parts[-1].add(paragraph)
            fence, paragraph = mark[1], []
        elif atx := _ATX.fullmatch(line):
            parts[-1].add(paragraph)
            paragraph = []
            parts.append(_Part(len(atx[1]), re.sub(r"(?:^|[ \t]+)#+$", "", (atx[2] or "").strip())))
        elif paragraph and (under := _SETEXT.fullmatch(line)):
            parts.append(_Part(1 if "=" in under[0] else 2, " ".join(paragraph)))
            paragraph = []
        elif not line.strip():
            parts[-1].add(paragraph)
            paragraph = []
        else:
            paragraph.append(line)
            days.append(_day(line))
    parts[-1].add(paragraph)
    return parts, next((day for day in days if day), None)


def _sections(parts: list[_Part]) -> list[SectionFact]:
    """Each heading that says something, with the words of all parts below it."""
    words = [part.said for part in parts]
    above: list[int] = []  # the headings that the part at hand is under, outermost first
    for place, part in enumerate(parts):
        while above and part.level and parts[above[-1]].level >= part.level:
            above.pop()
        for one in above:
            words[one] += part.said
        above.append(place)
    return [
        SectionFact(heading=part.heading, words=said) for part, said in zip(parts, words, strict=True) if part.heading
    ]


def _day(line: str) -> str | None:
    """The day that a line says the document is of; null where the line is another one, or that day never comes."""
    stated = _DATED.fullmatch(line)
    found = _DAY.fullmatch(stated[1].rstrip()) if stated else None
    try:
        return date.fromisoformat(found[1]).isoformat() if found else None
    except ValueError:
        return None


def _front_matter(lines: list[str]) -> int:
    """How many lines of YAML stand before the text, between two lines of three hyphens."""
    if not lines or lines[0].rstrip() != "---":
        return 0
    return next((number + 1 for number, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), 0)


def _without_comments(text: str) -> str:
    """`text` without HTML comments; one that is never closed hides the rest, as a browser would."""
    shown, position = [], 0
    while (start := text.find("<!--", position)) >= 0:
        shown.append(text[position:start])
        end = text.find("-->", start + 4)
        if end < 0:
            return "".join(shown)
        position = end + 3
    return "".join(shown) + text[position:]


def _plain(heading: str) -> str:
    """Without emphasis, code marks and link targets, in normal form C, on one line."""
    text = re.sub(r"\[([^\[\]]*)\]\([^()]*\)", r"\1", heading)
    text = "".join(
        character for character in " ".join(text.split()) if character not in "*`" and character.isprintable()
    )
    return unicodedata.normalize("NFC", " ".join(text.split())[:MAX_HEADING])[:MAX_HEADING]
