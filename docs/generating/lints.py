"""What `governance policy lint` looks for: one section for each lint, with what it finds and what it leaves alone."""

from generating.markdown import code, sentence, table

from governance.errors import ExitCode
from governance.policy.lint import ALL, Level, Lint

_MEANS = {
    Level.ERROR: "The policy cannot mean what it says.",
    Level.WARNING: "Somebody should look; there may be a reason.",
}


def pages() -> dict[str, str]:
    return {"lints.md": _page()}


def _page() -> str:
    rows = [(f"[{code(one.name)}](#{one.name})", one.level.value, sentence(one.summary)) for one in ALL]
    lines = [
        "# Lints of policies",
        "",
        f"What `governance policy lint` looks for in a policy that is valid: {len(ALL)} lints.",
        "",
        "What no policy may say is refused whenever one is read (`governance policy check`), such as a ratio above 1",
        "or an alpha that no critical values were measured for. A lint doubts what a policy does say. Each remark",
        "names file, line and column, what is wrong, why that matters and how to mend it; of a policy that extends",
        "another, also in the parent's file.",
        "",
        table(("Level", "Means", "Exit code"), [(level.value, _MEANS[level], _exit(level)) for level in Level]),
        "",
        table(("Lint", "Level", "What holds of a good policy"), rows),
    ]
    return "\n".join([*lines, *(line for one in ALL for line in ("", *_section(one)))])


def _exit(level: Level) -> str:
    failing = f"{ExitCode.USAGE:d}"
    return failing if level is Level.ERROR else f"{ExitCode.ALLOW:d}, with `--strict` {failing}"


def _section(one: Lint) -> list[str]:
    return [
        f"## {code(one.name)} {{ #{one.name} }}",
        "",
        f"**{sentence(one.summary)}** {sentence(one.why)}",
        "",
        f"Found ({one.level.value}):",
        "",
        *_yaml(one.bad),
        "",
        "Left alone:",
        "",
        *_yaml(one.good),
    ]


def _yaml(text: str) -> list[str]:
    return ["```yaml", *text.rstrip().splitlines(), "```"]
