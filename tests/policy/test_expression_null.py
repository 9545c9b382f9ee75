"""Where a condition breaks over a field that is not there, its finding says which field that is."""

from typing import Any

import pytest

from governance.evidence.lineage import LineageFacts, Source
from governance.policy.outcome import Action, Outcome
from tests.policy.cases import evidence, judge, policy


def sources(*expires: str | None) -> LineageFacts:
    return LineageFacts(
        sources=tuple(
            Source(
                id=f"s{number}", sha256=None, owner=None, licence="CC0-1.0", expires=day, forbidden=(), approved_by=()
            )
            for number, day in enumerate(expires)
        ),
        features=(),
    )


def judged(text: str, facts: LineageFacts, how: str = "warn") -> Any:
    ruled = policy(f"{{id: a, requires: [lineage.sources], expr: '{text}', enforcement: {{default: {how}}}}}")
    decision = judge(evidence(lineage=facts), [ruled])
    return decision, decision.findings[0]


LATER = "lineage.sources.all(s, timestamp(s.expires) > timestamp(now))"


@pytest.mark.parametrize(
    ("text", "days", "said"),
    [
        (LATER, (None,), "lineage.sources[0].expires is null"),
        (LATER, ("2030-01-01T00:00:00Z", None), "lineage.sources[1].expires is null"),
        (
            "timestamp(lineage.sources[1].expires) > timestamp(now)",
            ("2030-01-01T00:00:00Z", None),
            "sources[1].expires",
        ),
        (LATER, (None,) * 5, "lineage.sources[2].expires and 2 more (all 5: "),
        (
            "lineage.sources.exists(s, s.owner.startsWith(s.expires))",
            (None,),
            "[0].owner, lineage.sources[0].expires are null",
        ),
    ],
)
def test_it_is_named(text: str, days: tuple[str | None, ...], said: str) -> None:
    decision, finding = judged(text, sources(*days))
    assert finding.outcome is Outcome.ERROR and said in finding.why, finding.why
    assert "== null ||" in finding.fix
    assert decision.outcomes["prod"] is Action.DENY, "what cannot be judged is no pass"


def test_what_breaks_otherwise_names_none() -> None:
    _, finding = judged("lineage.sources[7].id == lineage.sources[0].licence", sources("2030-01-01T00:00:00Z"))
    assert finding.outcome is Outcome.ERROR and "null" not in finding.why


def test_what_says_what_holds_without_is_judged() -> None:
    text = "lineage.sources.all(s, s.expires == null || timestamp(s.expires) > timestamp(now))"
    assert judged(text, sources(None, "2030-01-01T00:00:00Z"))[1].outcome is Outcome.PASS
