"""Which model versions a policy is for: a condition in CEL over what the manifest says of the model.

Only the value `false` takes a policy away. What the manifest leaves out is not in the view, so that reading it is an
error; and an error counts as applying: whoever leaves something out does not escape a policy.
"""

import difflib
from collections.abc import Iterable
from typing import Any, NamedTuple

from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet
from governance.evidence.manifest import Manifest
from governance.evidence.stated import Stated, counted_tier, stated
from governance.policy.expression import compile_boolean, members
from governance.policy.place import environment_of, point_of

View = dict[str, Any]
KNOWN = ("name", "version", "risk_tier", *Stated.model_fields)


class Selector(NamedTuple):
    """A compiled condition."""

    text: str
    program: Any


class Applies(NamedTuple):
    """`places`: of those asked about, where the policy applies. `why`: in words, empty where it is for every model.
    `plain`: it is for this one, everywhere and without a doubt."""

    places: tuple[str, ...]
    why: str
    plain: bool


def view_of_manifest(manifest: Manifest) -> View:
    """What selectors see when measuring is planned."""
    model = manifest.model
    return _view(model.name, model.version, counted_tier(model), stated(model))


def view_of_evidence(evidence: EvidenceSet) -> View:
    """The same when it is judged."""
    subject = evidence.subject
    return _view(subject.name, subject.version, evidence.risk_tier, evidence.model)


def _view(name: str, version: str, risk_tier: str, said: Stated | None) -> View:
    model = {"name": name, "version": version, "risk_tier": risk_tier}
    found = said.model_dump(mode="json") if said else {}
    if found.get("purpose"):
        found["purpose"] = found["purpose"].lower()  # ids are compared without regard to case
    return {"model": model | {key: value for key, value in found.items() if value is not None}}


def compile_selector(text: str, where: str) -> Selector:
    """Raises BadInput with the engine's caret for anything that does not compile to a boolean."""
    from cel_expr_python import cel

    if unknown := [name for name in members(text, "model") if name not in KNOWN]:
        near = difflib.get_close_matches(unknown[0], KNOWN, n=1)
        raise BadInput(
            f"the manifest says nothing of a model's {unknown[0]!r}",
            expected=", ".join(f"model.{name}" for name in KNOWN),
            fix=f"did you mean model.{near[0]}?" if near else "",
            where=where,
        )
    declared = {"model": cel.Type.DYN, "environment": cel.Type.STRING, "point": cel.Type.STRING}
    return Selector(text, compile_boolean(text, declared, where, ""))


def applies(selector: Selector | None, view: View, places: Iterable[str]) -> Applies:
    """Where a policy applies, of these places."""
    places = tuple(places)
    if selector is None:
        return Applies(places, "", True)
    said = {place: _asked(selector, view, place) for place in places}
    where = tuple(place for place in places if said[place] != _FALSE)
    told = {why: [place for place in places if said[place] == why] for why in dict.fromkeys(said.values())}
    words = [f"{why} ({', '.join(at)})" if len(told) > 1 else why for why, at in told.items()]
    return Applies(where, f"{' '.join(selector.text.split())} {'; '.join(words)}", list(told) == [_TRUE])


_TRUE, _FALSE = "is true", "is false"


def _asked(selector: Selector, view: View, place: str) -> str:
    """`is true`, `is false`, or what else came of it, which counts as applying."""
    from cel_expr_python import cel

    data = view | {"environment": environment_of(place), "point": point_of(place)}
    try:
        result = selector.program.eval(data=data)
        # An error is a value too, and a truthy one.
        if result.type() == cel.Type.BOOL:
            return _TRUE if result.value() is True else _FALSE
        said = str(result.value()) if result.type() == cel.Type.ERROR else f"gives {result.type()}"
    except Exception as error:  # whatever breaks, the policy applies
        said = type(error).__name__
    return f"cannot be answered ({said}), which counts as applying"
