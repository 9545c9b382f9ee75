"""What is told while something takes long: on a real terminal, in a pipe, and as a lasting record with --verbose."""

import io
import os
import pty
import re
import subprocess
import sys
import termios
import threading
import time

import pytest

from governance.cli import terminal
from governance.cli.terminal import Steps, encodable, shows
from tests.cli.conftest import AS_ANN
from tests.operations.project import PASSWORD

WIPE = "\r\x1b[K"
CHECK = ("check", "--policy", "./policy.yaml", *AS_ANN, "--fresh")


def steps(live: bool = True, lasting: bool = False, columns: int = 60) -> tuple[Steps, io.StringIO, list[float]]:
    stream, now = io.StringIO(), [0.0]
    return Steps(stream, lambda: now[0], lambda: columns, live=live, lasting=lasting), stream, now


class TestSteps:
    def test_a_line_replaces_itself_and_goes(self):
        told, stream, now = steps()
        told("reading a")
        now[0] = 2.0
        told("reading a", 30, 200)
        told("reading b")
        told.end()
        assert stream.getvalue() == (f"{WIPE}reading a ...{WIPE}reading a ... 15% 2 s{WIPE}{WIPE}reading b ...{WIPE}")

    def test_many_small_parts_are_drawn_now_and_then(self):
        told, stream, now = steps()
        for part in range(10_000):
            now[0] += 0.001
            told("reading a", part, 10_000)
        told.end()
        assert 90 <= stream.getvalue().count("reading a") <= 110

    def test_lasting_lines_say_how_long(self):
        told, stream, now = steps(live=False, lasting=True)
        told("reading a", 0, 10)
        now[0] = 1.5
        told("reading a", 9, 10)
        told("judging\x1b[2J")
        told.end()
        told.end()
        assert stream.getvalue() == "    1.50 s  reading a\n    0.00 s  judging<U+001B>[2J\n"

    def test_nobody_looks(self):
        told, stream, _ = steps(live=False)
        told("reading a")
        told.end()
        assert stream.getvalue() == ""

    def test_no_line_is_wider_than_the_terminal(self):
        told, stream, now = steps(columns=30)
        now[0] = 5.0
        told("reading " + "x" * 200, 1, 3)
        assert len(stream.getvalue().removeprefix(WIPE)) < 30
        told.end()

    def test_a_step_that_tells_nothing_still_shows_its_clock(self, monkeypatch):
        monkeypatch.setattr(terminal, "_TICK", 0.01)
        told, stream, now = steps()
        told("one long query")
        now[0] = 7.0
        for _ in range(500):
            if "one long query ... 7 s" in stream.getvalue():
                break
            time.sleep(0.01)
        else:
            pytest.fail(stream.getvalue())
        told.end()
        ended = stream.getvalue()
        time.sleep(0.05)
        assert stream.getvalue() == ended

    def test_the_clock_stops_with_its_step(self, monkeypatch):
        monkeypatch.setattr(terminal, "_TICK", 0.01)
        before = threading.active_count()
        told, _, _ = steps()
        for number in range(20):
            told(f"step {number}")
        told.end()
        for _ in range(500):
            if threading.active_count() <= before:
                return
            time.sleep(0.01)
        pytest.fail("a clock goes on ticking")


def test_what_a_stream_cannot_write_is_escaped_and_not_lost():
    latin = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    assert shows("é", latin) and not shows("●", latin)
    assert encodable("é ●", latin) == "é \\u25cf"


