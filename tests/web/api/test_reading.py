"""Looking things up: lists by pages, documents byte for byte, and what a client has it need not fetch again."""

from typing import Any
from urllib.parse import quote

import pytest
from pypdf import PdfReader

from governance.canonical import dumps, sha256
from governance.policy.act import Act
from governance.trail.trust import load_trust
from governance.verification import verify
from tests.operations.project import POLICY
from tests.web.api.serving import Case, Serving, on_a_file


def test_pages_hold_everything_once_newest_first(serving: Serving) -> None:
    cases = [serving.submitted() for _ in range(3)]
    with serving.client("di") as client:
        whole = client.get("/decisions", params={"limit": 100, "name": "credit"}).json()["decisions"]
        found, path = [], "/decisions?limit=2&name=credit"
        while path:
            answer = client.get(path)
            found += answer.json()["decisions"]
            link = answer.headers.get("link", "")
            assert bool(link) == (answer.json()["next"] is not None)
            path = link.partition(">")[0].removeprefix("</api/v1")
    assert found[: len(whole)] == whole
    assert [line["entry"] for line in found] == sorted({line["entry"] for line in found}, reverse=True)
    assert [line["decision"] for line in found[:3]] == [case.sha256 for case in reversed(cases)]


def test_a_page_stays_what_it_is_while_the_trail_grows(serving: Serving) -> None:
    for _ in range(3):
        serving.submitted()
    with serving.client("di") as client:
        first = client.get("/decisions", params={"limit": 2}).json()
        second = client.get("/decisions", params={"limit": 2, "cursor": first["next"]}).json()
        serving.submitted()
        assert client.get("/decisions", params={"limit": 2, "cursor": first["next"]}).json() == second


def test_filters(serving: Serving) -> None:
    first = serving.submitted()
    last = first.acted("waive").acted("approve")

    def found(**params: Any) -> list[dict[str, Any]]:
        with serving.client("di") as client:
            answer = client.get("/decisions", params={"version": first.version} | params)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["decisions"])

    assert [line["decision"] for line in found()][::2] == [last.sha256, first.sha256]
    assert [line["latest"] for line in found()] == [True, False, False]
    assert [line["decision"] for line in found(latest=True)] == [last.sha256]
    assert [line["decision"] for line in found(outcome="allow", environment="prod")] == [last.sha256]
    assert [line["decision"] for line in found(outcome="deny")] == [first.sha256]
    assert found(outcome="deny", environment="staging") == []
    assert len(found(environment="prod")) == 3
    assert found(artifact="0" * 64) == found(environment="moon") == found(name="other") == []
    assert len(found(artifact=serving.project.artifact(), name="credit")) == 3


def test_waivers(serving: Serving) -> None:
    first = serving.submitted()
    with serving.client("di") as client:
        before = client.get("/waivers", params={"version": first.version})
        last = first.acted("waive")
        after = client.get("/waivers", params={"version": first.version})
        (one,) = after.json()["waivers"]
        assert before.json()["waivers"] == [] and before.headers["etag"] != after.headers["etag"]
        assert (one["state"], one["used_for"], one["why"]) == ("in use", [first.version], "")
        assert one["subject"]["version"] == first.version and one["sha256"] in last.decision["acts"]
        assert one["sha256"] == sha256(Act.model_validate_json(dumps(one["act"])).to_bytes())
        for params, count in (({"state": "in use"}, 1), ({"state": "expired"}, 0), ({"name": "other"}, 0)):
            found = client.get("/waivers", params={"version": first.version} | params).json()["waivers"]
            assert len(found) == count, params
        assert client.get("/waivers", params={"state": "good"}).status_code == 422
        assert client.get("/waivers", params={"name": ""}).status_code == 422


def test_models(serving: Serving) -> None:
    case = serving.submitted()
    with serving.client("di") as client:
        (model,) = (one for one in client.get("/models").json()["models"] if one["name"] == "credit")
        versions = client.get("/models/credit", params={"limit": 1}).json()["decisions"]
        missing = client.get("/models/debit")
        beyond = client.get("/models", params={"cursor": "credit"}).json()
    assert (model["name"], model["decision"], model["version"]) == ("credit", case.sha256, case.version)
    assert model["versions"] >= 1
    assert [line["decision"] for line in versions] == [case.sha256]
    assert missing.status_code == 404
    assert beyond == {"models": [], "next": None}


@pytest.mark.parametrize("version", ["a/b", "a%2Fb", "ä ö+ü", "a?b#c", "..", "(*)", "😀"])
def test_names_of_every_kind_can_be_asked_for(serving: Serving, version: str) -> None:
    version += "-file" if serving.workspace.settings.database is None else "-pg"
    submission = serving.submission(version=version)
    with serving.client("ann") as client:
        made = client.post("/evidence", files=submission.files)
        assert made.status_code == 201
        again = client.post(f"/models/credit/versions/{quote(version, safe='')}/evaluations")
    assert again.status_code == 201, again.text
    assert again.json()["subject"]["version"] == version


