"""Markdown (GitHub's flavour, which GitLab reads too) for a comment on a pull request or the summary of a job.

Everything from outside is escaped so that it stays text: it opens no tag, link, table cell or formula, begins no line
(where commands such as `/approve` live), and notifies nobody. An empty comment stands inside of whatever would be taken
for a mention, a reference or an address, because those are looked for in the rendered text, where an entity is a plain
character again.
"""

import re
import shlex
from collections.abc import Iterator, Sequence

from governance.canonical import sha256
from governance.policy.finding import Finding
from governance.policy.outcome import Action
from governance.policy.period import day
from governance.render import wording
from governance.render.changes import Changes, Moved, changes
from governance.render.matrix import ClauseRow, LawMatrix, matrix
from governance.render.pipeline import CheckPage, found, known, waived
from governance.render.visible import clip, visible
from governance.render.wording import ACTION_WORDS, SETTLED, State, state_of

# GitHub refuses a comment of more than 65,536 characters. What is left is for whoever adds a line of their own.
MOST = 64_000
_MOST_FOUND = 6
_CELL = 400

_ACTION_SIGNS = {Action.ALLOW: "✅", Action.NEEDS_REVIEW: "⚠️", Action.DENY: "❌"}
_STATE_SIGNS = {
    State.FAILED: "❌",
    State.ERROR: "💥",
    State.KNOWN: "🕰️",
    State.INCONCLUSIVE: "❓",
    State.WAIVED: "✍️",
    State.PASSED: "✅",
    State.NOT_APPLICABLE: "➖",
}
_SPECIAL = frozenset("&<>`*_[]()!|~\\#${}@")


# Mentions, numbers of issues, merge requests and the like, addresses: what GitHub and GitLab make links of.
_REFERS = re.compile(r"@|[#!$%&~^](?=\w|\Z)|:(?=//)|\bwww(?=\.)|\bGH-(?=\d)", re.IGNORECASE)
_NOTHING = "<!-- -->"


def escaped(text: str, most: int = _CELL) -> str:
    """Text from outside, inline, clipped to `most` characters before it grows by being escaped."""
    # No text that is shown holds a NUL: it marks the places.
    marked = _REFERS.sub(lambda found: f"{found[0]}\0", clip(visible(text), most))
    return "".join(_NOTHING if char == "\0" else f"&#{ord(char)};" if char in _SPECIAL else char for char in marked)


class _Page:
    """Blocks of text up to `MOST` characters in all; what is left out is counted and said."""

    def __init__(self, reserved: int) -> None:
        self.blocks, self.room = list[str](), MOST - reserved

    def add(self, *lines: str) -> bool:
        """One block, if it fits."""
        text = "\n".join(lines)
        if len(text) + 2 > self.room:
            return False
        self.blocks.append(text)
        self.room -= len(text) + 2
        return True

    def rows(self, share: float, before: Sequence[str], rows: Sequence[str], after: Sequence[str] = ()) -> None:
        """A block of as many rows as fit into a share of the room that is left, between `before` and `after`."""
        if not rows:
            return
        room = share * self.room - sum(len(line) + 1 for line in (*before, *after)) - 80
        kept = list[str]()
        for row in rows:
            if len(row) + 1 > room:
                break
            room -= len(row) + 1
            kept.append(row)
        lines = [*before, *kept]
        if left := len(rows) - len(kept):
            lines += ["", f"and {left} more, which have no room here (`--format json` shows all)"]
        self.add(*lines, *after)

    def folded(self, share: float, summary: str, head: Sequence[str], rows: Sequence[str]) -> None:
        """A table that opens at a click."""
        self.rows(share, [f"<details><summary>{summary}</summary>", "", *_head(*head)], rows, ["", "</details>"])


def decision_markdown(page: CheckPage) -> str:
    """The verdict of each environment, what changed since the last approved version, what to do, what was taken on
    somebody's word; folded away: each rule then and now, the numbers, what passed, the record. At most `MOST`
    characters."""
    record = _record(page)
    out = _Page(sum(len(block) + 2 for block in record))
    _verdict(out, page)
    _changes(out, page)
    _to_do(out, page)
    declared = "; ".join(f"{escaped(name)} ({escaped(words)})" for name, words in wording.declared(page.evidence))
    out.add(f"**Not measured, taken on somebody's word:** {declared}.")
    findings = page.decision.findings
    attested = [
        f"**Attested by {escaped(who)}, not checked by us:** {'; '.join(escaped(one.title) for one in theirs)}.<br>"
        for who, theirs in wording.attested(findings)
    ]
    out.rows(0.2, [], attested)
    numbers = [row for finding in findings if state_of(finding) not in SETTLED for row in _numbers(finding)]
    out.folded(0.6, "Numbers, limits and laws of what did not pass", ["Rule", "Looked at", "Limit and law"], numbers)
    settled = [finding for finding in findings if state_of(finding) in SETTLED]
    for law in matrix(page.decision, page.policies):
        out.folded(0.5, *_law(law, page.decision.as_of))
    out.folded(1, wording.tally(settled), ["", "Rule", "Why"], [_settled_row(finding) for finding in settled])
    out.blocks += record
    return "\n\n".join(out.blocks) + "\n"


