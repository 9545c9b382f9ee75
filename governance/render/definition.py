"""The definition of a report: its sections in order, and the wording that is the same for every subject."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from governance import strictyaml
from governance.canonical import Document

SectionId = Literal[
    "decision", "findings", "law", "details", "charts", "evidence", "acts", "receipt", "verify", "limits", "notice"
]


class Section(Document):
    """`intro` stands above what the section shows, `items` are listed, `commands` are to be typed as they are."""

    id: SectionId
    title: str = Field(min_length=1, max_length=80)
    intro: str | None = None
    items: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


class Report(Document):
    """The decision comes first in every report, whatever else is in it."""

    schema_: Literal["governance.report/v1"] = Field(alias="schema")
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
    version: Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")]
    title: str = Field(min_length=1, max_length=80)
    sections: tuple[Section, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _decision_first_and_once(self) -> Self:
        ids = [section.id for section in self.sections]
        if ids[0] != "decision":
            raise ValueError("the first section is `decision`: nobody should have to look for the verdict")
        for one in ids:
            if ids.count(one) > 1:
                raise ValueError(f"section {one!r} stands twice")
        return self


def load_report(data: bytes, name: str) -> Report:
    """Raises BadInput at file, line and column."""
    return strictyaml.load(data, Report, name)
