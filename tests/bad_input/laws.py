"""What every law over bad input needs: a check of what was drawn, and few or many examples of it."""

import json
import shutil
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.bad_input.place import Place
from tests.bad_input.table import SOUND

ALLOWED = (0, 2, 10, 11)
_QUIET = [
    HealthCheck.function_scoped_fixture,
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
]
few = settings(max_examples=40, deadline=None, suppress_health_check=_QUIET)
many = settings(max_examples=400, deadline=None, suppress_health_check=_QUIET)
CHECK = ("check", "--policy", "./policy.yaml", "--dry-run", "--format", "json")


def check(here: Place, **files: bytes) -> tuple[int, dict[str, Any]]:
    """The exit code and the page, where there is one, with these in place of sound files (`_` for the point)."""
    for sound in SOUND.iterdir():
        shutil.copyfile(sound, here.root / sound.name)
    for name, content in files.items():
        (here.root / name.replace("_", ".")).write_bytes(content)
    ran = here.run(*CHECK)
    assert ran.code in ALLOWED, ran
    event(f"exit code {ran.code}")
    page = json.loads(ran.out)
    assert page["exit_code"] == ran.code
    if ran.code == 2:
        assert page["schema"] == "governance.error/v1"
        assert ran.err.startswith("error: ")
        assert page["error"]
        assert len(ran.err) < 4000
    return ran.code, page


def outcomes(page: dict[str, Any]) -> dict[str, str]:
    return {one["key"].partition("#")[2]: one["outcome"] for one in page["decision"]["findings"]}


def law(body: Callable[[Place, Any], None], strategy: st.SearchStrategy[Any], how: settings) -> Any:
    @how
    @given(drawn=strategy)
    def test(here: Place, drawn: Any) -> None:
        body(here, drawn)

    return test
