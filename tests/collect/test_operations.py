"""What the manifest says about running the model becomes declared facts; nothing said is no fact."""

from typing import Any

import pytest

from governance.collect import operations
from governance.evidence.manifest import Manifest
from governance.evidence.operations import Monitoring, NoRollback, OnCall, OperationsFacts, Watched, hours


def manifest(**stated: Any) -> Manifest:
    about = {"schema": "governance.manifest/v1", "model": {"name": "m", "version": "1.10"}, "artifact": {"none": "n"}}
    return Manifest.model_validate({**about, "operations": stated})


def test_nothing_said_is_no_fact() -> None:
    assert operations.facts(manifest()) is None


def test_everything_said() -> None:
    found = operations.facts(
        manifest(
            rollback="1.9",
            monitoring={"interval": "12h", "metrics": [{"name": "psi", "at_most": "0.2"}]},
            on_call={"owner": "team:credit", "contact": "#credit"},
        )
    )
    assert found is not None
    assert found.origin is not None
    assert found.origin.kind == "declared"
    assert (found.version, found.rollback) == ("1.10", "1.9")
    assert found.monitoring == Monitoring(interval="12h", metrics=(Watched(name="psi", at_most="0.2"),))
    assert found.on_call == OnCall(owner="team:credit", contact="#credit")
    assert OperationsFacts.from_bytes(found.to_bytes()) == found


def test_words_are_kept_as_words() -> None:
    found = operations.facts(manifest(rollback={"none": "first"}, monitoring="docs/plan.md", on_call="team credit"))
    assert found is not None
    assert (found.rollback, found.monitoring) == (NoRollback(none="first"), "docs/plan.md")
    assert found.on_call == OnCall(owner="team credit", contact=None)
    assert OperationsFacts.from_bytes(found.to_bytes()) == found


@pytest.mark.parametrize(("text", "expected"), [("1h", 1), ("36h", 36), ("1d", 24), ("2w", 336), ("9999w", 1679832)])
def test_hours(text: str, expected: int) -> None:
    assert hours(text) == expected
