"""Characters that cannot be seen, or that turn the text around them: what somebody reads must be what is written."""

import re
import unicodedata

# Control characters but the ends of lines, the two separators, marks of annotation, and what is no character.
_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb\ufffe\uffff"
# Default_Ignorable_Code_Point of the Unicode Character Database (DerivedCoreProperties.txt, 15.1): soft hyphens, zero
# width, bidirectional marks, fillers, variation selectors, tags. Written out: Python's own table changes by version.
_IGNORED = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Between letters from Arabic to Sinhala a joiner is spelling, as in Persian (The Unicode Standard, section 23.2).
_JOINERS, _JOINED = r"[\u200c\u200d]", r"[\u0600-\u0dff]"
# After a symbol the last two variation selectors ask for its plain or its coloured picture (UTS 51).
_STYLED = r"[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
_HIDDEN = rf"[{_CONTROLS}{_IGNORED}%s]|(?<!{_JOINED}){_JOINERS}|{_JOINERS}(?!{_JOINED})|(?<!{_STYLED})[\ufe0e\ufe0f]"
IN_TEXT = re.compile(_HIDDEN % r"\t")
"""What may not stand in a document's own text. Tabs neither: readers of YAML do not agree where they may."""
IN_VALUE = re.compile(_HIDDEN % r"\r")
"""What a value must be free of where people read it, whatever escapes it was written with."""


def seen(char: str) -> bool:
    """Whether it can stand in a text as it is, whatever stands beside it."""
    return char.isprintable() and not IN_TEXT.match(char)


def told(char: str) -> str:
    """What is wrong with a character that one of the two found."""
    if char == "\t":
        return "a tab where only spaces may stand"
    if char == "\ufeff":
        return "byte order mark is not allowed here"
    if unicodedata.category(char) == "Cc":
        return f"control character {named(char)} in the text"
    return f"invisible character {named(char)} in the text"


def named(char: str) -> str:
    """`U+202E (right-to-left override)`."""
    name = unicodedata.name(char, "").lower()
    return f"U+{ord(char):04X}" + (f" ({name})" if name else "")


def mended(char: str) -> str:
    """What to do about it."""
    if char == "\t":
        return "put spaces instead"
    if char == "\ufeff":
        return "delete the invisible character U+FEFF"
    if unicodedata.category(char) == "Cc":
        return "delete it; where there are many, the file is binary or in another encoding"
    number = ord(char)
    escape = f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
    return f'delete it; only a manifest may name data that has it, as "{escape}" in double quotes'


def columns(text: str) -> int:
    """That it takes in a terminal: two for a wide character (UAX 11), none for a mark above or below another."""
    return sum(0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF") for char in text)
