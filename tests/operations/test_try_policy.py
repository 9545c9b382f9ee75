"""A stranger's draft is tried in a process of its own: what it says, and that it can take no more than it may."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from governance import bundled
from governance.canonical import instant, sha256
from governance.errors import BadInput, MachineFault
from governance.measure.child import program
from governance.operations import trial_child
from governance.operations import try_policy as module
from governance.operations.measure_here import Busy, NotMeasured
from governance.operations.trial_child import Task, Trial
from governance.operations.try_policy import AT_ONCE, LIMITS, try_policy
from governance.policy.document import load_policy
from tests.policy.cases import cell, evidence, fairness, table

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
POLICY = b"""\
schema: governance.policy/v1
id: draft
version: 0.1.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [prod]
rules:
  - id: rows
    requires: [fairness]
    expr: fairness.rows >= 3500
    enforcement: {default: deny}
"""
CASES = b"""\
schema: governance.cases/v1
policy: draft
now: 2026-11-21T09:30:00Z
sound: {fairness: {sex: {a: {tn: 1000, tp: 1000, fn: 0, fp: 0}, b: {tn: 1000, tp: 1000, fn: 0, fp: 0}}}}
cases:
  - {name: few, change: {fairness: {sex: {b: {tn: 1}}}}, expect: {findings: {rows: fail}, outcomes: {prod: deny}}}
  - {name: none, change: {fairness: null}, expect: {findings: {rows: inconclusive}, outcomes: {prod: needs review}}}
"""
FACTS = evidence(fairness=fairness(table(cell("a", 500, 1000), cell("b", 400, 1000)))).to_bytes()


def tried(data: bytes = POLICY, cases: bytes | None = None, facts: bytes | None = None, **more: object) -> Trial:
    return try_policy(data, now=NOW, cases=cases, evidence=facts, **more)  # type: ignore[arg-type]


@pytest.fixture
def here(tmp_path: Path) -> Callable[..., Trial]:
    """What the child does, in this process: it is quicker."""

    def tried(data: bytes = POLICY, cases: bytes | None = None, facts: bytes | None = None) -> Trial:
        for name, content in (("policy.yaml", data), ("cases.yaml", cases), ("evidence.json", facts)):
            (tmp_path / name).write_bytes(content or b"")
        task = Task(cases=cases is not None, evidence=facts is not None, parents=(), now=instant(NOW), limits=LIMITS)
        return trial_child.tried(task, tmp_path)

    return tried


def test_a_draft_alone(here: Callable[..., Trial]) -> None:
    trial = here()
    assert (trial.policy, trial.version, trial.rules) == ("draft", "0.1.0", ("rows",))
    assert trial.sha256 == sha256(POLICY)
    assert trial.holds is None and trial.cases == trial.findings == () and trial.outcomes == {}


def test_its_cases() -> None:
    trial = tried(cases=CASES, facts=FACTS)
    assert [one.why for one in trial.findings] == ["fairness.rows is 2000, at least 3500 asked"]
    assert trial.holds is True and trial.gaps == ()
    assert {case.name: case.found["rows"].value for case in trial.cases} == {
        "sound": "pass",
        "few": "fail",
        "none": "inconclusive",
    }


def test_cases_that_it_does_not_meet(here: Callable[..., Trial]) -> None:
    trial = here(cases=CASES.replace(b"rows: fail", b"rows: pass").replace(b"prod: deny", b"prod: allow"))
    assert trial.holds is False
    (_, few, _) = trial.cases
    assert [(one.of, str(one.expected), str(one.got)) for one in few.differs] == [
        ("rows", "pass", "fail"),
        ("prod", "allow", "deny"),
    ]
    assert few.differs[0].why == "fairness.rows is 3001, at least 3500 asked"
    without = CASES.replace(b"fairness: null", b"fairness: {sex: {b: {tn: 2}}}")
    without = without.replace(b"inconclusive", b"fail").replace(b"needs review", b"deny")
    gaps = here(cases=without).gaps
    assert [(gap.rule, gap.why) for gap in gaps] == [("rows", "no case shows it as inconclusive")]


def test_what_it_says_of_evidence(here: Callable[..., Trial]) -> None:
    trial = here(facts=FACTS)
    assert [one.why for one in trial.findings] == ["fairness.rows is 2000, at least 3500 asked"]
    assert trial.outcomes["prod"].value == "deny"
    assert trial.holds is None


def test_it_extends_shipped_and_given_policies() -> None:
    child = """\
