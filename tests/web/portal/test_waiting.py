"""What waits: for whom, in which order, and why it says so."""

import re
from datetime import timedelta

import pytest

from governance.canonical import instant
from governance.operations import desk
from governance.operations.desk import Shown
from governance.operations.people import AccountPeople
from governance.operations.review import act
from governance.policy.act import Waiver
from governance.store import standing
from governance.web.portal import compose
from tests.operations.project import FLOOR, NAME, PASSWORD
from tests.web.house import PEOPLE
from tests.web.portal.cases import Cases
from tests.web.portal.forms import form_to, parsed, send

EVERYBODY = sorted(set(PEOPLE) - {"nia", "gus"})


@pytest.fixture
def put(project):
    return Cases(project).put


@pytest.fixture
def sign(project):
    """An act, as somebody at the portal would sign it."""

    def signed(kind, name, version, by="bo", days=0):
        project.clock.tick()
        now, waiver = project.clock(), None
        if kind == "waive":
            ends = instant(now + timedelta(days=days))
            waiver = Waiver(key=FLOOR, ticket="RISK-7", not_before=instant(now), expires=ends)
        return act(
            project.workspace, kind, model=name, version=version, principal=f"local|{by}", role="approver",
            password=lambda: PASSWORD, reason="looked at it", waiver=waiver, people=AccountPeople(project.workspace),
        )  # fmt: skip

    return signed


def listed(client, at="/"):
    """The names of the cases on a page, in their order."""
    page = client.get(at)
    assert page.status_code == 200
    return re.findall(r'class="case-name"[^>]*><bdi>(.*?)</bdi>', page.text)


def whys(client, at="/"):
    return re.findall(r'<p class="case-why"><span[^>]*>(.*?)</span> (.*?)</p>', client.get(at).text)


def counts(client, at="/"):
    found = re.findall(r">([\w ]+) <span class=\"count\">(\d+)</span>", client.get(at).text)
    return {label: int(count) for label, count in found}


def on_the_desk(project, name, shown=Shown.ALL, **wanted):
    found = desk.waiting(project.workspace, f"local|{name}", PEOPLE[name], shown, desk.Wanted(**wanted), most=1000)
    return [row.decision.subject.name for row in found.rows]


def test_the_most_urgent_comes_first_and_says_why(project, visit, put, sign):
    put("low", tier="low")
    put("fell")
    sign("approve", "fell", "1.10")
    put("lapsing", right=80)
    sign("waive", "lapsing", "1.10", days=8)
    sign("approve", "lapsing", "1.10")
    put("lasting")
    sign("approve", "lasting", "1.10")
    project.clock.tick(days=5)
    put("high")
    put("medium", tier="medium")
    put("fell", right=80)
    bo = visit("bo", anew=True)
    assert listed(bo) == ["fell", "lapsing", "high", "medium", "low"]
    said = dict(zip(listed(bo), whys(bo), strict=True))
    assert said["fell"][0] == "due today"
    assert said["fell"][1].startswith("Denied in prod, where it was allowed, high risk, denied by 2 findings")
    assert said["lapsing"][1].startswith("Waiver for A performance metric") and "ends in 2 days" in said["lapsing"][1]
    assert said["low"][1].endswith("in prod, waiting 5 days")


def test_what_is_not_allowed_any_more_comes_even_before_what_is_overdue(project, visit, put, sign):
    put("overdue")
    put("fell")
    sign("approve", "fell", "1.10")
    project.clock.tick(days=9)
    put("fell", right=80)
    bo = visit("bo", anew=True)
    assert listed(bo) == ["fell", "overdue"]
    assert whys(bo)[1][0] == "4 days overdue"


def test_a_waiver_that_has_ended_waits_for_a_month_and_is_then_retired(project, put, sign):
    put(right=80)
    sign("waive", NAME, "1.10", days=20)
    sign("approve", NAME, "1.10")
    for days, waits in ((5, False), (2, True), (14, True), (28, True), (3, False)):
        project.clock.tick(days=days)
        assert on_the_desk(project, "bo") == [NAME] * waits, project.clock()


