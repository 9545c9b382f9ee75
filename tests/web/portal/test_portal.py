"""The portal as somebody without a browser's help sees it: every page, every form, every refusal."""

import re
from datetime import timedelta

import pytest

from governance.operations.ask import ask_trail
from governance.operations.people import AccountPeople
from governance.policy.outcome import Action
from governance.web.portal import routes_account, routes_cases, routes_records
from tests.operations.project import FLOOR, MANIFEST, NAME, PASSWORD, VERSION
from tests.web.portal.forms import form_to, parsed, send

CASE = f"/cases/{NAME}/{VERSION}"
PAGES = ("/", "/?show=denied", CASE, f"{CASE}?waive=small%23floor", "/models", f"/models/{NAME}", "/trail", "/account")


def act(client, kind, reason="seen and weighed", page=CASE, **typed):
    return send(client, form_to(client.get(page), "/acts"), kind=kind, reason=reason, **typed)


def gate(project):
    trust = AccountPeople(project.workspace).trust()
    return ask_trail(project.workspace, trust, project.artifact(), "prod").answer.action


def decisions(project):
    with project.workspace.open_trail() as store, store.snapshot() as snapshot:
        return [issued.sha256 for issued in snapshot.decisions()]


def routes():
    """(method, path) of every page but those for whoever is not signed in yet."""
    parts = (routes_cases, routes_records, routes_account)
    return [(method, route.path) for part in parts for route in part.router.routes for method in route.methods]


def filled(path):
    values = {"name": NAME, "version": VERSION, "sha256": "0" * 64, "identifier": "x", "path": "x"}
    return re.sub(r"\{(\w+)(:path)?\}", lambda found: values[found[1]], path)


def test_a_stranger_is_sent_to_the_login_from_every_page_and_can_do_nothing(project, visit):
    project.check()
    before = decisions(project)
    stranger = visit()
    for method, path in [*routes(), ("GET", "/x")]:
        answer = stranger.request(method, filled(path), data={"kind": "approve"} if method == "POST" else None)
        assert answer.status_code == 303, (method, path)
        assert answer.headers["location"].startswith("/login"), (method, path)
        assert NAME not in answer.text
    assert len(routes()) > 12
    assert decisions(project) == before


def test_every_page_opens_for_whoever_may_read_and_says_how_it_may_be_kept(project, visit):
    project.check()
    di = visit("di")
    for path in PAGES:
        answer = di.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "no-store"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        for tag, attributes in parsed(answer).tags:
            assert "style" not in attributes, (path, tag)
            assert not [name for name in attributes if name.startswith("on")], (path, tag)
            assert tag != "script" or attributes["src"].startswith("/static/"), path


def test_an_auditor_sees_no_form_of_a_decision_and_is_refused_one(project, visit):
    project.check()
    di, bo = visit("di"), visit("bo")
    page = di.get(CASE)
    assert set(re.findall(r'name="kind" value="(\w+)"', page.text)) == {"comment"}
    assert "to approve takes the role approver" in page.text
    form = form_to(bo.get(CASE), "/acts")
    own = form_to(page, "/acts")
    for kind in ("approve", "reject", "waive"):
        typed = {"waive": FLOOR, "ticket": "T-1", "expires": "2027-02-01"} if kind == "waive" else {}
        answer = send(di, form._replace(fields=form.fields | own.fields), kind=kind, reason="let me", **typed)
        assert answer.status_code == 403, kind
        assert "approver" in answer.text and "let me" in answer.text
    assert len(decisions(project)) == 1


def test_the_submitter_is_told_that_somebody_else_must_answer(project, visit):
    project.check()
    ann = visit("ann")
    assert NAME in ann.get("/").text  # to put up another version
    assert set(re.findall(r'name="kind" value="(\w+)"', ann.get(CASE).text)) == {"comment"}


def test_from_denied_to_allowed_by_a_waiver_and_an_approval(project, visit):
    project.check()
    bo = visit("bo")
    assert gate(project) is Action.DENY
    waive = form_to(bo.get(f"{CASE}?waive=small%23floor"), "/acts")
    project.clock.tick()
    answer = send(bo, waive, reason="pilot", ticket="RISK-7", expires="2027-02-01")
    assert answer.status_code == 303
    digest = decisions(project)[-1]
    # The case itself is what waits now: its digest still wants an answer.
    assert answer.headers["location"] == f"{CASE}?sealed={digest}"
    confirmed = bo.get(answer.headers["location"])
    assert "Signed and sealed" in confirmed.text and digest in confirmed.text
    assert gate(project) is Action.NEEDS_REVIEW
    project.clock.tick()
    answer = act(bo, "approve")
    assert answer.headers["location"] == f"/?sealed={decisions(project)[-1]}"
    assert "Signed and sealed" in bo.get(answer.headers["location"]).text
    assert gate(project) is Action.ALLOW


