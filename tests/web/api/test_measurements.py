"""Files go in and are measured by the service: as they would be at home, once, or not at all."""

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.evidence.evidence import EvidenceSet
from governance.operations import measure_here
from governance.operations.evaluate import check
from governance.operations.workspace import Workspace
from governance.permissions import Scope
from governance.web.api.measurements import room
from governance.web.uploads import BESIDE
from tests.web.api.measuring import BOUNDARY, Files, closed, part
from tests.web.api.serving import Serving, on_a_file
from tests.web.api.test_submissions import size

SLEEPS = "import os, time; print(os.getpid(), file=open('pid', 'w')); time.sleep(600)"


def evidence_of(serving: Serving, decision: dict[str, Any]) -> EvidenceSet:
    with serving.client("ann") as client:
        return EvidenceSet.from_bytes(client.get(f"/evidence/{decision['evidence'][0]}").content)


def uploads(serving: Serving) -> list[Path]:
    return list((serving.workspace.home / "uploads").glob("*/*"))


@pytest.fixture(autouse=True)
def _tokens(serving: Serving) -> None:
    """Made beforehand, since that is recorded too."""
    for name in ("ann", "bo", "cy", "di"):
        serving.token(name)
    serving.token("ann", (Scope.READ,))


@pytest.fixture
def untouched(serving: Serving) -> Iterator[None]:
    """Nothing is recorded meanwhile, and no file stays."""
    before = size(serving)
    yield
    until(lambda: not uploads(serving))  # of a client that went, it may hear late
    assert size(serving) == before


def refused(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return dict(answer.json())


def test_it_is_measured_as_at_home(serving: Serving, tmp_path: Path) -> None:
    sent, before = Files(serving), size(serving)
    answer = sent.post()
    assert answer.status_code == 201, answer.text
    evidence = evidence_of(serving, answer.json())
    for name, data in {"governance.yaml": sent.manifest, **sent.files}.items():
        (tmp_path / name).write_bytes(data)
    at_home = Workspace(tmp_path, serving.workspace.settings, serving.workspace.clock, os.urandom)
    home = check(at_home, tmp_path, serving.policies, submitter="local|ann", dry_run=True).evidence
    assert (evidence.origin.by, evidence.origin.where, home.origin.where) == ("local|ann", "service", "local")
    same = {"origin": home.origin, "started_at": home.started_at}
    assert evidence.model_copy(update=same).to_bytes() == home.to_bytes()
    assert answer.json()["submitter"] == "local|ann"
    assert size(serving) == before + 2  # evidence, and decision
    assert not uploads(serving)


def test_the_manifests_own_name_is_kept(serving: Serving) -> None:
    sent = Files(serving)
    answer = sent.post(closed(part("manifest", sent.manifest, "credit.yaml"), *sent.parts[1:]))
    assert evidence_of(serving, answer.json()).inputs[0].path == "credit.yaml"


def test_under_one_key_it_is_done_once(serving: Serving) -> None:
    sent, other = Files(serving), Files(serving)
    keyed = {"Idempotency_Key": f"measure-{sent.version}"}
    first = sent.post(**keyed)
    grown = size(serving)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure_here, "run", None)  # it would not be measured again
        shuffled = closed(sent.parts[0], *reversed(sent.parts[1:]))
        again = sent.post(shuffled, **keyed)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert refused(other.post(**keyed), 422)["type"].endswith("key-reused")
    changed = closed(*sent.parts[:2], part("file", b"y,p,sex\nyes,yes,f\n", "eval.parquet"))
    assert refused(sent.post(changed, **keyed), 422)["type"].endswith("key-reused")
    assert refused(sent.post(closed(*sent.parts[:2]), **keyed), 422)["type"].endswith("key-reused")
    assert size(serving) == grown


def test_without_a_key_the_same_bytes_are_not_measured_twice(serving: Serving) -> None:
    sent = Files(serving)
    first = sent.post().json()
    grown = size(serving)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure_here, "run", None)
        second = sent.post().json()
    assert second["evidence"] == first["evidence"]
    assert second["previous"] is not None
    assert size(serving) == grown + 1  # a decision about the same evidence
    # What somebody else says that they measured is not what the service measured.
    assert evidence_of(serving, sent.post(name="cy").json()).origin.by == "local|cy"


def test_many_at_once_under_one_key_are_one(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving.app.state.room.places, "_free", measure_here.BoundedSemaphore(4))
    sent, before = Files(serving), size(serving)
    serving.token("ann")
    with ThreadPoolExecutor(3) as pool:
        said = list(pool.map(lambda _: sent.post(Idempotency_Key=f"at-once-{sent.version}"), range(3)))
    assert {answer.status_code for answer in said} == {201}
    assert len({answer.content for answer in said}) == 1
    assert size(serving) == before + 2