schema: governance.policy/v1
id: child
version: 1.0.0
in_force: {{from: 2026-06-01T00:00:00Z}}
environments: [prod]
extends: {{policy: {0.id}, version: {0.version}, sha256: {1}}}
rules: []
"""
    given = load_policy(POLICY, "given.yaml")
    trial = tried(child.format(given.document, given.sha256).encode(), given=(given,))
    assert (trial.policy, trial.rules) == ("child", ("rows",))
    shipped = load_policy(bundled.policy("baseline")[1], "baseline")
    assert len(tried(child.format(shipped.document, shipped.sha256).encode()).rules) == len(shipped.rules)
    with pytest.raises(BadInput, match="the policy that it extends is not here"):
        tried(child.format(given.document, given.sha256).encode())


def test_a_shipped_policy_holds() -> None:
    trial = tried(bundled.policy("baseline")[1], bundled.cases("baseline")[1])
    assert trial.holds and trial.cases


# What is wrong with it comes back as it would here, at line and column


@pytest.mark.parametrize(
    ("data", "cases", "facts", "what", "where"),
    [
        (POLICY.replace(b">= 3500", b">="), None, None, "does not compile", "policy.yaml:9:5"),
        (POLICY.replace(b"expr", b"exrp"), None, None, "unknown key 'exrp'", "policy.yaml:9:5"),
        (POLICY + b"  - &a x", None, None, "YAML anchor", "policy.yaml:11:5"),
        (b"", None, None, "empty", "policy.yaml"),
        (b"\xff\xfe", None, None, "not UTF-8", "policy.yaml"),
        (POLICY, CASES.replace(b"rows: fail", b"lines: fail"), None, "no rule 'lines'", "cases.yaml:6:78"),
        (POLICY, b"[]", None, "expected keys with values", "cases.yaml:1:1"),
        (POLICY, None, b"{}", "", "evidence.json"),
    ],
)  # fmt: skip
def test_faults(
    here: Callable[..., Trial], data: bytes, cases: bytes | None, facts: bytes | None, what: str, where: str
) -> None:
    with pytest.raises(BadInput) as caught:
        here(data, cases, facts)
    assert what in caught.value.what
    assert caught.value.where == where


def test_a_fault_comes_back_whole() -> None:
    with pytest.raises(BadInput) as caught:
        tried(POLICY.replace(b">= 3500", b">="))
    with pytest.raises(BadInput) as known:
        load_policy(POLICY.replace(b">= 3500", b">="), "policy.yaml")
    assert str(caught.value) == str(known.value)


# It takes no more than it may

SUM = b" + ".join([b"subject.name"] * 16)
HOG = POLICY.replace(b"fairness.rows >= 3500", b'"[' + b", ".join([SUM] * 15) + b'].size() > 0"')
LONG = CASES.replace(b"sound: {", b"sound: {subject: {name: " + b"x" * 900_000 + b", version: '1', artifact: null}, ")


def test_memory() -> None:
    """240 texts of a megabyte are more than there is; the engine itself would take them all."""
    with pytest.raises(BadInput) as caught:
        tried(HOG, LONG, limits=LIMITS.model_copy(update={"memory": 128 << 20}))
    assert caught.value.what == "the draft takes more memory than one may have here, which is 128 MiB"


@pytest.mark.parametrize(
    ("code", "limits", "what", "got"),
    [
        ("import time; time.sleep(60)", {"wall": 1}, "more time than", "did not end within 1 s"),
        (
            "import sys; sys.path.insert(0, sys.argv[1]); from governance.operations.trial_child import *\n"
            "from governance.measure.worker import limit\nlimit(Task.from_bytes(sys.stdin.buffer.read()).limits)\n"
            "while True: pass",
            {"cpu": 1},
            "more time than",
            "SIG",
        ),
        ("import os; os.abort()", {}, "more memory than", "SIGABRT"),
        ("raise SystemExit(3)", {}, "could not be tried", "code 3"),
        ("pass", {}, "could not be tried", "left no trial.json"),
        ("open('trial.json', 'w').write('{}')", {}, "could not be tried", "that is none"),
        ("import os; os.symlink('/etc/hostname', 'trial.json')", {}, "could not be tried", "left no trial.json"),
    ],
)
def test_a_child_that_does_not_come_back(
    monkeypatch: pytest.MonkeyPatch, code: str, limits: dict[str, int], what: str, got: str
) -> None:
    monkeypatch.setattr(module, "PROGRAM", code)
    with pytest.raises(BadInput) as caught:
        tried(limits=LIMITS.model_copy(update=limits))
    assert what in caught.value.what and got in caught.value.got
    assert caught.value.fix and "MiB" in caught.value.expected


def test_faults_of_the_machine_are_not_the_drafts(monkeypatch: pytest.MonkeyPatch) -> None:
    says = "from governance.operations.trouble import *; leave(Path('trouble.json'), Trouble(kind='{}', what='no'))"
    says = program("governance.operations.trouble").partition("from ")[0] + says
    monkeypatch.setattr(module, "PROGRAM", says.format("machine"))
    with pytest.raises(MachineFault):
        tried()
    monkeypatch.setattr(module, "PROGRAM", says.format("installed"))
    with pytest.raises(NotMeasured):
        tried()


def test_only_so_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(AT_ONCE):
        assert module._free.acquire(blocking=False)
    try:
        with pytest.raises(Busy):
            tried()
    finally:
        for _ in range(AT_ONCE):
            module._free.release()
    monkeypatch.setattr(module, "PROGRAM", "pass")
    for _ in range(AT_ONCE + 1):  # a place is free again, whatever came of it
        with pytest.raises(BadInput):
            tried()


def test_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(BadInput):
        tried(b"x", cases=CASES)
    assert os.listdir(tmp_path) == []