def test_what_is_mine_is_what_i_may_act_on_and_nobody_need_act_before(project, put, sign):
    put("review")
    put("own", submitter="local|cy")
    put("measured", submitter="local|ann", measured_by="local|cy")
    put("nobodys", submitter="unverified")
    put("denied", right=80)
    put("fell")
    sign("approve", "fell", "1.10")
    put("fell", right=80)
    put("lapsing")
    sign("approve", "lapsing", "1.10")
    project.clock.tick(days=20)
    every = on_the_desk(project, "bo")
    assert len(every) == 7
    for name in EVERYBODY:
        mine, others = (set(on_the_desk(project, name, shown)) for shown in (Shown.MINE, Shown.OTHERS))
        assert not mine & others and mine | others == set(every), name
        for model in every:
            file = desk.case_file(project.workspace, model, "1.10")
            decision = file.page.decision
            may = desk.permissions(project.workspace, file, f"local|{name}", PEOPLE[name])["approve"].allowed
            answers = may and model != "denied"
            again = decision.submitter == f"local|{name}" and model in ("denied", "fell", "lapsing")
            again = again and "submitter" in PEOPLE[name]
            assert (model in mine) is (answers or again), (name, model)


@pytest.mark.parametrize("name, model, said", [
    ("bo", "denied", "waits for local|ann: another version, or a waiver by an approver"),
    ("bo", "nobodys", "nobody can answer: the submitter is unverified"),
    ("ann", "review", "yours: somebody else must answer"),
    ("di", "review", "waits for an approver who neither submitted nor measured it"),
])  # fmt: skip
def test_for_whom_else_a_case_waits_is_said(visit, put, name, model, said):
    put("review")
    put("denied", right=80)
    put("nobodys", submitter="unverified")
    page = visit(name).get(f"/?show={'all' if name == 'di' else 'others'}&q={model}")
    assert said in page.text


def test_lists_are_narrowed_and_addresses_keep_it(visit, put):
    put("churn-eu", "1.0", tier="low")
    put("Churn-US", "2.0", tier="high")
    put("نموذج", "1", tier="high")
    put("100%_sure", "1", tier="medium", right=80)
    bo = visit("bo")
    for query, names in {
        "q=CHURN": {"churn-eu", "Churn-US"},
        "q=churn+2": {"Churn-US"},
        "q=%25": {"100%_sure"},
        "q=_": {"100%_sure"},
        "q=نموذج": {"نموذج"},
        "q=nothing": set(),
        "tier=high": {"Churn-US", "نموذج"},
        "tier=high&q=churn": {"Churn-US"},
        "environment=prod": {"churn-eu", "Churn-US", "نموذج", "100%_sure"},
        "environment=staging": set(),
        "environment=moon": set(),
        "tier=nonsense&show=nonsense": {"churn-eu", "Churn-US", "نموذج"},
        "q=%00": {"churn-eu", "Churn-US", "نموذج"},
    }.items():
        shown = "show=all&" if "show" not in query and "%00" not in query else ""
        assert set(listed(bo, f"/?{shown}{query}")) == names, query
    page = bo.get("/?show=all&tier=high&q=churn")
    assert counts(bo, "/?show=all&tier=high&q=churn") == {"For you": 1, "For others": 0, "Denied": 0, "All": 1}
    links = [
        attributes["href"] for tag, attributes in parsed(page).tags if tag == "a" and "tier=high" in attributes["href"]
    ]
    assert len(links) == 4 and all("q=churn" in link for link in links)
    assert 'value="churn"' in page.text and "<option selected>high</option>" in page.text
    assert "No case is all of this." in bo.get("/?q=nothing").text


@pytest.mark.parametrize("text", ['"><script>alert(1)</script>', "{{ 7 * 7 }}", "x" * 5000, "\u202eabc", "' OR 1=1 --"])
def test_what_is_looked_for_is_text(visit, put, text):
    put()
    page = visit("bo").get("/", params={"q": text, "tier": text, "environment": text, "show": text, "start": text})
    assert page.status_code == 200
    assert (
        "<script>alert" not in page.text and ">49<" not in page.text and not re.findall('class="case-name"', page.text)
    )


def test_pages_follow_each_other_without_gap_and_keep_what_was_asked(project, visit, put, monkeypatch):
    monkeypatch.setattr(desk, "MOST", 5)
    monkeypatch.setattr(compose, "MOST", 5)
    for number in range(13):
        put(f"model-{number:02}", tier=("high", "medium", "low")[number % 3])
    put("another")
    bo, at, found = visit("bo"), "/?q=model", []
    while at:
        page = bo.get(at)
        assert len(listed(bo, at)) == min(5, 13 - len(found))
        found += listed(bo, at)
        at = next((a["href"] for t, a in parsed(page).tags if t == "a" and f"start={len(found)}" in a["href"]), "")
    assert found == [f"model-{n:02}" for first in range(3) for n in range(first, 13, 3)]
    assert "6 to 10 of 13 cases" in bo.get("/?q=model&start=5").text
    assert listed(bo, "/?q=model&start=900") == []


