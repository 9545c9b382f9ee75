"""For the terminal: the verdict first, then what failed, worst first, with its number and how to fix it.

Colour only repeats what a word says. Nothing from outside reaches the terminal unescaped.
"""

from collections.abc import Iterator, Sequence

from governance.canonical import sha256
from governance.evidence.evidence import EvidenceSet
from governance.policy.decision import Decision, Recorded
from governance.policy.document import LoadedPolicy
from governance.policy.finding import Finding
from governance.policy.gate import Answer
from governance.policy.outcome import Action
from governance.policy.period import day
from governance.render import wording
from governance.render.matrix import ClauseRow, matrix
from governance.render.sealed import Sealed
from governance.render.visible import clip, columns, visible, wrap
from governance.render.wording import ACTION_WORDS, SETTLED, State
from governance.verification import Verified

_MOST_SHOWN = 6
_LABEL = 10
_PAINT = {
    Action.DENY: "1;31",
    Action.NEEDS_REVIEW: "1;33",
    Action.ALLOW: "1;32",
    State.FAILED: "31",
    State.ERROR: "31",
    State.KNOWN: "33",
    State.INCONCLUSIVE: "33",
    State.WAIVED: "36",
    State.PASSED: "32",
    State.NOT_APPLICABLE: "2",
}


class Page:
    """Lines of text, escaped and wrapped as they are added."""

    def __init__(self, colour: bool, width: int) -> None:
        self.colour, self.width, self.lines = colour, max(40, width), list[str]()

    def painted(self, text: str, paint: Action | State) -> str:
        return f"\x1b[{_PAINT[paint]}m{text}\x1b[0m" if self.colour else text

    def add(self, text: str, first: str = "", rest: str | None = None) -> None:
        self.lines += wrap(visible(text), self.width, first, first if rest is None else rest)

    def field(self, label: str, text: str) -> None:
        """A labelled line under a finding."""
        self.add(text, f"    {label:<{_LABEL}}", " " * (4 + _LABEL))

    def blank(self) -> None:
        self.lines.append("")

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines) + "\n"


def decision_text(
    decision: Decision,
    evidence: EvidenceSet,
    *,
    environment: str | None,
    colour: bool,
    width: int,
    sealed: Sealed | None,
    acts: Sequence[Recorded] = (),
    policies: Sequence[LoadedPolicy] = (),
) -> str:
    """What `governance check` prints. `environment` is the one asked about, shown first; `acts` are those that the
    decision stands on, `policies` those that may be about a law."""
    page = Page(colour, width)
    _verdict(page, decision, environment)
    groups = wording.by_state(decision.findings)
    for state, findings in groups.items():
        if state in SETTLED or not findings:
            continue
        page.blank()
        page.lines.append(page.painted(state.value.upper(), state))
        for finding in findings:
            _finding(page, finding, acts)
    _settled(page, groups)
    _laws(page, decision, policies)
    _list(page, "WHAT PEOPLE SAID", [wording.act_of(item.act) for item in acts])
    page.blank()
    page.add("Not measured, taken on somebody's word: " + "; ".join(_declared(evidence)), "", "  ")
    for who, findings in wording.attested(decision.findings):
        page.add(f"Attested by {who}, not checked by us: {'; '.join(one.title for one in findings)}", "", "  ")
    above = _which_law(decision, next(iter(wording.strictest(decision, environment)), ""))
    for note in decision.notes:
        if note not in above:
            page.add(note, "Note: ", "      ")
    _record(page, decision, sealed)
    return page.text()


def _verdict(page: Page, decision: Decision, environment: str | None) -> None:
    """The verdict, what it rests on in at most two lines, how many rules there were."""
    environments = wording.strictest(decision, environment)
    subject = visible(f"{decision.subject.name} {decision.subject.version}")
    verdicts = [
        f"{visible(name)}: {page.painted(ACTION_WORDS[decision.outcomes[name]], decision.outcomes[name])}"
        for name in environments
    ]
    if not verdicts:
        verdicts = [page.painted(ACTION_WORDS[Action.DENY], Action.DENY) + " (no policy names an environment)"]
    page.lines.append("  ".join([subject, *verdicts]))
    if environments:
        page.add(_because(decision, environments[0], 2 * (page.width - 2)), "", "  ")
        for note in _which_law(decision, environments[0]):
            page.add(note, "", "  ")
    rules = wording.plural(len(decision.findings), "rule")
    page.add(f"{rules}: {wording.tally(decision.findings)}. Valid until {decision.valid_until}.", "", "  ")


