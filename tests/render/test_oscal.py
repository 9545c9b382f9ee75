"""OSCAL for GRC tools: held against the models of compliance-trestle, which are made from NIST's own JSON schema, and
resolved by it, as a GRC tool would. And what a hostile policy cannot make of it."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from trestle.core.profile_resolver import ProfileResolver
from trestle.oscal import OSCAL_VERSION as KNOWN
from trestle.oscal.catalog import Model as CatalogModel
from trestle.oscal.profile import Model as ProfileModel

from governance import bundled
from governance.policy.clauses import LawCoverage, coverage
from governance.policy.document import LoadedPolicy, load_policy
from governance.render.oscal import OSCAL_VERSION, catalog, profile
from tests.render.law import LAW, law

DAY = datetime.fromisoformat("2026-11-21T00:00:00+00:00")
LAWS = [name for name in bundled.policy_names() if law(bundled.policy(name)[1].decode()).document.law]
SIGNED = (
    LAW.replace(
        "    - {id: sec-5",
        "    - {id: sec-6, asks: Somebody can stop it., citation: section 6}\n    - {id: sec-5",
    )
    + """\
  - id: stopped
    title: Somebody can stop it
    uses: attestation.signed@1
    with: {statement: A named person can stop this model.}
    controls: [house-law/sec-6, house-law/sec-4]
    enforcement: {default: review}
    why: No machine sees it.
