"""The error tree. Each error says what was got, what was expected and what to do about it.

A bad *model* is never an error: it is a finding. These classes are for bad input, broken proofs and machine faults.
"""

from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """What the command line answers. A verdict is never mixed up with a crash."""

    ALLOW = 0
    INTERNAL = 1
    USAGE = 2
    NEEDS_REVIEW = 10
    DENY = 11
    VERIFICATION = 12


class Broken(StrEnum):
    """Why a proof did not hold. Each value is the precise verdict printed beside exit code 12."""

    TAMPERED = "TAMPERED"
    FORKED = "FORKED"
    ROLLED_BACK = "ROLLED_BACK"
    STALE = "STALE"
    UNTRUSTED_KEY = "UNTRUSTED_KEY"
    MALFORMED = "MALFORMED"
    INCOMPLETE = "INCOMPLETE"
    UNSUPPORTED = "UNSUPPORTED"
    UNTRUSTED_POLICY = "UNTRUSTED_POLICY"
    NO_TRUST = "NO_TRUST"
    NOT_REPERFORMABLE = "NOT_REPERFORMABLE"


class GovernanceError(Exception):
    """Base of everything we raise on purpose. `str()` is one message a person can act on."""

    exit_code = ExitCode.INTERNAL

    def __init__(self, what: str, *, got: str = "", expected: str = "", fix: str = "", where: str = "") -> None:
        self.what, self.got, self.expected, self.fix, self.where = what, got, expected, fix, where
        super().__init__(self._message())

    def _message(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        lines = [head]
        lines += [f"  {label}: {text}" for label, text in self.details() if text]
        return "\n".join(lines)

    def details(self) -> list[tuple[str, str]]:
        """(label, text) pairs in reading order, for renderers that do not want the joined message."""
        return [("got", self.got), ("expected", self.expected), ("fix", self.fix)]


class BadInput(GovernanceError):
    """What was submitted cannot be used. Nothing was written."""

    exit_code = ExitCode.USAGE


class Refused(BadInput):
    """The caller may not do this, or the thing acted on has changed. Nothing was written."""


class MachineFault(GovernanceError):
    """Disk full, read-only file system, lost lock, broken child machinery: try again after mending the machine."""

    exit_code = ExitCode.INTERNAL


class VerificationFailed(GovernanceError):
    """A proof did not hold. `verdict` says how."""

    exit_code = ExitCode.VERIFICATION

    def __init__(
        self, verdict: Broken, what: str, *, got: str = "", expected: str = "", fix: str = "", where: str = ""
    ) -> None:
        self.verdict = verdict
        super().__init__(what, got=got, expected=expected, fix=fix, where=where)

    def _message(self) -> str:
        return f"{self.verdict.value}: {super()._message()}"
