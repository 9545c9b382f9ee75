"""Workflow commands of GitHub Actions: one annotation for each finding, on the line of the manifest it belongs to.

The syntax and its escapes are those of the runner: `%`, CR and LF in a message, `:` and `,` too in a property. Each
line is a command; nothing else is printed, so no name of a group or a column can begin one.
"""

from governance.policy.outcome import Action
from governance.render.pipeline import CheckPage, told
from governance.render.visible import clip, visible
from governance.render.wording import ACTION_WORDS, SETTLED, state_of

# GitHub shows so many annotations of each kind from one step, and drops the rest without a word.
MOST_OF_A_KIND = 10
_LONGEST = 4_000
_COMMANDS = {Action.DENY: "error", Action.NEEDS_REVIEW: "warning", Action.ALLOW: "notice"}


def decision_github(page: CheckPage) -> str:
    """What denies is an error, what needs review a warning, what is only shown a notice; and the verdict is one too."""
    subject = f"{page.decision.subject.name} {page.decision.subject.version}"
    by_command: dict[str, list[str]] = {command: [] for command in _COMMANDS.values()}
    verdicts = ", ".join(f"{name}: {ACTION_WORDS[page.decision.outcomes[name]]}" for name in page.environments)
    reasons = [verdicts or f"{ACTION_WORDS[page.verdict]} (no policy names an environment)", *page.unexplained()]
    first = _command(_COMMANDS[page.verdict], {"file": page.uri, "title": subject}, reasons)
    by_command[_COMMANDS[page.verdict]].append(first)
    for finding in page.decision.findings:
        if state_of(finding) in SETTLED:
            continue
        command = _COMMANDS[page.asks(finding)]
        line, column = page.position(finding)
        place = {"file": page.uri, "line": str(line), "col": str(column)}
        title = f"{finding.title} ({subject})"
        by_command[command].append(_command(command, place | {"title": title}, told(page, finding)))
    lines = []
    for command, all_of_it in by_command.items():
        shown = all_of_it if len(all_of_it) <= MOST_OF_A_KIND else all_of_it[: MOST_OF_A_KIND - 1]
        lines += shown
        if more := len(all_of_it) - len(shown):
            lines.append(_command(command, {"file": page.uri, "title": subject}, [f"and {more} more"]))
    return "".join(f"{line}\n" for line in lines)


def _command(name: str, properties: dict[str, str], paragraphs: list[str]) -> str:
    said = ",".join(f"{key}={_property(visible(value))}" for key, value in properties.items())
    return f"::{name} {said}::{_data(chr(10).join(clip(visible(text), _LONGEST) for text in paragraphs))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
