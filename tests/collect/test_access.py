"""Grants and approvals: each line is read, or refused with its number."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.collect import access, tabular
from governance.errors import BadInput
from governance.evidence.access import Approval, Grant, Person
from governance.evidence.manifest import Manifest

HEAD = "principal,permission,resource\n"
USED = "principal,permission,resource,last_used\n"
PEOPLE = "principal,status,team\n"
APPROVED = "item,principal,role,at\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}ann,train,model:m\nbo,*,*\n",
        f"{HEAD}ann,train,model:m\nbo,*,*",
        f"\ufeff{HEAD}ann,train,model:m\r\nbo,*,*\r\n",
        f"{HEAD} ann , train,model:m\nbo,\t*,*\n",
        f'{HEAD}"ann","train","model:m"\n"bo",*,*\n',
    ],
)
def test_grants(text: str) -> None:
    expected = (
        Grant(principal="ann", permission="train", resource="model:m", line=2),
        Grant(principal="bo", permission="*", resource="*", line=3),
    )
    assert access.grants(text.encode(), "g.csv") == expected


def test_columns_in_another_order_and_empty_lines() -> None:
    text = 'resource,principal,permission\n\nm,ann,train\n\n\nm,"o\'b, x",read\n\n'
    assert [(g.principal, g.permission, g.line) for g in access.grants(text.encode(), "g.csv")] == [
        ("ann", "train", 3),
        ("o'b, x", "read", 6),
    ]


def test_no_grant_is_no_fault_of_the_file() -> None:
    assert access.grants(HEAD.encode(), "g.csv") == ()


def test_approvals() -> None:
    data = f"{APPROVED}data:bank,bo,owner,2026-01-01T00:00:00Z\n".encode()
    expected = (Approval(item="data:bank", principal="bo", role="owner", at="2026-01-01T00:00:00Z"),)
    assert access.approvals(data, "a.csv") == expected
    about = Manifest.model_validate(
        {
            "schema": "governance.manifest/v1",
            "model": {"name": "m", "version": "1"},
            "artifact": {"none": "not here"},
            "lineage": {"sources": [{"id": "bank"}, {"id": "post"}]},
            "environment": {"commit": "4" * 40},
        }
    )
    facts = access.facts(about, (), expected, None)
    assert facts.origin is not None
    assert facts.origin.kind == "declared"
    assert facts.items == ("data:bank", "data:post", f"code:{'4' * 40}")
    assert facts.people is None


def test_a_grant_may_tell_when_it_was_given_and_used() -> None:
    text = "last_used,principal,permission,resource,granted_at\n,ann,train,m,2026-01-01T00:00:00Z\n"
    (grant,) = access.grants(text.encode(), "g.csv")
    assert (grant.granted_at, grant.last_used) == ("2026-01-01T00:00:00Z", None)
    four = f"{USED}bo,read,m,2026-02-01T00:00:00Z\ncy,read,m,\n"
    assert [(g.granted_at, g.last_used) for g in access.grants(four.encode(), "g.csv")] == [
        (None, "2026-02-01T00:00:00Z"),
        (None, None),
    ]


def test_people() -> None:
    text = f"{PEOPLE}ann,active,credit\nbo,left,data\n"
    assert access.people(text.encode(), "p.csv") == (
        Person(principal="ann", status="active", team="credit", line=2),
        Person(principal="bo", status="left", team="data", line=3),
    )
    assert access.people(PEOPLE.encode(), "p.csv") == ()


@pytest.mark.parametrize(
    "read, data, words",
    [
        (access.grants, b"", "empty"),
        (access.grants, b"\n\n", "empty"),
        (access.grants, b"principal,permision,resource\n", "f.csv:1: unknown column"),
        (access.grants, b"principal,permision,resource\n", "did you mean 'permission'?"),
        (access.grants, b"principal;permission;resource\n", "separate cells with commas"),
        (access.grants, b"ann,train,m\n", "unknown column"),
        (access.grants, b"Principal,permission,resource\n", "did you mean 'principal'?"),
        (access.grants, b"principal,permission\nann,train\n", "the column 'resource' is missing"),
        (access.grants, b"principal,permission,resource,principal\n", "twice"),
        (access.grants, b"principal,permission,resource,\n", "unknown column"),
        (access.grants, f"{HEAD}ann,train\n".encode(), "f.csv:2: wrong number of cells"),
        (access.grants, f"{HEAD}a,b,c\nann,train,m,x\n".encode(), "f.csv:3: wrong number of cells"),
        (access.grants, f"{HEAD}ann,,m\n".encode(), "f.csv:2: the cell 'permission' is empty"),
        (access.grants, f"{HEAD}ann,train,  \n".encode(), "the cell 'resource' is empty"),
        (access.grants, f"{HEAD},,\n".encode(), "the cell 'principal' is empty"),
        (access.grants, f"{HEAD}a\0b,train,m\n".encode(), "f.csv:2"),
        (access.grants, f'{HEAD}"a\nb",train,m\n'.encode(), "control character"),
        (access.grants, f"{HEAD}a\x1b[2Jb,train,m\n".encode(), "control character"),
        (access.grants, f'{HEAD}"ann,train,m\n'.encode(), "not CSV"),
        (access.grants, f'{HEAD}"ann"x,train,m\n'.encode(), "f.csv:2: not CSV"),
        (access.grants, f"{HEAD}{'x' * 200_000},train,m\n".encode(), "not CSV"),
        (access.grants, f"{HEAD}ann,train,m\n".encode("utf-16"), "not UTF-8"),
        (access.grants, f"{HEAD}a,b,c\nJosé,train,m\n".encode("latin-1"), "line 3"),
        (access.grants, f"{HEAD}Jose\u0301,train,m\n".encode(), "f.csv:2: text is not in Unicode normal form C"),
        (access.grants, b" " * (tabular.MAX_BYTES + 1), "too large"),
        (access.grants, b"principal,permission,resource,last_use\n", "did you mean 'last_used'?"),
        (access.grants, b"principal,permission,last_used\n", "the column 'resource' is missing"),
        (access.grants, f"{USED}ann,train,m\n".encode(), "f.csv:2: wrong number of cells"),
        (access.grants, f"{USED}ann,train,,2026-01-01T00:00:00Z\n".encode(), "the cell 'resource' is empty"),
        (access.grants, f"{USED}ann,train,m,2026-01-01\n".encode(), "f.csv:2: `last_used` is not a UTC time"),
        (access.grants, f"{USED}ann,train,m,never\n".encode(), "f.csv:2: `last_used` is not a UTC time"),
        (access.people, b"", "empty"),
        (access.people, HEAD.encode(), "unknown column"),
        (access.people, b"principal,status\n", "the column 'team' is missing"),
        (access.people, f"{PEOPLE}ann,Active,t\n".encode(), "f.csv:2: unknown status"),
        (access.people, f"{PEOPLE}ann,away,t\n".encode(), "active or left"),
        (access.people, f"{PEOPLE}ann,active,\n".encode(), "the cell 'team' is empty"),
        (access.people, f"{PEOPLE}ann,active,t\nAnn,left,t\n".encode(), "f.csv:3: a person comes twice"),
        (access.approvals, HEAD.encode(), "unknown column"),
        (access.approvals, f"{APPROVED}data:x,bo,owner,yesterday\n".encode(), "f.csv:2: `at` is not a UTC time"),
        (access.approvals, f"{APPROVED}data:x,bo,owner,2026-02-30T00:00:00Z\n".encode(), "`at` is not a UTC time"),
        (access.approvals, f"{APPROVED}data:x,bo,owner,2026-01-01T00:00:00+02:00\n".encode(), "`at` is not a UTC"),
        (access.approvals, f"{APPROVED}data:x,bo,owner,\n".encode(), "the cell 'at' is empty"),
    ],
    ids=lambda value: repr(value[:50]) if isinstance(value, bytes) else None,
)
def test_refused(read: Callable[..., Any], data: bytes, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(data, "f.csv")
    message = str(caught.value)
    assert message.startswith("f.csv")
    assert words in message
    assert len(message) < 1000


@given(st.text('a,"\n\r \t\0;é', max_size=30))
def test_text_is_read_or_refused(text: str) -> None:
    for use in (access.grants, access.approvals, access.people):
        try:
            found = use(text.encode(), "f.csv")
        except BadInput:
            continue
        pytest.fail(f"there is no header in {text!r}: {found}")


CELL = st.text("ab*:, \"'é", min_size=1, max_size=6).map(str.strip).filter(bool)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=5))
def test_what_is_written_is_read(rows: list[tuple[str, str, str]]) -> None:
    quoted = ['"' + '","'.join(cell.replace('"', '""') for cell in row) + '"\n' for row in rows]
    found = access.grants((HEAD + "".join(quoted)).encode(), "f.csv")
    assert [(g.principal, g.permission, g.resource) for g in found] == rows
    assert [g.line for g in found] == list(range(2, len(rows) + 2))
