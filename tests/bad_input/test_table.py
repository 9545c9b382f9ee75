"""Every row of the table: the exit code, the message, the trail as it must be, and nothing half-written."""

import json
from collections.abc import Callable

import pytest

from tests.bad_input import made
from tests.bad_input.place import Place, Ran, fits, without_excerpt
from tests.bad_input.table import FILES, Row, rows

ROWS = rows()
SEALED = ["model_version:evidence:submitted", "model_version:decision:issued"]
Fresh = Callable[[], Place]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row(row: Row, place: Fresh) -> None:
    here = place()
    here.put(row)
    before, entries = here.tree(), here.entries()
    sealed = row.exit in (0, 10, 11) and row.run[0] == "check"
    ran = here.run(*row.run, *(("--format", "json") if sealed else ()))
    if sealed:
        judged(row, ran)
        assert here.entries() == entries + SEALED[row.known :]
        before.pop(".governance/trail.db")
    else:
        refused(row, ran)
        assert here.entries() == entries
    after = here.tree()
    assert {name: after.get(name) for name in before} == before
    assert after.keys() - before.keys() <= {".governance/trail.db"}


def refused(row: Row, ran: Ran) -> None:
    assert ran.code == row.exit, ran
    assert ran.out == ""
    message, caret = without_excerpt(ran.err.removeprefix("error: ") if row.exit == 2 else ran.err)
    assert fits(message, row.says), message
    assert ran.err.startswith("error: ") == (row.exit == 2)
    assert len(ran.err) < 2000
    # Wherever a line of YAML is told with its column, it is shown, with a caret.
    place = message.partition(": ")[0].split(":")
    assert caret or len(place) != 3 or place[0] not in ("governance.yaml", "./policy.yaml", "cases.yaml")


def judged(row: Row, ran: Ran) -> None:
    assert ran.code == row.exit, ran
    page = json.loads(ran.out)
    assert page["exit_code"] == row.exit
    found = {
        finding["key"].partition("#")[2]: f"{finding['outcome']}: {finding['why']}"
        for finding in page["decision"]["findings"]
        if finding["outcome"] != "pass"
    }
    assert found.keys() == row.finds.keys(), found
    for name, expected in row.finds.items():
        assert fits(found[name], expected), found[name]


@pytest.mark.parametrize("row", [row for row in ROWS if row.process], ids=lambda row: row.name)
def test_row_as_a_process(row: Row, place: Fresh) -> None:
    """What a shell sees is what the table says."""
    here = place()
    here.put(row)
    ran = here.process(*row.run)
    assert ran.code == row.exit, ran
    if row.exit in (2, 12):
        assert ran.out == ""
        message, _ = without_excerpt(ran.err.removeprefix("error: "))
        assert fits(message, row.says), message


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.kind == "policy" and row.exit == 2], ids=lambda row: row.name
)
def test_policy_check_says_the_same(row: Row, place: Fresh) -> None:
    """Whoever writes a policy hears it without a model."""
    here = place()
    here.put(row)
    for action in ("check", "lint"):
        refused(row, here.run("policy", action, "./policy.yaml"))


def test_the_table_is_whole() -> None:
    """Each committed file has its row, and each row its file; the promise is 60 of them."""
    there = {path.relative_to(FILES).as_posix() for path in FILES.rglob("*") if path.is_file()}
    used = {row.file for row in ROWS if row.file}
    assert {name for name in there if not name.startswith("sound/")} == used
    assert {row.made for row in ROWS if row.made} == {
        name for name in vars(made) if getattr(made, name).__class__.__name__ == "function" and not name.startswith("_")
    }
    assert len({row.name for row in ROWS}) == len(ROWS) >= 90
    assert all(row.what for row in ROWS)
    for row in ROWS:
        assert bool(row.says) == (row.exit in (2, 12)), row.name
        assert not (row.says and row.finds), row.name
