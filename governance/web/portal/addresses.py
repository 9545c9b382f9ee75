"""Where pages are."""

from governance.render.addresses import case_at as case_at
from governance.render.addresses import model_at as model_at


def anchor(key: str) -> str:
    """Of a finding, on the page of its case."""
    return key.replace("#", "-")