def on_a_terminal(argv, project, root, keys="", prompt="", **environment):
    """(exit code, standard output, what the terminal showed): standard error and input are a pty, and `keys` are typed
    on it at the `prompt`."""
    lead, follow = pty.openpty()
    # As the child says it: without the terminal's own translation of line ends, and without echo.
    mode = termios.tcgetattr(follow)
    mode[1] &= ~termios.OPOST
    termios.tcsetattr(follow, termios.TCSANOW, mode)
    process = subprocess.Popen(
        [sys.executable, "-m", "governance", *map(str, argv)],
        cwd=project.root,
        env={
            "PYTHONPATH": str(root),
            "PATH": "",
            "TERM": "xterm",
            "GOVERNANCE_CONFIG_DIR": str(project.settings.config),
            **environment,
        },
        stdin=follow,
        stdout=subprocess.PIPE,
        stderr=follow,
        start_new_session=True,
    )
    os.close(follow)
    shown, typed = bytearray(), not keys

    def read():
        nonlocal typed
        while True:
            try:
                data = os.read(lead, 4096)
            except OSError:  # Linux says EIO where nobody writes any more
                return
            if not data:
                return
            shown.extend(data)
            if not typed and prompt.encode() in shown:
                # What was typed before the echo was switched off is thrown away.
                time.sleep(0.2)
                os.write(lead, keys.encode())
                typed = True

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    reader.join(timeout=10)
    os.close(lead)
    return process.returncode, out.decode(), shown.decode()


@pytest.fixture
def posix():
    if os.name != "posix":
        pytest.skip("pseudo-terminals are POSIX")


@pytest.mark.usefixtures("posix")
class TestTerminal:
    def test_steps_are_shown_and_gone_at_the_end(self, audited, root):
        """Also for who wants no colours: NO_COLOR is about those only."""
        code, out, shown = on_a_terminal(CHECK, audited, root, NO_COLOR="1")
        assert code == 11 and "prod: DENY" in out and "\x1b" not in out
        for step in ("opening the key of ann", "reading eval.parquet ... 0%", "counting 100 rows", "sealing"):
            assert step in shown, shown
        assert shown.endswith(WIPE) and "\n" not in shown
        # The line of one step never runs into that of the next.
        assert all(part == "" or " ..." in part for part in shown.split(WIPE))

    @pytest.mark.parametrize(
        "argv, environment", [((*CHECK, "--quiet"), {}), (CHECK, {"TERM": "dumb"})], ids=["quiet", "dumb"]
    )
    def test_nothing_moves(self, audited, root, argv, environment):
        assert on_a_terminal(argv, audited, root, **environment)[::2] == (11, "")

    def test_an_error_is_said_on_a_clean_line(self, audited, root):
        audited.write("eval.parquet", b"PAR1 no more")
        code, out, shown = on_a_terminal(CHECK, audited, root)
        assert (code, out) == (2, "")
        assert " ..." in shown and f"{WIPE}error: " in shown

    def test_a_password_is_asked_on_a_clean_line_and_shown_nowhere(self, audited, root):
        argv = ("check", "--policy", "./policy.yaml", "--fresh", "--verbose", "--as", "ann")
        code, out, shown = on_a_terminal(argv, audited, root, keys=PASSWORD + "\n", prompt="Password of ann: ")
        assert code == 11, shown
        asked = shown.index("Password of ann: ")
        assert "..." not in shown[:asked].rpartition("\n")[2]
        # getpass opens the controlling terminal or this one; either way it does not echo.
        assert PASSWORD not in out

    def test_a_long_trail_says_how_far_it_is(self, audited, root):
        code, _, shown = on_a_terminal(("trail", "verify"), audited, root)
        assert code == 0
        assert "hashing every entry again ... 0%" in shown

    def test_hints_are_for_people(self, audited, root, process):
        assert "`governance trail verify` checks all of it" in on_a_terminal(("trail", "show"), audited, root)[2]
        assert process("trail", "show", cwd=audited.root).err == ""


PIPED = [
    ("check", "--policy", "./policy.yaml", *AS_ANN, "--fresh"),
    ("show", "credit@1.10"),
    ("explain", "floor"),
    ("trail", "show"),
    ("trail", "verify"),
    ("bundle", "credit@1.10", "--out", "b.json"),
    ("verify", "b.json", "--trust", ".governance/trust.json"),
    ("gate", "--artifact", "model.onnx", "--environment", "prod"),
    ("report", "credit@1.10", "--out", "r.pdf"),
    ("policy", "list"),
    ("policy", "rules"),
    ("schema", "act"),
]