def test_a_stale_act_signs_nothing_keeps_the_text_and_says_what_changed(project, visit):
    project.check()
    bo, ed = visit("bo"), visit("ed")
    form = form_to(bo.get(CASE), "/acts")
    project.clock.tick()
    waive = form_to(ed.get(f"{CASE}?waive=small%23floor"), "/acts")
    assert send(ed, waive, reason="pilot", ticket="RISK-7", expires="2027-02-01").status_code == 303
    before = decisions(project)
    typed = "  \nfirst line\nsecond <b>line</b> & \u202e\u00e9"
    answer = send(bo, form, kind="reject", reason=typed)
    assert answer.status_code == 409
    assert decisions(project) == before
    assert "first line\nsecond &lt;b&gt;line&lt;/b&gt; &amp; \u202e\u00e9" in answer.text
    assert "waive by local|ed (approver)" in answer.text
    assert "has changed since you looked at it" in answer.text and "failed" in answer.text and "waived" in answer.text
    again = form_to(answer, "/acts")
    assert again.fields["seen"] == before[-1]
    project.clock.tick()
    assert send(bo, again, kind="reject", reason=typed).status_code == 303


def test_a_form_that_is_sent_twice_is_signed_once(project, visit):
    project.check()
    bo = visit("bo")
    form = form_to(bo.get(CASE), "/acts")
    project.clock.tick()
    first = send(bo, form, kind="comment", reason="noted")
    second = send(bo, form, kind="comment", reason="noted")
    assert (first.status_code, first.headers["location"]) == (second.status_code, second.headers["location"])
    assert len(decisions(project)) == 2
    assert send(bo, form, kind="comment", reason="noted otherwise").status_code == 409


def test_a_wrong_password_signs_nothing_and_keeps_the_text(project, visit):
    project.check()
    bo = visit("bo")
    answer = send(bo, form_to(bo.get(CASE), "/acts"), kind="approve", reason="typed once", password="not it at all")
    assert answer.status_code == 403
    assert "typed once" in answer.text and "Nothing was signed" in answer.text
    assert PASSWORD not in answer.text and "not it at all" not in answer.text
    assert len(decisions(project)) == 1


FAULTS = (
    {"expires": ""},
    {"expires": "tomorrow"},
    {"expires": "2026-01-01"},
    {"ticket": " "},
    {"groups": "{"},
    {"groups": '"ab"'},
    {"groups": "[[1]]"},
    {"no_worse_than": "good"},
    {"waive": "small#nothing"},
    {"reason": ""},
    {"reason": "x" * 10_001},
    {"seen": ""},
    {"kind": "allow"},
)


@pytest.mark.parametrize("typed", FAULTS, ids=lambda typed: ascii(typed)[:30])
def test_a_waiver_with_a_fault_in_it_is_refused_and_nothing_is_lost(project, visit, typed):
    project.check()
    bo = visit("bo")
    form = form_to(bo.get(f"{CASE}?waive=small%23floor"), "/acts")
    good = {"reason": "a pilot with forty users", "ticket": "RISK-7", "expires": "2027-02-01"}
    answer = send(bo, form, **(good | typed))
    assert answer.status_code == 422
    assert typed.get("reason", "a pilot with forty users") in answer.text
    assert len(decisions(project)) == 1


HOSTILE = {
    "markup": "<script>alert(1)</script>",
    "attribute": '" autofocus onfocus="alert(1)',
    "template": "{{ 7 * 7 }}{% raw %}",
    "path": "../../login?to=//evil.example",
    "slash": "team/model",
    "long": "m" * 200,
    "entity": "&lt;b&gt;",
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_whatever_a_name_holds_it_is_text_and_leads_to_its_own_case(project, visit, name):
    quoted = name.replace("'", "''")
    project.write("governance.yaml", MANIFEST.replace(f"name: {NAME}", f"name: '{quoted}'"))
    project.check()
    bo = visit("bo")
    for path in ("/?show=denied", "/models", "/trail"):
        page = bo.get(path)
        for _, attributes in parsed(page).tags:
            assert not [found for found in attributes if found.startswith("on")]
        assert "<script>alert" not in page.text and "49" not in re.findall(r">(\d+)<", page.text)
    listed = bo.get("/?show=denied")
    case = next(attributes["href"] for _, attributes in parsed(listed).tags if attributes.get("class") == "case-name")
    assert form_to(bo.get(case), "/acts") is not None
    project.clock.tick()
    assert act(bo, "comment", page=case).status_code == 303


def test_whatever_a_reason_holds_it_is_text(project, visit):
    project.check()
    bo = visit("bo")
    for reason in (*HOSTILE.values(), "abc\u202edcba", "a\0b", "x" * 10_000):
        project.clock.tick()
        assert act(bo, "comment", reason=reason).status_code == 303, reason
    page = bo.get(CASE)
    assert "&lt;script&gt;alert(1)" in page.text and "<script>alert" not in page.text
    assert "abc&lt;U+202E&gt;dcba" in page.text and "\u202e" not in page.text
    assert "a&lt;U+0000&gt;b" in page.text and "\0" not in page.text


@pytest.mark.parametrize("path", ["/cases/no/1", "/models/no", "/decisions/no/bundle", "/nothing", "/cases/%00/1"])
def test_what_is_not_there_is_a_page_that_says_so(project, visit, path):
    answer = visit("di").get(path)
    assert answer.status_code in (400, 404)
    assert "Traceback" not in answer.text


def test_a_form_of_another_site_or_session_is_refused(project, visit):
    project.check()
    bo = visit("bo")
    form = form_to(bo.get(CASE), "/acts")
    stolen = form._replace(fields=form.fields | {"csrf": form_to(visit("ed").get(CASE), "/acts").fields["csrf"]})
    none = form._replace(fields={name: value for name, value in form.fields.items() if name != "csrf"})
    for each in (stolen, none):
        assert send(bo, each, kind="approve", reason="x").status_code == 403
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        data = form.fields | {"kind": "approve", "reason": "x", "password": PASSWORD}
        assert bo.post(form.action, data=data, headers=headers).status_code == 403
    assert len(decisions(project)) == 1


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "/\tx", ""])
def test_a_login_leads_nowhere_else(project, visit, to):
    answer = visit().post("/login", data={"name": "bo", "password": PASSWORD, "to": to})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_login_leads_back_to_where_it_was_asked_for(project, visit):
    project.check()
    stranger = visit()
    login = stranger.get(stranger.get(CASE).headers["location"])
    answer = send(stranger, form_to(login, "/login"), name="bo")
    assert answer.headers["location"] == CASE
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie


