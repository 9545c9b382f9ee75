"""Files of recorded evidence: in the folder of the cases, of bounded size, as one of our commands wrote them."""

import json
from pathlib import Path

import pytest

from governance.cli.__main__ import main
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet
from governance.operations import recorded as module
from governance.operations.recorded import recordings
from governance.render.json import decision_json
from tests.policy.cases import judge, policy, section
from tests.policy.test_cases import CASES, POLICY

SAMPLE = Path(__file__).parents[1] / "render/sample/evidence.json"
EVIDENCE = EvidenceSet.from_bytes(SAMPLE.read_bytes())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "house"
    found.mkdir()
    (found / "bare.json").write_bytes(SAMPLE.read_bytes())
    return found


def refused(folder: Path, name: str) -> str:
    with pytest.raises(BadInput) as caught:
        recordings(folder)(name)
    return str(caught.value)


def test_evidence_alone_with_white_space_or_without(folder: Path) -> None:
    assert recordings(folder)("bare.json") == EVIDENCE
    (folder / "sub").mkdir()
    (folder / "sub/wide.json").write_text(json.dumps(json.loads(SAMPLE.read_bytes()), indent=2))
    assert recordings(folder)("sub/wide.json") == EVIDENCE


def test_what_check_and_show_print(folder: Path) -> None:
    decision = judge(EVIDENCE, [policy(section("a"))])
    (folder / "check.json").write_text(decision_json(decision, EVIDENCE, None))
    assert recordings(folder)("check.json") == EVIDENCE


@pytest.mark.parametrize(
    "name, said",
    [
        ("../outside.json", "lies outside the folder of the cases"),
        ("link.json", "lies outside the folder of the cases"),
        ("loop.json", "cannot be read"),
        ("nowhere.json", "cannot be read"),
        ("a\0b", "cannot be read"),
        (".", "is no file"),
        ("twice.json", "duplicate key"),
        ("text.json", "is not JSON"),
        ("deep.json", "is not JSON"),
        ("list.json", "is no JSON object"),
        ("other.json", "no recorded evidence"),
        ("bundle.json", "Bundle"),
        ("float.json", "floating-point number"),
        ("less.json", "not a EvidenceSet document"),
    ],
)
def test_anything_else_is_refused(folder: Path, name: str, said: str) -> None:
    outside = folder.parent / "outside.json"
    outside.write_bytes(SAMPLE.read_bytes())
    (folder / "link.json").symlink_to(outside)
    (folder / "loop.json").symlink_to(folder / "loop.json")
    head = '{"schema": "governance.evidence/v1"'
    for file, text in {
        "twice": head + ', "schema": "x"}',
        "text": "schema: governance.evidence/v1",
        "deep": "[" * 100_000,
        "list": "[]",
        "other": '{"schema": "governance.act/v1"}',
        "bundle": '{"schema":"governance.bundle/v1"}',
        "float": head + ', "risk_tier": 0.5}',
        "less": head + "}",
    }.items():
        (folder / f"{file}.json").write_text(text)
    assert said in refused(folder, name)
    assert said not in refused(folder, "missing.json") or said == "cannot be read"


def test_an_absolute_name_is_no_way_out(folder: Path) -> None:
    outside = folder.parent / "outside.json"
    outside.write_bytes(SAMPLE.read_bytes())
    assert "lies outside" in refused(folder, str(outside))


def test_what_is_too_large(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = SAMPLE.stat().st_size
    monkeypatch.setattr(module, "MOST_BYTES", size)
    assert recordings(folder)("bare.json") == EVIDENCE
    monkeypatch.setattr(module, "MOST_BYTES", size - 1)
    assert "too large" in refused(folder, "bare.json")


def test_the_test_names_the_file_and_its_digest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "policy.yaml").write_text(POLICY)
    case = "  - name: as recorded\n    evidence: {recorded: bare.json}\n    expect: {findings: {}}\n"
    (folder / "cases.yaml").write_text(CASES + case)
    main(["policy", "test", str(folder)])
    from governance.canonical import sha256

    digest = sha256(EVIDENCE.to_bytes())
    text = capsys.readouterr().out
    assert f"recorded  bare.json is evidence of {EVIDENCE.subject.name} {EVIDENCE.subject.version}" in text
    assert digest in text
    main(["policy", "test", str(folder), "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out)["policies"][0]["recorded"]
    assert found["sha256"] == digest