def test_only_the_decisions_of_one_page_are_opened(project, put, monkeypatch):
    for number in range(7):
        put(f"model-{number:02}")
    opened, read = [], desk.read_decision
    monkeypatch.setattr(desk, "read_decision", lambda snapshot, digest: opened.append(digest) or read(snapshot, digest))
    found = desk.waiting(project.workspace, "local|bo", ("approver",), Shown.MINE, desk.Wanted(), most=3)
    assert (len(found.rows), found.counts[Shown.MINE], len(opened)) == (3, 7, 3)


def test_a_version_that_a_later_one_overtook_comes_last(project, visit, put):
    put("model", "1.0")
    project.clock.tick(days=1)
    put("other", tier="low")
    put("model", "2.0", tier="low")
    bo = visit("bo", anew=True)
    page = bo.get("/")
    assert re.findall(r"<bdi>(\d\.\d+)</bdi>", page.text)[-1] == "1.0"
    assert "A later version was decided since" in page.text
    # Judged again, it is still the earlier one.
    put("model", "1.0")
    assert re.findall(r"<bdi>(\d\.\d+)</bdi>", bo.get("/").text)[-1] == "1.0"


def test_the_wait_goes_on_through_comments_and_ends_with_an_answer(project, visit, put, sign):
    put()
    project.clock.tick(days=3)
    sign("comment", NAME, "1.10")
    assert whys(visit("bo", anew=True))[0][1].endswith("waiting 3 days")
    sign("reject", NAME, "1.10")
    assert whys(visit("bo", anew=True), "/?show=denied")[0][1].endswith("new today")


def test_the_next_case_is_one_click_away(visit, put, project):
    put("first")
    put("second", tier="low")
    project.clock.tick()
    bo = visit("bo")
    signed = send(bo, form_to(bo.get("/cases/first/1.10"), "/acts"), kind="comment", reason="wait for the report")
    assert signed.headers["location"].startswith("/cases/first/1.10?sealed=")  # it still wants an answer
    project.clock.tick()
    signed = send(bo, form_to(bo.get("/cases/second/1.10"), "/acts"), kind="approve", reason="fine")
    assert signed.headers["location"].startswith("/cases/first/1.10?sealed=")
    assert "Next, this case waits for you:" in bo.get(signed.headers["location"]).text
    project.clock.tick()
    signed = send(bo, form_to(bo.get("/cases/first/1.10"), "/acts"), kind="approve", reason="fine")
    assert signed.headers["location"].startswith("/?sealed=")
    assert "Nothing waits for you." in bo.get(signed.headers["location"]).text


def test_the_first_day_says_what_happens_next(visit, put):
    for name in ("bo", "di"):
        page = visit(name).get("/").text
        assert "No model was judged here yet" in page and "What happens next" in page
    put()
    ann = visit("ann").get("/").text
    assert "Nothing waits for you." in ann and "one tab further" in ann


def test_who_can_answer_nothing_has_no_list_of_their_own(visit, put):
    put()
    assert set(counts(visit("al"))) == {"All", "Denied"}
    assert listed(visit("al")) == [NAME]


def test_who_signs_statements_at_most_sees_everything_first(visit, put):
    put()
    assert counts(visit("di")) == {"All": 1, "For you": 0, "Denied": 0}
    assert listed(visit("di")) == [NAME]


def test_the_kept_standings_are_what_the_documents_say(project, put, sign):
    put("a", right=80)
    sign("waive", "a", "1.10", days=9)
    sign("approve", "a", "1.10")
    put("a", right=80)
    put("b", submitter="unverified")
    put("b", "2", tier="odd")
    sign("reject", "b", "2")
    with project.workspace.open_trail() as store:
        with store.snapshot() as snapshot:
            assert standing.differing(snapshot) == []
        with store._writing() as session:
            kept = standing.expected(session)
            standing.rebuild(session)
        with store.snapshot() as snapshot:
            assert standing.differing(snapshot) == []
            made = standing.expected(snapshot._session)
    assert made == kept and len(kept) == 3


@pytest.mark.parametrize("change", ["due = '2099-01-01T00:00:00Z'", "submitted_by = 'local|bo'", "asks = 'allowed'"])
def test_whoever_hides_a_case_by_its_row_is_found_out(project, put, change):
    from governance.errors import VerificationFailed

    put()
    project.trail()
    with project.workspace.open_trail() as store, store._writing() as session:
        session.connection().exec_driver_sql(f"UPDATE standing SET {change}")
    with pytest.raises(VerificationFailed, match="standing of a model version") as caught:
        project.trail()
    assert NAME in caught.value.got
