"""The error tree. Each error says what was got, what was expected and what to do about it.

A bad *model* is never an error: it is a finding. These classes are for bad input, broken proofs and machine faults.
"""

from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """What the command line answers. A verdict is never mixed up with a crash. `means` says it in a few words, `then`
    what whoever waits for the command should make of it."""

    means: str
    then: str

    def __new__(cls, code: int, means: str, then: str) -> "ExitCode":
        member = int.__new__(cls, code)
        member._value_, member.means, member.then = code, means, then
        return member

    ALLOW = 0, "allow (or done)", "Go on."
    INTERNAL = (
        1,
        "machine or internal error",
        "The machine failed (disk full, read-only, out of memory), maybe after the decision was recorded and before its"
        " bundle was written. Mend it and run the command again.",
    )
    USAGE = 2, "usage or bad input", "A manifest, a table or an option is wrong. Nothing was recorded."
    NEEDS_REVIEW = 10, "needs review", "Stop: a person must answer for something (`governance approve`)."
    DENY = 11, "deny", "Stop: the policy denies it. The findings say why, and what to do."
    VERIFICATION = 12, "verification failed", "Stop: the trail or a bundle does not verify. The first word says how."


class Broken(StrEnum):
    """Why a proof did not hold. Each value is the precise verdict printed beside exit code 12; `means` explains it."""

    means: str

    def __new__(cls, verdict: str, means: str) -> "Broken":
        member = str.__new__(cls, verdict)
        member._value_, member.means = verdict, means
        return member

    TAMPERED = (
        "TAMPERED",
        "something was changed after it was signed or recorded, or the decision does not follow from its evidence",
    )
    FORKED = "FORKED", "the log contradicts a checkpoint or a bundle that was kept elsewhere: it showed two histories"
    ROLLED_BACK = (
        "ROLLED_BACK",
        "the log is shorter than a checkpoint or a bundle that was kept elsewhere says, or a policy's release is older"
        " than one that the trail knows",
    )
    STALE = "STALE", "the decision is older than the trust file's `max_age`"
    UNTRUSTED_KEY = "UNTRUSTED_KEY", "signed, but not by a key that the trust file names for that role"
    MALFORMED = "MALFORMED", "not in the one form that such a document has"
    INCOMPLETE = "INCOMPLETE", "something that the decision stands on is missing"
    UNSUPPORTED = "UNSUPPORTED", "a document of a version, or a trust file's wish, that this release does not know"
    UNTRUSTED_POLICY = (
        "UNTRUSTED_POLICY",
        "judged under a policy that the trust file does not pin, or released by nobody who may, or not for this day",
    )
    NO_TRUST = (
        "NO_TRUST",
        "digests and proofs hold together, but no trust file was given: nobody vouches for it, and nothing was judged"
        " again",
    )
    NOT_REPERFORMABLE = (
        "NOT_REPERFORMABLE",
        "this release cannot judge the recorded policy again: neither valid nor tampered",
    )


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


class NotThere(BadInput):
    """What the caller names is not here."""


class Refused(BadInput):
    """The caller may not do this, or the thing acted on has changed. Nothing was written."""


class Stale(Refused):
    """The case has changed since the caller looked at it. `latest` is the digest of what it says now."""

    def __init__(self, what: str, *, latest: str, got: str = "", expected: str = "", fix: str = "") -> None:
        self.latest = latest
        super().__init__(what, got=got, expected=expected, fix=fix)


class TooMany(Refused):
    """Too many attempts. Nothing was tried; it may be in `wait` seconds."""

    def __init__(self, what: str, *, wait: int, fix: str = "") -> None:
        self.wait = wait
        super().__init__(what, expected=f"no attempt for {wait} seconds", fix=fix)


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
