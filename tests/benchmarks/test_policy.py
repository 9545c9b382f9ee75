"""Judging by a policy of 60 rules: as ratios, within one run, to other engines on the same rules and to mere parsing.

The rules are conditions over counts, which every engine can state. Ours gives a whole decision (findings in words, with
origin, controls and actions); the others give true or false for each rule.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from governance.canonical import sha256
from governance.evidence.evidence import EvidenceSet
from governance.operations.past import Judged, Unread, of_trail
from governance.operations.releases import releases
from governance.operations.replay import Asked, replay
from governance.policy.decision import Decision
from governance.policy.document import LoadedPolicy, load_policy
from governance.progress import silent
from tests.benchmarks.populated import Maker, populate
from tests.operations.project import Project
from tests.policy.cases import cell as group
from tests.policy.cases import evidence, fairness, judge, right, table

pytestmark = pytest.mark.bench
RULES = 60
DECISIONS = 1000
_SHAPES = (
    "performance.counts.tp >= {n}",
    "performance.counts.fp <= {n} + 400",
    "double(performance.counts.tp) >= 0.{n:03d} * double(performance.counts.tp + performance.counts.fp)",
    "fairness.tables.all(t, t.cells.all(c, c.tp + c.fn + c.tn + c.fp >= {n}))",
)
_REGO = (
    "input.performance.counts.tp >= {n}",
    "input.performance.counts.fp <= {n} + 400",
    "input.performance.counts.tp >= 0.{n:03d} * (input.performance.counts.tp + input.performance.counts.fp)",
    "every t in input.fairness.tables {{ every c in t.cells {{ c.tp + c.fn + c.tn + c.fp >= {n} }} }}",
)


def expressions(shapes: tuple[str, ...]) -> list[str]:
    return [shapes[i % len(shapes)].format(n=100 + i) for i in range(RULES)]


def policy_text(catalogue: bool) -> bytes:
    head = (
        "schema: governance.policy/v1\nid: bench\nversion: 1.0.0\nin_force: {from: 2026-01-01T00:00:00Z}\n"
        "environments: [staging, prod]\nrules:\n"
    )
    if catalogue:
        rules = [
            f"  - {{id: r{i}, uses: {uses}, with: {{{params}}}, enforcement: {{default: deny, staging: warn}}}}\n"
            for i in range(RULES)
            for uses, params in [
                [
                    ("performance.floor@1", f"at_least: 0.{700 + i}"),
                    ("fairness.disparity@1", f"at_least: 0.{700 + i}"),
                    ("performance.metric_floor@1", f"metric: recall, at_least: 0.{600 + i}"),
                ][i % 3]
            ]
        ]
    else:
        rules = [
            f"  - {{id: r{i}, requires: [performance.counts, fairness.tables], expr: '{text}', "
            "enforcement: {default: deny, staging: warn}}\n"
            for i, text in enumerate(expressions(_SHAPES))
        ]
    return (head + "".join(rules)).encode()


def facts() -> EvidenceSet:
    cells = (group("f", 450, 900), group("m", 470, 900))
    return evidence(performance=right(1500, 1800), fairness=fairness(table(*cells), table(*cells, attribute="age")))


def rate(work: Callable[[], Any], seconds: float = 1.0) -> float:
    """Calls for each second, the best of three runs."""
    work()
    best = 0.0
    for _ in range(3):
        count, start = 0, time.perf_counter()
        while (took := time.perf_counter() - start) < seconds / 3:
            work()
            count += 1
        best = max(best, count / took)
    return best


def view(facts: EvidenceSet) -> dict[str, Any]:
    return facts.facts.model_dump(mode="json")


def test_a_policy_of_60_rules_against_other_engines() -> None:
    celpy, regopy = pytest.importorskip("celpy"), pytest.importorskip("regopy")
    asked = facts()
    ours = load_policy(policy_text(False), "bench.yaml")
    catalogue = load_policy(policy_text(True), "bench.yaml")
    decision = judge(asked, [ours])
    expected = [finding.outcome.value == "pass" for finding in sorted(decision.findings, key=lambda f: int(f.key[7:]))]
    assert len(decision.findings) == RULES and any(expected) and judge(asked, [catalogue]).findings

    rego = regopy.Interpreter()
    bodies = "\n".join(f'holds contains "r{i}" if {{ {text} }}' for i, text in enumerate(expressions(_REGO)))
    module = f"package bench\nimport rego.v1\n{bodies}\n"
    rego.add_module("bench", module)
    document = view(asked)

    def by_rego() -> str:
        rego.set_input(document)
        return str(rego.query("data.bench.holds"))

    assert set(json.loads(by_rego())["expressions"][0]) == {f"r{i}" for i, holds in enumerate(expected) if holds}

    environment = celpy.Environment()
    programs = [environment.program(environment.compile(text)) for text in expressions(_SHAPES)]

    def by_python_cel() -> list[bool]:
        activation = {name: celpy.json_to_cel(value) for name, value in document.items()}
        return [bool(program.evaluate(activation)) for program in programs]

    assert by_python_cel() == expected

    rates = {
        "60 conditions, whole decision (ours)": rate(lambda: judge(asked, [ours])),
        "60 rules of the catalogue, whole decision (ours)": rate(lambda: judge(asked, [catalogue])),
        "the same 60 conditions in Rego (regopy)": rate(by_rego),
        "the same 60 conditions in cel-python": rate(by_python_cel),
    }
    base = rates["60 conditions, whole decision (ours)"]
    print(f"\n{'policy of 60 rules':<50}{'per second':>12}{'ratio':>8}")
    for name, found in rates.items():
        print(f"{name:<50}{found:>12.0f}{found / base:>8.2f}")

    def compiled_rego() -> None:
        fresh = regopy.Interpreter()
        fresh.add_module("bench", module)
        fresh.set_input(document)
        fresh.query("data.bench.holds")

    text = policy_text(False)
    compiles = {
        "ours, checked against its schema": rate(lambda: load_policy(text, "bench.yaml")),
        "regopy, with its first query": rate(compiled_rego),
        "cel-python": rate(lambda: [environment.program(environment.compile(one)) for one in expressions(_SHAPES)]),
    }
    print(f"\n{'compiling it':<50}{'ms':>12}{'ratio':>8}")
    for name, found in compiles.items():
        print(f"{name:<50}{1000 / found:>12.1f}{compiles['ours, checked against its schema'] / found:>8.2f}")


def test_replay_of_a_thousand_decisions(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = Project(tmp_path_factory.mktemp("replay"), tmp_path_factory.mktemp("keys")).start("ann")
    recorded = load_policy(policy_text(True), "bench.yaml")
    populate(project.workspace, (recorded,), Maker(project, project.workspace, "local|ann", "ci"), DECISIONS)
    draft = load_policy(policy_text(True).replace(b"1.0.0", b"1.1.0").replace(b"0.7", b"0.8"), "draft.yaml")

    def recorded_ones() -> Iterator[Judged | Unread]:
        return of_trail(project.workspace, name=None, version=None, everything=False, progress=silent)

    def replayed(draft: LoadedPolicy) -> int:
        return sum(1 for _ in replay(recorded_ones(), Asked((draft,))))

    def each(work: Callable[[bytes, bytes], Any]) -> None:
        """One after the other, none of which is kept: what is kept costs more than what is read."""
        for one, two in texts:
            work(one, two)

    texts: list[tuple[bytes, bytes]] = []
    with project.workspace.open_trail() as store, store.snapshot() as snapshot:
        assert releases(snapshot) == []
        for issued in snapshot.decisions():
            data = snapshot.document(issued.sha256).data
            texts.append((data, snapshot.document(Decision.from_bytes(data).evidence[0]).data))
    assert len(texts) == DECISIONS

    def timed(work: Callable[[], Any]) -> float:
        best = float("inf")
        for _ in range(2):
            start = time.perf_counter()
            work()
            best = min(best, time.perf_counter() - start)
        return best

    took = {
        "replay of all, each with 60 rules": timed(lambda: replayed(draft)),
        "of that, reading them from the trail": timed(lambda: sum(1 for _ in recorded_ones())),
        "json.loads of the same documents": timed(lambda: each(lambda one, two: (json.loads(one), json.loads(two)))),
        "pydantic's JSON parser on the same documents": timed(
            lambda: each(lambda one, two: (Decision.model_validate_json(one), EvidenceSet.model_validate_json(two)))
        ),
        "their SHA-256": timed(lambda: each(lambda one, two: (sha256(one), sha256(two)))),
    }
    assert replayed(draft) == DECISIONS
    limit = took["pydantic's JSON parser on the same documents"]
    print(f"\n{f'{DECISIONS} decisions':<50}{'ms':>12}{'ratio':>8}")
    for name, seconds in took.items():
        print(f"{name:<50}{1000 * seconds:>12.0f}{seconds / limit:>8.2f}")
