"""Markdown (GitHub's flavour, which GitLab reads too) for a comment on a pull request or the summary of a job.

Everything from outside is escaped so that it stays text: it opens no tag, link, table cell or formula, begins no line
(where commands such as `/approve` live), and notifies nobody. An empty comment stands after `@`, and after `#` before a
digit, because GitHub looks for mentions and issue numbers in the rendered text, where an entity is a plain character
again.
"""

import re
import shlex
from collections.abc import Sequence

from governance.canonical import sha256
from governance.policy.finding import Finding
from governance.policy.outcome import Action, Outcome
from governance.render import wording
from governance.render.changes import Changes, Moved, changes
from governance.render.pipeline import CheckPage, found, waived
from governance.render.visible import clip, visible
from governance.render.wording import ACTION_WORDS, SETTLED, State, state_of

# GitHub refuses a comment of more than 65,536 characters. What is left is for whoever adds a line of their own.
MOST = 64_000
_MOST_FOUND = 4
_CELL = 400

_ACTION_SIGNS = {Action.ALLOW: "✅", Action.NEEDS_REVIEW: "⚠️", Action.DENY: "❌"}
_STATE_SIGNS = {
    State.FAILED: "❌",
    State.ERROR: "💥",
    State.INCONCLUSIVE: "❓",
    State.WAIVED: "✍️",
    State.PASSED: "✅",
    State.NOT_APPLICABLE: "➖",
}
_SPECIAL = frozenset("&<>`*_[]()!|~\\#${}@")


def escaped(text: str, most: int = _CELL) -> str:
    """Text from outside, inline, clipped to `most` characters before it grows by being escaped."""
    entities = "".join(f"&#{ord(char)};" if char in _SPECIAL else char for char in clip(visible(text), most))
    entities = entities.replace("&#64;", "&#64;<!-- -->")
    return re.sub(r"&#35;(?=[0-9])", "&#35;<!-- -->", entities)


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


def decision_markdown(page: CheckPage) -> str:
    """The verdict of each environment, what stands against it, what changed since the last approved version, what was
    taken on somebody's word, what passed (folded away), and how to verify it. At most `MOST` characters."""
    record = _record(page)
    out = _Page(len(record) + 2)
    _verdict(out, page)
    rows = [_open_row(page, finding) for finding in page.decision.findings if state_of(finding) not in SETTLED]
    out.rows(0.6, ["| | Rule | Found, limit and what to do |", "|---|---|---|"], rows)
    _changes(out, page)
    declared = "; ".join(f"{escaped(name)} ({escaped(words)})" for name, words in wording.declared(page.evidence))
    out.add(f"**Not measured, taken on somebody's word:** {declared}.")
    settled = [finding for finding in page.decision.findings if state_of(finding) in SETTLED]
    if settled:
        before = [f"<details><summary>{wording.tally(settled)}</summary>", "", "| | Rule | Why |", "|---|---|---|"]
        out.rows(1, before, [_settled_row(finding) for finding in settled], ["", "</details>"])
    out.blocks.append(record)
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
    out.rows(0.2, ["| Environment | Verdict | Because |", "|---|---|---|"], rows)
    out.rows(0.2, [], [f"> Note: {escaped(note)}<br>" for note in decision.notes])
    rules = wording.plural(len(decision.findings), "rule")
    out.add(f"{rules}: {wording.tally(decision.findings)}. Valid until {decision.valid_until}.")


def _because(page: CheckPage, environment: str) -> str:
    decision = page.decision
    if decision.outcomes[environment] is Action.ALLOW:
        return escaped(wording.allowed(decision, environment))
    asked = wording.blocking(decision, environment)
    decisive = [one for one in asked if one.actions[environment] is decision.outcomes[environment]] or asked
    titles = [one.title for one in decisive[:3]]
    more = [f"and {len(decisive) - len(titles)} more"] if len(decisive) > len(titles) else []
    return "; ".join([*(escaped(title) for title in titles), *more]) or "nothing was checked, or it was rejected"


def _open_row(page: CheckPage, finding: Finding) -> str:
    state, limit = state_of(finding), finding.limit
    rule = f"**{escaped(finding.title)}**<br>{_effect(finding)}<br>{_code(finding.key)}"
    numbers = list(found(finding)) if any(looked.low for looked in finding.looked_at) else []
    # What fails by a number is said by the number; else the sentence says more, such as how many rows would settle it.
    said = [] if numbers and finding.outcome is Outcome.FAIL else [escaped(finding.why)]
    said += [escaped(number) for number in numbers[:_MOST_FOUND]]
    if more := numbers[_MOST_FOUND:]:
        said.append(f"and {len(more)} more")
    if limit:
        said.append(f"**Limit:** {escaped(wording.limit_of(limit))}")
    if state is State.WAIVED:
        said.append(f"**Waived:** {escaped(waived(page, finding))}")
    elif finding.fix:
        said.append(f"**Fix:** {escaped(finding.fix)}")
    return f"| {_sign(_STATE_SIGNS[state], state.value)} | {rule} | {'<br>'.join(said)} |"