def _which_law(decision: Decision, environment: str) -> list[str]:
    """Of several policies which decided, by which clauses, and what each other says alone."""
    begins = f"{environment}: {decision.outcomes[environment].value} by " if environment else "\n"
    return [note for note in decision.notes if note.startswith(begins)]


def _because(decision: Decision, environment: str, room: int) -> str:
    """As many reasons as fit into `room` columns, at least one."""
    action = decision.outcomes[environment]
    if action is Action.ALLOW:
        return f"{environment} is {wording.allowed(decision, environment)}"
    asked = wording.blocking(decision, environment)
    decisive = [finding for finding in asked if finding.actions[environment] is action] or asked
    if not decisive:
        own = [note.removeprefix(f"{environment}: ") for note in decision.notes if note.startswith(f"{environment}: ")]
        return clip(f"{environment}: {'; '.join(own or decision.notes) or 'nothing was checked'}", room)
    # A rule is named for what it demands, so its state stands before it.
    said = clip(f"{environment} because of {wording.tally(decisive)}: {wording.gist(decisive[0])}", room - 14)
    for shown, finding in enumerate(decisive[1:], 1):
        more = f"{said}; {wording.gist(finding)}"
        if columns(visible(more)) > room - 14:
            return f"{said}; and {len(decisive) - shown} more"
        said = more
    return said


def _finding(page: Page, finding: Finding, acts: Sequence[Recorded]) -> None:
    page.add(f"{finding.title} ({finding.severity.value})", "- ", "  ")
    page.field("why", finding.why)
    if not finding.looked_at and finding.origin is None:
        # Nothing was there to look at: what to give is all there is to say.
        _fix(page, finding)
        _law(page, finding)
        _waiver_and_rule(page, finding, acts)
        return
    page.field("limit", wording.limit_of(finding.limit))
    shown = [looked for looked in finding.looked_at if looked.value is not None or looked.group][:_MOST_SHOWN]
    for looked in shown:
        rows = "" if looked.n is None else f", n={looked.n:,}"
        who = wording.who(looked)
        said = f"{looked.path}{f' ({who})' if who else ''} = {wording.value_of(looked, finding.limit)}{rows}"
        page.field("found", said)
    if len(finding.looked_at) > len(shown) > 0:
        page.field("", f"and {len(finding.looked_at) - len(shown)} more (--format json shows all)")
    if finding.fix:
        _fix(page, finding)
    _law(page, finding)
    page.field("evidence", wording.origin_of(finding))
    _waiver_and_rule(page, finding, acts)


def _fix(page: Page, finding: Finding) -> None:
    page.field("fix", finding.fix)
    if finding.owner:
        page.field("owner", finding.owner)


def _law(page: Page, finding: Finding) -> None:
    if finding.controls:
        page.field("law", ", ".join(finding.controls))


def _waiver_and_rule(page: Page, finding: Finding, acts: Sequence[Recorded]) -> None:
    if finding.waiver:
        page.field("waiver", f"{wording.waived(finding, acts)}; was {finding.outcome.value}")
    if finding.known:
        page.field("known", wording.known(finding))
    if finding.announced:
        page.field("announced", wording.announced(finding))
    page.field("rule", f"{finding.key} ({finding.uses}); {wording.effect(finding.actions)}")


def _settled(page: Page, groups: dict[State, list[Finding]]) -> None:
    for state in State:
        if state not in SETTLED or not groups[state]:
            continue
        page.blank()
        page.lines.append(page.painted(state.value.upper(), state))
        for finding in groups[state]:
            source = f" [{said}]" if (said := wording.unchecked(finding)) else ""
            ahead = f"; {wording.announced(finding)}" if finding.announced else ""
            page.add(f"{finding.title}: {finding.why}{source}{ahead}", "- ", "  ")


def _laws(page: Page, decision: Decision, policies: Sequence[LoadedPolicy]) -> None:
    """Clause by clause, for each policy that is about a law."""
    for law in matrix(decision, policies):
        page.blank()
        page.lines.append(visible(f"{law.title.upper()} ({law.law}), AS OF {day(decision.as_of)}"))
        page.add(f"{law.citation}; {law.status}. {law.shares}.", "  ")
        if law.doubt:
            page.add(f"In doubt: {law.doubt}", "  ")
        page.add(f"evidence {decision.evidence[0]}", "  ")
        if law.remark:
            page.add(f"policy {law.policy}: {law.remark}; nothing of it was judged", "  ")
        for row in law.rows:
            page.add(_clause(row), "- ", "  ")


