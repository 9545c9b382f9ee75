"""What a run is told and what it answers: settings, exit codes, verdicts, formats."""

import inspect
from importlib import import_module

from generating.markdown import code, prose, sentence, table

from governance.cli.formats import FORMATS
from governance.errors import Broken, ExitCode
from governance.settings import VARIABLES


def pages() -> dict[str, str]:
    return {"exit-codes.md": _codes(), "settings.md": _settings(), "outputs.md": _outputs()}


def _codes() -> str:
    return "\n".join(
        [
            "# Exit codes",
            "",
            "What a command answers to whoever waits for it. A verdict is never mixed up with a crash.",
            "",
            table(("Code", "Means", "So"), [(code(int(one)), one.means, one.then) for one in ExitCode]),
            "",
            "`verify` answers for the bundle: a sound one that says deny exits with 0. `gate` answers for the",
            "artifact.",
            "",
            f"## Verdicts beside {int(ExitCode.VERIFICATION)}",
            "",
            table(("Verdict", "Means"), [(code(one.value), sentence(one.means)) for one in Broken]),
            "",
            "With `--format json` the verdict stands under `verdict`.",
        ]
    )


def _settings() -> str:
    rows = [(code(name), sentence(text)) for name, text in VARIABLES.items()]
    return "\n".join(
        [
            "# Settings",
            "",
            "Every environment variable that is read. Options of a command come first.",
            "",
            table(("Variable", "Means"), rows),
            "",
            "The manifest never picks the policy: whoever operates does.",
        ]
    )


def _outputs() -> str:
    lines = [
        "# Outputs",
        "",
        "The formats of `governance check`, and what each holds.",
        "",
        "`--format` goes to standard output, each `--also FORMAT=FILE` into a file that appears whole or not at all.",
        "All of them agree with the [exit code](exit-codes.md): with `--environment` they speak of that environment,",
        "else of the strictest. Names from data and manifests stay text in every format: they open no tag and no",
        "link, mention nobody and are no command.",
        "",
        table(("Format", "What for"), [(f"[{code(name)}](#{name})", sentence(text)) for name, text in FORMATS.items()]),
    ]
    for name in FORMATS:
        about = inspect.getdoc(import_module(f"governance.render.{name}")) or ""
        lines += ["", f"## {code(name)} {{ #{name} }}", "", prose(about)]
    return "\n".join(lines)
