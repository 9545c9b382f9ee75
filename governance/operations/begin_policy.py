"""Begin a policy: a small one that is complete, with its cases, for a person to make their own.

The evidence of the cases is that of the rules' own examples. What they expect is what the policy says of it, and what
no example tells is excused under `uncovered` as something to do: so what is written holds from the first moment.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from governance.canonical import parse_instant
from governance.errors import BadInput
from governance.operations.examine import CASES
from governance.operations.explain import catalogue_rule
from governance.operations.files import write_new
from governance.operations.parents import POLICY
from governance.policy.bench import Bench
from governance.policy.cases import SOUND, load_cases
from governance.policy.document import load_policy
from governance.policy.examination import examine
from governance.policy.outcome import Action, Outcome
from governance.policy.rule import Params, Rule
from governance.policy.shorthand import Tree, emptied, facts_of, is_evidence, merge_patch
from governance.policy.written import DECLARED
from governance.render.layout import laid_out
from governance.render.plain_yaml import entry, flow

DEFAULT_RULE = "fairness.disparity@1"
NOW = "2026-11-21T00:00:00Z"
"""When the cases are judged: as the examples of the rules are."""
_TO_DO = "to do: a case that comes out otherwise when this changes; then take this line away"
_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")
_SHOWN = (Outcome.FAIL, Outcome.INCONCLUSIVE)


class _Chosen(NamedTuple):
    """A rule with the parameters of one of its examples, and evidence under which it passes and does not, by name."""

    rule: Rule
    written: dict[str, Any]
    sound: Tree
    others: tuple[tuple[str, Tree], ...]

    @property
    def id(self) -> str:
        return re.sub("[._]", "-", self.rule.id)


class _Case(NamedTuple):
    name: str
    change: Tree


def begin_policy(name: str, rules: Sequence[str], owner: str, under: Path) -> list[Path]:
    """Writes `under`/NAME/policy.yaml and cases.yaml, and says where. Raises BadInput for a name that is none, for a
    rule that is unknown or judged on what people sign, and where one of the files is there already; MachineFault."""
    if not _ID.fullmatch(name):
        raise BadInput(
            "not a name for a policy",
            got=ascii(name),
            expected="small letters, digits and hyphens, such as bias-audit",
            fix="it is the policy's id, and the folder below policies/",
        )
    found = [_rule(one) for one in dict.fromkeys(rules or (DEFAULT_RULE,))]
    files = [under / name / POLICY, under / name / CASES]
    for file in files:  # before the first is written
        if file.exists():
            raise BadInput("there is a file already", fix="name a new policy, or move it away", where=str(file))
    for file, data in zip(files, begun(name, found, owner), strict=True):
        write_new(file, data)
    return files


def _rule(name: str) -> Rule:
    if (found := catalogue_rule(name)) is None:
        raise BadInput("no such rule", got=ascii(name), fix="`governance policy rules` lists them")
    if not is_evidence(found.examples[0].evidence):
        raise BadInput(
            "the rule is judged on what people sign, and no made-up evidence shows it",
            got=found.name,
            fix="begin with another rule, and add this one with cases that have `acts`",
        )
    return found


def begun(name: str, rules: Sequence[Rule], owner: str) -> tuple[bytes, bytes]:
    """policy.yaml and cases.yaml. Raises BadInput where the examples do not tell these rules
    apart, or do not let all of them pass together."""
    chosen = [_chosen(rule) for rule in rules]
    policy = laid_out(_policy(name, chosen, owner).encode(), POLICY)
    sound: Tree = {"fairness": _rows(1000)}
    for one in reversed(chosen):  # of two that read the same, the first has its way
        sound |= one.sound
    cases = list(_cases(chosen, sound))
    bare = _document(name, sound, cases, {}, {})
    loaded = load_policy(policy, POLICY)
    bench = Bench(load_cases(bare, CASES, loaded), loaded)
    decisions = [bench.judged(at).decision for at in (None, *range(len(cases)))]
    usual, *others = [{one.key.partition("#")[2]: one.outcome for one in found.findings} for found in decisions]
    if failing := [rule for rule, outcome in usual.items() if outcome is not Outcome.PASS]:
        raise _too_many(failing)
    expected = {
        case.name: _stated(
            findings={rule: outcome.value for rule, outcome in found.items() if outcome is not usual[rule]},
            outcomes={at: one.value for at, one in decision.outcomes.items() if one is not Action.ALLOW},
        )
        for case, found, decision in zip(cases, others, decisions[1:], strict=True)
    }
    written = _document(name, sound, cases, expected, {})
    examined = examine(loaded, load_cases(written, CASES, loaded), mutate=True)
    uncovered = dict.fromkeys([*(gap.rule for gap in examined.gaps), *(one.at for one in examined.survivors)], _TO_DO)
    written = _document(name, sound, cases, expected, uncovered)
    if not (examined := examine(loaded, load_cases(written, CASES, loaded), mutate=True)).holds:
        raise _too_many({gap.rule for gap in examined.gaps} | {one.rule for one in examined.survivors})
    return policy, written


def _stated(**parts: Tree) -> Tree:
    return {name: part for name, part in parts.items() if part}


def _too_many(rules: Iterable[str]) -> BadInput:
    return BadInput(
        "the examples of these rules do not tell them apart",
        got=", ".join(sorted(rules)),
        fix="begin with fewer rules, and add the others to policy.yaml with cases of your own",
    )


def _chosen(rule: Rule) -> _Chosen:
    """By the first example under whose parameters some evidence passes, some fails and some settles nothing; else by
    the first that passes. One that writes parameters shows more of the rule."""
    examples = sorted(rule.examples, key=lambda one: (one.outcome is not Outcome.PASS, not one.params))
    made = (
        _with(rule, one.params, params, other.evidence)
        for one in examples
        for params in (rule.params.model_validate(one.params),)
        for other in (one, *examples)
        if _outcome(rule, other.evidence, params) is Outcome.PASS
    )
    first = next(made)
    return next((one for one in (first, *made) if len(one.others) == len(_SHOWN)), first)


def _with(rule: Rule, written: dict[str, Any], params: Params, evidence: Any) -> _Chosen:
    pool = sorted(rule.examples, key=lambda one: one.outcome not in _SHOWN)
    candidates = [(one.name, one.evidence) for one in pool]
    candidates += [(f"no {field}", without) for field, without in emptied(evidence)]
    found: dict[Outcome, tuple[str, Tree]] = {}
    for name, candidate in candidates:
        outcome = _outcome(rule, candidate, params)
        if outcome in _SHOWN and outcome not in found:
            found[outcome] = name, _removing(rule, facts_of(rule, candidate))
    if rule.reads:  # what was never collected settles nothing
        found.setdefault(Outcome.INCONCLUSIVE, ("nobody looked", dict.fromkeys(rule.reads)))
    return _Chosen(rule, written, facts_of(rule, evidence), tuple(found[one] for one in _SHOWN if one in found))


def _outcome(rule: Rule, evidence: Any, params: Params) -> Outcome:
    return rule.judge(evidence, params, parse_instant(NOW)).outcome


def _removing(rule: Rule, tree: Tree) -> Tree:
    """What a rule reads and does not find here is not there."""
    return {**dict.fromkeys(rule.reads or ("inputs",)), **tree}


def _cases(chosen: Iterable[_Chosen], sound: Tree) -> Iterator[_Case]:
    seen = []
    for one in chosen:
        for name, tree in one.others:
            if (change := _change(sound, tree)) not in seen:
                seen.append(change)
                yield _Case(f"{one.id}: {name}"[:100], change)
    named = sound["fairness"].get("sex", {})
    for title, rows in (("exactly 100 rows", 100), ("99 rows", 99)):
        yield _Case(title, _change(sound, {"fairness": _rows(rows, *named)}))
    yield _Case("groups were not compared", {"fairness": None})
    measured = [name for name in sound if name not in DECLARED]
    yield _Case("somebody wrote the numbers down", {"origins": dict.fromkeys(measured, "declared")})


def _change(sound: Tree, target: Tree) -> Tree:
    return merge_patch({name: sound[name] for name in target if name in sound}, target)


def _rows(rows: int, one: str = "a", other: str = "b", *_: str) -> Tree:
    """Two groups with the same rates."""
    half = {"tn": rows // 4, "fp": rows // 20, "fn": rows // 20, "tp": rows // 2 - rows // 4 - 2 * (rows // 20)}
    return {"sex": {one: half, other: {**half, "tp": half["tp"] + rows % 2}}}


def _policy(name: str, chosen: Sequence[_Chosen], owner: str) -> str:
    lines = [
        "# Fill in what has a comment. `governance policy lint`, `fmt` and `test --mutate` say whether it still holds.",
        "schema: governance.policy/v1",
        f"id: {name}",
        "version: 0.1.0",
        f"title: {name}  # what people read",
        f"owner: {flow(owner)}  # who answers for it",
        "in_force: {from: 2026-01-01T00:00:00Z}  # the first moment on which it counts",
        "environments: [staging, prod]",
        "rules:",
    ]
    for one in chosen:
        kinds = ["declared" if group in DECLARED else "measured" for group in one.rule.reads]
        lines += [
            f"  # of the catalogue: `governance policy rules {one.rule.name}` says what it checks, and its options.",
            "  # `why` and `fix` may stand in place of its own words; `owner` is who mends what fails",
            f"  - id: {one.id}",
            f"    title: {flow(one.rule.summary.rstrip('.'))}",
            f"    uses: {one.rule.name}",
            *([f"    with: {flow(one.written)}  # your limits"] if one.written else []),
            f"    controls: {flow(list(one.rule.controls))}  # the clauses that it serves, as law/clause",
            "    severity: medium",
            "    enforcement: {default: deny, staging: warn}  # or announced: {warn: now, deny: 2027-01-01T00:00:00Z}",
            *(
                [f"    accept: {{kind: {flow(sorted(set(kinds), reverse=True))}}}  # who may say so"]
                if "declared" in kinds
                else []
            ),
        ]
    lines += [
        "  # your own: a condition in CEL over the evidence that stands under `requires`",
        "  - id: enough-rows",
        "    title: Judged on at least 100 rows  # what people read",
        "    requires: [fairness.rows]",
        "    expr: fairness.rows >= 100",
        "    controls: [eu-ai-act/art-10.3]",
        "    severity: medium",
        "    enforcement: {default: deny}  # or review, warn, audit; by environment, too",
        "    why: Fewer rows say nothing about groups.  # your rationale",
        "    fix: Evaluate on more rows.  # what who fails is to do",
    ]
    return "\n".join(lines) + "\n"


def _document(name: str, sound: Tree, cases: Iterable[_Case], expected: Tree, uncovered: dict[str, str]) -> bytes:
    lines = [
        f"# Made-up evidence, and what {name} must say of it. A rule needs a case in which it passes (the sound one",
        "# is one), one in which it fails and one in which nobody can say. A case changes what is sound, null removes.",
        "schema: governance.cases/v1",
        f"policy: {name}",
        f"now: {NOW}",
        *entry(SOUND, sound),
        "cases:",
    ]
    for case in cases:
        lines += [
            f"  - name: {flow(case.name)}",
            *entry("change", case.change, 4),
            *entry("expect", expected.get(case.name, {}), 4),
        ]
    return "\n".join([*lines, *(entry("uncovered", uncovered) if uncovered else [])]).encode() + b"\n"
