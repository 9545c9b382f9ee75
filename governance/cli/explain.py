"""governance explain"""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from governance.cli.context import Context, model_version
from governance.cli.places import place
from governance.cli.terminal import shows
from governance.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from governance.cli.places import Place
    from governance.operations.case import Case
    from governance.policy.finding import Finding
    from governance.render.explain import Explanation


def run(context: Context) -> int:
    args = context.args
    if args.bundle and args.model:
        raise BadInput("one decision at a time", got="NAME@VERSION and --bundle", fix="leave out one of them")
    return say(context, _explained(context))


def say(context: Context, explanation: "Explanation") -> int:
    """In the format that was asked for."""
    from governance.render.explain_picture import DRAWN
    from governance.render.explain_text import explanation_text

    if context.as_json:
        context.say(explanation.to_json())
    else:
        drawn = shows("".join(DRAWN))
        context.say(explanation_text(explanation, colour=context.colour, width=context.width, drawn=drawn))
    return ExitCode.ALLOW


def _explained(context: Context) -> "Explanation":
    """Of the bundle's decision, the latest about the model version, or the last of all; of the policies where there is
    no decision to look at."""
    from governance.operations.case import case_of
    from governance.operations.files import read_whole
    from governance.verification import verify

    args = context.args
    if args.bundle:
        data = read_whole(args.bundle, "bundle")
        context.progress("verifying the bundle")
        return _of_case(context, case_of(verify(data, context.own_trust(), now=context.now())))
    where = place(context)
    digest = where.latest(*model_version(args.model)) if args.model else where.newest()
    return _of_case(context, where.shown(digest).case) if digest else _of_policies(context, where)


def _of_case(context: Context, case: "Case") -> "Explanation":
    from governance import strictyaml
    from governance.operations.explain import catalogue_rule, finding_of, manifest_file
    from governance.render.explain import Case as Shown
    from governance.render.explain import explain_finding, explain_rule
    from governance.render.pipeline import CheckPage

    asked = context.args.finding
    if (rule := catalogue_rule(asked)) is not None:
        return explain_rule(rule)
    finding = finding_of(case, asked)
    here = Path.cwd()
    file = manifest_file(case, dict.fromkeys((here, context.workspace().root)))
    shown = None if file is None else os.path.relpath(file, here)
    page = CheckPage(
        decision=case.decision,
        evidence=case.evidence,
        policies=case.policies,
        baseline=None,
        acts=case.acts,
        precedents={},
        source=strictyaml.parse(case.manifest, shown or "manifest"),
        uri=shown or "",
        environment=None,
        sealed=None,
    )
    return explain_finding(Shown(page, case.decision_sha256, shown), finding, _next(context, case, finding, shown))


def _of_policies(context: Context, where: "Place") -> "Explanation":
    """Where there is no decision: what the policy asks, or what a rule of the catalogue is about."""
    from governance.operations.explain import catalogue_rule, selected_of
    from governance.render.explain import explain_asked, explain_rule

    asked = context.args.finding
    if (rule := catalogue_rule(asked)) is not None:
        return explain_rule(rule)
    return explain_asked(*selected_of(where.asked(), asked))


def _next(context: Context, case: "Case", finding: "Finding", file: str | None) -> tuple[str, ...]:
    """The commands that follow, to be typed as they stand but for the words in capitals."""
    from governance.policy.outcome import WAIVABLE, Action
    from governance.render.wording import SETTLED, state_of

    if state_of(finding) in SETTLED:
        return ()
    decision = case.decision
    subject = shlex.quote(f"{decision.subject.name}@{decision.subject.version}")
    project = f" --project {shlex.quote(str(context.args.project))}" if context.args.project else ""
    policies = "".join(f" --policy {_policy(ref.id, ref.sha256)}" for ref in decision.policies)
    # A service knows its policies, and by the token who asks.
    by = project if context.settings.service else f"{policies} --as NAME{project}"
    steps = [f"governance check {shlex.quote(file or 'MANIFEST')}{by}"]
    rules = (rule for policy in case.policies for rule in policy.rules if rule.key == finding.key)
    if finding.outcome in WAIVABLE and not finding.waiver and all(rule.section.waivable for rule in rules):
        steps.append(f"governance waive {subject} --as NAME{_waiver(finding)}{project}")
    if Action.NEEDS_REVIEW in decision.outcomes.values():
        seen = f"--decision {case.decision_sha256}"
        steps.append(f"governance approve {subject} --as NAME --reason REASON {seen}{project}")
    return tuple(steps)


def _policy(identifier: str, digest: str) -> str:
    """A shipped policy by its name; of another one only its author knows the file."""
    from governance import bundled
    from governance.canonical import sha256

    shipped = identifier in bundled.policy_names() and sha256(bundled.policy(identifier)[1]) == digest
    return identifier if shipped else f"{identifier.upper()}.yaml"


def _waiver(finding: "Finding") -> str:
    """What a waiver has to say to cover this finding and nothing worse."""
    from governance.policy.coverage import at_stake, worst_number
    from governance.policy.granting import spelled

    given = [f"--finding {shlex.quote(finding.key)}"]
    groups = at_stake(finding)
    # What is about nobody in particular, and a name with a comma, have no spelling on a command line: all, then.
    if all(group and spelled(group).count(",") == len(group) - 1 for group in groups):
        given += [f"--group={shlex.quote(spelled(group))}" for group in groups]
    if (worst := worst_number(finding)) is not None:
        given.append(f"--no-worse-than={worst}")
    return " " + " ".join([*given, "--ticket TICKET --expires DATE --reason REASON"])
