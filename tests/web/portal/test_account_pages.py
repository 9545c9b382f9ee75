"""One's own account, as its owner sees it."""

import re

import pytest

from governance.operations.sessions import step_up
from governance.permissions import TABLE
from governance.trail.entry import EntryType
from governance.trail.person import PersonRecord
from tests.operations.project import NAME, PASSWORD, VERSION
from tests.web.portal.forms import form_to, send

NEW = "four plain words together"


def told(project):
    """The types of the entries about people, and what the last one says."""
    with project.workspace.open_trail() as store, store.snapshot() as snapshot:
        found = [one for one in snapshot.entries() if one.entry.type.startswith("person:")]
        last = snapshot.documents_of(found[-1].index)[0].data
        return [one.entry.type for one in found], last


def change(client, **typed):
    return send(
        client, form_to(client.get("/account"), "/password"), **({"old": PASSWORD, "new": NEW, "again": NEW} | typed)
    )


def test_a_new_password_opens_the_same_key_and_ends_the_other_sessions(project, visit):
    bo, elsewhere = visit("bo", anew=True), visit("bo", anew=True)
    before = step_up(project.workspace, "local|bo", PASSWORD).public_key
    shown = re.search(r'<code class="digest">([0-9a-f]{64})</code>', bo.get("/account").text)[1]
    answer = change(bo)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=password#password")
    page = bo.get(answer.headers["location"])
    assert "The password is changed" in page.text and shown in page.text
    assert elsewhere.get("/").status_code == 303
    assert step_up(project.workspace, "local|bo", NEW).public_key == before
    types, last = told(project)
    assert types[-1] is EntryType.PASSWORD_CHANGED
    assert PersonRecord.from_bytes(last).principal == "local|bo"
    project.trail()
    assert visit().post("/login", data={"name": "bo", "password": PASSWORD}).status_code == 403
    assert visit().post("/login", data={"name": "bo", "password": NEW}).status_code == 303


def test_after_it_the_new_password_signs(project, visit):
    project.check()
    bo = visit("bo", anew=True)
    change(bo)
    project.clock.tick()
    form = form_to(bo.get(f"/cases/{NAME}/{VERSION}"), "/acts")
    assert send(bo, form, kind="comment", reason="seen").status_code == 403
    assert send(bo, form, kind="comment", reason="seen", password=NEW).status_code == 303


@pytest.mark.parametrize("typed, status, said", [
    ({"again": "four plain words apart"}, 422, "not the same"),
    ({"new": "brief one", "again": "brief one"}, 422, "at least 12"),
    ({"new": PASSWORD, "again": PASSWORD}, 422, "is the old one"),
    ({"old": "not it at all, no"}, 403, "Wrong password"),
], ids=["again", "short", "same", "old"])  # fmt: skip
def test_a_password_that_cannot_be_changed_stays(project, visit, typed, status, said):
    bo = visit("bo", anew=True)
    before, _ = told(project)
    answer = change(bo, **typed)
    assert answer.status_code == status
    assert said in answer.text and "Nothing was changed" in answer.text
    assert not [secret for secret in {*typed.values(), NEW} if secret in answer.text]
    assert told(project)[0] == before
    assert step_up(project.workspace, "local|bo", PASSWORD)


def test_guessing_the_old_password_has_to_wait(visit):
    bo = visit("bo", anew=True)
    answers = [change(bo, old=f"not it at all, {number}") for number in range(7)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "Wait" in answers[-1].text
    assert change(bo).status_code == 429


def sessions_of(page):
    """Where each session is ended; the one that looks last."""
    ends = re.findall(r'action="(/account/sessions/[0-9a-f]{64}/end)"', page.text)
    own = re.search(r'action="([^"]+)"><input[^>]*><button[^>]*>End<span[^>]*>[^<]*this one', page.text)[1]
    return sorted(ends, key=lambda end: end == own)


def test_sessions_are_ended_one_by_one_or_all_others_at_once(visit):
    here, there, elsewhere = (visit("bo", anew=True) for _ in range(3))
    before = sessions_of(here.get("/account"))
    assert send(here, form_to(here.get("/account"), before[0])).status_code == 303
    left = sessions_of(here.get("/account"))
    assert left == before[1:]
    assert send(here, form_to(here.get("/account"), "/account/sessions")).status_code == 303
    assert sessions_of(here.get("/account")) == before[-1:]
    assert [one.get("/").status_code for one in (there, elsewhere, here)] == [303, 303, 200]
    assert send(here, form_to(here.get("/account"), before[-1])).headers["location"] == "/login"
    assert here.get("/").status_code == 303


def test_nobody_ends_somebody_elses_session(visit):
    bo, ed = visit("bo", anew=True), visit("ed", anew=True)
    theirs = form_to(ed.get("/account"), "/end")
    mine = form_to(bo.get("/account"), "/end")
    assert send(bo, mine._replace(action=theirs.action)).status_code == 303
    assert ed.get("/").status_code == 200


def test_a_token_says_where_its_evidence_comes_from(visit):
    bo = visit("bo")
    form = form_to(bo.get("/account"), "/account/tokens")
    good = {"label": "a laptop", "days": "30", "scopes": "submit", "place": "local"}
    for fault in ({"place": "service"}, {"days": "0"}, {"days": "366"}, {"scopes": "admin"}, {"label": " "}):
        answer = send(bo, form, **(good | fault))
        assert answer.status_code == 422 and "gvt_" not in answer.text, fault
    made = send(bo, form, **good)
    assert made.status_code == 201
    secret = re.search(r"gvt_[\w-]{43}", made.text)[0]
    me = bo.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).json()
    assert me["place"] == "local" and me["scopes"] == ["submit"]


@pytest.mark.parametrize("name", ["ann", "di", "ed"])
def test_what_one_may_do_is_said_with_the_reason_why_not(visit, name):
    page = visit(name).get("/account").text
    yes, no = page.count('class="right-yes"'), page.count('class="right-no"')
    roles = {"ann": ("submitter",), "di": ("auditor",), "ed": ("approver", "admin")}[name]
    assert yes == sum(1 for row in TABLE.values() if set(row.roles) & set(roles))
    assert yes + no == len(TABLE)
    assert page.count("takes the role") == no
