"""What an admin sees to: asked about first, under their own password, in the trail, and never about themselves."""

import re

import pytest

from governance.operations import accounts
from governance.operations.caller import Operator
from governance.permissions import Does, may
from tests.operations.project import PASSWORD
from tests.web.portal.forms import form_to, send

BO, ED, ANN = "/people/local%7Cbo", "/people/local%7Ced", "/people/local%7Cann"


def told(project):
    """(type, principal) of the entries about people."""
    with project.workspace.open_trail() as store, store.snapshot() as snapshot:
        return [
            (one.entry.type.value, snapshot.principal(one.entry.actor))
            for one in snapshot.entries()
            if one.entry.type.startswith("person:")
        ]


def roles(project, name):
    found = {one.principal: one for one in accounts.list_accounts(project.workspace, Operator())}
    return found[f"local|{name}"].roles


def step(client, at, **typed):
    page = client.get(at)
    assert page.status_code == 200
    return send(client, form_to(page, at.partition("?")[0]), **typed)


@pytest.mark.parametrize("name", ["ann", "bo", "di"])
def test_who_is_no_admin_is_told_why_and_sees_nobody(visit, name):
    client = visit(name)
    assert ">People<" not in client.get("/").text
    for at in ("/people", "/people/invite", BO, f"{BO}/disable", f"{BO}/grant?role=admin", f"{BO}/link"):
        answer = client.get(at)
        assert answer.status_code == 403, at
        assert "takes the role admin" in answer.text and "local|gus" not in answer.text
    csrf = form_to(client.get("/account"), "/logout").fields["csrf"]
    for at in (f"{BO}/disable", f"{BO}/grant", f"{BO}/link", "/people/invite"):
        typed = {"csrf": csrf, "password": PASSWORD, "role": "admin", "name": "eve", "roles": "admin"}
        assert client.post(at, data=typed).status_code == 403, at


def test_everybody_is_listed_with_state_roles_key_and_last_sign_in(project, visit):
    page = visit("ed").get("/people")
    assert page.text.count("<tr>") == 11
    assert re.search(r"gus.*?disabled", page.text, re.S) and re.search(r"nia.*?no role", page.text, re.S)
    assert "never" not in page.text.partition("gus")[0]
    found = visit("ed").get("/people?q=AUDIT")
    assert ">di<" in found.text and ">bo<" not in found.text
    assert "Nobody is called that" in visit("ed").get("/people?q=zz").text


def test_a_role_is_granted_and_revoked_and_the_trail_says_by_whom(project, visit):
    al = visit("al")
    assert "As auditor, bo may from now on" in al.get(f"{BO}/grant?role=auditor").text
    before = told(project)
    answer = step(al, f"{BO}/grant?role=auditor", reason="second pair of eyes")
    assert answer.headers["location"] == f"{BO}?done=grant"
    assert "The role is granted" in al.get(answer.headers["location"]).text
    assert roles(project, "bo") == ("approver", "auditor")
    assert told(project) == [*before, ("person:role:granted", "local|al")]
    project.clock.tick()
    assert step(al, f"{BO}/revoke?role=auditor").status_code == 303
    assert roles(project, "bo") == ("approver",)
    assert told(project)[-1] == ("person:role:revoked", "local|al")
    project.trail()


@pytest.mark.parametrize("at", [
    f"{BO}/grant?role=auditor", f"{BO}/revoke?role=approver", f"{BO}/disable", f"{BO}/link",
])  # fmt: skip
def test_without_the_admins_own_password_nothing_happens(project, visit, at):
    al = visit("al")
    before = told(project)
    answer = step(al, at, password="not it at all, no", reason="kept <b>")
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.text and "kept &lt;b&gt;" in answer.text
    assert "not it at all" not in answer.text
    assert told(project) == before and roles(project, "bo") == ("approver",)


