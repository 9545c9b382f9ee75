"""`--help` of every command: it ends with one call that can be typed, and lists what other modules state."""

import shlex
import subprocess
import sys

import pytest

from governance.cli.__main__ import main
from governance.cli.commands import build_parser
from governance.evidence.manifest import RISK_TIERS
from governance.permissions import ROLES
from governance.render.schema import documents
from tests.cli.test_commands import COMMANDS


def shown(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_it_ends_with_a_real_example(command, capsys):
    last = shown(command, capsys).rstrip().splitlines()[-1]
    assert last.startswith(f"example: governance {command}")
    args = build_parser().parse_args(shlex.split(last)[2:])
    assert f"{args.command} {getattr(args, 'action', '')}".startswith(command)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "policy"])
def test_it_says_the_exit_codes_and_how_loud_it_is(command, capsys):
    text = shown(command, capsys)
    for word in ("exit codes: 0 ", "--quiet", "--verbose", "--color"):
        assert word in text


@pytest.mark.parametrize(
    "command, words",
    [("key", ROLES), ("init", RISK_TIERS), ("schema", tuple(documents()))],
)
def test_it_lists_what_other_modules_state(command, words, capsys):
    # Lines end after a hyphen, too.
    assert f"oneof{','.join(words)}" in "".join(shown(command, capsys).split())


@pytest.mark.parametrize(
    "argv, said",
    [
        (("key", "new", "zoe", "--role", "king"), "unknown role 'king'; expected one of submitter, "),
        (("init", "--risk-tier", "huge"), "unknown risk tier 'huge'; expected one of low, medium, high"),
        (("schema", "novel"), "unknown document 'novel'; expected one of manifest, "),
    ],
)
def test_what_is_not_listed_is_refused_with_the_list(run, argv, said):
    ran = run(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_help_imports_nothing_that_it_can_do_without(root):
    """What `--help` and a usage error cost is Python's own start: see tests/benchmarks/test_cold_start.py."""
    heavy = ("typing", "pathlib", "pydantic", "json", "governance.permissions", "governance.cli.context")
    code = (
        "import sys\nfrom governance.cli.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    # -S and -I: what the interpreter's own site brings in is not ours.
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(root)!r})\n{code}"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert ran.stderr.strip() == "[]"
