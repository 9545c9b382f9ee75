"""artifact.licences: the model, what it was built from and what it runs with are under licences of the policy."""

from typing import Annotated

from governance.evidence.licences import Component, LicenceFacts, Package
from governance.policy.finding import Limit, Looked, Verdict, plural, settled
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.spdx import Standing, is_expression, standing
from governance.policy.tightening import Tighten

# Licences that ask for little more than to be named.
PERMISSIVE = (
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC-BY-4.0", "CC0-1.0", "HPND", "ISC", "MIT",
    "MIT-0", "MIT-CMU", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib",
)  # fmt: skip
_MOST = 5
"""Packages that a sentence names."""


class LicencesParams(Params):
    """`allowed` and `forbidden`: SPDX identifiers, an exception with its licence (`X WITH Y`). What is on neither list
    is inconclusive. `packages`: whether those of the lock file count; the model and its components always do."""

    allowed: Annotated[tuple[str, ...], Tighten.SUBSET] = PERMISSIVE
    forbidden: Annotated[tuple[str, ...], Tighten.SUPERSET] = ()
    packages: Annotated[bool, Tighten.UP] = True


def _facts(
    model: str | None = "Apache-2.0",
    components: tuple[str | None, ...] | None = (),
    packages: tuple[str | None, ...] | None = ("BSD-3-Clause",),
) -> LicenceFacts:
    parts = [Component(name=f"part-{i}", kind="base-model", licence=one) for i, one in enumerate(components or ())]
    run = [
        Package(name=f"package-{i}", version="1.0", licence=one, said_by="metadata" if one else None)
        for i, one in enumerate(packages or ())
    ]
    return LicenceFacts(
        model=model,
        components=None if components is None else tuple(parts),
        packages=None if packages is None else tuple(run),
    )


@rule(
    "artifact.licences",
    controls=("nist-ai-rmf/govern-6.1", "iso-42001/a.10.3"),
    examples=lambda: (
        passes("everything allowed", _facts(components=("MIT", "CC-BY-4.0"))),
        passes("one of two suffices where there is a choice", _facts(packages=("GPL-2.0-only OR MIT",))),
        passes("an exception that the policy lists", _facts("A-1 WITH B-1"), allowed=["a-1 with b-1", "BSD-3-Clause"]),
        fails("a base model for research only", _facts(components=("CC-BY-NC-4.0",)), forbidden=["CC-BY-NC-4.0"]),
        fails("a package is forbidden", _facts(packages=("MIT", "AGPL-3.0-only")), forbidden=["AGPL-3.0-only"]),
        fails("both must be kept", _facts("MIT AND SSPL-1.0"), forbidden=["SSPL-1.0"]),
        fails("what is open hides no failure", _facts("SSPL-1.0", packages=(None,)), forbidden=["SSPL-1.0"]),
        passes("packages do not count", _facts(packages=(None,)), packages="false"),
        inconclusive("on neither list", _facts(components=("OpenRAIL",))),
        inconclusive("no SPDX expression", _facts("free for research")),
        inconclusive("the model has no licence", _facts(None)),
        inconclusive("a component has none", _facts(components=(None,))),
        inconclusive("what it was built from is not said", _facts(components=None)),
        inconclusive("a package's licence is not known", _facts(packages=("MIT", None))),
        inconclusive("no lock file", _facts(packages=None)),
    ),
)
def licences(evidence: LicenceFacts, params: LicencesParams) -> Verdict:
    """The model, what it was built from and its packages are under licences that the policy allows.

    What it checks: the SPDX expression of the model, of each component that the manifest names (base models, embedded
    weights, vocabularies) and of each package of the lock file. AND needs both sides, OR one. A package's licence is
    what the manifest says, or the metadata of the same version where it is installed beside the audit; nothing is
    fetched. What is in the weights cannot be seen: only the manifest tells.

    Why it matters: a base model for research only, or a licence that asks for the source of what is served, can end the
    use of a model whose numbers are all in order.

    How to fix: replace the component or the package that is named, or buy a licence for it and state that one; if the
    licence may be used here, have the policy's owner put it on the allowed list.
    """
    limit = Limit(op="is", value=f"one of {', '.join(params.allowed)}" if params.allowed else "no licence is allowed")
    looked, wrong, doubts, advice = [], [], [], []

    def judge(what: str, path: str, licence: str | None) -> bool:
        """Whether it is known which licence this is."""
        looked.append(Looked(path=f"licences.{path}", value=licence))
        if licence is None:
            return False
        found = standing(licence, params.allowed, params.forbidden)
        if found is Standing.FORBIDDEN:
            wrong.append(f"{what} is under {licence}, which the policy forbids")
        elif not is_expression(licence):
            doubts.append(f"{what} is under {licence!r}, which is no SPDX expression")
            advice.append("write licences as SPDX expressions, such as Apache-2.0 (spdx.org/licenses)")
        elif found is Standing.UNKNOWN:
            doubts.append(f"{what} is under {licence}, which the policy neither allows nor forbids")
            advice.append("have the policy's owner put the licence on one of the two lists")
        return True

    if not judge("the model", "model", evidence.model):
        doubts.append("the manifest states no licence of the model")
        advice.append("state it under `licences.model` in the manifest")
    if evidence.components is None:
        doubts.append("the manifest does not say what the model was built from")
        advice.append(
            "list base models, embedded weights and vocabularies under `licences.components` (name, kind, licence), or "
            "write `components: []` if it was trained from nothing else"
        )
    for one in evidence.components or ():
        if not judge(f"{one.kind} {one.name}", f"components.{one.name}", one.licence):
            doubts.append(f"no licence is stated for {one.kind} {one.name}")
            advice.append("state the licence of each component under `licences.components`")
    if params.packages and evidence.packages is None:
        doubts.append("the manifest names no lock file, so its packages are not known")
        advice.append("name the lock file under `environment.lock`")
    elif params.packages:
        bare = [
            one
            for one in evidence.packages or ()
            if not judge(f"package {one.name} {one.version or ''}".rstrip(), f"packages.{one.name}", one.licence)
        ]
        if bare:
            more = f" and {len(bare) - _MOST} more" if len(bare) > _MOST else ""
            names = ", ".join(one.name for one in bare[:_MOST])
            doubts.append(f"the licence of {plural(len(bare), 'package')} is not known here: {names}{more}")
            advice.append(
                "install the lock's versions beside the audit, or state the licence under `licences.packages` (name: "
                "licence)"
            )
    said = plural(len(evidence.components or ()), "component")
    if params.packages:
        said += f" and {plural(len(evidence.packages or ()), 'package')}"
    why = f"the model ({evidence.model}), {said}: each under a licence that the policy allows"
    return settled(wrong, doubts, advice, why, tuple(looked), limit)
