"""What nobody should type, in every field of every form: it is refused clearly, or it is text; and many at once."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from tests.operations.project import MANIFEST, NAME, PASSWORD
from tests.web.portal.forms import form_to, parsed, send
from tests.web.portal.test_portal import CASE, decisions

BO = "/people/local%7Cbo"
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'><svg/onload=alert(3)>{{7*7}}${7*7}"
HOSTILE = {
    "markup": MARKUP + "abc\u202edcba\u2066" + "verylongword" * 40,
    "ten thousand": "x" * 10_000,
    "nul": "a\0b",
    "lines": "a\r\nSet-Cookie: a=b\r\n\r\n<b>",
}
# Where each form is found, whose address ends so, and what it needs besides the field that is filled.
FORMS = {
    "act": (CASE, "/acts", {"kind": "comment", "reason": "seen"}),
    "waiver": (f"{CASE}?waive=small%23floor", "/acts", {"reason": "x", "ticket": "T-1", "expires": "2027-02-01"}),
    "token": ("/account", "/account/tokens", {"label": "ci", "days": "9", "scopes": "read", "place": "ci"}),
    "password": ("/account", "/account/password", {"old": PASSWORD, "new": "staple staple", "again": "staple staple"}),
    "invite": ("/people/invite", "/people/invite", {"name": "eve", "roles": "auditor"}),
    "grant": (f"{BO}/grant?role=auditor", "/grant", {}),
    "theme": ("/models", "/theme", {"theme": "dark"}),
}
SIGNED_WITH = {"password", "old", "new", "again"}


def told(project):
    """How many entries the trail has."""
    with project.workspace.open_trail() as store, store.snapshot() as snapshot:
        return snapshot.head().size


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", FORMS)
def test_each_field_of_each_form_is_refused_or_is_text(project, visit, name, text):
    project.check()
    ed = visit("ed")
    at, end, good = FORMS[name]
    form = form_to(ed.get(at), end)
    fields = sorted({*form.fields, *good})
    assert len(fields) > 2
    for field in fields:
        before = told(project)
        project.clock.tick()
        answer = send(ed, form, **(good | {field: text}))
        assert answer.status_code in (201, 303, 400, 403, 404, 409, 422, 429), (field, answer.status_code)
        if answer.status_code >= 400:
            assert told(project) == before, field
        if answer.status_code == 201:
            assert field not in SIGNED_WITH
        assert "set-cookie" not in answer.headers or "a=b" not in answer.headers["set-cookie"]
        for tag, attributes in parsed(answer).tags if answer.text else ():
            assert not [one for one in attributes if one.startswith("on")], (field, tag)
            assert tag not in ("img", "svg") or "onload" not in attributes
        assert not re.search(r"<script>alert|<img src=x", answer.text), field
        if answer.status_code == 303 and field not in SIGNED_WITH:  # done: the form as it is now
            form = form_to(ed.get(at), end) or form


def test_what_is_no_text_is_no_form(project, visit):
    """Lone surrogates, overlong and broken UTF-8, and more fields than any form has."""
    project.check()
    bo, before = visit("bo"), told(project)
    form = form_to(bo.get(CASE), "/acts")
    csrf = f"csrf={form.fields['csrf']}&seen={form.fields['seen']}&kind=comment&password={quote(PASSWORD)}&reason="
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for broken in ("%ED%A0%80", "%C0%AF", "%FF", "x&" + "a=b&" * 500):
        answer = bo.post(form.action, content=csrf + broken, headers=headers)
        assert answer.status_code == 400, broken
        assert "Traceback" not in answer.text
    assert told(project) == before


def test_a_browser_shows_all_of_it_and_runs_none_of_it(project, visit, house, opened):
    """Reasons, tickets, labels, names: no dialog, no complaint of the content policy (see `opened`), no sideways
    scroll."""
    name = MARKUP.replace("'", "''")[:150]
    project.write("governance.yaml", MANIFEST.replace(f"name: {NAME}", f"name: '{name}'"))
    project.check()
    bo = visit("bo")
    listed = bo.get("/?show=denied")
    case = next(one["href"] for _, one in parsed(listed).tags if one.get("href", "").startswith("/cases/"))
    for text in HOSTILE.values():
        project.clock.tick()
        send(bo, form_to(bo.get(case), "/acts"), kind="comment", reason=text)
    waive = form_to(bo.get(f"{case}?waive=small%23floor"), "/acts")
    project.clock.tick()
    typed = {"reason": MARKUP, "ticket": MARKUP, "expires": "2027-02-01", "compensating": "verylongword" * 40}
    assert send(bo, waive, **typed).status_code == 303
    send(bo, form_to(bo.get("/account"), "/account/tokens"), label=MARKUP, days="9", scopes="read", place="ci")
    for scripts in (True, False):
        page = opened(java_script_enabled=scripts)
        page.context.add_cookies([{"name": "governance", "value": house("sqlite").sessions["bo"], "url": page_url(bo)}])
        for path in ("/?show=denied", "/", case, "/models", f"/models/{case.split('/')[2]}", "/trail", "/account"):
            page.set_viewport_size({"width": 360, "height": 900})
            assert page.goto(page_url(bo) + path).status == 200, path
            if scripts:
                wide = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= 360, (path, wide)
                assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0, path


def page_url(client):
    return str(client.base_url).rstrip("/")


@pytest.mark.parametrize("project", ["sqlite", "postgresql"], indirect=True)
def test_of_twenty_who_send_the_same_form_at_once_one_signs(project, visit):
    project.check()
    bo = visit("bo")
    form = form_to(bo.get(CASE), "/acts")
    project.clock.tick()
    clients = [visit("bo") for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda one: send(one, form, kind="reject", reason="at once"), clients))
    # Step-up is slowed down where many try at once; who came after the first is told of what was signed.
    assert {answer.status_code for answer in answers} <= {303, 409, 429}
    assert any(answer.status_code == 303 for answer in answers)
    assert len({answer.headers["location"] for answer in answers if answer.status_code == 303}) == 1
    assert len(decisions(project)) == 2


@pytest.mark.parametrize("project", ["sqlite", "postgresql"], indirect=True)
def test_of_twenty_who_act_differently_at_once_one_wins(project, visit):
    project.check()
    people = [visit(name) for name in ("bo", "ed", "rae", "max") * 5]
    forms = [form_to(one.get(CASE), "/acts") for one in people]
    project.clock.tick()
    said = [f"number {number}" for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda *one: send(one[0], one[1], kind="comment", reason=one[2]), people, forms, said))
    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(303) == 1 and set(codes) <= {303, 409, 429}, codes
    assert len(decisions(project)) == 2
    for answer, words in zip(answers, said, strict=True):
        assert answer.status_code == 303 or words in answer.text  # nothing that was typed is lost


def test_ids_of_somebody_else_are_nobodys(project, visit, house):
    """A token, a session, a case and a decision that are not one's own, in each place where an id goes."""
    project.check()
    bo, di = visit("bo"), visit("di")
    made = send(bo, form_to(bo.get("/account"), "/account/tokens"), label="ci", days="9", scopes="read", place="ci")
    secret = re.search(r"gvt_[\w-]{43}", made.text)[0]
    identifier = re.search(r"/account/tokens/([\w-]+)/revoke", bo.get("/account").text)[1]
    csrf = {"csrf": form_to(di.get("/account"), "/logout").fields["csrf"], "password": PASSWORD}
    said = set()
    for wrong in (identifier, "0" * 36, "x", "%00", "..%2F..", quote("' OR 1=1 --"), "\u202e"):
        answer = di.post(f"/account/tokens/{wrong}/revoke", data=csrf)
        assert answer.status_code in (400, 404, 422), wrong
        said.add(re.sub(r"(?s)<dl.*?</dl>|Request \w+|<form.*?</form>", "", answer.text) if wrong[0] in "0x" else "")
    assert len(said - {""}) == 1
    assert bo.get("/api/v1/models", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    for path in ("/decisions/{}/bundle", "/cases/{}/1.10", f"/cases/{NAME}/{{}}", "/models/{}"):
        for wrong in ("0" * 64, "x", "..%2F..", quote("' OR 1=1 --"), "%E2%80%AE", "a" * 5000):
            assert di.get(path.format(wrong)).status_code in (400, 404, 414, 422, 431), (path, wrong[:20])
    form = form_to(bo.get(CASE), "/acts")
    before = told(project)
    for wrong in ("0" * 64, "x" * 64, decisions(project)[0].upper(), json.dumps(identifier)):
        answer = send(bo, form._replace(fields=form.fields | {"seen": wrong}), kind="reject", reason="kept")
        assert answer.status_code in (409, 422), wrong
        assert "kept" in answer.text
    assert told(project) == before


def test_a_log_in_makes_a_session_of_its_own_and_a_form_ends_with_it(project, visit):
    """Session fixation: what a browser brought along is not what it gets; and what was signed out opens nothing."""
    brought = {"Cookie": f"governance={'A' * 43}"}
    stranger = visit()
    answer = stranger.post("/login", data={"name": "bo", "password": PASSWORD}, headers=brought)
    token = re.search(r"governance=([\w-]{43})", answer.headers["set-cookie"])[1]
    assert token != "A" * 43
    project.check()
    form = form_to(stranger.get(CASE), "/acts")
    send(stranger, form_to(stranger.get("/"), "/logout"))
    assert send(visit("bo"), form, kind="comment", reason="x").status_code == 403  # a form of another session
    thief = visit()
    thief.cookies.set("governance", token)
    assert send(thief, form, kind="comment", reason="x").headers["location"] == "/login"
    assert len(decisions(project)) == 1


@pytest.mark.parametrize(
    "named", ["Host: evil.example", "X-Forwarded-Host: evil.example", "Forwarded: host=evil.example"]
)
def test_an_invitation_leads_here_whatever_host_a_request_names(project, server, visit, named):
    """With the address that the operator gave, the link is that one's."""
    project.settings = project.settings._replace(public_url="https://audit.example")
    workspace = project.at()
    with server.of(workspace):
        ed = visit("ed")
        form = form_to(ed.get("/people/invite"), "/people/invite")
        data = form.fields | {"name": "eve", "roles": "auditor", "password": PASSWORD}
        answer = ed.post(form.action, data=data, headers=dict([named.split(": ")]))
        assert answer.status_code in (201, 400, 403, 421)
        assert "evil.example" not in re.sub(r"(?s)<dl.*?</dl>", "", answer.text)
        if answer.status_code == 201:
            assert "https://audit.example/invitation/" in answer.text


def test_what_fails_behind_a_page_is_in_the_log(project, visit, monkeypatch, caplog):
    from governance.errors import MachineFault
    from governance.operations import desk

    def failing(*_):
        raise MachineFault("no space left", got="/srv/trail.db")

    di = visit("di")
    monkeypatch.setattr(desk, "case_file", failing)
    project.check()
    answer = di.get(CASE)
    assert answer.status_code == 503 and "/srv" not in answer.text
    assert "no space left" in caplog.text and "/srv/trail.db" in caplog.text
