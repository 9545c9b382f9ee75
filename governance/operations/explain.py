"""Find what somebody wants explained: a finding of a decision, a rule of a policy, or a rule of the catalogue."""

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from governance.canonical import sha256
from governance.collect.manifest import FILE_NAME
from governance.errors import BadInput
from governance.operations.case import Case
from governance.operations.files import read_whole
from governance.policy.document import LoadedPolicy, SelectedRule
from governance.policy.finding import Finding
from governance.policy.rule import Rule
from governance.policy.rules import ALL, CATALOGUE

_MOST_FOLDERS = 200
_MOST_NAMED = 20
_OF_A_FILE = "what a policy of your own asks: `governance policy explain policies/NAME/policy.yaml#RULE`"
_Found = TypeVar("_Found")


def finding_of(case: Case, name: str) -> Finding:
    """By key (`policy#rule`), or by the rule's id where one policy has it. Raises BadInput with the nearest and all."""
    return _named({finding.key: finding for finding in case.decision.findings}, name, "finding")


def selected_of(policies: Iterable[LoadedPolicy], name: str) -> tuple[LoadedPolicy, SelectedRule]:
    """As `finding_of`, of what these policies ask."""
    return _named({rule.key: (policy, rule) for policy in policies for rule in policy.rules}, name, "rule")


def catalogue_rule(name: str) -> Rule | None:
    """`fairness.disparity@1`, or without its version."""
    return CATALOGUE.get(name) or next((rule for rule in ALL if rule.id == name), None)


def catalogue_rules(name: str | None) -> list[Rule]:
    """The rules of a family (`fairness`), or that serve a law (`nyc-ll144`) or a clause of it (`nyc-ll144/5-301`); all
    where nothing is named. Raises BadInput where there are none."""
    if name is None:
        return [*ALL]
    found = [rule for rule in ALL if _family(rule) == name or any(_within(one, name) for one in rule.controls)]
    if not found:
        families = dict.fromkeys(map(_family, ALL))
        laws = sorted({control.partition("/")[0] for rule in ALL for control in rule.controls})
        raise BadInput(
            "no such rule",
            got=ascii(name),
            expected=f"a rule, a family ({', '.join(families)}) or a law that rules serve ({', '.join(laws)})",
            fix="`governance policy rules` lists all",
        )
    return found


def _family(rule: Rule) -> str:
    return rule.id.partition(".")[0]


def _within(control: str, clause: str) -> bool:
    """Whether a control is of this law, this clause, or a part of it."""
    return control.startswith(clause) and control[len(clause) : len(clause) + 1] in ("", "/", ".", "-")


def manifest_file(case: Case, folders: Iterable[Path]) -> Path | None:
    """The file in these folders, or in one right below them, that holds the very manifest that was judged."""
    for folder in folders:
        try:
            below = sorted(entry.path for entry in os.scandir(folder) if entry.is_dir())[:_MOST_FOLDERS]
        except OSError:
            below = []
        for candidate in (folder, *map(Path, below)):
            file = candidate / FILE_NAME
            if file.is_file() and sha256(read_whole(file, "manifest")) == case.evidence.manifest:
                return file
    return None


def _some(names: list[str]) -> str:
    """The first of many."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _named(known: Mapping[str, _Found], name: str, noun: str) -> _Found:
    if name in known:
        return known[name]
    same = [key for key in known if key.partition("#")[2] == name]
    if len(same) == 1:
        return known[same[0]]
    if same:
        raise BadInput(f"several policies have this {noun}", got=name, expected=" or ".join(same))
    ids = {short: key for key in known for short in (key, key.partition("#")[2])}
    near = list(dict.fromkeys(ids[one] for one in difflib.get_close_matches(name, ids, n=4, cutoff=0.5)))
    raise BadInput(
        f"no such {noun}",
        got=ascii(name),
        expected=_some(list(known)) or f"a {noun}, and there is none",
        fix=f"did you mean {' or '.join(near[:2])}?" if near else _OF_A_FILE,
    )
