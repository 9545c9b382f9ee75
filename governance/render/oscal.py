"""A policy's law for GRC tools: an OSCAL 1.1 catalog of its clauses, and a profile of those that the policy covers.

OSCAL is NIST's format for controls (https://pages.nist.gov/OSCAL/). Each clause is a control in our words; each rule
that serves it is an assessment method as in NIST SP 800-53A: a rule on measured facts tests, one on declared facts
examines, and a signed statement is the word of somebody who was asked. What OSCAL has no name for stands in a namespace
of its own. Nothing is read from a clock: the same policy on the same legal date gives the same bytes, and documents
that say the same have the same UUID (version 5, RFC 9562).
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from governance.policy.attesting import asking
from governance.policy.clauses import Covered, Kind, LawCoverage
from governance.policy.document import LoadedPolicy, SelectedRule
from governance.render.clauses import by_whom, standing
from governance.render.visible import visible

OSCAL_VERSION = "1.1.3"
_NS = "https://governance.invalid/ns/oscal"
"""Names what OSCAL does not. Nothing is there: the domain is reserved for that (RFC 6761)."""
_OURS = uuid5(NAMESPACE_URL, _NS)
_RMF = "http://csrc.nist.gov/ns/rmf"
"""Where NIST's own catalogs keep how a control is assessed."""
_METHODS = {Kind.CHECKED: "TEST", Kind.DECLARED: "EXAMINE", Kind.ATTESTED: "INTERVIEW"}
_MARKUP = re.compile(r"[\\`*_\[\]<>{}~^&|]|^[#+=-]|(?<=^\d)[.)]")
_ADDRESS = re.compile(r"https?://[^\s\"<>\\^`{|}]+")
_NOT_ADVICE = "Clauses are told in words of our own, each with where to read it. Not legal advice."

Tree = dict[str, Any]


def catalog(policy: LoadedPolicy, found: LawCoverage) -> str:
    """The clauses of a law as an OSCAL catalog. `found`: what `coverage` says of the policy."""
    return _written("catalog", _catalog(policy, found))


def profile(policy: LoadedPolicy, found: LawCoverage) -> str:
    """An OSCAL profile: of the catalog, the clauses that some rule of the policy serves. It imports the catalog from a
    file beside it, which it names by its UUID too."""
    whole = _catalog(policy, found)
    source = _uuid(found, "catalog file")
    file = {
        "uuid": source,
        "title": whole["metadata"]["title"],
        "document-ids": [{"identifier": whole["uuid"]}],
        "rlinks": [{"href": f"{found.policy.id}.oscal-catalog.json", "media-type": "application/json"}],
    }
    imported: Tree = {"href": f"#{source}", "include-all": {}}
    if left := [_control_id(found, one) for one in found.clauses if one.kind is Kind.NOT_COVERED]:
        imported["exclude-controls"] = [{"with-ids": left}]
    tree = {
        "metadata": _metadata(found, _line(policy.document.title or found.title)),
        "imports": [imported],
        "merge": {"as-is": True},
        "back-matter": {"resources": [file]},
    }
    return _written("profile", _named(tree))


def _catalog(policy: LoadedPolicy, found: LawCoverage) -> Tree:
    rules = {one.section.id: one for one in policy.rules}
    statements = {key.partition("#")[2]: one.statement for key, one in asking((policy,)).items()}
    tree = {
        "metadata": _metadata(found, _line(found.title)),
        "controls": [_control(found, clause, rules, statements) for clause in found.clauses],
        "back-matter": {"resources": list(_resources(found))},
    }
    return _named(tree)


def _metadata(found: LawCoverage, title: str) -> Tree:
    props = [
        _prop("policy", found.policy.id),
        _prop("policy-sha256", found.policy.sha256),
        _prop("law", found.law),
        *(_prop("jurisdiction", one) for one in found.jurisdictions),
        _prop("status", found.status.value),
        _prop("standing", standing(found.status, found)),
    ]
    doubt = [f"In doubt: {found.unconfirmed}"] if found.unconfirmed else []
    return {
        "title": title,
        "last-modified": found.as_of,
        "version": _value(found.policy.version),
        "oscal-version": OSCAL_VERSION,
        "props": props,
        "remarks": "\n\n".join(map(_line, (_NOT_ADVICE, *doubt))),
    }


