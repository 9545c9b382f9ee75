"""What a service says that does not hold is not shown, and opens no gate."""

import json
from fnmatch import fnmatch

import pytest

from governance.canonical import sha256
from governance.client import transport
from governance.client.transport import Answer, ServiceClient
from tests.cli.conftest import AS_BO
from tests.cli.service.conftest import sqlite
from tests.client.hostile import Hostile, answer
from tests.days import IN_TWO_MONTHS

pytestmark = sqlite
GATE = ("gate", "--artifact", "model.onnx", "--environment", "prod")
WAIVE = ("--finding", "small#floor", "--ticket", "RISK-7", "--expires", IN_TWO_MONTHS, "--reason", "pilot")


@pytest.fixture
def lying(monkeypatch):
    """Answers to paths of a form are changed on their way, as a service could have given them."""
    real = ServiceClient.get
    lies = {}

    def get(self, path, **options):
        got = real(self, path, **options)
        for text, change in lies.items():
            if fnmatch(path, text):
                got = Answer(got.status, got.headers, change(got.data))
        return got

    monkeypatch.setattr(ServiceClient, "get", get)
    return lies


def said(data, **change):
    return json.dumps(json.loads(data) | change, sort_keys=True, separators=(",", ":")).encode()


@pytest.fixture
def denied(there):
    there(11, "check")
    there.speak("bo")
    return there


class TestTheGate:
    def test_an_answer_that_the_bundle_does_not_bear_out(self, denied, lying):
        lying["/gate"] = lambda data: said(data, answer="allow", why=["go on"])
        ran = denied(11, *GATE)
        assert "go on" not in ran.out

    def test_a_stricter_answer_counts(self, denied, lying):
        denied(0, "waive", denied.model, *AS_BO, *WAIVE)
        denied(0, "approve", denied.model, *AS_BO, "--reason", "fine")
        denied(0, *GATE)
        lying["/gate"] = lambda data: said(data, answer="deny", why=["it was withdrawn"])
        assert "the service says: it was withdrawn" in denied(11, *GATE).out

    def test_no_decision_is_no(self, denied, lying):
        lying["/gate"] = lambda data: said(data, answer="allow", decision=None, as_of=None, level=None)
        denied(11, *GATE)

    def test_another_models_decision(self, denied, lying):
        """One that was allowed, of other bytes."""
        denied(0, "waive", denied.model, *AS_BO, *WAIVE)
        denied(0, "approve", denied.model, *AS_BO, "--reason", "fine")
        allowed = json.loads(denied(0, *GATE, "--format", "json").out)
        denied.project.write("other.onnx", b"never audited")
        lying["/gate"] = lambda data: said(data, answer="allow", decision=allowed["decision"])
        ran = denied(11, "gate", "--artifact", "other.onnx", "--environment", "prod")
        assert "the question about" in ran.out


SHOWING = {
    "show": ("show", "MODEL"),
    "bundle": ("bundle", "MODEL", "--out", "out"),
    "explain": ("explain", "floor", "MODEL"),
    "report": ("report", "MODEL", "--out", "out"),
    "approve": ("approve", "MODEL", *AS_BO, "--reason", "fine"),
    "gate": GATE,
}


@pytest.fixture(params=SHOWING)
def showing(request, denied):
    """A command that shows a case, whose exit code is 12; what it said."""

    def command():
        ran = denied(12, *(denied.model if part == "MODEL" else part for part in SHOWING[request.param]))
        assert ran.out == "" and not (denied.root / "out").exists()
        return ran.err

    return command


def test_a_bundle_with_a_changed_bit(showing, lying):
    lying["/decisions/*/bundle"] = lambda data: data.replace(b"performance", b"performancf", 1)
    assert "TAMPERED" in showing()


def test_a_waiver_whose_words_were_changed(denied, lying):
    denied(0, "waive", denied.model, *AS_BO, *WAIVE)
    assert "pilot" in denied(0, "waivers").out
    lying["/waivers"] = lambda data: data.replace(b'"pilot"', b'"for ever"')
    ran = denied(12, "waivers")
    assert "TAMPERED" in ran.err and ran.out == ""


def test_the_bundle_of_another_decision(showing, denied, lying, serving):
    other = serving.submitted("ann")
    with serving.client("ann") as client:
        bundle = client.get(f"/decisions/{other.sha256}/bundle").content
    lying["/decisions/*/bundle"] = lambda data: bundle
    assert "the service gives another decision than" in showing()


def test_the_decision_of_another_version(denied, lying, serving):
    other = serving.submitted("ann")
    lying["/decisions"] = lambda data: said(
        data, decisions=[line | {"decision": other.sha256} for line in json.loads(data)["decisions"]]
    )
    for name in ("show", "bundle", "explain", "report", "approve"):
        ran = denied(12, *(denied.model if part == "MODEL" else part for part in SHOWING[name]))
        assert "the service gives another decision than was asked for" in ran.err and ran.out == ""


def test_a_changed_bit_without_trust(denied, lying):
    denied.trust.unlink()
    lying["/decisions/*/bundle"] = lambda data: data.replace(b"performance", b"performancf", 1)
    assert denied(12, "show", denied.model).out == ""


def test_a_policy_with_another_digest(denied, lying):
    denied.speak("ann")
    lying["/policies/*"] = lambda data: data.replace(b"0.9", b"0.1")
    ran = denied(12, "check")
    assert "a policy is not the one its digest names" in ran.err and ran.out == ""


def test_something_else_is_sealed(denied, monkeypatch, serving):
    denied.speak("ann")
    other = serving.submitted("ann")
    body = json.dumps(other.decision, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert sha256(body) == other.sha256
    monkeypatch.setattr(ServiceClient, "post_form", lambda *_, **__: Answer(201, {}, body))
    ran = denied(12, "check")
    assert "the service sealed something else than was handed in" in ran.err and ran.out == ""


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"policies":1}', b"{" * 100_000, b"\xff", b"1e999"])
@pytest.mark.parametrize("path", ["/me", "/policies", "/decisions", "/gate"])
def test_garbage(denied, lying, path, data):
    denied.speak("ann")
    lying[path] = lambda _: data
    command = {"/me": ("check",), "/policies": ("check",), "/decisions": ("show", denied.model), "/gate": GATE}[path]
    ran = denied(1, *command)
    assert "the service's answer is no" in ran.err and ran.out == ""


@pytest.mark.parametrize(
    "given, code, text",
    [
        (answer(200, b"<html>", "text/html"), 1, "this is no answer of a governance service"),
        (answer(302, b"", "text/html", "Location: https://login.example"), 2, "https://login.example"),
        (answer(404, b"<html>", "text/html"), 2, "this is no answer of a governance service"),
        (answer(502, b"<html>", "text/html"), 1, "this is no answer of a governance service"),
        (b"", 1, "the connection to the service broke off"),
    ],
)
def test_each_command_says_it_in_one_message(denied, monkeypatch, given, code, text):
    monkeypatch.setattr(transport, "PAUSES", (0.0,))
    server = Hostile(given)
    monkeypatch.setenv("GOVERNANCE_URL", server.url)
    for command in (
        ("check",),
        ("show", denied.model),
        ("explain", "floor"),
        ("approve", denied.model, *AS_BO, "--reason", "fine"),
        ("bundle", denied.model, "--out", "b.json"),
        ("report", denied.model, "--out", "r.pdf"),
        ("trail", "show"),
        ("trail", "verify"),
        ("policy", "list"),
        GATE,
    ):
        ran = denied(code, *command)
        assert text in ran.err and ran.out == "", command
        assert ran.err.count("error: ") == 1
    server.close()
