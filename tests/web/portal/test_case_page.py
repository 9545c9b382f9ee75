"""A case: what stands against it first, each finding with what it rests on, and who has answered."""

import re

import pytest

from governance.policy.decision import Decision
from governance.policy.outcome import Outcome
from governance.render.matrix import matrix
from governance.render.wording import SETTLED, state_of
from governance.web.portal import compose, findings
from tests.render.conftest import UNFAIR, evidence, verified
from tests.render.law import law
from tests.web.portal.browser import chromium
from tests.web.portal.clinic import ALLOWED, DENIED, MODEL, RATES, REASON, SHARE, read
from tests.web.portal.test_browser import violations


def decided(clinic, version):
    with clinic.workspace.open_trail() as store, store.snapshot() as snapshot:
        issued = snapshot.latest_decision(name="diabetes-progression", version=version)
        return issued, Decision.from_bytes(snapshot.document(issued.sha256).data)


def article(html, key):
    """The markup of one finding."""
    return html[html.index('<article class="finding', html.index(f'id="{key.replace("#", "-")}"') - 80) :].partition(
        "</article>"
    )[0]


def test_what_needs_somebody_is_first_and_every_rule_is_named_once(clinic, eve):
    html = eve.get(DENIED).text
    found = decided(clinic, "1")[1].findings
    places = [html.index(f'id="{one.key.replace("#", "-")}"') for one in found]
    assert len(set(places)) == len(found) == 13
    settled = {one.key for one in found if state_of(one) in SETTLED}
    assert settled and max(at for one, at in zip(found, places, strict=True) if one.key not in settled) < min(
        at for one, at in zip(found, places, strict=True) if one.key in settled
    )
    glance = html[html.index('class="card glance"') :].partition("</nav>")[0]
    assert glance.count("<li>") == len(found) - len(settled)
    said = read(html)
    assert said.index("Passed, and what does not apply") < said.index("The artifact opens without running foreign code")


def test_it_says_in_plain_words_what_follows_where(eve):
    said = read(eve.get(DENIED).text)
    assert "prod DENY" in said and "staging DENY" in said
    assert "In prod and staging, it is denied: an approval does not lift that" in said
    assert "deny in prod, allow in staging" in said
    allowed = read(eve.get(ALLOWED).text)
    assert "prod ALLOW" in allowed and "allowed after review" in allowed


def test_each_finding_has_its_reason_number_limit_law_origin_digest_and_fix(clinic, eve):
    html = eve.get(DENIED).text
    decision = decided(clinic, "1")[1]
    for finding in decision.findings:
        if state_of(finding) in SETTLED:
            continue
        said = read(article(html, finding.key))
        for part in (finding.why, finding.fix, *finding.controls, finding.key, decision.evidence[0]):
            assert " ".join(part.split()) in said, (finding.key, part)
        assert ("declared by local|ann, not measured" if finding.origin.kind == "declared" else "measured (") in said
    rates = read(article(html, RATES))
    assert "Limit: at least 0.8" in rates and "age_band: <50 to >=50" in rates and "fails" in rates


def test_a_picture_stands_at_the_finding_that_it_helps_to_read(eve):
    html = eve.get(DENIED).text
    titles = {
        "baseline#no-forbidden-column": "Lineage: source columns",
        SHARE: "Share of each feature",
        RATES: "Selection rate by age_band",
    }
    for key, title in titles.items():
        there = article(html, key)
        assert title in there and 'class="picture"' in there, key
        assert html.count(f"<figcaption>{title}") == 1, key
    assert "Access: who holds which permission" in html and "Accuracy for everybody" in html
    lineage = article(html, "baseline#no-forbidden-column")
    assert "FORBIDDEN" in lineage and "In words:" in read(lineage)
    assert 'aria-label="Lineage: source columns, the tables between, and features, as a table"' in lineage
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    # Where no such finding is open, it is kept with the evidence.
    allowed = eve.get(ALLOWED).text
    assert "Lineage: source columns" in allowed[allowed.index("Further pictures of the evidence") :]


def test_where_nothing_can_be_drawn_the_case_still_opens(eve, monkeypatch):
    monkeypatch.setattr(findings, "find_spec", lambda name: None)
    html = eve.get(DENIED).text
    assert 'class="picture"' not in html and "stands-fail" in html and "sklearn-diabetes.sex reaches bp_by_sex" in html


