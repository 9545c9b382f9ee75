"""Which source columns reach a feature, how, and where the trail breaks off."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.collect import lineage, openlineage
from governance.errors import BadInput
from governance.evidence.access import Approval
from governance.evidence.lineage import FeatureAncestry
from governance.evidence.manifest import Manifest

Fields = dict[str, list[str]]


def column(text: str) -> dict[str, Any]:
    """`dataset.column` is a direct input, `dataset.column?` an indirect one, `ns/dataset.column` in that namespace."""
    dataset, _, name = text.removesuffix("?").rpartition(".")
    namespace, _, dataset = dataset.rpartition("/")
    kinds = [{"type": "INDIRECT"}] if text.endswith("?") else []
    return {"namespace": namespace or "ns", "name": dataset, "field": name, "transformations": kinds}


def event(
    output: str, fields: Fields | None, whole: tuple[str, ...] = (), job: str = "", kind: str = "COMPLETE"
) -> Any:
    namespace, _, name = output.rpartition("/")
    facet: dict[str, Any] = {} if fields is None else {
        "columnLineage": {
            "fields": {key: {"inputFields": [column(text) for text in texts]} for key, texts in fields.items()},
            "dataset": [column(text) for text in whole],
        }
    }  # fmt: skip
    written = {"namespace": namespace or "ns", "name": name, "facets": facet}
    return {"eventType": kind, "job": {"namespace": "j", "name": job or f"make-{name}"}, "outputs": [written]}


def manifest(sources: list[dict[str, Any]] | None = None, features: tuple[str, ...] = ("f",), **more: Any) -> Manifest:
    return Manifest.model_validate(
        {
            "schema": "governance.manifest/v1",
            "model": {"name": "m", "version": "1"},
            "artifact": {"none": "not here"},
            "features": features,
            "data": {"training": {"path": "data/train.csv", "dataset": "train"}},
            "lineage": {"sources": sources or [{"id": "s"}], "events": ["e.json"]},
            **more,
        }
    )


def traced(events: list[Any], about: Manifest | None = None) -> FeatureAncestry:
    (feature,) = lineage.facts(about or manifest(), _parsed(events), ()).features
    return feature


def _parsed(events: list[Any]) -> list[openlineage.Event]:
    return openlineage.parse(json.dumps(events).encode(), "e.json")


def reached(feature: FeatureAncestry) -> list[str]:
    """`dataset.column`, with a question mark where only indirectly."""
    return [f"{a.dataset}.{a.column}{'?' * (a.influence == 'indirect')}" for a in feature.ancestors]


@pytest.mark.parametrize(
    "events, expected, gap",
    [
        pytest.param([event("train", {"f": ["s.x"]})], ["s.x"], None, id="one step"),
        pytest.param(
            [event("mid", {"m": ["s.x", "s.y"]}), event("train", {"f": ["mid.m"]})],
            ["s.x", "s.y"],
            None,
            id="two steps",
        ),
        pytest.param([event("train", {"f": ["s.x", "s.race?"]})], ["s.race?", "s.x"], None, id="indirect in a field"),
        pytest.param([event("train", {"f": ["s.x"]}, ("s.race",))], ["s.race?", "s.x"], None, id="whole dataset"),
        pytest.param(
            [event("mid", {"m": ["s.x"]}, ("s.z",)), event("train", {"f": ["mid.m?"]})],
            ["s.x?", "s.z?"],
            None,
            id="indirect once is indirect",
        ),
        pytest.param(
            [event("mid", {"m": ["s.x"]}), event("train", {"f": ["s.x?", "mid.m"]})],
            ["s.x"],
            None,
            id="a longer direct way counts more than a short indirect one",
        ),
        pytest.param(
            [event("train", {"f": ["s.x?"]}), event("train", {"f": ["s.x"]})], ["s.x"], None, id="direct in a later run"
        ),
        pytest.param(
            [event("mid", {"m": ["s.far"]}), event("train", {"f": ["mid.m", "s.near"]})],
            ["s.near", "s.far"],
            None,
            id="nearest first",
        ),
        pytest.param([event("train", {"f": ["s.x"], "g": ["s.race"]})], ["s.x"], None, id="other features do not mix"),
        pytest.param(
            [event("train", {"f": ["s.x", "other.y"]})],
            ["s.x"],
            "no column lineage for other.y, which is no source of the manifest",
            id="an unknown dataset",
        ),
        pytest.param(
            [event("train", {"f": ["other.y", "other.z"]})],
            [],
            "no column lineage for other.y, which is no source of the manifest, nor for 1 more on the way",
            id="two unknown columns",
        ),
        pytest.param(
            [event("train", {"f": ["s.x", "other.y?"]})],
            ["s.x"],
            "no column lineage for other.y, which is no source of the manifest",
            id="an unknown filter",
        ),
        pytest.param(
            [event("train", {"g": ["s.x"]}, ("s.race",))],
            ["s.race?"],
            "no column lineage for train.f, which is no source of the manifest",
            id="a filter alone does not explain a column",
        ),
        pytest.param(
            [event("train", {"f": []})],
            [],
            "no column lineage for train.f, which is no source of the manifest",
            id="made from nothing",
        ),
        pytest.param(
            [event("train", None)],
            [],
            "no column lineage for train.f, which is no source of the manifest",
            id="no facet",
        ),
        pytest.param(
            [event("train", {"f": ["s.x"]}), event("train", None, job="patch")],
            ["s.x"],
            "job patch wrote train without column lineage",
            id="another job wrote it too",
        ),
        pytest.param(
            [event("train", None, kind="START"), event("train", {"f": ["s.x"]})],
            ["s.x"],
            None,
            id="start, then complete",
        ),
        pytest.param(
            [event("train", {"f": ["s.x"]}), event("train", {"f": ["s.race"]}, job="bad", kind="FAIL")],
            ["s.x"],
            None,
            id="a failed run",
        ),
        pytest.param(
            [event("train", {"f": ["train.f"]})],
            [],
            "train.f is only made from itself and never reaches a source",
            id="only from itself",
        ),
        pytest.param([event("train", {"f": ["train.f", "s.x"]})], ["s.x"], None, id="updated in place"),
        pytest.param(
            [event("a", {"c": ["b.c"]}), event("b", {"c": ["a.c"]}), event("train", {"f": ["a.c", "s.x"]})],
            ["s.x"],
            "a.c is only made from itself and never reaches a source",
            id="a circle beside a source",
        ),
        pytest.param(
            [event("a", {"c": ["b.c"]}), event("b", {"c": ["a.c", "s.x"]}), event("train", {"f": ["a.c"]})],
            ["s.x"],
            None,
            id="a circle with a way out",
        ),
        pytest.param(
            [event("s", {"x": ["upstream.u"]}), event("train", {"f": ["s.x"]})],
            ["s.x"],
            None,
            id="what a source was made from is no gap",
        ),
        pytest.param(
            [event("other", {"f": ["s.x"]})],
            [],
            "no event knows the training table 'train'; name it under data.training.dataset as the events call it",
            id="not written",
        ),
        pytest.param(
            [event("trains", {"f": ["s.x"]})],
            [],
            "no event knows the training table 'train' (did you mean 'trains'?)"
            "; name it under data.training.dataset as the events call it",
            id="not written, but similar",
        ),
    ],
)
def test_what_reaches_a_feature(events: list[Any], expected: list[str], gap: str | None) -> None:
    found = traced(events)
    assert reached(found) == expected
    assert found.gap == gap
    # In whatever order the events come.
    assert traced(events[::-1]) == found


def test_path_and_jobs_run_from_the_source() -> None:
    events = [
        event("a", {"c": ["s.x"]}, job="one"),
        event("b", {"c": ["a.c?"]}, job="two"),
        event("train", {"f": ["b.c"]}, job="two"),
    ]
    (found,) = traced(events).ancestors
    assert found.path == ("s.x", "a.c", "b.c", "train.f")
    assert found.jobs == ("one", "two")
    assert found.influence == "indirect"


def test_naming_the_training_table_as_a_source_hides_nothing() -> None:
    about = manifest([{"id": "s", "forbidden": ["race"]}, {"id": "mine", "dataset": "train"}])
    found = traced([event("train", {"f": ["s.race"]})], about)
    assert reached(found) == ["mine.f", "s.race"]
    assert found.gap is None


def test_a_source_is_known_by_its_dataset_and_reported_by_its_id() -> None:
    about = manifest([{"id": "uci-adult", "dataset": "db.people", "forbidden": ["race"]}])
    found = traced([event("train", {"f": ["db.people.RACE"]})], about)
    assert reached(found) == ["uci-adult.race"]
    assert found.ancestors[0].path == ("db.people.RACE", "train.f")


@pytest.mark.parametrize("written", ["one/train", "one:train"])
def test_a_namespace_tells_datasets_of_one_name_apart(written: str) -> None:
    events = [event("one/train", {"f": ["s.x"]}), event("two/train", {"f": ["s.y"]})]
    with pytest.raises(BadInput, match=r"(?s)data\.training.*one/train, two/train.*namespace/name"):
        traced(events)
    about = manifest(data={"training": {"path": "p", "dataset": written}})
    assert reached(traced(events, about)) == ["s.x"]


def test_an_ambiguous_source() -> None:
    with pytest.raises(BadInput, match=r"lineage\.source:s"):
        traced([event("train", {"f": ["one/s.x", "two/s.x"]})])


def test_two_sources_of_one_dataset() -> None:
    about = manifest([{"id": "s"}, {"id": "t", "dataset": "ns/s"}])
    with pytest.raises(BadInput, match="s and t"):
        traced([event("train", {"f": ["s.x"]})], about)


def test_the_path_names_the_training_table_where_nothing_else_does() -> None:
    about = manifest(data={"training": {"path": "data/train.csv"}})
    assert reached(traced([event("data/train.csv".replace("/", "//", 1), {})], about)) == []
    written = event("x", {"f": ["s.x"]})
    written["outputs"][0].update(namespace="file", name="data/train.csv")
    assert reached(traced([written], about)) == ["s.x"]


@pytest.mark.parametrize(
    "change, gap",
    [
        ({"lineage": {"sources": [{"id": "s"}]}}, "the manifest names no lineage events (lineage.events)"),
        ({"data": {}}, "the manifest names no training table (data.training), where the trail would start"),
    ],
)
def test_what_the_manifest_lacks_is_a_gap(change: dict[str, Any], gap: str) -> None:
    found = lineage.facts(manifest(features=("f", "g"), **change), [], ()).features
    assert [(one.feature, one.ancestors, one.gap) for one in found] == [("f", (), gap), ("g", (), gap)]


def test_sources_carry_their_approvals() -> None:
    about = manifest([{"id": "s", "owner": "o", "forbidden": ["a", "b"]}, {"id": "t", "licence": "l"}])
    approvals = [
        Approval(item=item, principal=who, role="owner", at="2026-01-01T00:00:00Z")
        for item, who in (
            ("data:s", "cy"),
            ("data:s", "bo"),
            ("data:s", "cy"),
            ("code:s", "x"),
            ("s", "y"),
            ("data:S", "z"),
        )
    ]
    found = lineage.facts(about, [], approvals)
    assert [(s.id, s.owner, s.licence, s.forbidden, s.approved_by) for s in found.sources] == [
        ("s", "o", None, ("a", "b"), ("bo", "cy")),
        ("t", None, "l", (), ()),
    ]
    assert found.origin is not None
    assert found.origin.kind == "declared"


NAMES = ["s.x", "s.y", "a.c", "a.d", "b.c", "train.f"]
EDGES = st.lists(st.tuples(st.sampled_from(NAMES[2:]), st.sampled_from(NAMES), st.sampled_from(["", "?"])), max_size=12)


@given(EDGES)
def test_the_same_as_following_every_way(edges: list[tuple[str, str, str]]) -> None:
    """Against all simple paths, one by one."""
    events = [event(to.split(".")[0], {to.split(".")[1]: [f"{origin}{mark}"]}) for to, origin, mark in edges]
    # A step that is direct once is direct.
    into: dict[str, dict[str, bool]] = {}
    for to, origin, mark in edges:
        into.setdefault(to, {})[origin] = into.get(to, {}).get(origin, False) or not mark

    ways: list[tuple[list[str], bool]] = []

    def follow(path: list[str], direct: bool) -> None:
        if path[-1].startswith("s."):
            ways.append((path, direct))
            return
        for origin, step in into.get(path[-1], {}).items():
            if origin not in path:
                follow([*path, origin], direct and step)

    follow(["train.f"], True)
    best = {}
    for path, direct in ways:
        key = (not direct, len(path))
        best[path[-1]] = min(best.get(path[-1], key), key)
    found = traced([event("train", {}), *events])
    assert {f"{a.dataset}.{a.column}": (a.influence == "indirect", len(a.path)) for a in found.ancestors} == best
    lengths = [len(ancestor.path) for ancestor in found.ancestors]
    assert lengths == sorted(lengths)
    for ancestor in found.ancestors:
        assert all(ancestor.path[i] in into[ancestor.path[i + 1]] for i in range(len(ancestor.path) - 1))
    # Whatever can be reached must itself reach a source, or there is a gap.
    known, waiting = set(), ["train.f"]
    while waiting:
        if (name := waiting.pop()) not in known:
            known.add(name)
            waiting += into.get(name, {})
    settled = {name for name in known if name.startswith("s.")}
    while more := {n for n in known - settled if settled & set(into.get(n, {}))}:
        settled |= more
    assert (found.gap is None) == (known == settled)


def test_long_chains_are_followed() -> None:
    chain = [event(f"t{i}", {"c": [f"t{i + 1}.c"]}) for i in range(5000)]
    found = traced([event("train", {"f": ["t0.c"]}), *chain, event("t5000", {"c": ["s.x"]})])
    assert len(found.ancestors[0].path) == 5003


@pytest.mark.parametrize("limit", ["MAX_STEPS", "MAX_PATH_STEPS"])
def test_wide_tables_are_followed_up_to_a_limit(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    features = tuple(f"f{i}" for i in range(100))
    wide = _parsed([event("train", {feature: ["s.x"] for feature in features}, tuple(f"s.c{i}" for i in range(99)))])
    # Each of the 100 features has 100 ancestors, two columns each, and is walked three times.
    needed = {"MAX_STEPS": 100 * (100 + 1 + 100 + 100 - 1), "MAX_PATH_STEPS": 100 * 100 * 2}[limit]
    monkeypatch.setattr(lineage, limit, needed)
    assert len(lineage.facts(manifest(features=features), wide, ()).features) == 100
    monkeypatch.setattr(lineage, limit, needed - 1)
    with pytest.raises(BadInput, match="too large to follow"):
        lineage.facts(manifest(features=features), wide, ())


def test_tables_and_sources_carry_the_versions_that_events_saw() -> None:
    first, second = event("train", {"f": ["s.x"]}), event("train", {"f": ["s.x"]})
    for run, version in ((first, "7"), (second, "6")):
        run["inputs"] = [
            {"namespace": "ns", "name": "s", "facets": {"version": {"datasetVersion": version}}},
            {"namespace": "ns", "name": "other", "facets": {"version": {"datasetVersion": "1"}}},
        ]
    second["outputs"][0]["facets"]["version"] = {"datasetVersion": "t2"}
    about = manifest(
        [{"id": "s", "version": "7", "purposes": ["p"], "consent": "given", "region": "r"}],
        model={"name": "m", "version": "1", "purpose": {"category": "p"}},
        data={
            "training": {"path": "data/train.csv", "dataset": "train", "collected_until": "2026-01-01T00:00:00Z"},
            "evaluation": {
                "path": "data/eval.csv",
                "version": "3",
                "label": {"column": "y", "positive": ["1"], "negative": ["0"]},
                "prediction": {"column": "p", "positive": ["1"], "negative": ["0"]},
            },
        },
    )
    found = lineage.facts(about, _parsed([first, second]), ())
    source = found.sources[0]
    assert (source.version, source.seen_versions) == ("7", ("6", "7"))
    assert (source.purposes, source.consent, source.region) == (("p",), "given", "r")
    assert [(one.role, one.version, one.seen_versions, one.collected_until) for one in found.tables] == [
        ("data.evaluation", "3", (), None),
        ("data.training", None, ("t2",), "2026-01-01T00:00:00Z"),
    ]
    assert (found.events, found.purpose) == (2, "p")


def test_the_version_of_a_failed_run_does_not_count() -> None:
    failed = event("train", {"f": ["s.x"]}, kind="FAIL")
    failed["inputs"] = [{"namespace": "ns", "name": "s", "facets": {"version": {"datasetVersion": "6"}}}]
    found = lineage.facts(manifest(), _parsed([failed, event("train", {"f": ["s.x"]})]), ())
    assert (found.sources[0].seen_versions, found.events) == ((), 1)
