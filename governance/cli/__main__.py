"""`governance`: runs the command that was typed. Its module is imported then, and no other."""

from __future__ import annotations

import gc
import sys

from governance.cli.commands import build_parser
from governance.errors import BadInput, Broken, ExitCode, GovernanceError, VerificationFailed


def main(argv: list[str] | None = None) -> int:
    """Run one command; every failure becomes one message and the exit code that the contract gives it."""
    # What is imported stays: to look for garbage among it, each few hundred objects, takes a good part of the start.
    gc.set_threshold(100_000)
    arguments = sys.argv[1:] if argv is None else argv
    as_json = "json" in arguments
    try:
        args = build_parser(arguments).parse_args(arguments)
        from importlib import import_module

        from governance.cli.context import Context

        as_json = getattr(args, "format", "text") == "json"
        module = "act" if args.command in ("approve", "reject", "comment", "waive", "attest") else args.command
        context = Context(args)
        try:
            code: int = import_module(f"governance.cli.{module}").run(context)
        finally:
            context.done()  # an error is said on a line of its own
        sys.stdout.flush()
        return code
    except GovernanceError as error:
        _report(error, as_json)
        return int(error.exit_code)
    except BrokenPipeError:
        # Whoever read is gone (`| head`); what is still buffered goes nowhere, or Python would complain at its end.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.INTERNAL)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted: what was sealed is sealed, nothing is half-written\n")
        return int(ExitCode.INTERNAL)
    except OSError as error:
        _report(GovernanceError(f"the machine refused: {error}", fix="see to the disk or the permissions"), as_json)
        return int(ExitCode.INTERNAL)
    except MemoryError:
        _report(GovernanceError("out of memory", fix="give it more memory or a smaller table"), as_json)
        return int(ExitCode.INTERNAL)
    except Exception as error:
        if "--traceback" in arguments:
            raise
        failure = _not_installed(error) or GovernanceError(
            f"internal error: {type(error).__name__}: {error}",
            fix="run it again with --traceback and report what it says",
        )
        _report(failure, as_json)
        return int(failure.exit_code)


def _not_installed(error: Exception) -> BadInput | None:
    """In the base install, `check` is a request for what is not there, not a fault."""
    from governance.cli.extras import MEASURE

    name = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if name not in MEASURE:
        return None
    return BadInput(
        "measuring is not installed: the base install verifies, gates and reads the trail",
        got=f"no module {name}",
        fix="pip install 'governance[measure]'",
    )


def _report(error: GovernanceError, as_json: bool) -> None:
    import json

    from governance.render.visible import lines

    if as_json:
        verdict: Broken | None = error.verdict if isinstance(error, VerificationFailed) else None
        body = {
            "schema": "governance.error/v1",
            "error": error.what,
            "where": error.where,
            **{label: text for label, text in error.details() if text},
            "exit_code": int(error.exit_code),
        }
        sys.stdout.write(json.dumps(body | ({"verdict": verdict.value} if verdict else {}), indent=2) + "\n")
    text = "\n".join(lines(str(error)))
    sys.stderr.write(f"error: {text}\n" if not isinstance(error, VerificationFailed) else f"{text}\n")


if __name__ == "__main__":
    raise SystemExit(main())