def test_an_open_number_is_never_drawn_as_one_that_passes(eve):
    """1 to 2 is inconclusive: its interval straddles the limit."""
    strip = next(part for part in re.findall(r"<svg.*?</svg>", article(eve.get(ALLOWED).text, RATES)) if "sex" in part)
    assert "stands-inconclusive" in strip and "stands-pass" not in strip and "<circle" not in strip


def test_what_was_found_before_is_told_with_each_finding(eve):
    said = read(article(eve.get(DENIED).text, SHARE))
    past = said[said.index("In earlier decisions") :]
    assert "version 2" in past and "passed" in past and "failed" in past
    first = read(article(eve.get(ALLOWED).text, RATES))
    assert "version 1" in first[first.index("In earlier decisions") :]


def test_who_has_answered_is_named_with_role_reason_ticket_end_and_key(eve):
    html = eve.get(DENIED).text
    aside = read(html[html.index("<aside") :].partition("</aside>")[0])
    assert "local|eve waived, as approver" in aside and "local|eve commented, as approver" in aside
    assert REASON in aside and "RISK-41" in aside and SHARE in aside
    acts = re.findall(r"signed with key <code[^>]*>([0-9a-f]{64})<", html)
    assert len(acts) >= 3 and len(set(acts[:3])) == 1
    assert "No version of this model was allowed before" not in aside
    assert "against diabetes-progression 2" in aside and "passed → failed" in aside


def test_an_excuse_makes_nothing_better(eve):
    """Version 2 was inconclusive about the rates; version 1 fails by far, and that was waived."""
    html = eve.get(DENIED).text
    aside = html[html.index("Since the last approval") :].partition("</aside>")[0]
    worse = aside[aside.index("moved-worse") :].partition("</ul>")[0]
    assert "Selection rates within four fifths" in worse and "moved-better" not in aside


def test_digests_are_whole_in_the_page_and_short_to_the_eye(clinic, eve):
    issued, decision = decided(clinic, "1")
    html = eve.get(DENIED).text
    for digest in (issued.sha256, decision.evidence[0], decision.policies[0].sha256):
        assert f'class="digest cut" tabindex="0" title="{digest}">{digest}</code>' in html


def test_forms_of_the_case_carry_the_decision_that_was_seen(clinic, eve):
    html = eve.get(DENIED).text
    assert f'name="seen" value="{decided(clinic, "1")[0].sha256}"' in html
    waive = eve.get(DENIED, params={"waive": "baseline#model-card"})
    assert waive.status_code == 200 and " style=" not in html and "<script>" not in html


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_runs_out_of_the_page(clinic, running, colours):
    """On a telephone, with everything open."""
    with chromium() as browser, running.of(clinic.workspace):
        context = browser.new_context(
            base_url=running.url, color_scheme=colours, viewport={"width": 390, "height": 900}
        )
        context.add_cookies([{"name": "governance", "value": clinic.session, "url": running.url}])
        page = context.new_page()
        for path in (DENIED, MODEL, "/trail?who=eve"):
            page.goto(path)
            page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert not violations(page), path
        context.close()


@pytest.fixture
def lawful(monkeypatch):
    """As if the case had been judged by a policy about a law, too."""
    case = verified(evidence(Outcome.FAIL, UNFAIR), [law()])
    found = matrix(case.decision, case.policies)
    monkeypatch.setattr(compose, "matrix", lambda decision, policies: found)
    return found[0]


def test_a_law_is_shown_clause_by_clause(lawful, eve):
    html = eve.get(DENIED).text
    section = html[html.index('id="law-house-law"') :].partition("</details>")[0]
    assert section.count("<tr>") == len(lawful.rows) + 1 == 6
    said = read(section)
    for row in lawful.rows:
        for part in (row.control, row.citation, row.status, row.asks, row.outcome, row.value, row.limit, row.key,
                     row.why, row.evidence, *row.doubts):  # fmt: skip
            assert " ".join(part.split()) in said, part
    assert "<b>them" not in section and lawful.doubt in said and lawful.shares in said


def test_where_no_policy_is_about_a_law_there_is_no_matrix(eve):
    assert 'id="law-' not in eve.get(DENIED).text


def test_the_matrix_is_readable_on_a_telephone_and_without_a_fault(lawful, clinic, running):
    with chromium() as browser, running.of(clinic.workspace):
        context = browser.new_context(base_url=running.url, viewport={"width": 390, "height": 900})
        context.add_cookies([{"name": "governance", "value": clinic.session, "url": running.url}])
        page = context.new_page()
        page.goto(DENIED)
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        assert page.locator("#law-house-law tbody tr").count() == 5
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not violations(page)
        context.close()
