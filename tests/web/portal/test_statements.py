"""What no machine can check, on the page of a case: read, signed, taken back, and found by who may."""

import re
from datetime import timedelta
from html import unescape

import pytest

from governance.canonical import instant
from governance.operations.desk import Shown
from governance.operations.people import AccountPeople
from governance.operations.review import act
from governance.operations.sealing import read_acts, read_decision
from governance.policy.attesting import Stating
from governance.policy.outcome import Action, Outcome
from tests.operations.project import NAME, PASSWORD, VERSION
from tests.web.portal.cases import Cases
from tests.web.portal.clinic import read
from tests.web.portal.forms import parsed
from tests.web.portal.test_browser import signed_in, violations
from tests.web.portal.test_portal import CASE
from tests.web.portal.test_waiting import listed, on_the_desk

STOP, ASSESSED, TOLD = "law#stop", "law#assessed", "law#told"
WORDS = "A named person can stop the model at any time, and <b>has done so</b> in a drill."
POLICY = f"""\
schema: governance.policy/v1
id: law
version: 1.0.0
in_force: {{from: 2026-01-01T00:00:00Z}}
environments: [prod]
valid_for: 90
rules:
  - id: stop
    title: Somebody can stop it
    uses: attestation.signed@1
    with: {{statement: "{WORDS}", roles: [auditor, approver], days: 60, covers: patch}}
    enforcement: {{default: deny}}
  - id: assessed
    title: Its impact was assessed
    uses: attestation.signed@1
    with: {{statement: "Its impact on people was assessed.", roles: [approver], days: 365}}
    enforcement: {{default: review}}
  - id: told
    title: People are told
    uses: attestation.signed@1
    with: {{statement: "Whom it decides about is told so.", roles: [auditor, reviewer], days: 90}}
    enforcement: {{default: review}}
"""


@pytest.fixture
def put(project):
    project.write("policy.yaml", POLICY)
    return Cases(project).put


@pytest.fixture
def case(put, project):
    put()
    project.clock.tick()
    return project


def form(page):
    """The fields of the form for statements as they are on a page, and the findings that could be ticked."""
    found = re.search(r'id="statements".*?</form>', page.text, re.S)
    if found is None:
        return None, []
    fields = next(one.fields for one in parsed(page).forms if one.fields.get("kind") == "attest")
    return fields, re.findall(r'name="statements" value="([^"]+)"', found[0])


def send(client, fields, *keys, holds="so", expires="2027-02-01", reason="the drill of 3 December", **more):
    typed = {"statements": list(keys), "holds": holds, "expires": expires, "reason": reason, "password": PASSWORD}
    return client.post(f"{CASE}/acts", data=fields | typed | more)


def decided(project):
    with project.workspace.open_trail() as store, store.snapshot() as snapshot:
        issued = snapshot.latest_decision(name=NAME, version=VERSION)
        decision = read_decision(snapshot, issued.sha256)
        return decision, read_acts(snapshot, decision.acts)


def outcomes(project):
    return {one.key: one.outcome for one in decided(project)[0].findings}


@pytest.mark.parametrize("project", ["sqlite", "postgresql"], indirect=True)
def test_many_statements_are_one_act(case, visit):
    di = visit("di")
    page = di.get(CASE)
    fields, there = form(page)
    assert there == [STOP, TOLD]
    assert not [name for name in fields if name in ("statements", "holds")] and fields["expires"] == ""
    assert unescape(page.text).count(WORDS) == 2 and WORDS not in page.text  # in the finding, and where it is signed
    assert send(di, fields, STOP, TOLD).status_code == 303
    decision, acts = decided(case)
    assert len(acts) == 1 and acts[0].act.role == "auditor" and acts[0].act.reason == "the drill of 3 December"
    given = acts[0].act.attestation
    assert [(one.key, one.holds) for one in given.statements] == [(STOP, True), (TOLD, True)]
    assert given.statements[0].text == WORDS and given.expires == "2027-02-01T00:00:00Z"
    assert decision.outcomes == {"prod": Action.NEEDS_REVIEW}
    said = read(di.get(CASE).text)
    assert "passed Somebody can stop it attested, not checked by us" in said
    assert "attested by local|di as auditor" in said and "not checked by us" in said
    assert "local|di attested, as auditor" in said and f"{STOP} it is so: “{WORDS}”" in said
    bo = visit("bo")
    case.clock.tick()
    fields, there = form(bo.get(CASE))
    assert set(there) == {STOP, ASSESSED}
    assert send(bo, fields, ASSESSED).status_code == 303
    assert decided(case)[0].outcomes == {"prod": Action.ALLOW}
    assert "Statements were signed" in read(bo.get("/trail").text)


