"""governance demo: two versions of a model on real data, from denial to release. Nothing is pre-computed."""

import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from governance import bundled
from governance.cli.context import Context
from governance.errors import BadInput, ExitCode, Refused
from governance.policy.decision import Decision
from governance.policy.outcome import Action, Outcome

if TYPE_CHECKING:
    from governance.operations.ask import Asked
    from governance.operations.evaluate import Checked

_MARK = ".governance-demo"
_NAME = "diabetes-progression"


def run(context: Context) -> int:
    from governance.operations.ask import ask_trail
    from governance.operations.evaluate import check, load_policies
    from governance.operations.export import export_bundle
    from governance.operations.files import write_whole
    from governance.operations.initialise import add_person, start_trail
    from governance.operations.report import issue_report
    from governance.operations.review import act
    from governance.operations.workspace import Workspace, local
    from governance.render.text import decision_text
    from governance.store.verify import verify_trail
    from governance.verification import verify

    _is_installed()
    out = _fresh(context.args.out)
    # Throw-away keys below the demo's folder, never the user's own; so it may make them on a CI machine too.
    settings = context.settings._replace(config=out / "keys", ci=False, database=None)
    workspace = Workspace(out, settings, context.now, os.urandom)
    say = context.say

    say("1. A project starts its trail. ann submits models; ann and bo may approve them, each with a key of their own.")
    start_trail(workspace)
    password = secrets.token_urlsafe(18)
    write_whole(out / "keys" / "password", password.encode())
    (out / "keys" / "password").chmod(0o600)
    for name, roles in (("ann", ("submitter", "approver")), ("bo", ("approver",))):
        add_person(workspace, name, roles, password)

    policies = load_policies([bundled.DEFAULT_POLICY])

    def audit(version: Literal["1", "2"]) -> "Checked":
        from governance.cli.demo.material import build

        context.progress(f"training version {version}")
        manifest = build(out / f"v{version}", version, bundled.lock())
        submitter = workspace.authenticate("ann", lambda: password)[0].principal
        checked = check(workspace, manifest, policies, submitter=submitter, progress=context.progress)
        context.done()
        text = decision_text(
            checked.decision,
            checked.evidence,
            environment="prod",
            colour=False,
            width=100,
            sealed=context.sealed(workspace, checked.sealed),
        )
        write_whole(out / f"v{version}" / "check.txt", text.encode())
        return checked

    def ask(artifact: str) -> "Asked":
        return ask_trail(workspace, workspace.trust(), artifact, "prod")

    say(
        "\n2. Version 1 of a model on the diabetes patients of scikit-learn (442 rows), with a real fault of each kind."
    )
    first = audit("1")
    _tell(context, first.decision)

    say("\n3. Version 2, with the faults mended.")
    second = audit("2")
    _tell(context, second.decision)
    version = second.decision.subject.version
    artifact = _artifact(second.decision)

    say("\n4. A person must answer for what the data cannot settle. The gate, before anybody has:")
    before = ask(artifact)
    _answer(context, "version 2", before)
    say("   ann, who submitted it, tries to approve it herself:")
    try:
        act(
            workspace, "approve", model=_NAME, version=version, principal=local("ann"), role="approver",
            password=lambda: password, reason="looks fine to me",
        )  # fmt: skip
        raise RuntimeError("the submitter could approve their own model")
    except Refused as refused:
        say(f"     refused: {refused.got}")
    reviewed = act(
        workspace, "approve", model=_NAME, version=version, principal=local("bo"), role="approver",
        password=lambda: password,
        reason="Read each open finding. A pilot with weekly review is acceptable; measure again at 5,000 patients.",
        seen=_digest(second),
    )  # fmt: skip
    say(f"   bo, who did not, approves: {reviewed.act.reason}")

    say("\n5. The gate, afterwards:")
    _answer(context, "version 2", ask(artifact))
    _answer(context, "version 1", ask(_artifact(first.decision)))
    tampered = _one_byte_changed(out / "v2" / "model.skops", out / "v2" / "model-changed.skops")
    _answer(context, "version 2 with one byte changed", ask(tampered))

    context.progress("writing the bundle and the report")
    bundle = export_bundle(workspace, reviewed.sealed.decision_sha256)
    write_whole(out / "bundle.json", bundle)
    write_whole(out / "trust.json", workspace.trust_path.read_bytes())
    verified = verify(bundle, workspace.trust(), now=context.now())
    write_whole(out / "report.pdf", issue_report(workspace, reviewed.sealed.decision_sha256, local("bo")))
    write_whole(out / "report-v1.pdf", issue_report(workspace, _digest(first), local("ann")))
    with workspace.open_trail() as store:
        trail = verify_trail(store, workspace.trust().logs[0].key)
    context.done()

    say(f"\n6. The bundle verifies (VALID at level {verified.level}), and so does the trail of {trail.size} entries.")
    decision = reviewed.decision
    allowed = ", ".join(f"{name}: {action.value}" for name, action in sorted(decision.outcomes.items()))
    say(f"\nDecided  {_NAME} {version}: {allowed}; approved by bo; valid until {decision.valid_until}")
    passed = sum(finding.outcome is Outcome.PASS for finding in decision.findings)
    say(f"Why      {passed} of {len(decision.findings)} rules pass; bo answers for {_why(decision)}")
    say(f"Denied   {_NAME} {first.decision.subject.version}, because of {_why(first.decision)}")
    say(f"PDF      {out / 'report.pdf'}   (version 1: {out / 'report-v1.pdf'})")
    say(f"Bundle   {out / 'bundle.json'}")
    say(f"Trust    {out / 'trust.json'}")
    say(f"Trail    {workspace.trail_path}")
    say(f"In full  {out / 'v1' / 'check.txt'}, {out / 'v2' / 'check.txt'}")
    command = ".venv/bin/governance" if Path(".venv/bin/governance").exists() else "governance"
    say("\nNext:")
    say(f"  {command} verify {out / 'bundle.json'} --trust {out / 'trust.json'}")
    say(
        f"  {command} gate --artifact {out / 'v2' / 'model.skops'} --environment prod"
        f" --bundle {out / 'bundle.json'} --trust {out / 'trust.json'}"
    )
    say(f"  {command} trail show --project {out}")
    return ExitCode.ALLOW


