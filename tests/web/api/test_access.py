"""Every route, as the service itself lists them: who gets in, and what whoever does not is told."""

import re
from typing import Any

import httpx
import pytest

from governance.permissions import TABLE, Does, Scope
from tests.web.api.serving import PEOPLE, Serving, on_a_file

PUBLIC = {"/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/problems/{kind}"}
# What each route takes. A new route must be named here; what is not in the list may be read by whoever may read.
NEEDS = {
    ("post", "/api/v1/evidence"): Does.SUBMIT,
    ("post", "/api/v1/measurements"): Does.SUBMIT,
    ("post", "/api/v1/models/{name}/versions/{version}/evaluations"): Does.EVALUATE,
    ("post", "/api/v1/decisions/{sha256}/acts"): Does.COMMENT,
    ("get", "/api/v1/me/key"): Does.COMMENT,
    ("post", "/api/v1/policies/check"): Does.TRY_POLICY,
}
ANYBODY = {("get", "/api/v1/me")}
SOMETHING = {
    "sha256": "0" * 64,
    "name": "credit",
    "version": "1",
    "kind": "stale",
    "index": "0",
    "level": "0",
    "tile": "000.p/1",
}


@pytest.fixture(scope="module")
def routes(serving: Serving) -> list[tuple[str, str]]:
    with serving.client() as client:
        paths = client.get("/openapi.json").json()["paths"]
    return [(method, path) for path, methods in paths.items() for method in methods]


def call(serving: Serving, route: tuple[str, str], **headers: str) -> httpx.Response:
    method, path = route
    with httpx.Client(base_url=serving.url, timeout=60) as client:
        return client.request(method, re.sub(r"{(\w+)}", lambda found: SOMETHING[found[1]], path), headers=headers)


@on_a_file
def test_every_route_is_known_here(serving: Serving, routes: list[tuple[str, str]]) -> None:
    assert len(routes) > 20
    assert set(NEEDS) | ANYBODY <= set(routes)
    assert {path for _, path in routes} >= PUBLIC
    # Whatever writes is named, with what it takes.
    assert {route for route in routes if route[0] != "get"} <= set(NEEDS)


@on_a_file
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer gvt_", "Bearer gvt_" + "A" * 43, "Bearer \u00e4", "Basic YW5uOnB3", "gvt_" + "A" * 43],
)
def test_a_stranger_gets_nowhere(serving: Serving, routes: list[tuple[str, str]], header: str | None) -> None:
    for route in routes:
        if route[1] in PUBLIC:
            continue
        answer = call(serving, route, **({} if header is None else {"Authorization": header.encode("latin-1")}))  # type: ignore[arg-type]
        assert answer.status_code == 401, route
        assert answer.headers["www-authenticate"] == 'Bearer realm="governance"'
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "/api/v1/problems/unauthenticated"
        # The same for every route: it tells nothing of what is there.
        assert set(answer.json()) == {"type", "title", "status", "detail", "request_id", "expected"}


@on_a_file
def test_the_public_ones_hold_no_data(serving: Serving) -> None:
    case = serving.submitted()
    with httpx.Client(base_url=serving.url) as client:
        for path in PUBLIC:
            answer = client.get(path.replace("{kind}", "stale"))
            assert answer.status_code == 200
            for secret in (case.sha256, case.version, "small#floor", serving.project.artifact()):
                assert secret not in answer.text


@on_a_file
@pytest.mark.parametrize("name", PEOPLE)
def test_each_role_may_do_what_the_table_says(serving: Serving, routes: list[tuple[str, str]], name: str) -> None:
    for route in routes:
        if route[1] in PUBLIC or route in ANYBODY:
            continue
        row = TABLE[NEEDS.get(route, Does.READ)]
        answer = call(serving, route, Authorization=f"Bearer {serving.token(name)}")
        if set(row.roles) & set(PEOPLE[name]):
            assert answer.status_code != 403, (route, answer.text)
        else:
            assert answer.status_code == 403, route
            assert f"takes the role {' or '.join(row.roles)}" in answer.json()["got"]


@on_a_file
@pytest.mark.parametrize("scope", Scope)
def test_each_scope_reaches_what_it_is_for(serving: Serving, routes: list[tuple[str, str]], scope: Scope) -> None:
    for route in routes:
        if route[1] in PUBLIC or route in ANYBODY:
            continue
        needed = TABLE[NEEDS.get(route, Does.READ)].scope
        answer = call(serving, route, Authorization=f"Bearer {serving.token('cy', (scope,))}")
        if needed is scope:
            assert answer.status_code != 403, (route, answer.text)
        else:
            assert answer.status_code == 403, route
            assert f"takes a token with the scope {needed}" in answer.json()["got"]


def test_a_token_that_was_revoked_is_a_strangers(serving: Serving) -> None:
    from governance.operations.caller import Caller
    from governance.operations.tokens import create_token, revoke_token

    caller: Any = Caller("local|di", PEOPLE["di"], None, "a test")
    expires = serving.workspace.clock().replace(year=2027, month=2)
    made = create_token(serving.workspace, caller, [Scope.READ], "short", expires)
    headers = {"Authorization": f"Bearer {made.secret}"}
    assert call(serving, ("get", "/api/v1/models"), **headers).status_code == 200
    revoke_token(serving.workspace, caller, made.token.id)
    assert call(serving, ("get", "/api/v1/models"), **headers).status_code == 401
