"""Explainability facts: Shapley attributions by an explicit explainer, with our own additivity check."""

from typing import Literal

from pydantic import Field

from governance.canonical import Count, Document, Real, Sha256
from governance.evidence.origin import FactOrigin


class FeatureShare(Document):
    """`mean_abs` = mean |phi_j| in the explained unit; `share` = mean |phi_j| / sum_k mean |phi_k|; `share_se` its
    standard error by linearisation of the ratio of means."""

    feature: str
    mean_abs: Real
    share: Real
    share_se: Real


class GlobalAttribution(Document):
    """Sorted by share, largest first."""

    top_feature: str
    top_share: Real
    features: tuple[FeatureShare, ...]


class Ranking(Document):
    """Features by share, largest first, from `rows` other rows and another background, both drawn by `seed`."""

    seed: Count
    rows: Count
    features: tuple[str, ...]


class ExplainabilityFacts(Document):
    """`additivity_error` = max over explained rows of |sum_j phi_j + base - f(x)|, in the explained unit. `sensitive`
    are the manifest's sensitive attributes and their columns; `repeats` further rankings of the same model, null where
    nobody asked for them."""

    origin: FactOrigin | None = None
    explainer: Literal["tree_path_dependent", "linear", "permutation"]
    unit: Literal["probability", "log_odds", "raw"]
    rows: Count
    seed: Count
    background_rows: Count
    background: Sha256 | None
    additivity_error: Real
    importance: GlobalAttribution = Field(alias="global")
    sensitive: tuple[str, ...] | None = None
    repeats: tuple[Ranking, ...] | None = None
