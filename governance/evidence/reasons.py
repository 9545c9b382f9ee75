"""Reasons that people are given for a decision: which feature is told in which words. Declared."""

from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Count, Document
from governance.evidence.origin import FactOrigin

MOST_TEXT = 500
Compared = Literal["all-applicants", "just-above-cut-off", "other"]
"""With whose average an applicant is compared, to find what told most against them."""
Line = Annotated[str, Field(min_length=1, max_length=MOST_TEXT)]


class ReasonsSection(Document):
    """Reasons that people are given. `catalogue`: a CSV file (feature; and code, text, barred): of each feature the
    words that people are told, or why no reason may name it. `most`: so many reasons are given at most.
    `compared_with`: applicants are compared with the average of all-applicants, of those just-above-cut-off, or of
    others."""

    catalogue: str
    most: Annotated[int, Field(ge=1, le=100)] | None = None
    compared_with: Annotated[tuple[Compared, ...], Field(min_length=1, max_length=3)] | None = None


class Reason(Document):
    """A line of the catalogue. `line`: in the file. `text`: what people are told; `barred`: why no reason may name the
    feature. Both are null where the file says neither, and one is where it says the other."""

    line: Count
    feature: Line
    code: Line | None = None
    text: Line | None = None
    barred: Line | None = None


class ReasonFacts(Document):
    """`catalogue`: each feature once. `features`: those of the model, as the manifest names them. `most` and
    `compared_with`: what the manifest says of how reasons are chosen, null where it does not."""

    origin: FactOrigin | None = None
    catalogue: tuple[Reason, ...]
    features: tuple[str, ...]
    most: Count | None = None
    compared_with: tuple[Compared, ...] | None = None
