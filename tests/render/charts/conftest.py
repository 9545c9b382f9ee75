from collections.abc import Callable
from typing import Any

import pytest

from governance.evidence.evidence import EvidenceSet
from governance.policy.document import LoadedPolicy
from governance.verification import Verified
from tests.render.charts.drawn import Make


@pytest.fixture
def case(
    make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified], baseline: LoadedPolicy
) -> Make:
    def make(policy: LoadedPolicy | None = None, **facts: Any) -> Verified:
        return make_verified(make_evidence(**facts), [policy or baseline])

    return make
