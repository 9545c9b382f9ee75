"""A baseline: the failures a model has when it is adopted. Only new ones deny; the known ones need a review, once.

It covers failures and nothing else, each no worse than it was written down, each until its entry expires. What it
excuses from denial still fails, and a person still decides about it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator

from governance import strictyaml
from governance.canonical import Document, Instant, Real, Sha256, instant, parse_instant, schema_of, sha256
from governance.errors import BadInput
from governance.policy.coverage import Miss, faults, meets, misses
from governance.policy.document import LoadedPolicy, Slug
from governance.policy.finding import Finding, Known, Limit
from governance.policy.outcome import Action, Outcome

MOST_REASON = 2000
_POLICY_AND_RULE: TypeAdapter[tuple[str, str]] = TypeAdapter(tuple[Slug, Slug])


def _finding_key(text: str) -> str:
    try:
        _POLICY_AND_RULE.validate_python(tuple(text.split("#")))
    except ValidationError as error:
        raise ValueError("expected POLICY#RULE, as a decision names its findings") from error
    return text


class KnownValue(Document):
    """A number that may miss its limit. `path`: where it stands in the evidence, as a finding says what it looked at.
    `group`: of these rows; of all where left out. `at_least`: only while it is no lower; it is held against a lower
    limit. `at_most`: only while it is no higher; it is held against an upper limit. Any number where both are left
    out."""

    path: str
    group: tuple[str, ...] = ()
    at_least: Real | None = None
    at_most: Real | None = None

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if self.at_least is not None and self.at_most is not None:
            raise ValueError("a limit has one side: `at_least` or `at_most`")
        return self

    def covers(self, miss: Miss, op: Literal["at_least", "at_most"]) -> bool:
        """Whether this number, held against a limit of this kind, is within the bound."""
        if self.at_least is None and self.at_most is None:
            return True
        bound = self.at_least if op == "at_least" else self.at_most
        return bound is not None and meets(miss.value, Limit(op=op, value=bound))


class KnownFailure(Document):
    """One finding that may fail for a time. `finding`: policy#rule. `values`: only for these numbers; any where left
    out. `faults`: only with these; any where left out. `expires`: when it denies again."""

    finding: Annotated[str, AfterValidator(_finding_key)]
    values: tuple[KnownValue, ...] = ()
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
                fix="put the values and faults of both into one entry",
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
    if entry.values and (why_not := _beyond(entry.values, finding)):
        return why_not
    # Counted, so that what bears the words of two known faults in its name does not hide behind them.
    if entry.faults and (new := list((Counter(faults(finding)) - Counter(entry.faults)).elements())):
        return f"new is: {'; '.join(new)}"
    return ""


def _beyond(values: tuple[KnownValue, ...], finding: Finding) -> str:
    """Which numbers no value of the entry covers."""
    found, limit = misses(finding), finding.limit
    if not found or limit is None or limit.op not in ("at_least", "at_most"):
        return "it fails by no number, as the entry says"
    new, worse = [], []
    for miss in found:
        there = [value for value in values if (value.path, value.group) == (miss.path, miss.group)]
        if not there:
            new.append(_where(miss))
        elif not any(value.covers(miss, limit.op) for value in there):
            bounds = [value.at_least or value.at_most for value in there]
            worse.append(f"{_where(miss)} is {miss.value}, worse than {' and '.join(map(str, bounds))}")
    return "; ".join([*([f"{', '.join(new)} fails too"] if new else []), *worse])


def _where(miss: Miss) -> str:
    return f"{miss.path} of {' x '.join(map(str, miss.group))}" if miss.group else miss.path


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

    Each entry is bounded by each of its numbers, or by the very faults where there is none: so what is new denies.
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
    values = tuple(_value(miss, finding.limit) for miss in misses(finding))
    # Text has no spelling for the group of those about whom nothing is known: the faults bound the entry then.
    if not values or None in values:
        return KnownFailure(finding=finding.key, faults=faults(finding), expires=expires)
    return KnownFailure(finding=finding.key, values=tuple(filter(None, values)), expires=expires)


def _value(miss: Miss, limit: Limit | None) -> KnownValue | None:
    group = tuple(part for part in miss.group if part is not None)
    if limit is None or group != miss.group:
        return None
    upper = limit.op == "at_most"
    return KnownValue(
        path=miss.path, group=group, at_least=None if upper else miss.value, at_most=miss.value if upper else None
    )
