"""Whoever can write to the service's database, but holds no key: what is answered is what the log vouches for."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from governance.canonical import sha256
from governance.trail.entry import commitment
from tests.web.api.serving import Serving, on_a_file

pytestmark = on_a_file
NEVER = bytes(32)
"""A salt."""


@pytest.fixture
def sql(serving: Serving) -> Iterator[Any]:
    """Write past the triggers. What these tables held before the first word is put back in the end."""
    with closing(sqlite3.connect(serving.workspace.trail_path)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        before: dict[str, list[tuple[Any, ...]]] = {}

        def written(statement: str, *values: object) -> None:
            for table in ("reference", "idempotency", "document"):
                before.setdefault(table, connection.execute(f"SELECT * FROM {table}").fetchall())
            with connection:
                for name, _ in triggers:
                    connection.execute(f"DROP TRIGGER {name}")
                assert connection.execute(statement, values).rowcount == 1
                for _, text in triggers:
                    connection.execute(text)

        yield written
        with connection:
            for name, _ in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            for table, rows in before.items():
                connection.execute(f"DELETE FROM {table}")
                for row in rows:
                    connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
            for _, text in triggers:
                connection.execute(text)


def forged(serving: Serving, sql: Any, like: dict[str, Any], kind: str = "governance.decision/v1") -> str:
    """The digest of a decision that nobody made, as it lies among the documents."""
    with serving.client("di") as client:
        real = client.get(f"/decisions/{sha256_of(client, like)}").content
    made = real.replace(b'"prod":"deny"', b'"prod":"allow"')
    assert made != real
    sql("INSERT INTO document VALUES (?, ?, ?, ?, ?)", sha256(made), kind, NEVER, commitment(NEVER, made), made)
    return sha256(made)


def sha256_of(client: Any, decision: dict[str, Any]) -> str:
    subject = decision["subject"]
    lines = client.get("/decisions", params={"name": subject["name"], "version": subject["version"]}).json()
    return str(lines["decisions"][0]["decision"])


@pytest.mark.parametrize("referred", [False, True], ids=["lies there", "an entry is made to refer to it"])
def test_a_decision_that_nobody_made(serving: Serving, sql: Any, referred: bool) -> None:
    """Before: it was answered as "the decision, byte for byte as it was signed"."""
    case = serving.submitted()
    digest = forged(serving, sql, case.decision)
    if referred:
        sql("UPDATE reference SET document = ? WHERE document = ?", digest, case.sha256)
    with serving.client("di") as client:
        answer = client.get(f"/decisions/{digest}")
    assert (answer.status_code, answer.json()["verdict"]) == (500, "TAMPERED")


@pytest.mark.parametrize("with_what", ["forged", "another", "of-cy"])
def test_an_answer_that_was_not_given(serving: Serving, sql: Any, with_what: str) -> None:
    """Before: whoever repeated a request was told whatever stood in the table."""
    other = serving.submitted("cy", **{"Idempotency-Key": with_what})
    submission = serving.submission("ann")
    with serving.client("ann") as client:
        first = client.post("/evidence", files=submission.files, headers={"Idempotency-Key": with_what})
        there = f"principal = 'local|ann' AND key = '{with_what}'"
        if with_what == "of-cy":
            theirs = "SELECT body FROM idempotency WHERE principal = 'local|cy' AND key = 'of-cy'"
            sql(f"UPDATE idempotency SET body = ({theirs}) WHERE {there}")
        else:
            digest = other.sha256 if with_what == "another" else forged(serving, sql, first.json())
            old = sha256(first.content).encode()
            sql(f"UPDATE idempotency SET body = CAST(replace(body, ?, ?) AS BLOB) WHERE {there}", old, digest.encode())
        again = client.post("/evidence", files=submission.files, headers={"Idempotency-Key": with_what})
    assert (again.status_code, again.json()["verdict"]) == (500, "TAMPERED")


def test_a_report_that_nobody_drew(serving: Serving, sql: Any) -> None:
    """Before: the PDF that the table named was handed out as the one that was recorded."""
    case = serving.submitted()
    with serving.client("di") as client:
        pdf = client.get(f"/decisions/{case.sha256}/report").content
        made = pdf + b"% allowed"
        sql(
            "INSERT INTO document VALUES (?, 'governance.report/pdf', ?, ?, ?)",
            *(sha256(made), NEVER, commitment(NEVER, made), made),
        )
        sql("UPDATE reference SET document = ? WHERE document = ?", sha256(made), sha256(pdf))
        answer = client.get(f"/decisions/{case.sha256}/report")
    assert (answer.status_code, answer.json()["verdict"]) == (500, "TAMPERED")


def test_of_many_who_ask_for_a_report_at_once_all_get_one(serving: Serving) -> None:
    """Before: each of them added one to the trail."""
    case = serving.submitted()
    with serving.client("di") as client, ThreadPoolExecutor(6) as several:
        before = size(client)
        pdfs = set(several.map(lambda _: client.get(f"/decisions/{case.sha256}/report").content, range(6)))
        assert (len(pdfs), size(client)) == (1, before + 1)


def size(client: Any) -> int:
    return int(client.get("/trail/checkpoint").text.splitlines()[1])
