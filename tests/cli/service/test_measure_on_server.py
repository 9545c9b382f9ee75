"""`check --measure-on server`: the files travel, the service measures, and what comes back is of these very files."""

import json

import pytest

from governance.canonical import sha256
from governance.client import send as sending
from governance.client.upload import Form
from governance.operations import measure_here
from governance.web.api import measurements
from tests.cli.service.conftest import sqlite

pytestmark = sqlite
SERVER = ("check", "--measure-on", "server")


def test_the_numbers_are_those_of_here(there):
    sent = json.loads(there(11, *SERVER, "--format", "json", "--bundle", "b.json").out)
    here = json.loads(there(11, "check", "--dry-run", "--format", "json").out)
    assert sent["evidence"].pop("origin") == here["evidence"].pop("origin") | {"where": "service"}
    for evidence in (sent["evidence"], here["evidence"]):
        del evidence["started_at"]
    assert sent["evidence"] == here["evidence"]
    assert [one["outcome"] for one in sent["decision"]["findings"]] == [
        one["outcome"] for one in here["decision"]["findings"]
    ]
    assert there(0, "verify", "b.json", "--trust", str(there.trust)).code == 0


def test_it_says_where_and_that_it_was_asked_to(there):
    ran = there(11, *SERVER, "--verbose")
    assert "sending to http" in ran.err and "waiting for the answer" in ran.err
    assert "measured anew: the service was asked to" in ran.err


def test_only_what_is_needed_travels(there, monkeypatch):
    """And under the manifest's names alone."""
    heads = []

    class Told(Form):
        def __init__(self, parts, boundary):
            heads.extend((part.name, part.filename) for part in parts)
            super().__init__(parts, boundary)

    monkeypatch.setattr("governance.client.transport.Form", Told)
    there.project.write(
        "governance.yaml", (there.root / "governance.yaml").read_text() + "documents: {dpia: secret.md}\n"
    )
    there.project.write("secret.md", "# DPIA")
    there(11, *SERVER)
    files = [("manifest", "governance.yaml"), ("file", "model.onnx"), ("file", "eval.parquet")]
    assert [head for head in heads if head[0] in ("manifest", "file")] == files


def test_evidence_of_the_service_is_used_again_by_the_service(there, monkeypatch):
    first = json.loads(there(11, *SERVER, "--format", "json").out)
    with monkeypatch.context() as patch:
        patch.setattr(measure_here, "run", None)  # it would not be measured again
        again = json.loads(there(11, *SERVER, "--format", "json").out)
    assert again["decision"]["evidence"] == first["decision"]["evidence"]
    there.project.table(90, 100)
    assert (
        json.loads(there(10, *SERVER, "--format", "json").out)["decision"]["evidence"] != first["decision"]["evidence"]
    )


@pytest.mark.parametrize(
    "option, says",
    [
        (("--dry-run",), "--dry-run does not go with --measure-on server"),
        (("--as-of", "2026-06-01"), "--as-of does not go with --measure-on server"),
        (("--fresh",), "--fresh does not go with --measure-on server"),
        (("--allow-root", "."), "--allow-root does not go with --measure-on server"),
    ],
)
def test_what_does_not_go_with_it(there, option, says):
    assert says in there(2, *SERVER, *option).err


def test_without_a_service(there, monkeypatch):
    monkeypatch.delenv("GOVERNANCE_URL")
    ran = there(2, *SERVER)
    assert "--measure-on server takes a service" in ran.err and "GOVERNANCE_URL" in ran.err


def test_whoever_may_not_sends_nothing(there, monkeypatch):
    monkeypatch.setattr(sending, "load", None)
    there.speak("bo")
    assert "this token may not submit" in there(2, *SERVER).err


def test_what_is_not_the_recorded_file_is_not_sent(there, monkeypatch):
    text = (there.root / "governance.yaml").read_text()
    there.project.write("governance.yaml", text.replace("format: onnx", f"format: onnx, sha256: {sha256(b'')}"))
    monkeypatch.setattr("governance.client.transport.ServiceClient.post_form", None)
    assert "a file that is not the one which the manifest records" in there(2, *SERVER).err


def test_a_folder_is_not_sent(there):
    (there.root / "model.onnx").unlink()
    (there.root / "model.onnx").mkdir()
    assert "an artifact that is a folder does not travel" in there(2, *SERVER).err


def test_what_the_service_finds_wrong_is_told_as_here(there):
    there.project.write("eval.parquet", b"PAR1 and no more")
    here, sent = there(2, "check", "--dry-run"), there(2, *SERVER)
    assert "a broken Parquet file" in here.err and "a broken Parquet file" in sent.err


def test_a_service_that_measures_nothing(there, monkeypatch):
    closed = measurements.Room(measure_here.Places(0), None)
    monkeypatch.setitem(there.serving.app.state._state, "room", closed)
    assert "this service measures nothing" in there(1, *SERVER).err


def test_a_service_that_answers_for_other_files(there, monkeypatch):
    """What it sealed stands there; here nobody is told that it is about these files."""
    other = sha256(b"other")

    def lying(remote, decision, real=sending._evidence):
        evidence = real(remote, decision)
        inputs = [*evidence.inputs[:-1], evidence.inputs[-1].model_copy(update={"sha256": other})]
        return evidence.model_copy(update={"inputs": tuple(inputs)})

    monkeypatch.setattr(sending, "_evidence", lying)
    ran = there(12, *SERVER)
    assert ran.err.startswith("TAMPERED: the service measured something else than was sent")
    assert f"eval.parquet: {other}" in ran.err
