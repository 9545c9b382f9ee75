"""Requests made up from the OpenAPI document: whatever comes, no fault of ours, and no answer that it does not name."""

import hypothesis
import hypothesis.errors
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.api.serving import Serving, on_a_file

pytestmark = on_a_file
CHECKS = [
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]


def call_all(serving: Serving, examples: int) -> int:
    """Call each operation twice with this many requests: as the document asks for, and otherwise."""
    api = schemathesis.openapi.from_url(serving.url + "/api/v1/openapi.json")
    headers = {"Authorization": f"Bearer {serving.token('cy')}"}
    called = 0
    for found in api.get_all_operations():
        operation = found.ok()
        for mode in schemathesis.GenerationMode:
            strategy = operation.as_strategy(generation_mode=mode)

            @hypothesis.settings(
                max_examples=examples,
                phases=[Phase.generate],
                database=None,
                derandomize=True,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            )
            @hypothesis.given(strategy)
            def once(case: schemathesis.Case) -> None:
                nonlocal called
                called += 1
                case.call_and_validate(headers=headers, checks=CHECKS)

            try:
                once()
            except hypothesis.errors.Unsatisfiable:  # nothing that could be wrong: it takes no parameter
                assert mode is schemathesis.GenerationMode.NEGATIVE
    return called


def test_a_few_of_each(serving: Serving) -> None:
    assert call_all(serving, 6) > 100


@pytest.mark.slow
def test_many_of_each(serving: Serving) -> None:
    assert call_all(serving, 100) > 2000