def _verdict(out: _Page, page: CheckPage) -> None:
    decision = page.decision
    subject = escaped(f"{decision.subject.name} {decision.subject.version}")
    out.add(f"## {_ACTION_SIGNS[page.verdict]} {subject}: {ACTION_WORDS[page.verdict]}")
    rows = []
    for name in wording.strictest(decision, page.environment):
        action = decision.outcomes[name]
        verdict = _sign(_ACTION_SIGNS[action], ACTION_WORDS[action])
        rows.append(f"| {escaped(name)} | {verdict} | {_because(page, name)} |")
    out.rows(0.2, _head("Environment", "Verdict", "Because"), rows)
    out.rows(0.2, [], [f"> Note: {escaped(note)}<br>" for note in decision.notes])
    rules = wording.plural(len(decision.findings), "rule")
    out.add(f"{rules}: {wording.tally(decision.findings)}. Valid until {decision.valid_until}.")


def _because(page: CheckPage, environment: str) -> str:
    """ "8 failed: ...": a rule is named for what it demands, so its state stands before it."""
    decision = page.decision
    if decision.outcomes[environment] is Action.ALLOW:
        return escaped(wording.allowed(decision, environment))
    asked = wording.blocking(decision, environment)
    decisive = [one for one in asked if one.actions[environment] is decision.outcomes[environment]] or asked
    if not decisive:
        return "nothing was checked, or it was rejected"
    titles = [escaped(one.title) for one in decisive[:3]]
    more = [f"and {len(decisive) - len(titles)} more"] if len(decisive) > len(titles) else []
    return f"**{wording.tally(decisive)}:** {'; '.join([*titles, *more])}"


_ADVICE = {
    Action.DENY: "An approval does not lift a denial: mend what denies, worst first, and have it checked again.",
    Action.NEEDS_REVIEW: "Mend it, or have somebody other than the submitter answer for it",
    Action.ALLOW: "Nothing here blocks it.",
}


def _to_do(out: _Page, page: CheckPage) -> None:
    rows = [_open_row(page, finding) for finding in page.decision.findings if state_of(finding) not in SETTLED]
    if not rows:
        return
    advice = _ADVICE[page.verdict]
    if page.unexplained():
        advice = "No finding explains the verdict: the note above does."
    elif page.verdict is Action.NEEDS_REVIEW:
        subject = f"{page.decision.subject.name}@{page.decision.subject.version}"
        command = shlex.join(["governance", "approve", subject]) + " --as NAME --reason WHY"
        advice += f": {_code(command)}." if page.sealed else "; only a sealed decision can be approved."
    out.add("### What to do")
    out.add(advice)
    out.rows(0.6, _head("", "Rule and what was found", "How to mend it"), rows)


def _open_row(page: CheckPage, finding: Finding) -> str:
    state = state_of(finding)
    said = f"**{escaped(finding.title)}**<br>{escaped(finding.why)}<br><sub>{_effect(finding)}</sub>"
    fix = escaped(finding.fix)
    if state is State.WAIVED:
        fix = f"**Waived:** {escaped(waived(page, finding))}"
    elif state is State.KNOWN:
        fix = f"**Known** {escaped(known(page, finding))}.<br>{fix}"
    return f"| {_sign(_STATE_SIGNS[state], state.value)} | {said} | {fix} |"


def _numbers(finding: Finding) -> Iterator[str]:
    said = [escaped(one) for one in found(finding)]
    shown = [*said[:_MOST_FOUND], *([f"and {len(said) - _MOST_FOUND} more"] if len(said) > _MOST_FOUND else [])]
    limit = [escaped(wording.limit_of(finding.limit)), *(escaped(control) for control in finding.controls)]
    yield f"| {_code(finding.key)} | {'<br>'.join(shown) or 'nothing'} | {'<br>'.join(limit)} |"


def _law(law: LawMatrix, as_of: str) -> tuple[str, list[str], list[str]]:
    """A table of the clauses of a law, under what is said of it as a whole."""
    said = [f"{law.title} ({law.law}) as of {day(as_of)}: {law.status}", law.shares]
    said += [f"in doubt: {law.doubt}"] if law.doubt else []
    said += [f"policy {law.policy}: {law.remark}, so nothing of it was judged"] if law.remark else []
    rows = [f"| {' | '.join(_clause(row))} |" for row in law.rows]
    return escaped("; ".join(said)), ["Clause", "Found", "Value and limit", "Rule and evidence"], rows


def _clause(row: ClauseRow) -> Iterator[str]:
    doubts = (f"in doubt: {doubt}" for doubt in row.doubts)
    yield "<br>".join(map(escaped, (row.control, row.citation, row.status, *doubts)))
    yield "<br>".join(map(escaped, filter(None, (row.outcome, row.why))))
    yield "<br>".join(map(escaped, filter(None, (row.value, row.limit))))
    yield "<br>".join(_code(text) for text in (row.key, wording.number(row.evidence)) if text) + f" {row.rests_on}"


