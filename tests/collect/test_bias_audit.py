"""What the manifest says of a bias audit becomes declared facts; nothing said is no fact, and nonsense is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from governance.collect import bias_audit
from governance.evidence.bias_audit import AuditedData, BiasAuditFacts, Published
from governance.evidence.manifest import Manifest


def manifest(**stated: Any) -> Manifest:
    about = {"schema": "governance.manifest/v1", "model": {"name": "m", "version": "1.10"}, "artifact": {"none": "n"}}
    return Manifest.model_validate({**about, "bias_audit": stated})


def test_nothing_said_is_no_fact() -> None:
    assert bias_audit.facts(manifest()) is None


def test_everything_said() -> None:
    found = bias_audit.facts(
        manifest(
            date="2026-03-02",
            auditor="Bee and Co",
            data={"kind": "test", "source": "panel", "why": "too few people yet", "made": "drawn from a panel"},
            distributed="2026-02-01",
            published={"at": "2026-03-20", "where": "https://example.org/audit"},
            notice="2026-03-16",
            first_use="2026-04-01",
            last_use="2026-12-31",
        )
    )
    assert found is not None and found.origin is not None
    assert found.origin.kind == "declared"
    assert found.data == AuditedData(kind="test", source="panel", why="too few people yet", made="drawn from a panel")
    assert found.published == Published(at="2026-03-20", where="https://example.org/audit", until=None)
    assert (found.notice, found.first_use, found.last_use) == ("2026-03-16", "2026-04-01", "2026-12-31")
    assert BiasAuditFacts.from_bytes(found.to_bytes()) == found


@pytest.mark.parametrize(
    "stated",
    [
        {"date": "2026-02-30"},
        {"date": "02.03.2026"},
        {"date": "2026-03-02T00:00:00Z"},
        {"date": "٢٠٢٦-03-02"},
        {"auditor": ""},
        {"auditor": "b" * 301},
        {"data": {"kind": "real"}},
        {"data": {"kind": "historical", "of": "nobody"}},
        {"data": {"source": "panel"}},
        {"published": {"where": "https://example.org"}},
        {"published": {"at": "2026-03-20"}},
        {"last-use": "2026-03-20"},
    ],
)
def test_nonsense_is_refused(stated: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        manifest(**stated)