def _is_installed() -> None:
    """Raises BadInput before anything is written, in an install that could not go on to the end."""
    from importlib.util import find_spec

    from governance.cli.extras import MEASURE, PDF

    if missing := [name for name in (*MEASURE, *PDF) if find_spec(name) is None]:
        raise BadInput(
            "the demo measures models and writes PDFs, and that is not installed",
            got=f"no module {', '.join(missing)}",
            fix="pip install 'governance[measure,pdf]'",
        )


def _fresh(out: Path) -> Path:
    """An empty folder of our own. Raises BadInput rather than touch a folder that no demo made."""
    if out.exists() and any(out.iterdir()) and not (out / _MARK).exists():
        raise BadInput(
            "the folder holds something else", got=str(out), expected="a new folder", fix="give another --out"
        )
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / _MARK).write_text("Made by `governance demo`, which deletes this folder when it runs again.\n")
    return out


def _tell(context: Context, decision: Decision) -> None:
    from governance.render.visible import wrap
    from governance.render.wording import ACTION_WORDS, by_state, tally

    outcomes = "  ".join(f"{name}: {ACTION_WORDS[decision.outcomes[name]]}" for name in sorted(decision.outcomes))
    context.say(f"   {decision.subject.name} {decision.subject.version}  {outcomes}  ({tally(decision.findings)})")
    for state, findings in by_state(decision.findings).items():
        if state.value in ("passed", "not applicable"):
            continue
        for finding in findings:
            lines = wrap(f"{finding.title}: {finding.why}", context.width, f"     {state.value:<13}", " " * 18)
            context.say("\n".join(lines))


def _answer(context: Context, what: str, asked: "Asked") -> None:
    from governance.render.wording import ACTION_WORDS, plural

    answer = asked.answer
    waiting = f"{plural(len(answer.why), 'finding')} to answer for"
    why = waiting if answer.action is Action.NEEDS_REVIEW else answer.why[0]
    context.say(f"     {what}: {ACTION_WORDS[answer.action]} in prod ({why})")


def _why(decision: Decision, most: int = 3) -> str:
    """What stood against it in prod, worst first."""
    against = [f for f in decision.findings if f.actions["prod"] is not Action.ALLOW]
    named = [f"{finding.title} ({finding.outcome.value})" for finding in against[:most]]
    more = [f"and {len(against) - most} more"] if len(against) > most else []
    return "; ".join(named + more)


def _artifact(decision: Decision) -> str:
    if decision.subject.artifact is None:
        raise RuntimeError("the demo's models are files")
    return decision.subject.artifact


def _digest(checked: "Checked") -> str:
    if checked.sealed is None:
        raise RuntimeError("the demo seals what it decides")
    return checked.sealed.decision_sha256


def _one_byte_changed(source: Path, target: Path) -> str:
    """A copy of the artifact with one byte changed; its digest."""
    from governance.canonical import sha256

    data = bytearray(source.read_bytes())
    data[len(data) // 2] ^= 1
    target.write_bytes(data)
    return sha256(bytes(data))