def _control(
    found: LawCoverage, clause: Covered, rules: Mapping[str, SelectedRule], statements: Mapping[str, str]
) -> Tree:
    control = _control_id(found, clause)
    parts = [{"id": f"{control}_smt", "name": "statement", "prose": _line(clause.asks)}]
    parts += [_rule(control, rules[one.rule], one.kind, found, statements) for one in clause.rules]
    if not clause.rules:
        parts.append({"id": f"{control}_why", "name": "not-covered", "ns": _NS, "prose": _line(by_whom(clause))})
    parts += [
        {"id": f"{control}_doubt-{place}", "name": "in-doubt", "ns": _NS, "prose": _line(doubt)}
        for place, doubt in enumerate(clause.doubts, 1)
        if doubt != found.unconfirmed
    ]
    return {
        "id": control,
        "title": _line(clause.asks),
        "props": [
            {"name": "label", "value": clause.clause},
            {"name": "alt-identifier", "value": f"{found.law}/{clause.clause}"},
            _prop("status", clause.status.value),
            _prop("standing", standing(clause.status, clause)),
            _prop("coverage", clause.kind.value),
        ],
        "links": [{"href": f"#{_uuid(found, 'citation')}", "rel": "reference", "text": _line(clause.citation)}],
        "parts": parts,
    }


def _rule(control: str, selected: SelectedRule, kind: Kind, found: LawCoverage, statements: Mapping[str, str]) -> Tree:
    section = selected.section
    said = [statements.get(section.id), section.why]
    prose = "\n\n".join(_line(one) for one in said if one)
    return {
        "id": f"{control}_rule-{section.id}",
        "name": "assessment-method",
        "title": _line(section.title or section.id),
        "props": [
            {"name": "method", "ns": _RMF, "value": _METHODS[kind]},
            _prop("coverage", kind.value),
            _prop("rule", f"{found.policy.id}#{section.id}"),
            _prop("uses", selected.uses),
            _prop("severity", section.severity.value),
        ],
        **({"prose": prose} if prose else {}),
    }


def _resources(found: LawCoverage) -> Iterator[Tree]:
    """The law itself, then where to read it."""
    cited = _line(found.citation)
    yield {"uuid": _uuid(found, "citation"), "title": _line(found.title), "citation": {"text": cited}}
    for place, source in enumerate(found.sources):
        link = {"rlinks": [{"href": source}]} if _ADDRESS.fullmatch(source) else {}
        yield {"uuid": _uuid(found, f"source {place}"), "citation": {"text": _line(source)}, **link}


def _control_id(found: LawCoverage, clause: Covered) -> str:
    """law_clause, which is a token as XML has them: a letter first, and no slash. No law and no clause holds a `_`."""
    return f"{found.law}_{clause.clause}"


def _prop(name: str, value: str) -> Tree:
    return {"name": name, "ns": _NS, "value": _value(value)}


def _value(text: str) -> str:
    """Text on one line, of which something can be seen."""
    return visible(" ".join(text.split())) or "-"


def _line(text: str) -> str:
    """The same where OSCAL takes Markdown: it stays text, and opens no tag, link or parameter."""
    return _MARKUP.sub(lambda found: f"\\{found[0]}", _value(text))


def _uuid(found: LawCoverage, of: str) -> str:
    return str(uuid5(_OURS, f"{found.policy.sha256} {of}"))


def _named(tree: Tree) -> Tree:
    """With a UUID that follows from all it says, save the day."""
    said = tree | {"metadata": {key: value for key, value in tree["metadata"].items() if key != "last-modified"}}
    return {"uuid": str(uuid5(_OURS, json.dumps(said, sort_keys=True))), **tree}


def _written(kind: str, tree: Tree) -> str:
    return json.dumps({kind: tree}, indent=2, ensure_ascii=False) + "\n"
