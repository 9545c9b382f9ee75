"""ProPublica's table for the COMPAS score comes out of `governance check` to its last published digit.

J. Larson et al., "How We Analyzed the COMPAS Recidivism Algorithm" (2016): two-year file, 7,214 rows.
"""

import json
import shutil

import pytest

MANIFEST = """\
schema: governance.manifest/v1
model: {{name: compas-score, version: "2013", owner: vendor, risk_tier: high}}
artifact: {{none: "vendor, outputs only"}}
data:
  evaluation:
    path: compas-scores-two-years.csv
    label: {{column: two_year_recid, positive: ["1"], negative: ["0"]}}
    prediction: {{column: score_text, positive: [{positive}], negative: [{negative}]}}
    sensitive: {{race: {{column: race}}}}
"""

POLICY = """\
schema: governance.policy/v1
id: compas
version: 1.0.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [prod]
rules:
  - id: false-alarms
    uses: fairness.disparity@1
    with: {metric: fpr, measure: difference, at_most: 0.05}
    enforcement: {default: deny}
  - id: misses
    uses: fairness.disparity@1
    with: {metric: fnr, measure: difference, at_most: 0.05}
    enforcement: {default: deny}
  - id: right
    uses: performance.floor@1
    with: {at_least: 0.5}
    enforcement: {default: deny}
"""

# group: TN, FP, FN, TP, FPR %, FNR %
PUBLISHED = {
    "Medium, High": {
        None: (2681, 1282, 1216, 2035, "32.35", "37.40"),
        "African-American": (990, 805, 532, 1369, "44.85", "27.99"),
        "Caucasian": (1139, 349, 461, 505, "23.45", "47.72"),
    },
    "High": {
        "African-American": (1511, 284, 1160, 741, "15.82", "61.02"),
        "Caucasian": (1407, 81, 771, 195, "5.44", "79.81"),
    },
}


def percent(part, whole):
    return f"{100 * part / whole:.2f}"


@pytest.mark.parametrize("positive", PUBLISHED)
def test_published_rows(shared, tmp_path, run, monkeypatch, positive):
    shutil.copy(shared / "data" / "compas" / "compas-scores-two-years.csv", tmp_path)
    negative = ", ".join(score for score in ("Low", "Medium", "High") if score not in positive)
    (tmp_path / "governance.yaml").write_text(MANIFEST.format(positive=positive, negative=negative))
    (tmp_path / "policy.yaml").write_text(POLICY)
    monkeypatch.chdir(tmp_path)
    ran = run("check", "--policy", "./policy.yaml", "--format", "json")
    assert ran.code == 11
    check = json.loads(ran.out)
    facts = check["evidence"]["facts"]
    (table,) = facts["fairness"]["tables"]
    counts = {cell["group"][0]: cell for cell in table["cells"]} | {None: facts["performance"]["counts"]}
    assert facts["fairness"]["rows"] == 7214
    findings = {finding["key"]: finding for finding in check["decision"]["findings"]}
    for group, (tn, fp, fn, tp, fpr, fnr) in PUBLISHED[positive].items():
        found = counts[group]
        assert (found["tn"], found["fp"], found["fn"], found["tp"]) == (tn, fp, fn, tp)
        assert percent(fp, fp + tn) == fpr
        assert percent(fn, fn + tp) == fnr
        if group is None:
            continue
        # The rates that the decision shows are the published ones, too.
        for key, path, published in (("false-alarms", "fpr", fpr), ("misses", "fnr", fnr)):
            (looked,) = (
                one
                for one in findings[f"compas#{key}"]["looked_at"]
                if one["path"] == f"fairness.race.{path}" and one["group"] == [group]
            )
            assert f"{100 * float(looked['value']):.2f}" == published
    assert findings["compas#false-alarms"]["outcome"] == "fail"
    assert findings["compas#misses"]["outcome"] == "fail"