def _clause(row: ClauseRow) -> str:
    """ "sr-26-2/mrm.val (section V, superseded): failed by house#floor: 0.6, limit at least 0.7"."""
    said = f"{row.control} ({row.citation}; {row.status}): {row.outcome}"
    said += f" by {row.key} [{row.rests_on}]" if row.key else ""
    held = f"{row.value}, limit {row.limit}" if row.value and row.limit else ""
    said += f": {held or row.why}" if held or row.why else ""
    return said + "".join(f"; in doubt: {doubt}" for doubt in row.doubts)


def _declared(evidence: EvidenceSet) -> Iterator[str]:
    for name, words in wording.declared(evidence):
        yield f"{name} ({words})"


def _record(page: Page, decision: Decision, sealed: Sealed | None) -> None:
    policies = ", ".join(
        f"{ref.id} {ref.version} ({ref.sha256[: wording.DIGEST_SHOWN]}...) {ref.remark.upper()}".rstrip()
        for ref in decision.policies
    )
    artifact = decision.subject.artifact
    page.blank()
    page.add(artifact or "none: no artifact can be allowed by digest", "artifact  ", " " * 10)
    page.add(policies or "none", "policy    ", " " * 10)
    if decision.baseline:
        page.add(f"{decision.baseline}, of known failures", "baseline  ", " " * 10)
    page.add(f"{decision.now}, law as of {decision.as_of}", "judged    ", " " * 10)
    page.add(wording.principal(decision.submitter), "submitter ", " " * 10)
    page.add(sha256(decision.to_bytes()), "decision  ", " " * 10)
    if sealed is None:
        page.add("nowhere: nobody can verify this later, and no gate accepts it", "sealed    ", " " * 10)
        return
    page.add(f"entry {sealed.index} of {sealed.trail}", "sealed    ", " " * 10)
    if sealed.bundle:
        page.add(sealed.bundle, "bundle    ", " " * 10)


def verified_text(verified: Verified, *, colour: bool, width: int) -> str:
    """What `governance verify` prints for a bundle that holds."""
    page = Page(colour, width)
    decision = verified.decision
    page.lines.append(f"{page.painted('VALID', Action.ALLOW)} at level {verified.level}")
    page.add(wording.LEVELS.get(verified.level, "unknown to this version"), "  ")
    _verdict(page, decision, None)
    page.add(f"As of {decision.now}; what happened later is not in the bundle.")
    page.blank()
    page.lines.append("Who signed what")
    for signed in verified.signed:
        signer = signed.principal or f"the {signed.role}"
        key = f"key {signed.keyid[: wording.DIGEST_SHOWN]}..."
        document = f"{signed.type} {signed.document[: wording.DIGEST_SHOWN]}..."
        page.add(f"{signer} ({signed.role}, {key}) signed {document}", "- ", "  ")
    page.add(f"log {verified.origin}: {verified.size:,} entries, root {verified.root}", "- ", "  ")
    for recorded in verified.acts:
        page.add(wording.act_of(recorded.act), "- ", "  ")
    _list(page, "Checked", verified.checked)
    _list(page, "Not checked", verified.not_checked)
    _list(page, "Taken on somebody's word", list(_declared(verified.evidence)))
    _list(page, "Notes", decision.notes)
    page.blank()
    page.add(verified.decision_sha256, "decision  ", " " * 10)
    page.add(verified.evidence_sha256, "evidence  ", " " * 10)
    return page.text()


def gate_text(
    answer: Answer, decision: Decision | None, *, artifact: str, environment: str, now: str, colour: bool, width: int
) -> str:
    """What `governance gate` prints: may this artifact run in this environment, at the moment of the question."""
    page = Page(colour, width)
    verdict = page.painted(ACTION_WORDS[answer.action], answer.action)
    page.lines.append(f"{verdict}  {visible(environment)}: artifact {visible(artifact)}")
    for why in answer.why:
        page.add(why, "- ", "  ")
    if decision is None:
        page.add(f"Asked at {now}; there was no decision to ask.")
    else:
        subject = f"{decision.subject.name} {decision.subject.version}"
        # Why it is allowed says from when until when already.
        of = "" if answer.action is Action.ALLOW else f", decided on {decision.now}, valid until {decision.valid_until}"
        page.add(f"Asked at {now} about {subject}{of}.")
    return page.text()


def _list(page: Page, title: str, items: Sequence[str]) -> None:
    if items:
        page.blank()
        page.lines.append(title)
        for item in items:
            page.add(item, "- ", "  ")
