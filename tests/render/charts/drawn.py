"""Cases to draw, and what is drawn."""

from collections.abc import Callable, Iterator
from typing import Any

from reportlab.graphics.shapes import Drawing, Group, String

from governance.canonical import real
from governance.evidence.access import AccessFacts, Approval, Grant
from governance.evidence.explainability import ExplainabilityFacts, FeatureShare, GlobalAttribution
from governance.evidence.lineage import Ancestor, Source
from governance.evidence.origin import FactOrigin
from governance.policy.document import LoadedPolicy, load_policy
from governance.render.pdf.charts.figure import Figure

HOSTILE = "A\n]]> <b>x</b> \u202e\x07 女性 &lt; {0} </para>"
UNFAIR = {"Black": (204, 1000), "Other": (180, 400), "White": (500, 1400)}
Make = Callable[..., Any]


def shapes(drawing: Drawing | Group | None) -> Iterator[Any]:
    assert drawing is not None
    for shape in drawing.contents:
        yield from shapes(shape) if isinstance(shape, Group) else [shape]


def texts(figure: Figure) -> list[str]:
    return [shape.text for shape in shapes(figure.drawing) if isinstance(shape, String)]


def count(figure: Figure, kind: type) -> int:
    return sum(type(shape) is kind for shape in shapes(figure.drawing))


def policy_of(rules: str) -> LoadedPolicy:
    head = "schema: governance.policy/v1\nid: p\nversion: 1.0.0\nin_force: {from: 2026-01-01T00:00:00Z}\n"
    return load_policy(f"{head}environments: [prod]\nrules:\n{rules}".encode(), "p.yaml")


def explained(shares: dict[str, float], se: float = 0.01, **more: Any) -> ExplainabilityFacts:
    features = tuple(
        FeatureShare(feature=name, mean_abs=real(value), share=real(value), share_se=real(se))
        for name, value in shares.items()
    )
    return ExplainabilityFacts(
        explainer="linear", unit="log_odds", rows=500, seed=1, background_rows=0, background=None,
        additivity_error="1e-09", **more,
        importance=GlobalAttribution(top_feature=features[0].feature, top_share=features[0].share, features=features),
    )  # fmt: skip


def source(*forbidden: str) -> Source:
    return Source(
        id="people", sha256=None, owner="o", licence="l", expires=None, forbidden=forbidden, approved_by=("bo",)
    )


def way(column: str, feature: str, *between: str, indirect: bool = False) -> Ancestor:
    path = (f"people.{column}", *between, f"train.{feature}")
    return Ancestor(
        dataset="people", column=column, influence="indirect" if indirect else "direct", path=path, jobs=("prepare",)
    )


def granted(*grants: tuple[str, str, str], approver: str = "cy") -> AccessFacts:
    return AccessFacts(
        origin=FactOrigin(kind="declared"),
        grants=tuple(Grant(principal=p, permission=q, resource=r, line=n + 2) for n, (p, q, r) in enumerate(grants)),
        approvals=(Approval(item="data:loans", principal=approver, role="owner", at="2026-01-01T00:00:00Z"),),
    )
