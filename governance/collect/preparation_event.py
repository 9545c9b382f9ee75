"""The lineage event of a preparation: an OpenLineage RunEvent that `openlineage.py` reads, and by which a stranger can
do it again.

Shapes: OpenLineage 2-0-2 (RunEvent), ColumnLineageDatasetFacet 1-2-0, DatasetVersionDatasetFacet 1-0-1,
SchemaDatasetFacet 1-1-1, InputStatisticsInputDatasetFacet 1-0-0, OutputStatisticsOutputDatasetFacet 1-0-2. The facet
`governance_prepare` is our own and holds what was asked for. A file's digest is the version of its dataset.
"""

import json
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from governance import __version__, canonical
from governance.canonical import Count, Document, Instant, Sha256
from governance.collect import openlineage
from governance.collect.openlineage import checked_name
from governance.collect.prepared import Column, Preparation, Surveyed
from governance.errors import BadInput

NAMESPACE = "file"
"""As in OpenLineage's naming of local files, but with paths from the project's folder: it may lie anywhere."""
_FACET = "governance_prepare"
_SPEC = "https://openlineage.io/spec"


class Written(Document):
    """A file as it was read or written."""

    sha256: Sha256
    size: Count


class Tools(Document):
    """Versions of what the bytes depend on."""

    governance: str
    pyarrow: str


class Record(Document):
    """All that an event tells, and from which it can be written again."""

    run: str
    at: Instant
    tools: Tools
    preparation: Preparation
    source: Written
    out: Written


class _Asked(Document):
    """Our own facet, without the two members that each facet has."""

    version: Literal["1"] = "1"
    tools: Tools
    preparation: Preparation


class Told(NamedTuple):
    """An event that was read: what it tells, and its bytes' JSON."""

    record: Record
    event: dict[str, Any]


def event(record: Record, surveyed: Surveyed) -> dict[str, Any]:
    """The event of a preparation that is complete. Raises BadInput for a name that no event can hold."""
    preparation, names = record.preparation, surveyed.names
    read = {"namespace": NAMESPACE, "name": checked_name(preparation.source, "SOURCE")}
    wrote = {"namespace": NAMESPACE, "name": checked_name(preparation.out, "--out")}
    producer = f"pkg:generic/governance@{record.tools.governance}"

    def facet(name: str, body: dict[str, Any]) -> dict[str, Any]:
        return {"_producer": producer, "_schemaURL": f"{_SPEC}/{name}"} | body

    def version(file: Written) -> dict[str, Any]:
        return facet(
            "facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet",
            {"datasetVersion": f"sha256:{file.sha256}"},
        )

    def schema(fields: list[dict[str, str]]) -> dict[str, Any]:
        return facet("facets/1-1-1/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet", {"fields": fields})

    def statistics(kind: str, release: str, file: Written) -> dict[str, Any]:
        name = f"{kind}Statistics{kind}DatasetFacet"
        counts = {"rowCount": surveyed.rows, "size": file.size, "fileCount": 1}
        return facet(f"facets/{release}/{name}.json#/$defs/{name}", counts)

    columns = {
        column.name: {
            "inputFields": [
                read | {"field": names[column.at], "transformations": [_transformation(column, preparation)]}
            ]
        }
        for column in surveyed.columns
    }
    lineage = facet("facets/1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet", {"fields": columns})
    asked = _Asked(tools=record.tools, preparation=preparation).model_dump(mode="json")
    return {
        "eventTime": record.at,
        "eventType": "COMPLETE",
        "producer": producer,
        "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": record.run, "facets": {_FACET: facet("2-0-2/OpenLineage.json#/$defs/RunFacet", asked)}},
        "job": {"namespace": "governance", "name": f"prepare {preparation.out}"},
        "inputs": [
            read
            | {
                "facets": {"version": version(record.source), "schema": schema([{"name": name} for name in names])},
                "inputFacets": {"inputStatistics": statistics("Input", "1-0-0", record.source)},
            }
        ],
        "outputs": [
            wrote
            | {
                "facets": {
                    "version": version(record.out),
                    "schema": schema([{"name": c.name, "type": c.kind} for c in surveyed.columns]),
                    "columnLineage": lineage,
                },
                "outputFacets": {"outputStatistics": statistics("Output", "1-0-2", record.out)},
            }
        ],
    }


def _transformation(column: Column, preparation: Preparation) -> dict[str, Any]:
    """Numbers are read as such and blanks trimmed without the values becoming others; the rest is said."""
    swaps = [each for each in preparation.replace if each.column == column.name]
    done = [f"{each.value!r} became {each.by!r}" for each, n in zip(swaps, column.replaced, strict=True) if n]
    if column.missing and preparation.missing:
        done.append(f"missing where {' or '.join(repr(value) for value in ('', *preparation.missing))}")
    return {
        "type": "DIRECT",
        "subtype": "TRANSFORMATION" if done else "IDENTITY",
        "description": "; ".join([f"read as {column.kind}", *done]),
        "masking": False,
    }


def tools() -> Tools:
    """What is installed here."""
    import pyarrow

    return Tools(governance=__version__, pyarrow=pyarrow.__version__)


def to_bytes(value: dict[str, Any]) -> bytes:
    """As it is written to a file."""
    return json.dumps(value, indent=2).encode() + b"\n"


def told(data: bytes, name: str) -> Told:
    """The event of a preparation. Raises BadInput for any other file."""
    openlineage.parse(data, name)
    try:
        value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=canonical.no_duplicates)
        facet = value["run"]["facets"][_FACET]
        asked = _Asked.model_validate({key: inner for key, inner in facet.items() if not key.startswith("_")})
        record = Record(
            run=value["run"]["runId"],
            at=value["eventTime"],
            tools=asked.tools,
            preparation=asked.preparation.checked(),
            source=_written(value["inputs"][0], "inputFacets", "inputStatistics"),
            out=_written(value["outputs"][0], "outputFacets", "outputStatistics"),
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValidationError, json.JSONDecodeError) as error:
        said = error.errors(include_url=False)[0]["msg"] if isinstance(error, ValidationError) else repr(error)
        raise BadInput(
            "not the event of a preparation",
            got=said[:200],
            expected="one that `governance prepare` wrote",
            where=name,
        ) from error
    return Told(record, value)


def _written(dataset: dict[str, Any], facets: str, statistics: str) -> Written:
    version = dataset["facets"]["version"]["datasetVersion"]
    return Written(sha256=version.removeprefix("sha256:"), size=dataset[facets][statistics]["size"])