def test_guessing_the_admins_password_has_to_wait(visit):
    al = visit("al")
    answers = [step(al, f"{BO}/disable", password=f"not it at all, {number}") for number in range(7)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


def test_who_is_disabled_is_out_at_once(project, visit):
    al, bo = visit("al"), visit("bo", anew=True)
    assert step(al, f"{BO}/disable", reason="left").status_code == 303
    assert bo.get("/").status_code == 303
    page = al.get(BO)
    assert "Disable the account" not in page.text and "Invite again" in page.text
    assert "the account is disabled" in page.text
    assert told(project)[-1] == ("person:account:disabled", "local|al")
    project.trail()


def test_an_admin_does_nothing_to_themselves_and_so_the_last_one_stays(project, visit):
    al, ed = visit("al"), visit("ed")
    own = al.get("/people/local%7Cal")
    assert "not for one&#39;s own account; ask another admin" in own.text
    for at in ("grant?role=approver", "revoke?role=admin", "disable", "link"):
        path = f"/people/local%7Cal/{at}"
        page = al.get(path)
        assert "This is not yours to do" in page.text and form_to(page, path.partition("?")[0]) is None
        csrf = form_to(page, "/logout").fields["csrf"]
        role = at.partition("role=")[2]
        sent = {"csrf": csrf, "password": PASSWORD, "role": role}
        assert al.post(path.partition("?")[0], data=sent).status_code == 403, at
    # One after the other takes the others' role; nobody is left who could take the last one's.
    for path in (f"{ED}/revoke?role=admin", "/people/local%7Cmax/revoke?role=admin"):
        project.clock.tick()
        assert step(al, path).status_code == 303
    assert ed.get("/people").status_code == 403
    assert [one.principal for one in accounts.list_accounts(project.workspace, Operator()) if "admin" in one.roles] == [
        "local|al"
    ]
    assert not may(Does.DISABLE, "local|al", ("admin",), to="local|al").allowed


def test_somebody_is_invited_by_a_link_that_is_shown_once(project, visit):
    al = visit("al")
    form = form_to(al.get("/people/invite"), "/people/invite")
    for fault in (
        {"name": ""},
        {"name": "a b|c"},
        {"roles": ""},
        {"roles": "king"},
        {"name": "bo", "roles": "auditor"},
    ):
        answer = send(al, form, **({"name": "fay", "roles": "reviewer"} | fault))
        assert answer.status_code == 422 and "/invitation/" not in answer.text, fault
    made = send(al, form, name="fay", roles="reviewer")
    assert made.status_code == 201
    link = re.search(r"/invitation/[\w-]{43}", made.text)[0]
    listed = al.get("/people?q=fay")
    assert "invited" in listed.text and link not in listed.text
    stranger = visit()
    assert send(stranger, form_to(stranger.get(link), link), again=PASSWORD).status_code == 303
    assert roles(project, "fay") == ("reviewer",)


def test_who_lost_the_password_gets_a_new_key_and_what_was_signed_stays_valid(project, visit):
    project.check()
    bo, al = visit("bo", anew=True), visit("al")
    project.clock.tick()
    case = bo.get("/?show=all")
    at = re.search(r'href="(/cases/[^"]+)"', case.text)[1]
    assert send(bo, form_to(bo.get(at), "/acts"), kind="comment", reason="seen").status_code == 303
    before = {one.principal: one.key for one in accounts.list_accounts(project.workspace, Operator())}
    page = al.get(f"{BO}/link")
    assert "What they signed with the old key stays valid" in page.text and 'name="roles"' not in page.text
    project.clock.tick()
    link = re.search(r"/invitation/[\w-]{43}", step(al, f"{BO}/link").text)[0]
    stranger = visit()
    project.clock.tick()
    assert send(stranger, form_to(stranger.get(link), link), again=PASSWORD).status_code == 303
    after = {one.principal: one.key for one in accounts.list_accounts(project.workspace, Operator())}
    assert after["local|bo"] != before["local|bo"] and roles(project, "bo") == ("approver",)
    assert bo.get("/").status_code == 303
    project.trail()


def test_a_disabled_person_is_invited_again_with_roles(project, visit):
    al, gus = visit("al"), "/people/local%7Cgus"
    assert 'name="roles"' in al.get(f"{gus}/link").text
    assert step(al, f"{gus}/link").status_code == 422
    assert step(al, f"{gus}/link", roles="reviewer").status_code == 201


def test_somebodys_token_is_revoked(project, visit):
    ann, al = visit("ann"), visit("al")
    project.clock.tick()  # the newest stands first
    made = send(ann, form_to(ann.get("/account"), "/account/tokens"), label="ci", days="30", scopes="read")
    secret = re.search(r"gvt_[\w-]{43}", made.text)[0]
    page = al.get(ANN)
    assert secret not in page.text
    at = re.search(r'href="(/people/local%7Cann/token\?id=[^"]+)"', page.text)[1]
    assert "is refused at once and for good" in al.get(at).text
    project.clock.tick()
    assert step(al, at).headers["location"] == f"{ANN}?done=token"
    assert ann.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert al.get(f"{BO}/token?id={at.partition('id=')[2]}").status_code == 404


@pytest.mark.parametrize("at", ["/people/local%7Cnobody", f"{BO}/grant?role=king", f"{BO}/token?id=x", f"{BO}/crown"])
def test_what_is_not_there_is_said_to_be_so(visit, at):
    answer = visit("al").get(at)
    assert answer.status_code == 404 and "Traceback" not in answer.text


def test_a_step_of_another_session_is_refused(project, visit):
    al, ed = visit("al"), visit("ed")
    form = form_to(al.get(f"{BO}/disable"), "/disable")
    theirs = form_to(ed.get(f"{BO}/disable"), "/disable").fields["csrf"]
    assert send(al, form, csrf=theirs).status_code == 403
    assert (
        al.post(
            form.action, data=form.fields | {"password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
        ).status_code
        == 403
    )
    assert roles(project, "bo") == ("approver",)
