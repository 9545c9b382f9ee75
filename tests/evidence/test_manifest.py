"""The manifest's schema: what it takes, and what it refuses with place and reason."""

import json
from typing import Any

import pytest

from governance import strictyaml
from governance.errors import BadInput
from governance.evidence.manifest import Manifest
from governance.evidence.operations import NoRollback, OnCall
from governance.evidence.purpose import Kpi

EXAMPLE = """\
schema: governance.manifest/v1
model: {name: adult-income, version: 1.10, owner: "team:credit", risk_tier: high, purpose: {objective: o, kpi: k, intended: [i], prohibited: [p]}}
artifact: {path: model.skops, format: skops, sha256: DIGEST}
features: [age, education_num, hours_per_week, capital_gain]
data:
  evaluation:
    path: data/eval.parquet
    sha256: DIGEST
    label: {column: income, positive: [">50K"], negative: ["<=50K"]}
    prediction: rescore
    sensitive: {sex: {column: sex}, race: {column: race}, age_band: {column: age, bins: [40, 60]}}
    intersections: [[sex, race]]
    join: {path: restricted/people.parquet, key: id}
  training: {path: data/train.parquet, sha256: DIGEST}
lineage:
  sources: [{id: uci-adult, sha256: DIGEST, owner: o, licence: CC-BY-4.0, expires: 2027-12-31T00:00:00Z, forbidden: [race, sex]}]
  events: [lineage/prepare.json, lineage/train.json]
access: {grants: access/grants.csv, approvals: access/approvals.csv}
environment: {lock: requirements.lock, commit: 4e1d00000000000000000000000000000000aaaa, seeds: [0]}
documents: {model_card: docs/card.md, dpia: docs/dpia.md}
""".replace("DIGEST", "1c" * 32)  # noqa: E501 - as the documentation writes it


def read(text: str) -> Manifest:
    return strictyaml.load(text.encode(), Manifest, "governance.yaml")


def test_the_example() -> None:
    found = read(EXAMPLE)
    assert found.model.version == "1.10"
    assert found.data.evaluation is not None
    assert found.data.evaluation.prediction == "rescore"
    assert found.data.evaluation.sensitive["age_band"].bins == (40, 60)
    assert found.data.evaluation.intersections == (("sex", "race"),)
    assert found.lineage.sources[0].forbidden == ("race", "sex")
    assert found.environment.seeds == (0,)
    assert Manifest.model_validate_json(json.dumps(found.model_dump(mode="json", by_alias=True))) == found


MORE = """\
schema: governance.manifest/v1
model:
  name: m
  version: 1.10
  trained_at: 2026-10-31T12:00:00Z
  purpose: {category: credit-scoring, kpi: {name: k, target: 0.8, value: 0.80, better: higher}}
artifact: {none: outputs only}
data:
  training: {path: t.csv, dataset: train, version: 7, collected_until: 2026-09-30T00:00:00Z}
lineage:
  sources: [{id: s, purposes: [credit-scoring], consent: given, region: eu-west, version: 3}]
access: {grants: g.csv, people: access/people.csv}
operations:
  rollback: 1.9
  monitoring: {interval: 1d, metrics: [{name: psi, at_most: 0.2}]}
  on_call: {owner: "team:credit", contact: "#credit"}
"""


def test_purpose_use_of_data_and_operations() -> None:
    found = read(MORE)
    assert found.model.purpose.kpi == Kpi(name="k", target="0.8", value="0.80", better="higher")
    assert found.model.trained_at == "2026-10-31T12:00:00Z"
    source = found.lineage.sources[0]
    assert (source.purposes, source.consent, source.region, source.version) == (
        ("credit-scoring",), "given", "eu-west", "3",
    )  # fmt: skip
    assert found.data.training is not None
    assert (found.data.training.version, found.data.training.collected_until) == ("7", "2026-09-30T00:00:00Z")
    assert found.access.people == "access/people.csv"
    assert found.operations.rollback == "1.9"
    assert found.operations.on_call == OnCall(owner="team:credit", contact="#credit")
    assert read(MORE.replace("rollback: 1.9", "rollback: {none: first}")).operations.rollback == NoRollback(
        none="first"
    )
    assert Manifest.model_validate_json(json.dumps(found.model_dump(mode="json", by_alias=True))) == found


