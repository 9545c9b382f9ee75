"""The trail: entries in words, narrowed by what, whom and when; and what verifying it shows and does not."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from governance.trail.entry import EntryType
from tests.web.portal.clinic import DENIED, REASON, read
from tests.web.portal.forms import form_to, send


def entries(answer):
    html = answer.text
    return [read(one.partition("</li>")[0].partition(">")[2]) for one in html.split('<li class="event')[1:]]


def test_entries_are_told_in_words(eve):
    newest = entries(eve.get("/trail"))
    assert "Commented · diabetes-progression 1" in newest[1] and "local|eve" in newest[1]
    assert "the data team was told" in newest[1] and "signed with key" in newest[1]
    assert "Decided · diabetes-progression 1" in newest[0] and "deny in prod and staging" in newest[0]
    assert any("A finding was waived" in one and REASON in one and "ticket RISK-41" in one for one in newest)
    assert any("A role was granted" in one and "eve is approver" in one for one in newest)


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"type": "model_version:waiver:granted"}, lambda one: "A finding was waived" in one),
        ({"model": "diabetes-progression"}, lambda one: "diabetes-progression" in one),
        ({"who": "bo"}, lambda one: "local|bo" in one),
        ({"who": "local|eve"}, lambda one: "local|eve" in one),
        ({"since": "2000-01-01", "until": "2999-01-01"}, lambda one: True),
    ],
    ids=["kind", "model", "person", "principal", "days"],
)
def test_entries_are_narrowed(eve, asked, holds):
    every, found = entries(eve.get("/trail")), entries(eve.get("/trail", params=asked))
    assert found and all(holds(one) for one in found)
    assert found == [one for one in every if holds(one)]


def test_a_day_is_taken_whole_and_no_other(eve):
    today = datetime.now(UTC).date()
    for asked, empty in (
        ({"until": (today - timedelta(days=3)).isoformat()}, True),
        ({"since": (today + timedelta(days=1)).isoformat()}, True),
        ({"since": (today - timedelta(days=2)).isoformat(), "until": today.isoformat()}, False),
    ):
        assert (entries(eve.get("/trail", params=asked)) == []) is empty, asked


@pytest.mark.parametrize("asked", [{"who": "nobody"}, {"model": "none"}, {"type": EntryType.ACCOUNT_DISABLED.value}])
def test_where_nothing_is_like_that_it_says_so(eve, asked):
    answer = eve.get("/trail", params=asked)
    assert answer.status_code == 200 and entries(answer) == [] and "is like that" in read(answer.text)


def test_a_date_that_is_none_is_told_and_what_else_was_asked_is_kept(eve):
    answer = eve.get("/trail", params={"since": "yesterday", "who": "eve"})
    assert answer.status_code == 200 and "not a day" in read(answer.text)
    assert all("local|eve" in one for one in entries(answer)) and 'name="who" value="eve"' in answer.text


def test_a_kind_that_is_none_asks_for_everything(eve):
    assert entries(eve.get("/trail", params={"type": "x:y:z"})) == entries(eve.get("/trail"))


def test_pages_follow_each_other_whatever_is_asked(eve, monkeypatch):
    from governance.operations import events

    whole = entries(eve.get("/trail", params={"model": "diabetes-progression"}))
    monkeypatch.setattr(events.entries, "__defaults__", (events.EVERY, None, 3))
    found, address = [], "/trail?model=diabetes-progression"
    while address:
        answer = eve.get(address)
        found += entries(answer)
        address = (re.search(r'href="([^"]+)">Earlier entries', answer.text) or [None, None])[1]
        address = address and address.replace("&amp;", "&")
    assert found == whole


def test_verifying_says_what_was_checked_and_what_was_not(eve):
    answer = send(eve, form_to(eve.get("/trail"), "/trail"))
    said = read(answer.text)
    assert "Every entry holds" in said and "signed checkpoints lead from one to the next" in said
    unsaid = said[said.index("Not checked") :]
    assert "Whether its end was cut off" in unsaid and "follows from its evidence" in unsaid and "Level 0" in unsaid


def test_bundle_report_and_checkpoint_are_at_hand(eve):
    page = eve.get("/trail")
    bundle = re.search(r"/decisions/[0-9a-f]{64}/bundle", page.text)[0]
    assert eve.get(bundle).headers["content-disposition"].startswith("attachment")
    report = send(eve, form_to(page, "/report"))
    assert report.content.startswith(b"%PDF-")
    assert eve.get("/trail/checkpoint").text.startswith("governance-")
    assert "A PDF report was made" in read(eve.get(DENIED).text)