@on_a_file
@pytest.mark.usefixtures("untouched")
class TestRefused:
    def test_who_may_not(self, serving: Serving) -> None:
        sent = Files(serving)
        assert sent.post(client=serving.client()).status_code == 401
        assert "scope submit" in refused(sent.post(client=serving.client("ann", (Scope.READ,))), 403)["got"]
        assert "role submitter" in refused(sent.post(name="bo"), 403)["got"]

    def test_a_stranger_is_told_before_anything_is_read(self, serving: Serving) -> None:
        with serving.client() as client:
            assert client.post("/measurements", content=b"no form").status_code == 401

    def test_another_type(self, serving: Serving) -> None:
        assert Files(serving).post(Content_Type="application/json").status_code == 415

    def test_what_is_missing_is_named(self, serving: Serving) -> None:
        sent = Files(serving)
        said = refused(sent.post(closed(*sent.parts[:2])), 422)
        assert (said["detail"], said["where"]) == ("files are missing", "data.evaluation")
        assert "eval.parquet" in said["expected"]

    def test_half_a_table(self, serving: Serving) -> None:
        """As its bytes are cut short where the form itself is whole: by its digest, or because it is none."""
        sent = Files(serving)
        half = sent.files["eval.parquet"][:-100]
        cut = closed(*sent.parts[:2], part("file", half, "eval.parquet"))
        assert "cut off or damaged" in refused(sent.post(cut), 422)["fix"]
        sent = Files(serving).record("eval.parquet")
        cut = closed(*sent.parts[:2], part("file", half, "eval.parquet"))
        said = refused(sent.post(cut), 422)
        assert (said["detail"], said["where"]) == (
            "a file that is not the one which the manifest records",
            "data.evaluation: eval.parquet",
        )

    def test_what_is_wrong_in_a_table_is_told_as_at_home(self, serving: Serving) -> None:
        sent = Files(serving)
        sent.manifest = sent.manifest.replace(b"column: y,", b"column: why,")
        said = refused(sent.post(), 422)
        assert said["detail"].startswith("eval.parquet, data.evaluation.label.column: no column 'why'"), said
        assert said["where"].startswith("governance.yaml:"), said
        assert str(serving.workspace.home) not in json.dumps(said)

    def test_more_than_the_operator_lets_in(self, serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
        sent = Files(serving)
        most = serving.workspace.settings.measuring._replace(file=902)  # one byte less than the table
        assert len(sent.files["eval.parquet"]) == 903
        monkeypatch.setattr(serving.workspace, "settings", serving.workspace.settings._replace(measuring=most))
        said = refused(sent.post(), 413)
        assert (said["detail"], said["where"]) == ("the file is too large", "eval.parquet")

    def test_a_body_that_says_so_is_not_read(self, serving: Serving) -> None:
        most = serving.workspace.settings.measuring.whole + BESIDE
        answer = raw(serving, f"Content-Length: {most + 1}")
        assert answer.startswith(b"HTTP/1.1 413 ")

    def test_a_measurement_that_takes_too_long(self, serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
        least = serving.workspace.settings.measuring._replace(seconds=1)
        monkeypatch.setattr(serving.workspace, "settings", serving.workspace.settings._replace(measuring=least))
        monkeypatch.setattr(measure_here, "PROGRAM", SLEEPS)
        said = refused(Files(serving).post(), 422)
        assert "did not end within 1 s" in said["got"]

    @pytest.mark.parametrize(
        "program, status, says",
        [
            ("import os; os.abort()", 422, "SIGABRT"),
            ("pass", 422, "left no evidence.json"),
            ("open('evidence.json', 'w').write('{}')", 422, "that is none"),
            ("import os; os.symlink('/etc/hostname', 'evidence.json')", 422, "left no evidence.json"),
            ("import sys; sys.modules['duckdb'] = None; sys.path.insert(0, sys.argv[1]); import governance;"
             "from governance.operations.measuring_child import main; main()", 501, "measuring is not installed here"),
        ],
    )  # fmt: skip
    def test_a_child_that_fails(
        self, serving: Serving, monkeypatch: pytest.MonkeyPatch, program: str, status: int, says: str
    ) -> None:
        monkeypatch.setattr(measure_here, "PROGRAM", program)
        said = refused(Files(serving).post(), status)
        assert says in said["detail"] + said.get("got", "")

    @pytest.mark.parametrize("what", ["origin", "plan", "subject", "started_at", "inputs", "manifest"])
    def test_a_child_that_answers_for_something_else(
        self, serving: Serving, monkeypatch: pytest.MonkeyPatch, what: str
    ) -> None:
        """As one would that a table took over: what the service knows by itself must be so."""
        change = {
            "origin": "e.origin.model_copy(update={'by': 'local|bo'})",
            "plan": "e.plan.model_copy(update={'facts': ('artifact',)})",
            "subject": "e.subject.model_copy(update={'version': 'other'})",
            "started_at": "'2026-01-01T00:00:00Z'",
            "inputs": "(*e.inputs[:-1], e.inputs[-1].model_copy(update={'sha256': '0' * 64}))",
            "manifest": "'0' * 64",
        }[what]
        program = (
            "import sys; sys.path.insert(0, sys.argv[1]); from governance.operations import measuring_child as m\n"
            "first = m.measured\ndef other(task):\n e = first(task)\n"
            f" return e.model_copy(update={{{what!r}: {change}}})\nm.measured = other\nm.main()"
        )
        monkeypatch.setattr(measure_here, "PROGRAM", program)
        assert refused(Files(serving).post(), 503)["detail"] == "the process that measures answered for something else"

    def test_where_all_places_are_taken(self, serving: Serving) -> None:
        with serving.app.state.room.places.one():
            answer = Files(serving).post()
        assert refused(answer, 503)["detail"].startswith("as much is being measured")
        assert answer.headers["retry-after"] == "30"

    def test_where_nothing_is_measured(self, serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
        none = serving.workspace.settings._replace(measuring=serving.workspace.settings.measuring._replace(at_once=0))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(serving.workspace, "settings", none)
            with room(serving.workspace) as closed_room:
                assert closed_room.folder is None
        monkeypatch.setitem(serving.app.state._state, "room", closed_room)
        assert refused(Files(serving).post(), 501)["detail"] == "this service measures nothing"

    def test_where_the_extra_is_missing(self, serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pandas", None)
        with room(serving.workspace) as without:
            monkeypatch.setitem(serving.app.state._state, "room", without)
            assert refused(Files(serving).post(), 501)["detail"] == "measuring is not installed here"


def raw(serving: Serving, *headers: str, body: bytes = b"", name: str = "ann") -> bytes:
    """What is answered to a request that is sent byte for byte, and then nothing more."""
    with connected(serving, *headers, body=body, name=name) as connection:
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
            if b"\r\n\r\n" in answer and b"}" in answer:
                break
        return answer


def connected(serving: Serving, *headers: str, body: bytes = b"", name: str = "ann") -> socket.socket:
    host, port = serving.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)))
    lines = [
        "POST /api/v1/measurements HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {serving.token(name)}",
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
        *headers,
    ]
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    return connection


def until(there: Any) -> Any:
    """What comes to be there. It does at once; a test that waits for what never comes ends all the same."""
    for _ in range(6000):
        if found := there():
            return found
        time.sleep(0.01)
    pytest.fail("it never came to be")


@on_a_file
@pytest.mark.usefixtures("untouched")
class TestBroken:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_a_form_that_breaks_off_in_a_body_that_does_not(self, serving: Serving, data: st.DataObject) -> None:
        body = Files(serving, "broken").body
        length = data.draw(st.integers(0, len(body) - 3))
        problem = refused(Files(serving, "broken").post(body[:length]), 400)
        assert problem["detail"] == "the form cannot be read"
        assert not uploads(serving)

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_a_client_that_goes_in_the_middle(self, serving: Serving, data: st.DataObject) -> None:
        body = Files(serving, "broken").body
        length = data.draw(st.integers(0, len(body) - 1))
        chunked = data.draw(st.booleans())
        if chunked:
            connected(serving, "Transfer-Encoding: chunked", body=f"{len(body):x}\r\n".encode() + body[:length]).close()
        else:
            connected(serving, f"Content-Length: {len(body)}", body=body[:length]).close()
        until(lambda: not uploads(serving))

    def test_a_client_that_goes_while_it_is_measured(self, serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is abandoned: nothing is recorded, and the process that measured is gone."""
        monkeypatch.setattr(measure_here, "PROGRAM", SLEEPS)
        body = Files(serving).body
        connection = connected(serving, f"Content-Length: {len(body)}", body=body)
        (pid,) = until(lambda: [path for path in serving.workspace.home.rglob("pid") if path.read_text()])
        process = Path("/proc", pid.read_text().strip())
        assert process.exists()
        connection.close()
        until(lambda: not uploads(serving))
        assert not process.exists()
        until(lambda: _free(serving))


def _free(serving: Serving) -> bool:
    try:
        with serving.app.state.room.places.one():
            return True
    except measure_here.Busy:
        return False


@on_a_file
def test_a_client_that_goes_once_it_is_sealed_finds_it_again(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can take back what is in the trail: the same request under the same key is told of it."""
    sent, before = Files(serving), size(serving)
    key = f"gone-{sent.version}"
    body = sent.body
    connection = connected(serving, f"Content-Length: {len(body)}", f"Idempotency-Key: {key}", body=body)
    until(lambda: size(serving) == before + 2)
    connection.close()
    answer = sent.post(Idempotency_Key=key)
    assert (answer.status_code, answer.headers["idempotency-replayed"]) == (201, "true")
    assert size(serving) == before + 2


@on_a_file
def test_no_descriptor_stays_open(serving: Serving) -> None:
    """After a few of each kind, as many as before."""
    sent = Files(serving)
    for time_ in range(2):
        for body in (sent.body[:-200], closed(*sent.parts[:2])):
            sent.post(body)
        until(lambda: _free(serving))
        open_files = {os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.exists()}
        assert not [name for name in open_files if "/upload-" in name], time_
