"""Facts of a bias audit by somebody from outside: when, by whom, on what data, and who was told. Declared."""

from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Document
from governance.evidence.documentation import Day
from governance.evidence.origin import FactOrigin

Line = Annotated[str, Field(min_length=1, max_length=300)]


class AuditedData(Document):
    """What the audit was computed on. `kind`: data of the tool in use (historical), or made for the audit (test).
    `of`: whose use it is from: one's own, one's own pooled with that of others, or that of others alone. `source`:
    where it is from, in words. `why`: why test data and not historical data. `made`: how the test data was made, or
    come by."""

    kind: Literal["historical", "test"]
    of: Literal["own", "pooled", "others"] = "own"
    source: Line | None = None
    why: Line | None = None
    made: Line | None = None


class Published(Document):
    """The summary of the audit, for everybody to read. `at`: since when. `where`: an address, in text; it is not
    fetched. `until`: the last day on which it will be there; null where no end is planned."""

    at: Day
    where: Line
    until: Day | None = None


class BiasAudit(Document):
    """A bias audit of a tool that helps to decide about people. `date`: on which day it was made. `auditor`: by whom.
    `data`: on which data. `distributed`: the day from which the audited tool was handed out for use. `published`: where
    its summary can be read. `notice`: the day on which people were told that the tool would be used. `first_use` and
    `last_use`: the first day on which it is used, and the last, planned ones too; null where none is."""

    date: Day | None = None
    auditor: Line | None = None
    data: AuditedData | None = None
    distributed: Day | None = None
    published: Published | None = None
    notice: Day | None = None
    first_use: Day | None = None
    last_use: Day | None = None


class BiasAuditFacts(BiasAudit):
    """What the manifest says of a bias audit."""

    origin: FactOrigin | None = None