def test_a_login_that_fails_says_no_more_than_that_and_in_the_end_waits(project, visit):
    stranger = visit()
    said = set()
    for name in ("bo", "nobody"):
        answer = stranger.post("/login", data={"name": name, "password": "wrong one"})
        assert answer.status_code == 403
        said.add(answer.text.replace(f'value="{name}"', "NAME"))
    assert len(said) == 1
    answers = [stranger.post("/login", data={"name": "bo", "password": "wrong one"}) for _ in range(12)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


def test_logging_out_ends_the_session_on_the_server(project, visit):
    bo = visit("bo")
    kept = dict(bo.cookies)
    page = bo.get("/")
    assert send(bo, form_to(page, "/logout")).headers["location"] == "/login"
    again = visit()
    again.cookies.update(kept)
    assert again.get("/").status_code == 303


def test_a_session_ends_when_nobody_comes(project, visit):
    bo = visit("bo")
    assert bo.get("/").status_code == 200
    project.clock.now += timedelta(minutes=31)
    assert bo.get("/").status_code == 303


def test_a_token_is_shown_once_and_can_be_revoked(project, visit):
    bo = visit("bo")
    project.clock.tick()  # the newest stands first
    form = form_to(bo.get("/account"), "/account/tokens")
    assert send(bo, form, label="ci", days="30").status_code == 422
    made = send(bo, form, label="<i>ci", days="30", scopes="read")
    assert made.status_code == 201
    secret = re.search(r"gvt_[\w-]{43}", made.text)[0]
    assert bo.get("/api/v1/models", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    page = bo.get("/account")
    assert secret not in page.text and "&lt;i&gt;ci" in page.text
    assert send(bo, form_to(page, "/revoke")).status_code == 303
    assert bo.get("/api/v1/models", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_an_invitation_is_opened_once(project, visit):
    from governance.operations.accounts import invite
    from governance.operations.caller import Operator

    token = invite(project.workspace, "fay", ("reviewer",), Operator()).token
    stranger = visit()
    form = form_to(stranger.get(f"/invitation/{token}"), token)
    assert send(stranger, form, again="something else").status_code == 422
    assert send(stranger, form, again=PASSWORD).headers["location"] == "/login?set&name=fay"
    assert stranger.get(f"/invitation/{token}").status_code == 403
    assert visit("fay").get("/").status_code == 200


def test_colours_are_a_choice_that_is_kept(project, visit):
    stranger = visit()
    form = form_to(stranger.get("/login"), "/theme")
    assert send(stranger, form, theme="dark").headers["location"] == "/login"
    assert 'data-theme="dark"' in stranger.get("/login").text
    send(stranger, form, theme='"><script>')
    assert 'data-theme="auto"' in stranger.get("/login").text


def test_the_trail_is_verified_on_the_page_and_handed_out(project, visit):
    project.check()
    di = visit("di")
    page = di.get("/trail")
    assert "Every entry holds" in send(di, form_to(page, "/trail")).text
    assert di.get("/trail/checkpoint").text.startswith(project.origin)
    bundle = di.get(f"/decisions/{decisions(project)[-1]}/bundle")
    assert bundle.json()["schema"] == "governance.bundle/v1"
    assert "attachment" in bundle.headers["content-disposition"]


def test_the_pdf_is_made_from_what_people_with_accounts_signed(project, visit):
    pytest.importorskip("reportlab")
    project.check()
    bo = visit("bo")
    project.clock.tick()
    act(bo, "comment")
    answer = send(bo, form_to(bo.get(CASE), "/report"))
    assert answer.status_code == 200 and answer.content.startswith(b"%PDF-")
