"""The one place that knows whether we run from a wheel or from a checkout."""

from pathlib import Path

from governance.errors import BadInput

DEFAULT_POLICY = "baseline"
"""Of those that are shipped, where nobody says which."""
_PACKAGE = Path(__file__).parent
_ROOT = _PACKAGE / "_bundled" if (_PACKAGE / "_bundled").is_dir() else _PACKAGE.parent


def policy_names() -> list[str]:
    """Names of the policies that come with the product, sorted."""
    return sorted(path.parent.name for path in (_ROOT / "policies").glob("*/policy.yaml"))


def policy(name: str) -> tuple[str, bytes]:
    """(name to show, bytes) of a shipped policy. Raises BadInput naming the ones there are."""
    if name not in policy_names():
        own = Path("policies") / name
        raise BadInput(
            "no such policy",
            got=repr(name),
            expected=f"a path to a policy.yaml, or one of: {', '.join(policy_names())}",
            fix=f"did you mean {own}?" if own.is_dir() else "`governance policy list` shows them",
        )
    return f"policies/{name}/policy.yaml", (_ROOT / "policies" / name / "policy.yaml").read_bytes()


def cases(name: str) -> tuple[str, bytes | None]:
    """(name to show, bytes) of the cases of a shipped policy; None where it has none."""
    path = _ROOT / "policies" / name / "cases.yaml"
    return f"policies/{name}/cases.yaml", path.read_bytes() if path.is_file() else None


def lock() -> str:
    """The lock that this release is tested with: the demo's models name their requirements from it."""
    return (_ROOT / "requirements.lock").read_text()


def report(kind: str) -> bytes:
    """The definition of a report: its sections in order, and their wording."""
    return (_ROOT / "reports" / kind / "report.yaml").read_bytes()


def font(name: str) -> bytes:
    """A font of the printed report (TrueType)."""
    return (_ROOT / "reports" / "theme" / f"{name}.ttf").read_bytes()
