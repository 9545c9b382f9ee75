"""The tables: keys for finding things, and the bytes that were hashed or signed, verbatim.

Columns beside the bytes only help to find rows; `verify_trail` checks each of them against the bytes.
"""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Text
from sqlmodel import Field, SQLModel

STRICT = {"sqlite_strict": True}
Number = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both: INTEGER has them in SQLite, whose strict tables know no BIGINT."""
Words = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared by their bytes on both, so that no new library on the server can change what an index finds."""


class HeadRow(SQLModel, table=True):
    """The one row that says how far the log goes. Writers compare and swap it, so no two can fork the log."""

    __tablename__ = "head"
    __table_args__ = (CheckConstraint("id = 1", name="head_is_one_row"), STRICT)

    id: int = Field(primary_key=True, sa_type=Number, sa_column_kwargs={"autoincrement": False})
    origin: str = Field(sa_type=Words)
    size: int = Field(sa_type=Number)
    root: bytes = Field(sa_type=LargeBinary)


class EntryRow(SQLModel, table=True):
    """One leaf: `body` is hashed to `leaf`, both verbatim."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("entry_by_type", "type"),
        Index("entry_by_subject", "name", "version", "type"),
        Index("entry_by_artifact", "artifact", "type"),
        STRICT,
    )

    idx: int = Field(primary_key=True, sa_type=Number, sa_column_kwargs={"autoincrement": False})
    id: str = Field(sa_type=Words, unique=True)
    leaf: bytes = Field(sa_type=LargeBinary)
    body: bytes = Field(sa_type=LargeBinary)
    type: str = Field(sa_type=Words)
    name: str | None = Field(sa_type=Words)
    version: str | None = Field(sa_type=Words)
    artifact: str | None = Field(sa_type=Words)


class DocumentRow(SQLModel, table=True):
    """A document an entry stands on. The salt is what keeps its commitment in the leaf from being guessed."""

    __tablename__ = "document"
    __table_args__ = STRICT

    sha256: str = Field(primary_key=True, sa_type=Words)
    type: str = Field(sa_type=Words)
    salt: bytes = Field(sa_type=LargeBinary)
    commitment: str = Field(sa_type=Words, unique=True)
    data: bytes = Field(sa_type=LargeBinary)


class ReferenceRow(SQLModel, table=True):
    """Which entry stands on which document: the entry's `refs`, in order."""

    __tablename__ = "reference"
    __table_args__ = (Index("reference_by_document", "document"), STRICT)

    idx: int = Field(sa_type=Number, sa_column_args=(ForeignKey("entry.idx"),), primary_key=True)
    position: int = Field(primary_key=True, sa_type=Number)
    document: str = Field(sa_type=Words, sa_column_args=(ForeignKey("document.sha256"),))


class TileRow(SQLModel, table=True):
    """A full tile: 256 hashes and their root. Partial tiles follow from entries and lower tiles."""

    __tablename__ = "tile"
    __table_args__ = STRICT

    level: int = Field(primary_key=True, sa_type=Number)
    number: int = Field(primary_key=True, sa_type=Number)
    root: bytes = Field(sa_type=LargeBinary)
    hashes: bytes = Field(sa_type=LargeBinary)


class CheckpointRow(SQLModel, table=True):
    """A signed checkpoint, one for each commit."""

    __tablename__ = "checkpoint"
    __table_args__ = STRICT

    size: int = Field(primary_key=True, sa_type=Number, sa_column_kwargs={"autoincrement": False})
    note: bytes = Field(sa_type=LargeBinary)


class OutcomeRow(SQLModel, table=True):
    """What a decision says for one environment, copied from its document so that the last allowed one can be found."""

    __tablename__ = "outcome"
    __table_args__ = STRICT

    idx: int = Field(sa_type=Number, sa_column_args=(ForeignKey("entry.idx"),), primary_key=True)
    environment: str = Field(primary_key=True, sa_type=Words)
    outcome: str = Field(sa_type=Words)


class StandingRow(SQLModel, table=True):
    """How a model version stands by its latest decision, so that what is urgent is found without opening documents.
    The one table of the trail that is no record: it follows from the documents, is written anew with each decision and
    made again by `governance.store.standing.rebuild`. `idx` is the latest decision's entry, `first` that of the first;
    the rest is as in `governance.policy.urgency`. `fell` is separated by spaces, each of `signers` is between two;
    empty text stands for none."""

    __tablename__ = "standing"
    __table_args__ = (
        Index("standing_by_due", "asks", "due"),
        Index("standing_by_first", "name", "first"),
        Index("standing_by_entry", "idx"),
        STRICT,
    )

    name: str = Field(primary_key=True, sa_type=Words)
    version: str = Field(primary_key=True, sa_type=Words)
    idx: int = Field(sa_type=Number, sa_column_args=(ForeignKey("entry.idx"),))
    first: int = Field(sa_type=Number)
    asks: str = Field(sa_type=Words)
    due: str = Field(sa_type=Words)
    since: str = Field(sa_type=Words)
    valid_until: str = Field(sa_type=Words)
    tier: str = Field(sa_type=Words)
    severity: str = Field(sa_type=Words)
    findings: int = Field(sa_type=Number)
    waiver: str = Field(sa_type=Words)
    fell: str = Field(sa_type=Words)
    statements: int = Field(sa_type=Number)
    signers: str = Field(sa_type=Words)
    submitted_by: str = Field(sa_type=Words)
    measured_by: str = Field(sa_type=Words)
    sought: str = Field(sa_type=Words)


class PseudonymRow(SQLModel, table=True):
    """Who stands behind an actor in the leaves. Deleting a row makes its entries anonymous and breaks no proof."""

    __tablename__ = "pseudonym"
    __table_args__ = STRICT

    principal: str = Field(primary_key=True, sa_type=Words)
    pseudonym: str = Field(sa_type=Words, unique=True)
