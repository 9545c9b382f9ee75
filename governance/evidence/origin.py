"""Who says so: where a fact comes from, and what it was taken from."""

from typing import Literal

from governance.canonical import Count, Document, Sha256

Kind = Literal["measured", "declared"]
Predictions = Literal["rescored", "supplied"]


class Origin(Document):
    """`measured`: our code computed it from bytes whose digest is recorded. `declared`: taken from a document."""

    kind: Kind
    by: str
    where: Literal["local", "ci", "service"]
    predictions: Predictions | None = None

    def but(self, kind: Kind, predictions: Predictions | None) -> "Origin":
        """Of the same author and place; itself where nothing differs."""
        if (kind, predictions) == (self.kind, self.predictions):
            return self
        return Origin(kind=kind, by=self.by, where=self.where, predictions=predictions)


class FactOrigin(Document):
    """Overrides the evidence set's origin for one group of facts."""

    kind: Kind
    predictions: Predictions | None = None


class Input(Document):
    """One thing that was read. `recorded` is the digest that the manifest claims for it; null when it claims none."""

    role: str
    path: str
    sha256: Sha256
    recorded: Sha256 | None = None
    rows: Count | None = None
    size: Count


class Subject(Document):
    """The model version under audit. `artifact` is null where there is none to hold (a vendor's outputs)."""

    name: str
    version: str
    artifact: Sha256 | None
