"""Purpose facts: what the model is for, what it must not be used for, and how its success is measured. Declared."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from governance.canonical import Document, Real, Spelled
from governance.evidence.origin import FactOrigin
from governance.evidence.performance import LOSSES, CountMetric, ScoreMetric

PurposeId = Annotated[str, Spelled(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "one word of letters, digits, dots and hyphens")]
"""A purpose by its id, such as credit-scoring. Ids are compared whole, without regard to case, never by likeness."""


class Kpi(Document):
    """A measure of success in its own unit. `name`: in words. `target`: what it should be. `value`: what it was last
    measured to be. `better` says which way is good; null where the manifest does not say. `metric` is the name under
    which an audit measures it itself."""

    name: Annotated[str, Field(min_length=1, max_length=1000)]
    target: Real | None = None
    value: Real | None = None
    better: Literal["higher", "lower"] | None = None
    metric: Literal[CountMetric, ScoreMetric] | None = None

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        side = "lower" if self.metric in LOSSES else "higher"
        if self.metric and self.better not in (None, side):
            raise ValueError(f"of {self.metric} {side} is better, not {self.better}")
        return self


class PurposeFacts(Document):
    """`category` is the id of the purpose, `objective` the purpose in words."""

    origin: FactOrigin | None = None
    objective: str | None
    category: PurposeId | None
    kpi: Kpi | None
    intended: tuple[str, ...]
    prohibited: tuple[str, ...]
