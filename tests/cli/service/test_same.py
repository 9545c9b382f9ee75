"""The same scenario in a project of its own and against a service: what is said agrees, but for ids, digests, times."""

import json
import re

from tests.cli.conftest import AS_ANN, AS_BO, now
from tests.days import IN_TWO_MONTHS
from tests.operations.project import PASSWORD, Project

_MASKS = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
    (r"\b[0-9a-f]{12,64}\b", "<digest>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?", "<time>"),
    (r"governance\.[a-z0-9./-]*<digest>", "<log>"),
    (r"[A-Za-z0-9+/]{43,}={0,2}", "<base64>"),
    (r"entry \d+ of", "entry <n> of"),
    (r"\d+ entries", "<n> entries"),
    (r'"index": \d+', '"index": <n>'),
    (r"(<log>|<digest>)\\n\d+\\", r"\1\\n<n>\\"),
    # What a service knows by itself: by what it judges, who asks, and where its page about the case is.
    (r"(governance check governance.yaml) --policy SMALL.yaml --as NAME", r"\1"),
    (r"the case: http://\S+/cases/\S+\n", ""),
)
_MORE = {
    "waivers": "as the service says; `governance show NAME@VERSION` verifies those of a version\n",
    "report": "drawn by the service; `governance report --bundle` draws one here, from what was verified here\n",
}
_FORMATS = ("text", "json", "sarif", "junit", "markdown", "github")


def masked(text: str) -> list[str]:
    """Its lines, sorted: some are listed in the order of their digests."""
    for pattern, by in _MASKS:
        text = re.sub(pattern, by, text)
    return sorted(text.splitlines())


def scenario(model: str, local: bool):
    """(who speaks, exit code, the command): deny, waive, approve, allow, bundle, verify, report."""
    ann, bo = (AS_ANN, AS_BO) if local else ((), AS_BO)
    policy = ("--policy", "./policy.yaml") if local else ()
    artifact = ("--artifact", "model.onnx", "--environment", "prod")
    waive = ("--finding", "small#floor", "--ticket", "RISK-7", "--expires", IN_TWO_MONTHS, "--reason", "pilot")
    check = ("check", *policy, *ann)
    yield from (("ann", 11, (*check, "--bundle", "first.json", "--also", "markdown=c.md")),)
    yield from (("ann", 11, (*check, "--format", one)) for one in _FORMATS)
    yield from (
        ("ann", 11, (*check, "--dry-run")),
        ("ann", 0, (*check, "--environment", "staging")),
        ("ann", 2, (*check, "--environment", "moon")),
        ("bo", 11, ("gate", *artifact)),
        ("bo", 0, ("explain", "floor", model)),
        ("bo", 0, ("waive", model, *bo, *waive)),
        ("bo", 0, ("waivers", "--model", model.partition("@")[0])),
        ("bo", 0, ("waivers", "--model", model.partition("@")[0], "--format", "json")),
        ("bo", 0, ("waivers", "--model", "nobody")),
        ("bo", 10, ("gate", *artifact, "--format", "json")),
        ("bo", 0, ("comment", model, *bo, "--reason", "see RISK-7", "--role", "approver")),
        ("ann", 10, check),
        ("bo", 0, ("approve", model, *bo, "--reason", "fine", "--bundle", "second.json", "--format", "json")),
        ("bo", 0, ("gate", *artifact)),
        ("bo", 11, ("gate", "--artifact", "eval.parquet", "--environment", "prod")),
        ("bo", 11, ("gate", "--artifact", "model.onnx", "--environment", "moon")),
        ("bo", 0, ("show", model)),
        ("bo", 0, ("show", model, "--format", "json")),
        ("bo", 0, ("explain", "small#floor", model, "--format", "json")),
        ("bo", 2, ("explain", "small#flor", model)),
        ("bo", 0, ("bundle", model, "--out", "third.json")),
        ("bo", 0, ("verify", "third.json", "--trust", ".governance/trust.json")),
        ("bo", 0, ("gate", *artifact, "--bundle", "third.json")),
        ("bo", 0, ("report", model, "--out", "r.pdf")),
        ("bo", 2, ("show", "credit")),
    )  # fmt: skip


def test_both_say_the_same(there, tmp_path, monkeypatch, run):
    here = Project(tmp_path / "here", tmp_path / "user-config", clock=now).start("ann", "bo")
    here.write("pw", PASSWORD + "\n")
    # A model of its own: what others decided about it before would be told here and not there.
    manifest = (there.root / "governance.yaml").read_text()
    assert "name: credit," in manifest
    there.project.write("governance.yaml", manifest.replace("name: credit,", "name: alone,"))
    model = f"alone@{there.version}"
    for name in ("governance.yaml", "model.onnx"):
        here.write(name, (there.root / name).read_bytes())
    for (who, code, argv), (_, _, local) in zip(scenario(model, False), scenario(model, True), strict=True):
        monkeypatch.delenv("GOVERNANCE_URL", raising=False)
        monkeypatch.chdir(here.root)
        expected = run(*local)
        assert expected.code == code, (local, expected)
        monkeypatch.setenv("GOVERNANCE_URL", there.serving.url)
        monkeypatch.chdir(there.root)
        there.speak(who)
        got = there(code, *argv)
        assert masked(got.out) == masked(expected.out), argv
        assert masked(got.err) == masked(expected.err + _MORE.get(argv[0], "")), argv
    for name in ("first.json", "second.json", "third.json"):
        ours, theirs = (json.loads((folder / name).read_text()) for folder in (here.root, there.root))
        assert ours.keys() == theirs.keys()
        assert [len(ours[key]) for key in ours] == [len(theirs[key]) for key in ours]
    assert (there.root / "r.pdf").read_bytes().startswith(b"%PDF")
    assert masked((there.root / "c.md").read_text()) == masked((here.root / "c.md").read_text())