def test_a_piped_run_writes_nothing_to_standard_error(audited, process, run):
    for argv in PIPED:
        # A real pipe where steps are told; the others are asked in this process, which has no terminal either.
        piped = argv[0] in ("check", "report")
        ran = process(*argv, cwd=audited.root, env={"TERM": "xterm"}.items()) if piped else run(*argv)
        assert ran.code in (0, 11), (argv, ran)
        assert ran.err == "", argv
        assert ran.out and "\x1b" not in ran.out, argv


class TestColour:
    @pytest.mark.parametrize("given, painted", [("auto", False), ("never", False), ("always", True)])
    def test_in_a_pipe(self, audited, run, given, painted):
        """`always` means always: NO_COLOR is set here."""
        ran = run("show", "credit@1.10", "--color", given)
        assert ("\x1b[1;31mDENY\x1b[0m" in ran.out) is painted
        assert ("\x1b" in ran.out) is painted

    @pytest.mark.parametrize(
        "dumb, wanted, given, painted",
        [
            (False, True, "auto", True),
            (False, False, "auto", False),
            (True, True, "auto", False),
            (False, True, "never", False),
            (True, False, "always", True),
        ],
    )
    def test_on_a_terminal(self, monkeypatch, dumb, wanted, given, painted):
        from governance.cli.commands import build_parser
        from governance.cli.context import Context

        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        context = Context(build_parser().parse_args(["show", "a@1", "--color", given]))
        context.settings = context.settings._replace(dumb=dumb, colour=wanted)
        assert context.colour is painted


class TestVerbose:
    def test_what_was_read_and_done(self, audited, process):
        ran = process(*CHECK, "--verbose", cwd=audited.root)
        assert ran.code == 11
        assert "\r" not in ran.err and "\x1b" not in ran.err
        lines = ran.err.splitlines()
        for step in ("opening the key of ann", "counting 100 rows", "sealing"):
            assert any(re.fullmatch(rf" +\d+\.\d\d s  {step}", line) for line in lines), step
        assert f"trail {audited.workspace.trail_path}" in lines
        size = (audited.root / "model.onnx").stat().st_size
        assert f"read artifact model.onnx: {size:,} bytes, sha256 {audited.artifact()}" in lines
        assert any(
            re.match(r"read data\.evaluation eval\.parquet: [0-9,]+ bytes, 100 rows, sha256 ", one) for one in lines
        )
        assert any(re.match(r"with duckdb [0-9.]+, governance ", line) for line in lines)
        assert PASSWORD not in ran.err + ran.out

    @pytest.mark.parametrize(
        "change, why",
        [
            (None, "used again: the trail has the evidence of the same inputs and plan"),
            ("--fresh", "measured anew: it was asked for"),
            ("--dry-run", "measured anew: what is not sealed uses nothing of a trail"),
            ("governance.yaml", "measured anew: other inputs: governance.yaml"),
            ("model.onnx", "measured anew: other inputs: model.onnx"),
            ("policy.yaml", "measured anew: the policies ask for other measurements"),
            ("1.11", "measured anew: no decision about credit 1.11 is in the trail"),
        ],
    )
    def test_measured_or_used_again_and_why(self, audited, check, change, why):
        if change == "policy.yaml":
            policy = (audited.root / "policy.yaml").read_text()
            audited.write("policy.yaml", policy.replace("performance.floor@1", "performance.metric_floor@1").replace(
                "{at_least: 0.9}", "{metric: f1, at_least: 0.9}"
            ))  # fmt: skip
        elif change == "governance.yaml":
            audited.write(change, (audited.root / change).read_text() + "# looked through\n")
        elif change == "1.11":
            manifest = (audited.root / "governance.yaml").read_text()
            audited.write("governance.yaml", manifest.replace("1.10", "1.11"))
        elif change == "model.onnx":
            audited.write(change, b"another model")
        ran = check(*AS_ANN, "--verbose", *([change] if change and change.startswith("--") else []))
        assert ran.code in (10, 11)
        assert ran.err.splitlines()[-1 if change != "--dry-run" else -2].endswith(why), ran.err

    def test_it_is_not_quiet(self, audited, run):
        ran = run("show", "credit@1.10", "--quiet", "--verbose")
        assert ran.code == 2
        assert "not allowed with" in ran.err