def _effect(finding: Finding) -> str:
    """ "high; denies in prod; shown in staging; declared": what the finding does, strictest first."""
    words = {Action.DENY: "denies in", Action.NEEDS_REVIEW: "needs review in", Action.ALLOW: "shown in"}
    said = [finding.severity.value]
    for action, verb in words.items():
        if names := sorted(name for name, asked in finding.actions.items() if asked is action):
            said.append(f"{verb} {escaped(', '.join(names))}")
    return "; ".join([*said, *filter(None, [wording.unchecked(finding)])])


def _settled_row(finding: Finding) -> str:
    state = state_of(finding)
    source = f" ({said})" if (said := wording.unchecked(finding)) else ""
    return f"| {_sign(_STATE_SIGNS[state], state.value)} | {escaped(finding.title)} | {escaped(finding.why)}{source} |"


def _changes(out: _Page, page: CheckPage) -> None:
    for change in changes(page):
        _change(out, change)
    fresh = [name for name in wording.strictest(page.decision, page.environment) if name not in page.precedents]
    if fresh:
        where = ", ".join(escaped(name) for name in fresh)
        out.add(f"{where}: no version of this model was approved there before, so there is nothing to compare with.")


def _change(out: _Page, change: Changes) -> None:
    since, where = change.since, ", ".join(escaped(name) for name in change.environments)
    version = "this very version" if change.same else f"version {escaped(since.subject.version)}"
    against = f"**Since {version}**, allowed in {where} on {since.now}:"
    if change.none:
        out.add(f"{against} nothing changed.")
        return
    counted = [f"**{sign} {len(moved)} {word}**" for sign, word, moved in _directions(change) if moved]
    said = counted or ["no rule moved"]
    said += [f"{wording.plural(len(change.policies), 'change')} of policy"] if change.policies else []
    said += [f"changed: {escaped(', '.join(role for role, _ in change.inputs))}"] if change.inputs else []
    out.add(f"{against} {'; '.join(said)}.")
    digest = wording.number(sha256(since.to_bytes()))
    rows = [_moved_row(_sign(sign, word), one) for sign, word, moved in _directions(change) for one in moved]
    out.folded(0.15, f"Each rule, then (decision {_code(digest)}) and now", ["", "Rule", "Then", "Now"], rows)
    out.rows(0.1, [], [f"* {escaped(line)}" for line in change.policies])
    rows = [f"| {escaped(role)} | {escaped(digests)} |" for role, digests in change.inputs]
    out.folded(0.1, "Each input that changed", ["Input", "Digests"], rows)


def _directions(change: Changes) -> list[tuple[str, str, tuple[Moved, ...]]]:
    return [("⬇️", "worse", change.worse), ("↔️", "other", change.other), ("⬆️", "better", change.better)]


def _moved_row(said: str, moved: Moved) -> str:
    was, now = (escaped(words) if words else "not judged" for words in (moved.was, moved.now))
    return f"| {said} | {escaped(moved.title)} | {was} | {now} |"


def _record(page: CheckPage) -> list[str]:
    """Whether it is sealed, and folded away what it is about and how to verify it."""
    decision, sealed = page.decision, page.sealed
    policies = ", ".join(
        f"{escaped(ref.id)} {escaped(ref.version)}{f' ({ref.remark})' if ref.remark else ''}"
        for ref in decision.policies[:10]
    )
    more = f" and {len(decision.policies) - 10} more" if len(decision.policies) > 10 else ""
    lines = [
        f"Artifact {_code(decision.subject.artifact or 'none')}<br>",
        f"Decision {_code(sha256(decision.to_bytes()))}<br>",
        f"Judged {decision.now} under {policies or 'no policy'}{more}; law as of {decision.as_of}; "
        f"submitted by {escaped(wording.principal(decision.submitter))}.",
        *([f"<br>Baseline of known failures {_code(decision.baseline)}."] if decision.baseline else []),
    ]
    if sealed is None:
        head = "**Not sealed**: nobody can verify this later, and no gate accepts it."
    else:
        head = f"Sealed as entry {sealed.index} of {_code(sealed.trail)}."
        bundle = sealed.bundle or "bundle.json"
        lines += ["", "How to verify it:", ""]
        if sealed.bundle is None:
            subject = f"{decision.subject.name}@{decision.subject.version}"
            lines += _typed(["governance", "bundle", subject, "--out", bundle])
        lines += _typed(["governance", "verify", bundle, "--trust", "trust.json"])
    summary = "On record, and how to verify it" if sealed else "On record"
    return [head, "\n".join([f"<details><summary>{summary}</summary>", "", *lines, "", "</details>"])]


def _head(*names: str) -> list[str]:
    return [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]


def _typed(words: list[str]) -> list[str]:
    """A command, indented as code: no fence to be closed, and one line however the names are spelled."""
    return ["    " + visible(shlex.join(words))]


def _sign(sign: str, words: str) -> str:
    return f"{sign}&nbsp;{words.replace(' ', '&nbsp;')}"


def _code(text: str) -> str:
    return f"<code>{escaped(text)}</code>"