def test_that_it_is_not_so_and_so_again(case, visit):
    bo = visit("bo")
    fields, _ = form(bo.get(CASE))
    assert send(bo, fields, STOP).status_code == 303
    case.clock.tick()
    page = bo.get(CASE)
    assert "sign anew, or take back (1)" in read(page.text)
    fields, there = form(page)
    assert set(there) == {STOP, ASSESSED}
    assert send(bo, fields, STOP, holds="not so", reason="nobody was on call").status_code == 303
    assert outcomes(case)[STOP] is Outcome.FAIL
    assert "does not hold, says local|bo as approver" in read(bo.get(CASE).text)


@pytest.mark.parametrize(
    ("keys", "change", "said"),
    [
        ((), {}, "Tick the statements"),
        ((STOP,), {"holds": ""}, "Say whether it is so"),
        ((STOP,), {"holds": "maybe"}, "Say whether it is so"),
        ((STOP,), {"expires": ""}, "cannot be read"),
        ((STOP,), {"expires": "2026-12-31"}, "must expire after it is signed"),
        ((STOP, ASSESSED), {"expires": "2027-06-01"}, "must be signed anew earlier"),
        ((ASSESSED,), {"covers": "patch"}, "covers less than that"),
        ((TOLD,), {}, "not for this role"),
        (("law#none",), {}, "asks for no statement"),
        ((STOP,), {"password": "not mine"}, "Nothing was signed"),
        ((STOP,), {"role": "auditor"}, "may not attest"),
        ((STOP,), {"reason": " "}, "Nothing was signed"),
    ],
)
def test_nothing_is_signed_and_what_was_typed_stays(case, visit, keys, change, said):
    bo = visit("bo")
    fields, _ = form(bo.get(CASE))
    answer = send(bo, fields, *keys, **({"reason": "what I saw"} | change))
    assert 400 <= answer.status_code < 500 and said in read(answer.text)
    assert decided(case)[1] == []
    if change.get("role") or change.get("reason"):
        return
    # Beside what could not be signed stands the form, as it was sent; no password comes back.
    assert "what I saw" in answer.text and "not mine" not in answer.text and PASSWORD not in answer.text
    ticked = re.findall(r'name="statements" value="([^"]+)" checked', answer.text)
    assert set(ticked) == set(keys) & {STOP, ASSESSED}


def test_a_case_that_has_changed_is_not_signed_blindly(case, visit):
    bo, ed = visit("bo"), visit("ed")
    fields, _ = form(ed.get(CASE))
    assert send(bo, form(bo.get(CASE))[0], ASSESSED).status_code == 303
    answer = send(ed, fields, STOP, reason="I read the old one")
    assert answer.status_code == 409 and len(decided(case)[1]) == 1
    assert "attest by local|bo (approver)" in read(answer.text)
    again, _ = form(answer)
    assert ">I read the old one</textarea>" in answer.text[answer.text.index('id="statements"') :]
    assert again["statements"] == STOP and again["holds"] == "so"
    assert again["expires"] == "2027-02-01" and again["seen"] != fields["seen"]
    case.clock.tick()
    assert send(ed, again, STOP, reason="I read the old one").status_code == 303
    # The same form, twice: signed once.
    assert send(ed, again, STOP, reason="I read the old one").status_code == 303
    assert len(decided(case)[1]) == 2


def test_only_who_may_is_asked(project, put, visit):
    put(submitter="local|cy")
    put("measured", submitter="local|ann", measured_by="local|bo")
    for name in ("ann", "cy", "al"):
        assert form(visit(name).get(CASE))[0] is None, name
    assert form(visit("bo").get(f"/cases/measured/{VERSION}"))[0] is None
    assert form(visit("rae").get(CASE))[1] == [TOLD]
    # Whoever has no form writes one: the page is not what refuses.
    fields = form(visit("di").get(CASE))[0]
    for name in ("cy", "ann", "al"):
        client = visit(name)
        own = next(one for one in parsed(client.get(CASE)).forms if "csrf" in one.fields).fields["csrf"]
        answer = send(client, fields | {"csrf": own}, STOP)
        assert answer.status_code == 403 and "Nothing was signed" in read(answer.text), name
    assert decided(project)[1] == []


