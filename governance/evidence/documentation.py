"""Documentation facts: which documents accompany the model, and what headings they have."""

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator

from governance.canonical import Count, Document, Instant, Sha256
from governance.evidence.origin import FactOrigin


def _day(text: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise ValueError(f"got {text!r}, expected a day such as 2026-01-31")
    date.fromisoformat(text)
    return text


Day = Annotated[str, AfterValidator(_day)]
"""A day of the calendar, as ISO 8601 writes it."""


class SectionFact(Document):
    """`words` under `heading`, down to the next heading of its level or above, so with all subsections; lines that
    stand where something is to be written, such as TODO, are not counted."""

    heading: str
    words: Count


class DocumentFact(Document):
    """`words` counts words outside headings: a page of headings alone documents nothing. `dated` is the day that the
    document says it is of, null where it says none. `sections` are in the order of `headings`, null where they were not
    counted."""

    kind: str
    path: str
    sha256: Sha256
    words: Count
    headings: tuple[str, ...]
    dated: Day | None = None
    sections: tuple[SectionFact, ...] | None = None


class DocumentationFacts(Document):
    """`trained_at` is when the manifest says that the model was trained."""

    origin: FactOrigin | None = None
    documents: tuple[DocumentFact, ...]
    trained_at: Instant | None = None
