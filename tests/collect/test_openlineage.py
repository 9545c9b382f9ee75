"""Events are untrusted: read, or refused with file and place."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.collect import openlineage
from governance.collect.openlineage import Column, Dataset, Event, Job, Output, Reach
from governance.errors import BadInput

EVENT: dict[str, Any] = {
    "eventType": "COMPLETE",
    "eventTime": "2026-01-01T00:00:00Z",
    "producer": "https://example.org/producer",
    "schemaURL": "https://example.org/never/fetched.json",
    "run": {"runId": "0", "facets": {"x": {"_producer": "p", "number": 1.5, "big": 10**30}}},
    "job": {"namespace": "jobs", "name": "prepare", "facets": {"sql": {"query": "select"}}},
    "inputs": [{"namespace": "ns", "name": "raw", "inputFacets": {}}],
    "outputs": [
        {
            "namespace": "ns",
            "name": "train",
            "facets": {
                "columnLineage": {
                    "_schemaURL": "https://example.org/1-2-0/ColumnLineageDatasetFacet.json",
                    "fields": {
                        "a": {
                            "inputFields": [
                                {
                                    "namespace": "ns",
                                    "name": "raw",
                                    "field": "x",
                                    "transformations": [{"type": "INDIRECT", "subtype": "JOIN", "masking": False}],
                                },
                                {"namespace": "ns", "name": "raw", "field": "y", "transformations": []},
                            ],
                            "transformationType": "IDENTITY",
                        }
                    },
                    "dataset": [{"namespace": "ns", "name": "raw", "field": "z"}],
                }
            },
        }
    ],
}
RAW = Dataset("ns", "raw")
READ = Event(
    Job("jobs", "prepare"),
    (RAW,),
    (
        Output(
            Dataset("ns", "train"),
            {"a": (Reach(Column(RAW, "x"), False), Reach(Column(RAW, "y"), True))},
            (Reach(Column(RAW, "z"), False),),
        ),
    ),
)
LINE = json.dumps(EVENT)
GONE = object()
FACET = ("outputs", 0, "facets", "columnLineage")
INPUT = (*FACET, "fields", "a", "inputFields", 0)


def changed(path: tuple[str | int, ...], value: Any) -> bytes:
    event = copy.deepcopy(EVENT)
    at: Any = event
    for step in path[:-1]:
        at = at[step]
    if value is GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return json.dumps(event).encode()


def refused(data: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        openlineage.parse(data, "run.json")
    message = str(caught.value)
    assert message.startswith("run.json")
    assert len(message) < 2000
    return message


@pytest.mark.parametrize(
    "text, count",
    [
        (LINE, 1),
        (json.dumps(EVENT, indent=2), 1),
        (f"[{LINE}]", 1),
        (f"[{LINE},{LINE}]", 2),
        (f"{LINE}\n{LINE}\n", 2),
        (f"{LINE}\r\n\r\n{LINE}", 2),
        (f"{json.dumps(EVENT, indent=1)}\n{json.dumps(EVENT, indent=1)}", 2),
        (f"\ufeff {LINE} ", 1),
    ],
)
def test_one_event_an_array_or_many_lines(text: str, count: int) -> None:
    assert openlineage.parse(text.encode(), "run.json") == [READ] * count


@pytest.mark.parametrize(
    "kind, counts", [("START", 1), ("RUNNING", 1), ("OTHER", 1), ("FAIL", 0), ("ABORT", 0), ("fail", 0)]
)
def test_failed_runs_do_not_count(kind: str, counts: int) -> None:
    assert len(openlineage.parse(changed(("eventType",), kind), "run.json")) == counts


def test_events_without_a_run() -> None:
    """JobEvent and DatasetEvent of specification 2-0-2."""
    assert openlineage.parse(changed(("eventType",), GONE), "run.json") == [READ]
    alone = {"eventTime": "2026-01-01T00:00:00Z", "dataset": EVENT["outputs"][0]}
    assert openlineage.parse(json.dumps(alone).encode(), "run.json") == [Event(None, (), READ.outputs)]


@pytest.mark.parametrize(
    "kinds, direct",
    [
        (["DIRECT"], True),
        (["INDIRECT"], False),
        (["INDIRECT", "INDIRECT"], False),
        (["INDIRECT", "DIRECT"], True),
        (["indirect"], False),
        (["SOMETHING NEW"], True),
        ([], True),
        (None, True),
    ],
)
def test_a_step_is_indirect_only_where_all_of_it_is(kinds: list[str] | None, direct: bool) -> None:
    stated = GONE if kinds is None else [{"type": kind} for kind in kinds]
    (event,) = openlineage.parse(changed((*INPUT, "transformations"), stated), "run.json")
    assert event.outputs[0].fields is not None
    assert event.outputs[0].fields["a"][0].direct is direct


@pytest.mark.parametrize(
    "path, value, where, words",
    [
        (("job",), GONE, "$", "'job' is missing"),
        (("job",), "prepare", "$.job", "an object"),
        (("job", "name"), GONE, "$.job", "'name' is missing"),
        (("job", "name"), 7, "$.job.name", "a number"),
        (("job", "namespace"), [], "$.job.namespace", "an array"),
        (("eventType",), 1, "$.eventType", "a string"),
        (("inputs",), {}, "$.inputs", "an array"),
        (("inputs", 0), "raw", "$.inputs[0]", "an object"),
        (("inputs", 0, "name"), "", "$.inputs[0].name", "not a name"),
        (("outputs",), "x", "$.outputs", "an array"),
        (("outputs", 0), None, "$.outputs[0]", "an object"),
        (("outputs", 0, "namespace"), GONE, "$.outputs[0]", "'namespace' is missing"),
        (("outputs", 0, "facets"), [], "$.outputs[0].facets", "an object"),
        (FACET, True, "$.outputs[0].facets.columnLineage", "true or false"),
        ((*FACET, "fields"), [], "columnLineage.fields", "an object"),
        ((*FACET, "fields", "a"), [], "columnLineage.fields.a", "an object"),
        ((*FACET, "fields", "a"), {}, "columnLineage.fields.a", "'inputFields' is missing"),
        ((*FACET, "fields", "a", "inputFields"), {}, "fields.a.inputFields", "an array"),
        ((*FACET, "fields", ""), {"inputFields": []}, "columnLineage.fields.", "not a name"),
        (INPUT, "x", "inputFields[0]", "an object"),
        ((*INPUT, "field"), GONE, "inputFields[0]", "'field' is missing"),
        ((*INPUT, "field"), None, "inputFields[0]", "'field' is missing"),
        ((*INPUT, "field"), 1.5, "inputFields[0].field", "a number"),
        ((*INPUT, "field"), "a\nb", "inputFields[0].field", "control character"),
        ((*INPUT, "field"), "x" * 1001, "inputFields[0].field", "1 to 1000 characters"),
        ((*INPUT, "field"), "\ud800", "inputFields[0].field", "lone surrogate"),
        ((*INPUT, "field"), "e\u0301", "inputFields[0].field", "normal form C"),
        ((*INPUT, "transformations"), "DIRECT", "inputFields[0].transformations", "an array"),
        ((*INPUT, "transformations", 0), {}, "transformations[0]", "'type' is missing"),
        ((*INPUT, "transformations", 0, "type"), 3, "transformations[0].type", "a number"),
        ((*FACET, "dataset"), {}, "columnLineage.dataset", "an array"),
        ((*FACET, "dataset", 0), {}, "columnLineage.dataset[0]", "is missing"),
    ],
)
def test_wrong_shapes_are_told_with_their_path(path: tuple[str | int, ...], value: Any, where: str, words: str) -> None:
    message = refused(changed(path, value))
    head = message.splitlines()[0]
    assert where in head
    assert words in message


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "no event"),
        (b" \n ", "no event"),
        (b"[]", "no event"),
        (b"null", "$: not as in OpenLineage"),
        (b"{}", "$: 'job' is missing"),
        (b"[{}]", "$[0]: 'job' is missing"),
        (f"{LINE}\n{{}}".encode(), "$[1]: 'job' is missing"),
        (b"{", "run.json:1:2: not JSON"),
        (LINE.encode()[:-1], "not JSON"),
        (LINE.encode() + b",", "not JSON"),
        (f"{LINE}\n{LINE[:50]}".encode(), "run.json:2:"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": Infinity}', "Infinity"),
        (b'{"job": 1, "job": 2}', "$[0]: duplicate key in JSON"),
        (f'{LINE}\n{{"run": {{"a": 1, "a": 2}}}}'.encode(), "$[1]: duplicate key in JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"[" * 70 + b"]" * 70, "nested too deeply"),
        (b'{"a": ' + b"[" * 70 + b"]" * 70 + b"}", "nested too deeply"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "'job' is missing"),
        (b" " * (openlineage.MAX_BYTES + 1), "too large"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_refused(data: bytes, words: str) -> None:
    assert words in refused(data)


@given(st.binary(max_size=60) | st.text('{}[]",:0eE.-\\u nt "a', max_size=40).map(str.encode))
def test_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        openlineage.parse(data, "run.json")
    except BadInput:
        return
    pytest.fail("none of these is an event")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
PLACES = [INPUT[:length] for length in range(1, len(INPUT) + 1)]
PLACES += [("job",), ("eventType",), ("inputs",), (*FACET, "dataset"), (*INPUT, "transformations")]


@given(st.sampled_from(PLACES), JSON)
def test_anything_anywhere_is_read_or_refused(path: tuple[str | int, ...], value: Any) -> None:
    try:
        events = openlineage.parse(changed(path, value), "run.json")
    except BadInput as error:
        place = error.where
    else:
        place = "run.json: $"
        assert len(events) <= 1
    assert place.startswith("run.json: $")


def test_versions_of_what_was_read_and_written() -> None:
    """DatasetVersionDatasetFacet 1-0-1."""
    event = copy.deepcopy(EVENT)
    event["inputs"][0]["facets"] = {"version": {"datasetVersion": "7"}}
    event["outputs"][0]["facets"] = {"version": {"datasetVersion": "snapshot 9"}}
    (found,) = openlineage.parse(json.dumps(event).encode(), "run.json")
    assert found.versions == ((RAW, "7"), (Dataset("ns", "train"), "snapshot 9"))
    alone = {"dataset": event["outputs"][0]}
    (found,) = openlineage.parse(json.dumps(alone).encode(), "run.json")
    assert found.versions == ((Dataset("ns", "train"), "snapshot 9"),)


@pytest.mark.parametrize(
    ("facets", "words"),
    [
        ([], "an object"),
        ({"version": []}, "an object"),
        ({"version": {}}, "'datasetVersion' is missing"),
        ({"version": {"datasetVersion": 7}}, "a string"),
        ({"version": {"datasetVersion": ""}}, "not a name"),
        ({"version": {"datasetVersion": "7\n8"}}, "not a name"),
        ({"version": {"datasetVersion": "x" * 1001}}, "not a name"),
    ],
)
def test_versions_that_are_none(facets: Any, words: str) -> None:
    event = copy.deepcopy(EVENT)
    event["inputs"][0]["facets"] = facets
    said = refused(json.dumps(event).encode())
    assert words in said
    assert "$.inputs[0]" in said