"""
)
HOSTILE = (
    LAW.replace("title: What the house asks of models", 'title: "<script>alert(1)</script>\\n# not a heading"')
    .replace("asks: A model is right often enough.", 'asks: "{{ insert: param, x }} [a](javascript:b)  *c*"')
    .replace('["https://example.org/rules"]', '["javascript:alert(1)", "https://example.org/a b", "  "]')
    .replace("citation: section 1}", 'citation: " "}')
)


def covered(policy: LoadedPolicy, day: datetime = DAY) -> LawCoverage:
    assert policy.document.law is not None
    return coverage(policy, policy.document.law, day)


def trees(text: str, day: datetime = DAY) -> tuple[dict[str, Any], dict[str, Any]]:
    """The catalog and the profile, which trestle could read."""
    policy = law(text)
    found = covered(policy, day)
    written = catalog(policy, found), profile(policy, found)
    CatalogModel.parse_raw(written[0])
    ProfileModel.parse_raw(written[1])
    return json.loads(written[0])["catalog"], json.loads(written[1])["profile"]


def ours(of: dict[str, Any], name: str) -> str:
    (found,) = (one["value"] for one in of["props"] if one["name"] == name)
    return found


@pytest.mark.parametrize("name", LAWS)
def test_each_shipped_law_is_oscal(name: str) -> None:
    whole, chosen = trees(bundled.policy(name)[1].decode())
    found = covered(load_policy(bundled.policy(name)[1], name))
    assert [ours(one, "alt-identifier") for one in whole["controls"]] == [
        f"{found.law}/{c.clause}" for c in found.clauses
    ]
    assert [ours(one, "coverage") for one in whole["controls"]] == [one.kind.value for one in found.clauses]
    identifiers = re.findall(r'"id": "([^"]+)"', json.dumps(whole))
    assert len(identifiers) == len({*identifiers}) > len(found.clauses)
    assert whole["metadata"]["oscal-version"] == chosen["metadata"]["oscal-version"] == OSCAL_VERSION == KNOWN


def test_a_clause_is_a_control_and_each_rule_says_how_it_is_covered() -> None:
    whole, _ = trees(SIGNED)
    controls = {one["id"]: one for one in whole["controls"]}
    card = controls["house-law_sec-4"]
    assert (ours(card, "label"), ours(card, "status"), ours(card, "coverage")) == ("sec-4", "in-force", "declared")
    assert card["parts"][0] == {"id": "house-law_sec-4_smt", "name": "statement", "prose": "A card is written."}
    assert [(one["id"], ours(one, "method"), ours(one, "uses")) for one in card["parts"][1:]] == [
        ("house-law_sec-4_rule-card", "EXAMINE", "documentation.present@1"),
        ("house-law_sec-4_rule-stopped", "INTERVIEW", "attestation.signed@1"),
    ]
    assert card["parts"][2]["prose"] == "A named person can stop this model.\n\nNo machine sees it."
    assert [ours(one, "method") for one in controls["house-law_sec-1"]["parts"][1:]] == ["TEST"]
    told = controls["house-law_sec-5"]["parts"][1]
    assert (told["name"], told["prose"]) == ("not-covered", "a duty of the management")
    later = controls["house-law_sec-3"]
    assert ours(later, "status") == "upcoming" and later["parts"][-1]["prose"] == "The day may be put off."
    (link,) = card["links"]
    cited, source = whole["back-matter"]["resources"]
    assert link == {"href": f"#{cited['uuid']}", "rel": "reference", "text": "section 4"}
    assert cited["citation"] == {"text": "House rules of 2026"}
    assert source["rlinks"] == [{"href": "https://example.org/rules"}]


def test_the_same_says_the_same_and_another_day_or_text_is_another_document() -> None:
    policy = law()
    assert catalog(policy, covered(policy)) == catalog(policy, covered(policy))
    assert profile(policy, covered(policy)) == profile(policy, covered(policy))
    first, next_day = trees(LAW), trees(LAW, DAY.replace(day=22))
    assert [one["uuid"] for one in first] == [one["uuid"] for one in next_day]
    assert {one["metadata"]["last-modified"] for one in next_day} == {"2026-11-22T00:00:00Z"}
    after, other = trees(LAW, DAY.replace(year=2028)), trees(LAW.replace("1.0.0", "1.0.1"))
    assert len({one["uuid"] for pair in (first, after, other) for one in pair}) == 6


def test_trestle_resolves_the_profile_to_the_clauses_that_are_covered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = law(SIGNED)
    monkeypatch.chdir(tmp_path)  # from where trestle follows a relative address
    (tmp_path / ".trestle").mkdir()
    Path("house-law.oscal-catalog.json").write_text(catalog(policy, covered(policy)))
    Path("profile.json").write_text(profile(policy, covered(policy)))
    resolved = ProfileResolver.get_resolved_profile_catalog(tmp_path, "profile.json")
    assert {one.id for one in resolved.controls} == {f"house-law_sec-{number}" for number in (1, 2, 3, 4, 6)}


def test_a_law_of_which_nothing_is_covered_is_a_profile_of_nothing() -> None:
    text = re.sub(r"controls: \[house-law/sec-\d\]", "controls: [house-law/sec-5]", LAW)
    _, chosen = trees(text.replace(", not_covered: a duty of the management", ""))
    (imported,) = chosen["imports"]
    assert imported["exclude-controls"] == [{"with-ids": [f"house-law_sec-{number}" for number in (1, 2, 3, 4)]}]


def test_nothing_that_a_policy_says_becomes_markup_or_an_address() -> None:
    whole, _ = trees(HOSTILE)
    assert whole["metadata"]["title"] == r"\<script\>alert(1)\</script\> # not a heading"
    first = whole["controls"][0]
    assert first["parts"][0]["prose"] == (
        r"\{\{ insert: param, x \}\} \[a\](javascript:b) \*c\*"
    )  # fmt: skip
    assert first["links"][0]["text"] == r"\-"
    assert [one.get("rlinks") for one in whole["back-matter"]["resources"]] == [None, None, None, None]
    assert whole["metadata"]["remarks"].endswith(r"has not signed \<b\>them\</b\>.")


@pytest.mark.parametrize(
    ("asks", "prose"), [("# a", r"\# a"), ("1. a", r"1\. a"), ("- a", r"\- a"), ("a - 1.", "a - 1.")]
)
def test_a_line_begins_no_list_and_no_heading(asks: str, prose: str) -> None:
    whole, _ = trees(LAW.replace("asks: A model is right often enough.", f'asks: "{asks}"'))
    assert whole["controls"][0]["title"] == prose