def test_plain_words_stay_valid() -> None:
    words = "operations: {rollback: 1.9, monitoring: docs/plan.md, on_call: team credit}\n"
    found = read(
        MORE.split("operations:")[0].replace("{name: k, target: 0.8, value: 0.80, better: higher}", "k") + words
    )
    assert found.model.purpose.kpi == "k"
    assert (found.operations.monitoring, found.operations.on_call) == ("docs/plan.md", "team credit")
    bare = read(EXAMPLE)
    assert (bare.operations.rollback, bare.operations.monitoring, bare.operations.on_call) == (None, None, None)
    assert (bare.access.people, bare.model.trained_at, bare.lineage.sources[0].purposes) == (None, None, ())


@pytest.mark.parametrize(
    "old, new, at, words",
    [
        ("target: 0.8,", "target: high,", "high,", "decimal number"),
        ("target: 0.8,", "target: [0.8],", "[0.8]", "a list"),
        ("target: 0.8,", "targt: 0.8,", "targt: 0.8", "did you mean 'target'?"),
        ("better: higher", "better: more", "more", "'higher' or 'lower'"),
        ("kpi: {name: k, ", "kpi: {", "kpi: {target", "'name' is missing"),
        ("category: credit-scoring", "category: credit scoring", "credit scoring", "one word"),
        ("purposes: [credit-scoring]", "purposes: ['*']", "'*'", "one word"),
        ("purposes: [credit-scoring]", "purposes: any", "any,", "'any'"),
        ("consent: given", "consent: yes", "yes", "'given', 'not-needed' or 'withdrawn'"),
        ("region: eu-west", "region: ''", "''", "at least 1 character"),
        ("trained_at: 2026-10-31T12:00:00Z", "trained_at: 2026-10-31", "2026-10-31", "UTC time"),
        ("collected_until: 2026-09-30T00:00:00Z", "collected_until: lately", "lately", "UTC time"),
        ("people: access", "peple: access", "peple:", "did you mean 'people'?"),
        ("interval: 1d", "interval: daily", "daily", "such as 12h"),
        ("interval: 1d", "interval: 0d", "0d", "such as 12h"),
        ("at_most: 0.2", "at_most: low", "low", "decimal number"),
        ("at_most: 0.2", "atmost: 0.2", "atmost: 0.2", "did you mean 'at_most'?"),
        ('owner: "team:credit", ', "", "on_call: {", "'owner' is missing"),
        ("rollback: 1.9", "rollback: {non: first}", "non: first", "did you mean 'none'?"),
        ("rollback: 1.9", "rollback: [1.9]", "[1.9]", "a list"),
        ("rollback: 1.9", "rolback: 1.9", "rolback:", "did you mean 'rollback'?"),
    ],
)
def test_more_refused_with_place_and_reason(old: str, new: str, at: str, words: str) -> None:
    assert MORE.count(old) == 1
    refused(MORE.replace(old, new), at, words)


def test_words_stay_words() -> None:
    changed = EXAMPLE.replace('[">50K"]', "[NO, 1.0, null]").replace('["<=50K"]', "[yes, 1.00, ~]")
    evaluation = read(changed).data.evaluation
    assert evaluation is not None
    assert evaluation.label.positive == ("NO", "1.0", "null")
    assert evaluation.label.negative == ("yes", "1.00", "~")


