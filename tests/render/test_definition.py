from pathlib import Path

import pytest

from governance.errors import BadInput
from governance.render.definition import load_report

HEAD = "schema: governance.report/v1\nid: short\nversion: 1.0.0\ntitle: Short\nsections:\n"


def test_the_shipped_report_shows_every_kind_of_section(root: Path) -> None:
    report = load_report((root / "reports/audit/report.yaml").read_bytes(), "report.yaml")
    assert [section.id for section in report.sections] == [
        "decision", "findings", "law", "details", "charts", "evidence", "acts", "receipt", "verify", "limits", "notice"
    ]  # fmt: skip
    assert "governance verify BUNDLE --trust trust.json" in report.sections[8].commands


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ("  - {id: findings, title: F}\n", "the first section is `decision`"),
        ("  - {id: decision, title: D}\n  - {id: decision, title: E}\n", "section 'decision' stands twice"),
        ("  - {id: decision, title: D}\n  - {id: pictures, title: P}\n", "report.yaml:7:10"),
        ("  - {id: decision, title: D, colour: red}\n", "unknown key 'colour'"),
        ("  []\n", "report.yaml:5:1"),
    ],
)
def test_a_definition_that_cannot_be_followed_is_refused(sections: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        load_report((HEAD + sections).encode(), "report.yaml")
    assert said in str(refused.value)
