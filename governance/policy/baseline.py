"""A baseline: the failures a model has when it is adopted. Only new ones deny; the known ones need a review, once.

It covers failures and nothing else, each no worse than it was written down, each until its entry expires. What it
excuses from denial still fails, and a person still decides about it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from governance import strictyaml
from governance.canonical import Document, Instant, Real, Sha256, instant, parse_instant, schema_of, sha256
from governance.errors import BadInput
from governance.policy.coverage import concerned, covers_groups, faults, no_worse, worst_number
from governance.policy.document import LoadedPolicy, Slug
from governance.policy.finding import Finding, Known
from governance.policy.outcome import Action, Outcome

MOST_REASON = 2000
_POLICY_AND_RULE: TypeAdapter[tuple[str, str]] = TypeAdapter(tuple[Slug, Slug])


def _finding_key(text: str) -> str:
    try:
        _POLICY_AND_RULE.validate_python(tuple(text.split("#")))
    except ValidationError as error:
        raise ValueError("expected POLICY#RULE, as a decision names its findings") from error
    return text


class KnownFailure(Document):
    """One finding that may fail for a time. `finding`: policy#rule. `groups`: only for these; all where left out.
    `no_worse_than`: only up to this number. `faults`: only with these; any where left out. `expires`: when it denies
    again."""

    finding: Annotated[str, AfterValidator(_finding_key)]
    groups: tuple[tuple[str, ...], ...] = ()
    no_worse_than: Real | None = None
    faults: tuple[str, ...] = ()
    expires: Instant


class Baseline(Document):
    """Failures that are known when a model is adopted. `schema`: the type of this document. `model` is a name: it
    covers every version. `reason`: why they may stay for a time. `since`: when they were written down. `known`: one
    entry for each finding."""

    schema_: Literal["governance.baseline/v1"] = Field(alias="schema")
    model: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=MOST_REASON)]
    since: Instant
    known: tuple[KnownFailure, ...]


class LoadedBaseline(NamedTuple):
    """A baseline with the digest of the bytes it was read from. `where` is the place of its model's name."""

    document: Baseline
    sha256: Sha256
    text: bytes
    where: str

    def assert_about(self, model: str) -> None:
        """Raises BadInput where it was written for another model."""
        if self.document.model != model:
            raise BadInput(
                "the baseline is for another model",
                got=self.document.model,
                expected=model,
                fix="give each model a baseline of its own: `governance check --write-baseline FILE`",
                where=self.where,
            )


def load_baseline(data: bytes, name: str) -> LoadedBaseline:
    """Parse and validate. Raises BadInput at file, line and column, also where a finding has two entries or one that
    ends before it begins."""
    source = strictyaml.parse(data, name)
    baseline = strictyaml.validate(source, Baseline)
    seen: set[str] = set()
    for index, entry in enumerate(baseline.known):
        if entry.finding in seen:
            raise source.error(
                source.values[("known", index, "finding")],
                f"a second entry for {entry.finding}",
                expected="one entry for each finding: an excuse for half of it and one for the other half excuse none",
                fix="put the groups of both into one entry",
            )
        seen.add(entry.finding)
        if entry.expires <= baseline.since:
            raise source.error(
                source.values[("known", index, "expires")],
                "an entry expires before it was written down",
                got=entry.expires,
                expected=f"a time after {baseline.since}",
            )
    at = source.position(("model",))
    return LoadedBaseline(baseline, sha256(data), data, f"{name}:{at.line}:{at.column}")


def known_failure(finding: Finding, baseline: LoadedBaseline | None, now: datetime, notes: list[str]) -> Known | None:
    """What a live entry says of this failure, if one covers it. One that does not cover it is named in `notes`."""
    known = baseline.document.known if baseline else ()
    entry = next((one for one in known if one.finding == finding.key), None)
    if baseline is None or entry is None or finding.outcome is not Outcome.FAIL:
        return None
    if why_not := _why_not(entry, finding, now):
        notes.append(f"the baseline does not cover {finding.key}: {why_not}")
        return None
    return Known(since=baseline.document.since, until=entry.expires)


def _why_not(entry: KnownFailure, finding: Finding, now: datetime) -> str:
    if now >= parse_instant(entry.expires):
        return f"its entry expired on {entry.expires}"
    if not covers_groups(finding, entry.groups):
        new = [" x ".join(map(str, group)) or "everybody" for group in concerned(finding) if group not in entry.groups]
        return f"it fails for {', '.join(new)} too" if new else "it fails for no single group, as the entry says"
    if not no_worse(finding, entry.no_worse_than):
        return f"{worst_number(finding) or 'what has no number'} is worse than {entry.no_worse_than}"
    if entry.faults and (new := [fault for fault in faults(finding) if fault not in entry.faults]):
        return f"new is: {'; '.join(new)}"
    return ""


def in_words(findings: Iterable[Finding]) -> list[str]:
    """What everybody must be told of known failures, in one sentence; nothing where there are none."""
    until = [finding.known.until for finding in findings if finding.known]
    if not until:
        return []
    said = "1 known failure is" if len(until) == 1 else f"{len(until)} known failures are"
    return [f"{said} in a baseline until {min(until)}"]


def remarks(baseline: LoadedBaseline, policies: Sequence[LoadedPolicy], findings: Sequence[Finding]) -> list[str]:
    """What a decision says of its baseline, most important first: what it covers and why, and which entries cover
    nothing because no policy has the rule, or need not stay because it passes."""
    document = baseline.document
    named = [entry.finding for entry in document.known]
    there = {rule.key for policy in policies for rule in policy.rules}
    passed = {finding.key for finding in findings if finding.outcome is Outcome.PASS}
    said = [f"{sentence}: {document.reason}" for sentence in in_words(findings)]
    if unknown := [key for key in named if key not in there]:
        said.append(f"the baseline names {', '.join(unknown)}, which no policy here has: it covers nothing there")
    if mended := [key for key in named if key in passed]:
        said.append(f"the baseline need not name {', '.join(mended)} any more: it passes")
    return said


def written_down(
    findings: Iterable[Finding], *, model: str, reason: str, since: datetime, expires: datetime
) -> Baseline:
    """The baseline that covers what fails here and denies, or would but for a baseline: by finding, in order.

    Each entry is bounded by the worst number, or by the very faults where there is no number: so what is new denies.
    """
    failing = [
        finding
        for finding in findings
        if finding.outcome is Outcome.FAIL and (finding.known or Action.DENY in finding.actions.values())
    ]
    return Baseline(
        schema_=schema_of(Baseline),  # type: ignore[arg-type]
        model=model,
        reason=reason,
        since=instant(since),
        known=tuple(_entry(finding, instant(expires)) for finding in sorted(failing, key=lambda one: one.key)),
    )


def _entry(finding: Finding, expires: Instant) -> KnownFailure:
    found = dict.fromkeys(concerned(finding))
    # Text has no spelling for the group of those about whom nothing is known: the faults bound the entry then.
    groups = tuple(tuple(part for part in group if part is not None) for group in found)
    named = groups == tuple(found)
    number = worst_number(finding) if named else None
    return KnownFailure(
        finding=finding.key,
        groups=groups if named else (),
        no_worse_than=number,
        faults=faults(finding) if number is None else (),
        expires=expires,
    )
