"""The log of a service, checked from outside."""

import json

from tests.cli.service.conftest import sqlite

pytestmark = sqlite


class TestCommands:
    def test_show(self, there):
        there(11, "check")
        body = json.loads(there(0, "trail", "show", "--last", "2", "--format", "json").out)
        assert [row["index"] for row in body["entries"]] == [body["size"] - 2, body["size"] - 1]
        assert [row["entry"]["type"].split(":")[1] for row in body["entries"]] == ["evidence", "decision"]
        text = there(0, "trail", "show", "--last", "1").out
        assert there.model in text and f"root {body['root']}" in text
        assert there(0, "trail", "show", "--last", "0").out.count("\n") == 1

    def test_verify(self, there):
        there(11, "check", "--bundle", "first.json")
        ran = there(0, "trail", "verify", "--against", "first.json")
        assert ran.out.startswith("VALID at level 0") and "continues what was kept elsewhere" in ran.out
        assert "not checked: documents" in ran.out
        there(11, "check")
        body = json.loads(there(0, "trail", "verify", "--against", "first.json", "--format", "json").out)
        with there.serving.workspace.open_trail() as store, store.snapshot() as snapshot:
            assert (body["size"], body["root"]) == (snapshot.head().size, snapshot.head().root.hex())
        assert body["documents"] is None

    def test_without_trust(self, there):
        there.trust.unlink()
        ran = there(12, "trail", "verify")
        assert ran.err.startswith("NO_TRUST: all ") and ran.out == ""
        assert "only integrity was checked" in there(0, "trail", "show").err

    def test_a_trust_file_of_another_log(self, there):
        trust = json.loads(there.trust.read_bytes())
        trust["logs"] = []
        there.trust.write_text(json.dumps(trust))
        assert there(12, "trail", "verify").err.startswith("UNTRUSTED_KEY: the trust file does not name this log")