def test_who_holds_many_roles_says_in_which(case, visit):
    page = visit("max").get(CASE)
    fields, there = form(page)
    assert set(there) == {STOP, ASSESSED, TOLD}
    assert re.findall(r"<option[^>]*>([a-z]+)", page.text[page.text.index('id="signing-role"') :])[:3] == [
        "reviewer",
        "approver",
        "auditor",
    ]
    assert send(visit("max"), fields, STOP, TOLD, role="auditor").status_code == 303
    assert decided(case)[1][0].act.role == "auditor"


@pytest.mark.parametrize("project", ["sqlite", "postgresql"], indirect=True)
def test_what_waits_for_a_statement_says_whose_it_is(project, put, visit):
    def sign(name, role, *keys, model):
        project.clock.tick()
        act(
            project.workspace, "attest", model=model, version=VERSION, principal=f"local|{name}", role=role,
            password=lambda: PASSWORD, reason="looked at it", people=AccountPeople(project.workspace),
            stating=Stating(keys, True, instant(project.clock() + timedelta(days=30))),
        )  # fmt: skip

    put("fresh")
    put("late")
    sign("bo", "approver", STOP, ASSESSED, model="late")
    put("done")
    sign("bo", "approver", STOP, ASSESSED, model="done")
    sign("di", "auditor", TOLD, model="done")
    put("own", submitter="local|cy")
    mine = {name: set(on_the_desk(project, name, Shown.MINE)) for name in ("bo", "di", "rae", "cy", "al")}
    assert mine["di"] == mine["rae"] == {"fresh", "late", "own"}
    assert mine["al"] == set() and "own" not in mine["cy"] and mine["bo"] >= {"fresh", "own"}
    rae = visit("rae")
    assert set(listed(rae, "/?show=mine")) == {"fresh", "late", "own"}
    told = read(rae.get("/").text)
    assert "High risk, 3 statements to sign, the worst medium, in prod, new today" in told
    assert "People are told (to be signed)" in told
    assert "High risk, 1 statement to sign, in prod" in told and "finding to review" not in told
    assert "waits for an auditor or a reviewer who neither submitted nor measured it, to sign" in read(
        visit("al").get("/").text
    )
    case = read(rae.get(f"/cases/late/{VERSION}").text)
    assert "In prod, 1 statement must be signed, by an auditor or a reviewer." in case


def fill(page, *titles, holds="It is so"):
    for title in titles:
        page.get_by_role("checkbox", name=title).check()
    page.get_by_role("radio", name=holds, exact=True).check()
    page.get_by_label("Counts until").fill("2027-02-20")
    page.locator("#signing-reason").fill("the drill of 3 December")
    page.locator("#signing-password").fill(PASSWORD)
    page.get_by_role("button", name="Sign the statements").click()
    page.wait_for_load_state()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_in_a_browser(case, opened, house, scripts):
    page = signed_in(opened(java_script_enabled=scripts), house("sqlite"), "di")
    page.goto(CASE)
    assert page.locator("#statements input:checked").count() == 0
    page.get_by_role("link", name="Sign Somebody can stop it").click()
    assert page.url.endswith("#sign-law-stop")
    fill(page, "A named person can stop", "is told so")
    assert page.get_by_role("status").get_by_text("Signed and sealed").is_visible()
    assert outcomes(case) == {STOP: Outcome.PASS, TOLD: Outcome.PASS, ASSESSED: Outcome.INCONCLUSIVE}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_anybody_can_read_and_use_it(case, opened, house, scheme, width):
    page = signed_in(opened(color_scheme=scheme, viewport={"width": width, "height": 900}), house("sqlite"), "bo")
    page.goto(CASE)
    assert not violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    fill(page, "A named person can stop", holds="It is NOT so The rules then fail.")
    page.goto(CASE)
    assert not violations(page)
    page.emulate_media(media="print")
    assert not page.locator("#statements").is_visible()
    assert page.get_by_text("A named person can stop").first.is_visible()