@on_a_file
def test_pages_of_a_name_of_any_kind(serving: Serving) -> None:
    name, made = "a/b ü%2F?#&limit=1", []
    with serving.client("ann") as client:
        for _ in range(3):
            submission = serving.submission(name=name)
            made.append(submission.version)
            assert client.post("/evidence", files=submission.files).status_code == 201
    found, path = [], f"/models/{quote(name, safe='')}?limit=2"
    with serving.client("di") as client:
        while path:
            answer = client.get(path)
            found += [line["version"] for line in answer.json()["decisions"]]
            path = answer.headers.get("link", "").partition(">")[0].removeprefix("</api/v1")
    assert found == made[::-1]


def test_policies(serving: Serving) -> None:
    with serving.client("di") as client:
        listed = client.get("/policies").json()
        (policy,) = listed["policies"]
        text = client.get(f"/policies/{policy['sha256']}")
        assert client.get(f"/policies/{'0' * 64}").status_code == 404
        # Of a document of another kind, by its digest.
        assert client.get(f"/policies/{serving.submitted().sha256}").status_code == 404
    assert (policy["id"], policy["version"], policy["environments"]) == ("small", "1.0.0", ["prod", "staging"])
    assert text.content == POLICY.encode()
    assert text.headers["content-type"] == "application/yaml"


def _paths(case: Case) -> dict[str, bool]:
    """Path -> whether what is there never changes."""
    return {
        f"/decisions/{case.sha256}": True,
        f"/evidence/{case.decision['evidence'][0]}": True,
        f"/policies/{sha256(POLICY.encode())}": True,
        "/trail/entries/0": True,
        "/trail/tile/0/000.p/1": True,
        "/trail/tile/entries/000.p/1": True,
        f"/decisions/{case.sha256}/bundle": False,
        "/trail/checkpoint": False,
        "/trail/entries/0/receipt": False,
        "/trust": False,
        "/policies": False,
        "/decisions": False,
        "/models": False,
    }


@on_a_file
def test_what_a_client_has_it_need_not_fetch_again(serving: Serving) -> None:
    with serving.client("di") as client:
        for path, immutable in _paths(serving.submitted()).items():
            first = client.get(path)
            tag = first.headers["etag"]
            assert tag == f'"{sha256(first.content)}"', path
            assert first.headers["cache-control"] == (
                "private, max-age=31536000, immutable" if immutable else "private, no-cache"
            ), path
            for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
                again = client.get(path, headers={"If-None-Match": known})
                assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), (path, known)
            for other in ('"other"', tag.strip('"'), f"{tag} and more"):
                assert client.get(path, headers={"If-None-Match": other}).status_code == 200, (path, other)


@on_a_file
def test_what_is_for_the_moment_is_kept_by_nobody(serving: Serving) -> None:
    asked = {"artifact": "0" * 64, "environment": "prod"}
    with serving.client("di") as client:
        for path in ("/me", "/me/key", "/gate"):
            answer = client.get(path, params=asked if path == "/gate" else {})
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


@on_a_file
def test_a_bundle_verifies_whatever_was_done(serving: Serving) -> None:
    case = serving.submitted().acted("waive").acted("comment", "di", "auditor").acted("reject")
    with serving.client("di") as client:
        data, trust = client.get(f"/decisions/{case.sha256}/bundle"), client.get("/trust")
    assert data.headers["content-disposition"] == f'attachment; filename="{case.sha256[:12]}.bundle.json"'
    verified = verify(data.content, load_trust(trust.content, "trust"), now=serving.workspace.clock())
    assert verified.decision_sha256 == case.sha256
    assert len(verified.acts) == 3


def test_a_report_is_drawn_and_recorded_once(serving: Serving, tmp_path: Any) -> None:
    case = serving.submitted()
    with serving.client("di") as client:
        size = client.get("/trail/checkpoint").text.splitlines()[1]
        first = client.get(f"/decisions/{case.sha256}/report")
        grown = client.get("/trail/checkpoint").text.splitlines()[1]
        second = client.get(f"/decisions/{case.sha256}/report")
        last = client.get("/trail/checkpoint").text.splitlines()[1]
        entry = client.get(f"/trail/entries/{size}").json()
        assert client.get(f"/decisions/{'0' * 64}/report").status_code == 404
    assert first.headers["content-type"] == "application/pdf"
    (tmp_path / "report.pdf").write_bytes(first.content)
    assert "credit" in PdfReader(tmp_path / "report.pdf").pages[0].extract_text()
    assert second.content == first.content
    assert (int(grown), last) == (int(size) + 1, grown)
    assert entry["type"] == "model_version:report:rendered"


def test_who_is_asking(serving: Serving) -> None:
    with serving.client("cy", place="local") as client:
        assert client.get("/me").json() == {
            "principal": "local|cy",
            "roles": ["approver", "submitter"],
            "scopes": ["act", "read", "submit"],
            "place": "local",
        }