@pytest.mark.parametrize(
    "old, new, at, words",
    [
        ("governance.manifest/v1", "governance.manifest/v2", "governance.manifest/v2", "governance.manifest/v1"),
        ("schema: governance.manifest/v1\n", "", "model:", "required key 'schema'"),
        ("schema:", "schema_:", "schema_:", "did you mean 'schema'?"),
        ("name: adult-income, ", "", "model:", "required key 'name'"),
        ("name: adult-income", "name: ''", "''", "at least 1 character"),
        ("name: adult-income", 'name: "a\\nb"', '"a\\nb"', "without line ends"),
        ("name: adult-income", f"name: {'x' * 201}", "xxx", "at most 200"),
        ("version: 1.10", "version: [1, 10]", "[1, 10]", "a list"),
        ("kpi: k", "kip: k", "kip: k", "did you mean 'kpi'?"),
        ("path: model.skops, format: skops", "none: reason, format: skops, path: x", "{none: reason", "give either"),
        ("path: model.skops, format: skops", "format: skops", "{format: skops", "give either"),
        ("format: skops, ", "", "{path:", "`format` is missing"),
        ("format: skops", "format: h5", "h5", "'skops'"),
        ("format: skops, sha256: 1c", "format: skops, sha256: 1C", "1C1c", "64 digits"),
        ("format: skops, sha256: 1c", "format: skops, sha256: 1", "11c", "64 digits"),
        ("features: [age, ", "features: [age, age, ", "age, education_num", "a feature is named twice"),
        ("features: [age, education_num, hours_per_week, capital_gain]\n", "", "rescore", "needs `features`"),
        ("{path: model.skops, format: skops", "{none: outputs", "{none: outputs", "stands alone"),
        ("evaluation:", "evaluatoin:", "evaluatoin:", "did you mean 'evaluation'?"),
        ('negative: ["<=50K"]', 'negative: [">50K"]', '">50K"]}', "in both lists"),
        ('positive: [">50K"]', "positive: []", "[], neg", "at least 1 in the list"),
        ('positive: [">50K"]', "positive: yes", "yes", "'yes'"),
        ('positive: [">50K"], ', "", "label: {", "required key 'positive'"),
        ("prediction: rescore", "prediction: rescored", "rescored", "'rescore'"),
        ("prediction: rescore", "prediction: {column: p, positiv: [a], negative: [b]}", "positiv: [", "'positive'?"),
        ("prediction: rescore", "prediction: {column: p, positive: [a]}", "prediction: {", "'negative' is missing"),
        ("bins: [40, 60]", "bins: [60, 40]", "[60, 40]", "increasing"),
        ("bins: [40, 60]", "bins: [40, 40]", "[40, 40]", "increasing"),
        ("bins: [40, 60]", "bins: [40, nan]", "[40, nan]", "finite"),
        ("bins: [40, 60]", "bins: [1e999]", "[1e999]", "finite"),
        ("bins: [40, 60]", "bins: [forty]", "forty", "a number, with a point"),
        ("sex: {column: sex}", "sex: {colunm: sex}", "colunm: sex", "did you mean 'column'?"),
        ("[[sex, race]]", "[[sex]]", "[sex]]", "at least two"),
        ("[[sex, race]]", "[[sex, sex]]", "[sex, sex]]", "at least two"),
        ("[[sex, race]]", "[[sex, rage]]", "rage]]", "not under `sensitive`"),
        ("key: id", "keys: id", "keys: id", "did you mean 'key'?"),
        ("id: uci-adult, ", "", "{sha256:", "required key 'id'"),
        ("sources: [", "sources: [{id: uci-adult}, ", "uci-adult, sha256", "same id"),
        ("expires: 2027-12-31T00:00:00Z", "expires: 2027-12-31", "2027-12-31,", "UTC time"),
        ("expires: 2027-12-31T00:00:00Z", "expires: 2027-02-30T00:00:00Z", "2027-02-30", "UTC time"),
        ("licence:", "license:", "license:", "did you mean 'licence'?"),
        ("events: [lineage/prepare.json, lineage/train.json]", "events: all", "all", "'all'"),
        ("commit: 4e1d", "commit: 4E1D", "4E1D", "full commit id"),
        ("commit: 4e1d", "commit: main", "main", "full commit id"),
        ("seeds: [0]", "seeds: [1.5]", "1.5]", "a whole number"),
        ("seeds: [0]", "seeds: [9007199254740992]", "9007", "at most 9007199254740991"),
        ("seeds: [0]", f"seeds: [{'9' * 5000}]", "9999", "seeds"),
        ("documents: {model_card: docs/card.md", "documents: {model_card: [docs/card.md]", "[docs/card.md]", "a list"),
        ("documents: {", "documents: {'': x, ", "x, model_card", "at least 1 character"),
        ("documents:", "policy: lenient\ndocuments:", "policy: lenient", "unknown key 'policy'"),
        (EXAMPLE, "[]", "[]", "expected a mapping"),
        (EXAMPLE, "text", "text", "expected a mapping"),
    ],
)
def test_refused_with_place_and_reason(old: str, new: str, at: str, words: str) -> None:
    assert EXAMPLE.count(old) == 1
    refused(EXAMPLE.replace(old, new), at, words)


def refused(text: str, at: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(text)
    message = str(caught.value)
    line, column = map(int, message.split(": ")[0].split(":")[1:])
    assert text.splitlines()[line - 1][column - 1 :].startswith(at)
    assert words in message
    assert len(message) < 1500


def test_the_published_schema_knows_the_names_of_the_file() -> None:
    schema: dict[str, Any] = Manifest.model_json_schema(by_alias=True)
    assert "schema" in schema["properties"]
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["EnvironmentSection"]["properties"]["commit"]["anyOf"][0]["pattern"]
