"""Laws over whatever document comes in: a verdict or one message, never a crash, and no pass that it does not carry."""

import csv
import json
from typing import Any

import pytest
import yaml
from hypothesis import strategies as st

from tests.bad_input.laws import check, few, law, many, outcomes
from tests.bad_input.mutations import as_text, cut_up, mutated, values
from tests.bad_input.place import Place
from tests.bad_input.table import SOUND


def read(name: str) -> Any:
    """A sound YAML file, every scalar as text."""
    return yaml.load((SOUND / name).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def broken(name: str, tree: Any, numbers: bool = False) -> st.SearchStrategy[bytes]:
    """A sound file with changes: mostly of its tree, now and then of its text, seldom something else altogether."""
    kinds = {
        "tree": mutated(tree, numbers).map(as_text),
        "text": cut_up((SOUND / name).read_text(encoding="utf-8")),
        "any": values(numbers=True).map(as_text),
    }
    return st.sampled_from(("tree",) * 7 + ("text", "text", "any")).flatmap(lambda kind: kinds[kind])


# Manifests


def manifest_law(here: Place, content: bytes) -> None:
    code, page = check(here, governance_yaml=content)
    if code == 2:
        return
    found = outcomes(page)
    assert len(found) == len(read("policy.yaml")["rules"])
    tree = yaml.load(content.decode("utf-8-sig"), Loader=yaml.BaseLoader)
    evaluation = tree.get("data", {}).get("evaluation")
    if found["accuracy"] == "pass":
        with open(SOUND / evaluation["path"], encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for lists in (evaluation["label"], evaluation["prediction"]):
            if lists != "rescore":
                assert {row[lists["column"]] for row in rows} <= {*lists["positive"], *lists["negative"]}
                assert not {*lists["positive"]} & {*lists["negative"]}
    if code == 0:
        assert page["decision"]["subject"]["version"] == tree["model"]["version"]
        assert len(tree["features"]) == len(set(tree["features"]))


MANIFESTS = broken("governance.yaml", read("governance.yaml"))


# Policies


def policy_law(here: Place, content: bytes) -> None:
    code, page = check(here, policy_yaml=content)
    if code == 2:
        return
    tree = yaml.load(content.decode("utf-8-sig"), Loader=yaml.BaseLoader)
    decision = page["decision"]
    selected = tree["rules"] if decision["policies"][0]["in_force"] else []
    # Each selected rule yields exactly one finding.
    assert sorted(one["key"] for one in decision["findings"]) == sorted(
        f"{tree['id']}#{rule['id']}" for rule in selected
    )
    if code == 0:
        assert selected
        enforced = {rule["id"]: {*rule["enforcement"].values()} for rule in selected}
        for name, outcome in outcomes(page).items():
            assert outcome in ("pass", "not applicable") or not enforced[name] & {"deny", "review"}


POLICIES = broken("policy.yaml", read("policy.yaml"))


# Events


def event_law(here: Place, content: bytes) -> None:
    code, page = check(here, lineage_json=content)
    if code == 2 or outcomes(page)["traced"] != "pass":
        return
    tree = json.loads(content.decode("utf-8-sig"))
    written = [
        output
        for event in (tree if isinstance(tree, list) else [tree])
        for output in event.get("outputs") or ()
        if event.get("eventType") not in ("FAIL", "ABORT")
    ]
    facets = [
        output["facets"]["columnLineage"] for output in written if "columnLineage" in (output.get("facets") or {})
    ]
    for feature in ("age", "income"):
        inputs = [
            one
            for facet in facets
            for one in ((facet.get("fields") or {}).get(feature) or {"inputFields": []})["inputFields"]
        ]
        whole = [one for facet in facets for one in facet.get("dataset") or ()]
        assert any(one["name"] == "people" for one in (*inputs, *whole))


EVENTS = broken("lineage.json", json.loads((SOUND / "lineage.json").read_bytes()), numbers=True)


test_manifests = law(manifest_law, MANIFESTS, few)
test_policies = law(policy_law, POLICIES, few)
test_events = law(event_law, EVENTS, few)
test_many_manifests = pytest.mark.slow(law(manifest_law, MANIFESTS, many))
test_many_policies = pytest.mark.slow(law(policy_law, POLICIES, many))
test_many_events = pytest.mark.slow(law(event_law, EVENTS, many))
