"""What the manifest says the model is for becomes declared facts; nothing said is no fact."""

from typing import Any

import pytest
from pydantic import ValidationError

from governance.collect import purpose
from governance.evidence.manifest import ModelSection
from governance.evidence.purpose import Kpi, PurposeFacts


def model(**stated: Any) -> ModelSection:
    return ModelSection.model_validate({"name": "m", "version": "1", "purpose": stated})


def test_nothing_said_is_no_fact() -> None:
    assert purpose.facts(model()) is None
    assert purpose.facts(ModelSection(name="m", version="1")) is None


def test_everything_said() -> None:
    kpi = {"name": "losses", "target": "0.10", "value": "0.2", "better": "lower"}
    found = purpose.facts(model(objective="o", category="c", kpi=kpi, intended=["i"], prohibited=["p", "q"]))
    assert found is not None
    assert found.origin is not None
    assert found.origin.kind == "declared"
    assert (found.objective, found.category, found.intended, found.prohibited) == ("o", "c", ("i",), ("p", "q"))
    assert found.kpi == Kpi(name="losses", target="0.10", value="0.2", better="lower")
    assert PurposeFacts.from_bytes(found.to_bytes()) == found


@pytest.mark.parametrize(("text", "kpi"), [("losses", Kpi(name="losses")), ("", None), ("  ", None)])
def test_a_kpi_in_words_has_no_numbers(text: str, kpi: Kpi | None) -> None:
    found = purpose.facts(model(objective="o", kpi=text))
    assert found is not None
    assert found.kpi == kpi


@pytest.mark.parametrize(("metric", "better"), [("recall", "lower"), ("log_loss", "higher")])
def test_a_metric_knows_its_better_side(metric: str, better: str) -> None:
    with pytest.raises(ValidationError, match="is better, not"):
        Kpi(name="k", metric=metric, better=better)  # type: ignore[arg-type]
    assert Kpi(name="k", metric=metric).better is None  # type: ignore[arg-type]
