"""artifact.unsafe_opcodes: no pickle inside the artifact imports anything that is not known to be harmless."""

import re
from typing import Annotated

from governance.evidence.artifact import ArtifactFacts, Pickle, PickleScan
from governance.policy.advice import AGAIN
from governance.policy.finding import Limit, Looked, Verdict, listed, plural
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Request, fails, inconclusive, passes, rule
from governance.policy.rules.artifact.digest import specimen
from governance.policy.tightening import Tighten

# What pickles of arrays and of fitted estimators import. A package followed by .* stands for its classes.
HARMLESS = (
    "_codecs.encode",
    "builtins.bytearray",
    "builtins.complex",
    "builtins.frozenset",
    "builtins.object",
    "builtins.set",
    "builtins.slice",
    "collections.OrderedDict",
    "collections.defaultdict",
    "copyreg._reconstructor",
    "datetime.date",
    "datetime.datetime",
    "datetime.timedelta",
    "decimal.Decimal",
    "joblib.numpy_pickle.NumpyArrayWrapper",
    "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy.dtype",
    "numpy.ndarray",
    "numpy.random.*",
    "numpy.random._pickle.__bit_generator_ctor",
    "numpy.random._pickle.__generator_ctor",
    "numpy.random._pickle.__randomstate_ctor",
    "scipy.sparse.*",
    "sklearn.*",
)
# A dotted name would be looked up attribute by attribute: sklearn.x / os.system reaches the operating system.
_CLASS = re.compile(r"_{0,2}[A-Z][A-Za-z0-9_]*|__pyx_unpickle_[A-Za-z0-9_]+", re.ASCII)


_FIX = (
    "export the model in a format without pickles (skops.io.dump, ONNX, save_model to JSON), or so that all of it can "
    "be searched: no zstd, lz4 or encryption, no links"
)


class OpcodesParams(Params):
    """`allowed`: names that a pickle may import, as module.name; `package.*` allows the classes of a package. The
    default knows arrays and scikit-learn."""

    allowed: Annotated[tuple[str, ...], Tighten.SUBSET] = HARMLESS


def _scan(*imports: str, problem: str | None = None, unread: str | None = None) -> ArtifactFacts:
    """An artifact with one pickle that imports these, or none."""
    found = (Pickle(member="", at=0, imports=imports, calls=1, problem=unread),) if imports or unread else ()
    return specimen(scan=PickleScan(bytes=1000, pickles=found, problem=problem))


@rule(
    "artifact.unsafe_opcodes",
    controls=("eu-ai-act/art-15.5", "nist-ai-rmf/measure-2.7"),
    requests=lambda p: Request(pickles=True),
    examples=lambda: (
        passes("arrays and estimators", _scan("numpy.ndarray", "sklearn.tree._tree.Tree")),
        fails("a shell", _scan("posix.system")),
        fails("the builtins", _scan("builtins.eval", "numpy.ndarray")),
        fails("out of an allowed package by a dotted name", _scan("sklearn.utils:os.system")),
        fails("a function of an allowed package", _scan("sklearn.utils.murmurhash3")),
        fails("a name that is made while it runs", _scan("?")),
        fails("not on the policy's list", _scan("numpy.ndarray"), allowed=["numpy.dtype"]),
        inconclusive("it breaks off", _scan("numpy.ndarray", unread="byte 17 is no operation")),
        inconclusive(
            "not all of it could be searched",
            _scan(problem="weights.zst is compressed by zstd or lz4, and was not searched"),
        ),
        inconclusive("not searched", specimen()),
    ),
)
def unsafe_opcodes(evidence: ArtifactFacts, params: OpcodesParams) -> Verdict:
    """No pickle inside the artifact imports anything but known, harmless names.

    What it checks: the operations of every pickle that is found in the file or the folder, also in archives in it and
    archives in those, read one by one and never run; each import (GLOBAL, STACK_GLOBAL, INST, EXT) must be on the list.
    This is a hint and no boundary: it finds what is written plainly, so a pickle is still never opened.

    Why it matters: whoever loads a pickle runs what its author wrote; an import of a shell, an evaluator or the network
    is an attack or a very bad idea.

    How to fix: export the model in a format that runs no code (skops.io.dump for scikit-learn, ONNX, save_model to JSON
    for xgboost); find out who built the file where it imports what no model needs.
    """
    limit = Limit(op="none", value="an import that is not on the list")
    scan = evidence.scan
    if scan is None:
        why = "the artifact was not searched for pickles"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=AGAIN)
    looked = tuple(
        Looked(path=f"artifact.scan.{_where(one)}", value=", ".join(one.imports) or "no import", n=one.calls)
        for one in scan.pickles
    )
    unsafe = [
        f"{_where(one)} imports {listed([_shown(name) for name in bad], 10)}"
        for one in scan.pickles
        if (bad := [name for name in one.imports if not _allowed(name, params.allowed)])
    ]
    if unsafe:
        return Verdict(outcome=Outcome.FAIL, why="; ".join(unsafe), looked_at=looked, limit=limit)
    unread = [
        f"{_where(one)} looks like a pickle that cannot be read to its end: {one.problem}"
        for one in scan.pickles
        if one.problem
    ] + ([scan.problem] if scan.problem else [])
    if unread:
        return Verdict(outcome=Outcome.INCONCLUSIVE, why="; ".join(unread), looked_at=looked, limit=limit, fix=_FIX)
    if not scan.pickles:
        why = f"no pickle in {evidence.path} ({scan.bytes:,} bytes searched)"
        return Verdict(outcome=Outcome.NOT_APPLICABLE, why=why, limit=limit)
    names = sorted({name for one in scan.pickles for name in one.imports})
    why = f"{plural(len(scan.pickles), 'pickle')} with {plural(len(names), 'import')}, all of them on the list"
    return Verdict(outcome=Outcome.PASS, why=why, looked_at=looked, limit=limit)


def _where(found: Pickle) -> str:
    return (found.member or "the file") + (f" at byte {found.at}" if found.at else "")


def _shown(name: str) -> str:
    return "a name that is made while it runs" if name == "?" else name


def _allowed(name: str, allowed: tuple[str, ...]) -> bool:
    """By its whole name, or as a class of a package. `name` has a colon before a dotted attribute."""
    if name in allowed:
        return True
    module, _, last = name.rpartition(".")
    if ":" in name or not _CLASS.fullmatch(last):
        return False
    packages = [one.removesuffix(".*") for one in allowed if one.endswith(".*")]
    return any(module == package or module.startswith(package + ".") for package in packages)
