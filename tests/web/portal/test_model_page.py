"""A model: its versions over time, and what its decisions rest on."""

import re
from datetime import UTC, datetime

from governance.operations.desk import Granted
from governance.policy.act import Act, Waiver
from governance.web.portal.records import waiver_rows
from tests.web.portal.clinic import MODEL, read


def test_versions_have_a_lane_for_each_environment_the_newest_decision_first(eve):
    html = eve.get(MODEL).text
    lanes = html[html.index('class="strips lanes"') :].partition("</table>")[0]
    rows = [read(row) for row in lanes.split("<tr>")[2:]]
    assert rows == ["1 in prod DENY", "1 in staging DENY", "2 in prod ALLOW", "2 in staging ALLOW"]
    assert lanes.count('role="img"') == 4 and "stands-inconclusive" in lanes
    said = read(html)
    today = datetime.now(UTC).year
    assert re.search(rf"2 in prod: needs review on {today}-\d\d-\d\d, then allow on {today}", said)


def test_waivers_say_when_they_end_and_who_gave_them(eve):
    html = eve.get(MODEL).text
    waivers = read(html[html.index("<h2>Waivers</h2>") :].partition("<h2>What happened")[0])
    assert waivers.index("No single feature decides") < waivers.index("Selection rates within four fifths")
    assert re.search(r"ends in [89] days", waivers) and re.search(r"live, (27|28) days", waivers)
    assert waivers.count("local|eve") == 2 and waivers.count("RISK-41") == 2


def test_a_waiver_that_ended_or_excuses_nothing_is_told_apart():
    def granted(key, until):
        waiver = Waiver(key=key, ticket="T", not_before="2027-01-01T00:00:00Z", expires=until)
        act = Act(
            kind="waive", actor="local|bo", role="approver", decision="0" * 64, reason="so", at="2027-01-01T00:00:00Z",
            waiver=waiver,
        )  # fmt: skip
        return Granted("1", "a" * 64, act, NOTHING_FOUND)

    rows = waiver_rows(
        "m", [granted("p#b", "2027-02-01T00:00:00Z"), granted("p#a", "2027-06-01T00:00:00Z")], "2027-03-01T00:00:00Z"
    )
    assert [(one.title, one.style, one.state) for one in rows] == [
        ("p#a", "unused", "not in use"), ("p#b", "ended", "ended")
    ]  # fmt: skip


class _NothingFound:
    findings = ()


NOTHING_FOUND = _NothingFound()
