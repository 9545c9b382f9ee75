"""The recorded evidence, judged again at the press of a button; and what a case says of policies and days to come."""

import pytest

from governance.operations import desk
from governance.policy.finding import Announced
from governance.policy.outcome import Action
from governance.web.portal import compose, findings, pages_case, pages_frame
from governance.web.portal.rendering import render
from tests.operations.project import NAME, VERSION
from tests.web.house import PEOPLE
from tests.web.portal.clinic import read
from tests.web.portal.forms import form_to
from tests.web.portal.test_portal import CASE, act, decisions

AGAIN = f"{CASE}/evaluations"


def sent(client, form, **changed):
    """As it is, without a password."""
    return client.post(form.action, data=form.fields | changed)


@pytest.mark.parametrize("who", ["ann", "bo", "rae"])
def test_who_may_have_it_judged_does_so_without_a_password_and_sees_the_new_decision(project, visit, who):
    project.check()
    client = visit(who)
    form = form_to(client.get(CASE), "/evaluations")
    assert "password" not in form.fields
    project.clock.tick()
    answer = sent(client, form)
    first, second = decisions(project)
    assert answer.status_code == 303 and answer.headers["location"] == f"{CASE}?sealed={second}"
    assert f"Decision {second}" in read(client.get(answer.headers["location"]).text)
    file = desk.case_file(project.workspace, NAME, VERSION)
    assert file.page.decision.previous == first and file.page.decision.submitter == "local|ann"
    assert len(file.page.acts) == 0


def test_a_form_that_comes_twice_judges_once(project, visit):
    project.check()
    rae = visit("rae")
    form = form_to(rae.get(CASE), "/evaluations")
    project.clock.tick()
    first, second = sent(rae, form), sent(rae, form)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert len(decisions(project)) == 2


def test_what_changed_meanwhile_is_shown_and_nothing_is_judged(project, visit):
    project.check()
    rae, bo = visit("rae"), visit("bo")
    form = form_to(rae.get(CASE), "/evaluations")
    project.clock.tick()
    act(bo, "comment", "the data team was told")
    before = decisions(project)
    answer = sent(rae, form)
    assert answer.status_code == 409 and decisions(project) == before
    said = read(answer.text)
    assert "The case has changed since you looked at it" in said and "the data team was told" in said
    assert form_to(answer, "/evaluations").fields["seen"] == before[-1]


@pytest.mark.parametrize("who", ["di", "al"])
def test_who_may_not_sees_no_button_and_is_refused(project, visit, who):
    project.check()
    client = visit(who)
    page = client.get(CASE)
    assert form_to(page, "/evaluations") is None
    own = form_to(page, "/report").fields
    answer = client.post(AGAIN, data={"csrf": own["csrf"], "seen": decisions(project)[-1]})
    assert answer.status_code == 403 and "to evaluate takes the role" in read(answer.text)
    assert len(decisions(project)) == 1


@pytest.mark.parametrize(("changed", "status"), [({"csrf": "x"}, 403), ({"seen": ""}, 422), ({"seen": "0" * 64}, 409)])
def test_a_form_of_elsewhere_or_about_nothing_judges_nothing(project, visit, changed, status):
    project.check()
    bo = visit("bo")
    assert sent(bo, form_to(bo.get(CASE), "/evaluations"), **changed).status_code == status
    assert len(decisions(project)) == 1


def shown(project, change):
    """The case for `bo`, where its decision said something else."""
    file = desk.case_file(project.workspace, NAME, VERSION)
    file = file._replace(page=file.page._replace(decision=change(file.page.decision)))
    may = desk.permissions(project.workspace, file, "local|bo", PEOPLE["bo"])
    frame = pages_frame.Frame("a case", "bo", PEOPLE["bo"], "csrf", "auto", CASE)
    page = compose.case_page(
        frame, file, may, roles=PEOPLE["bo"], now=project.clock(), site="https://governance.example",
        draft=pages_case.Draft(),
    )  # fmt: skip
    return read(render(page))


def test_what_will_follow_from_a_day_on_and_who_mends_it_stand_at_the_finding(project):
    project.check()

    def change(decision):
        first = decision.findings[0]
        told = Announced(place="staging", action=Action.DENY, from_="2027-03-01T00:00:00Z")
        return decision.model_copy(
            update={
                "findings": (
                    first.model_copy(update={"announced": (told,), "owner": "team:fairness"}),
                    *decision.findings[1:],
                )
            }
        )

    said = shown(project, change)
    assert "Announced: staging: deny from 2027-03-01T00:00:00Z" in said
    assert "Who fixes it team:fairness" in said


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ({"applies": False, "because": "model.name is another"}, "does not apply: model.name is another"),
        ({"because": "model.risk_tier == 'high'"}, "applies: model.risk_tier == 'high'"),
        ({"in_force": False, "because": "model.risk_tier == 'high'"}, "not in force"),
        ({}, ""),
    ],
)
def test_each_policy_says_whether_it_is_for_this_model_and_why(project, update, expected):
    project.check()
    sha256 = desk.case_file(project.workspace, NAME, VERSION).page.decision.policies[0].sha256

    def change(decision):
        return decision.model_copy(update={"policies": (decision.policies[0].model_copy(update=update),)})

    rest = shown(project, change).partition(f"{sha256} ")[2]
    assert rest.startswith(f"{expected} " if expected else "History") or not expected
    assert expected or not rest.startswith(("applies", "does not", "not in force"))


def test_where_nothing_can_be_drawn_the_case_says_why(project, visit, monkeypatch):
    project.check()
    bo = visit("bo")
    with_them = bo.get(CASE).text
    assert "No pictures and no PDF here" not in with_them and "Make the PDF report" in with_them
    monkeypatch.setattr(findings, "find_spec", lambda name: None)
    page = bo.get(CASE)
    assert "No pictures and no PDF here" in page.text and "Make the PDF report" not in page.text