def _effect(finding: Finding) -> str:
    """ "high; denies in prod; shown in staging": what the finding does, strictest first."""
    words = {Action.DENY: "denies in", Action.NEEDS_REVIEW: "needs review in", Action.ALLOW: "shown in"}
    said = [finding.severity.value]
    for action, verb in words.items():
        if names := sorted(name for name, asked in finding.actions.items() if asked is action):
            said.append(f"{verb} {escaped(', '.join(names))}")
    return "; ".join(said)


def _settled_row(finding: Finding) -> str:
    state = state_of(finding)
    source = " (declared)" if wording.kind_of(finding) == "declared" else ""
    return f"| {_sign(_STATE_SIGNS[state], state.value)} | {escaped(finding.title)} | {escaped(finding.why)}{source} |"


def _changes(out: _Page, page: CheckPage) -> None:
    out.add("### Since the last approved version")
    for change in changes(page):
        _change(out, change)
    fresh = [name for name in wording.strictest(page.decision, page.environment) if name not in page.precedents]
    if fresh:
        where = ", ".join(escaped(name) for name in fresh)
        out.add(f"{where}: no version of this model was approved there before, so there is nothing to compare with.")


def _change(out: _Page, change: Changes) -> None:
    since, where = change.since, ", ".join(escaped(name) for name in change.environments)
    digest = wording.number(sha256(since.to_bytes()))
    version = "this very version" if change.same else f"version {escaped(since.subject.version)}"
    against = f"{where}: compared with {version}, allowed on {since.now} (decision {_code(digest)})."
    if change.none:
        out.add(f"{against} Nothing changed.")
        return
    out.add(against)
    rows = [_moved_row(said, moved) for said, group in _directions(change) for moved in group]
    out.rows(0.4, ["| | Rule | Then | Now |", "|---|---|---|---|"], rows)
    out.rows(0.4, [], [f"* {escaped(line)}" for line in change.policies])
    roles = escaped(", ".join(role for role, _ in change.inputs))
    before = [f"<details><summary>Inputs that changed: {roles}</summary>", "", "| Input | Digests |", "|---|---|"]
    rows = [f"| {escaped(role)} | {escaped(said)} |" for role, said in change.inputs]
    out.rows(0.4, before, rows, ["", "</details>"])


def _directions(change: Changes) -> list[tuple[str, tuple[Moved, ...]]]:
    return [("⬇️ worse", change.worse), ("↔️ other", change.other), ("⬆️ better", change.better)]


def _moved_row(said: str, moved: Moved) -> str:
    was, now = (escaped(words) if words else "not judged" for words in (moved.was, moved.now))
    return f"| {said.replace(' ', '&nbsp;')} | {escaped(moved.title)} | {was} | {now} |"


def _record(page: CheckPage) -> str:
    decision, sealed = page.decision, page.sealed
    policies = ", ".join(
        f"{escaped(ref.id)} {escaped(ref.version)}{'' if ref.in_force else ' (not in force)'}"
        for ref in decision.policies[:10]
    )
    more = f" and {len(decision.policies) - 10} more" if len(decision.policies) > 10 else ""
    lines = [
        "---",
        f"Artifact {_code(decision.subject.artifact or 'none')}<br>",
        f"Decision {_code(sha256(decision.to_bytes()))}<br>",
        f"Judged {decision.now} under {policies or 'no policy'}{more}; law as of {decision.as_of}; "
        f"submitted by {escaped(wording.principal(decision.submitter))}.",
        "",
    ]
    if sealed is None:
        lines.append("**Not sealed**: nobody can verify this later, and no gate accepts it.")
    else:
        bundle = sealed.bundle or "bundle.json"
        if sealed.bundle is None:
            subject = f"{decision.subject.name}@{decision.subject.version}"
            lines += ["How to verify it:", "", *_typed(["governance", "bundle", subject, "--out", bundle])]
        else:
            lines += ["How to verify it:", ""]
        lines += _typed(["governance", "verify", bundle, "--trust", "trust.json"])
        lines += ["", f"Sealed as entry {sealed.index} of {_code(sealed.trail)}."]
    return "\n".join(lines)


def _typed(words: list[str]) -> list[str]:
    """A command, indented as code: no fence to be closed, and one line however the names are spelled."""
    return ["    " + visible(shlex.join(words))]


def _sign(sign: str, words: str) -> str:
    return f"{sign}&nbsp;{words.replace(' ', '&nbsp;')}"


def _code(text: str) -> str:
    return f"<code>{escaped(text)}</code>"
